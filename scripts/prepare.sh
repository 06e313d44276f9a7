#!/bin/sh
# Installs the packages when the lock file has changed since, and builds what is out of date.
set -eu
cd "$(dirname "$0")/.."

node scripts/node-version.cjs
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund
fi
npm run --silent build
