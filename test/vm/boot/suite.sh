#!/bin/sh
# Runs in the VM as vm-suite.service: leaves vitest's report and exit status, and the machine's journal, in the results share.
cd "$checkout" || exit 1
export PATH="$nodedir:$PATH" HOME=/root NO_COLOR=1
results=$checkout/.cache/vm/results

cut -d. -f1 /proc/uptime >"$results/booted"
node_modules/.bin/vitest run --config vitest.vm.config.ts >"$results/report.txt" 2>&1
status=$?
journalctl -b >"$results/journal.txt"
echo "$status" >"$results/status"
