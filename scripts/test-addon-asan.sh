#!/bin/sh
# Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer in a copy of the tree, and runs its tests there. Fails on any report.
# Arguments go to vitest, after test/unit/native.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d -t udev-proxy-asan-XXXXXX)
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT TERM

cp -r "$root/addon" "$root/src" "$root/test" "$root/binding.gyp" "$root/package.json" "$root/vitest.config.ts" "$copy"
ln -s "$root/node_modules" "$copy/node_modules"
mkdir "$copy/reports"
cd "$copy"
npm exec --no -- node-gyp rebuild --loglevel=warn -- -Dsanitize=1

# The runtime has to come before all else in a node that was built without it; with the C++ library, whose throw it wraps.
libraries="$(c++ -print-file-name=libasan.so) $(c++ -print-file-name=libubsan.so) $(c++ -print-file-name=libstdc++.so)"
# No leak detection: node and V8 leave much of what they have made to the end of the process. The tests count descriptors and handles instead.
options="detect_leaks=0:log_path=$copy/reports/asan"
status=0
LD_PRELOAD="$libraries" ASAN_OPTIONS="$options" UBSAN_OPTIONS=print_stacktrace=1 \
  node node_modules/vitest/vitest.mjs run test/unit/native --testTimeout=120000 --hookTimeout=60000 "$@" || status=$?

# Either sanitizer ends the process, and the test that it belongs to. ASan writes its report to a file: the process may have no stderr.
for report in reports/*; do
  [ -e "$report" ] || continue
  echo "== $report" >&2
  cat "$report" >&2
  status=1
done
exit "$status"
