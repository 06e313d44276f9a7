#!/bin/sh
# Runs in the VM as vm-suite.service: leaves vitest's report and exit status, and the machine's journal, in the results share.
cd "$checkout" || exit 1
export PATH="$nodedir:$PATH" HOME=/root NO_COLOR=1
results=$checkout/.cache/vm/results

[ ! -e "$results/evemu-dir" ] || export EVEMU_DIR="$(cat "$results/evemu-dir")"

cut -d. -f1 /proc/uptime >"$results/booted"
# unquoted: a word for each file that was asked for
node_modules/.bin/vitest run --config vitest.vm.config.ts $(cat "$results/files") >"$results/report.txt" 2>&1
status=$?
journalctl -b >"$results/journal.txt"
echo "$status" >"$results/status"
