#!/bin/sh
# Boots a VM on this machine's own root and runs test/vm in it: real input devices, systemd, a Docker Engine on cgroup v2.
# Exit 0 only when the suite ran to its end and every test passed. Arguments: parts of the names of the test files to run; none: all of them.
# UDEV_PROXY_VM_LIMIT: seconds that the VM may take, 2400. EVEMU_DIR: folder of recordings for the corpus.
set -eu
checkout=$(cd "$(dirname "$0")/.." && pwd -P)
cache=$checkout/.cache/vm
results=$cache/results
limit=${UDEV_PROXY_VM_LIMIT:-2400}

fail() {
    echo "test-vm: $*" >&2
    exit "${status:-1}"
}

case $checkout in
    *[!A-Za-z0-9._/-]*) fail "the path $checkout can't stand on a kernel's command line: use letters, digits and . _ - / only" ;;
esac
[ "$(uname -m)" = x86_64 ] || status=77 fail "it boots Debian's amd64 kernel, and this machine is $(uname -m)"
for built in dist/cli/main.js build/Release/udev_proxy.node; do
    [ -e "$checkout/$built" ] || fail "$built is missing: npm run build"
done

mkdir -p "$cache"
exec 9>"$cache/lock"
flock -n 9 || fail "another VM of this checkout is running"
version=$("$checkout/test/vm/boot/kernel.sh" "$cache")
"$checkout/test/vm/boot/initramfs.sh" "$cache" "$version"
"$checkout/test/clients/build.sh"
"$checkout/test/clients/debian/build.sh"
rm -rf "$results"
mkdir "$results"
: >"$results/report.txt"
printf '%s\n' "$@" >"$results/files"
if [ -n "${EVEMU_DIR:-}" ]; then
    [ -d "$EVEMU_DIR" ] || fail "EVEMU_DIR is $EVEMU_DIR, which is no folder"
    (cd "$EVEMU_DIR" && pwd -P) >"$results/evemu-dir"
fi

node=$(readlink -f "$(command -v node)")
started=$(date +%s)
# no_timer_check: on a busy machine the emulated timer is too slow for the kernel's own test of it, which is a panic.
# The death signals end the VM with this script, whatever ends the script; the limit ends it when the guest hangs.
setpriv --pdeathsig TERM timeout --signal KILL "$limit" setpriv --pdeathsig KILL \
    qemu-system-x86_64 -nodefaults -vga none -machine q35,sata=off,smbus=off,vmport=off,hpet=off -accel tcg,thread=multi -cpu Nehalem -smp 2 -m 3072 \
    -device qemu-xhci -device usb-kbd,serial=QEMU-KBD-1 -device usb-mouse -device usb-tablet -device usb-wacom-tablet \
    -device virtio-keyboard-pci -device virtio-mouse-pci -device virtio-tablet-pci \
    -nic none -display none -monitor none -no-reboot -serial "file:$cache/console.log" \
    -kernel "$cache/kernel/vmlinuz" -initrd "$cache/initramfs" \
    -append "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check tsc=reliable rcupdate.rcu_expedited=1 lsm=yama checkout=$checkout nodedir=${node%/*}" \
    -virtfs local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap \
    -virtfs "local,path=$results,mount_tag=results,security_model=none" </dev/null &
vm=$!
echo "The VM boots Linux $version; its console is in ${cache#"$checkout"/}/console.log."
setpriv --pdeathsig KILL tail -f -s 0.2 --pid="$vm" "$results/report.txt" 9>&- &
tail=$!
# `wait` lets a trap run at once; a program in the foreground would hold it up.
trap 'kill "$vm" "$tail" 2>/dev/null || :' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
wait "$vm" || :
wait "$tail" || :
took=$(($(date +%s) - started))

if [ ! -s "$results/status" ]; then
    tail -n 20 "$cache/console.log" >&2
    fail "the VM ended after $took s without running the suite to its end (its limit is $limit s)"
fi
node "$checkout/test/vm/boot/verdict.mjs" "$results"
echo "The VM suite took $took s, $(cat "$results/booted") of them to boot."
