#!/bin/sh
# Compiles the benchmark and its C programs into .cache/ and runs it, as root. udev-proxy must have been built.
set -eu
cd "$(dirname "$0")/.."
test/clients/build.sh
npx tsc --project bench/tsconfig.json
exec node .cache/bench/bench/main.js
