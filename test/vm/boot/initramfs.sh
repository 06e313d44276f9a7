#!/bin/sh
# Writes the initramfs that mounts this machine's root in the VM to $1/initramfs: busybox, ./init and the modules it needs.
set -eu
cache=$1
version=$2
here=$(cd "$(dirname "$0")" && pwd -P)
busybox=$(command -v busybox)

tree=$cache/initramfs.d
rm -rf "$tree"
mkdir -p "$tree/bin" "$tree/modules" "$tree/dev" "$tree/proc" "$tree/sys"
cp "$busybox" "$tree/bin/busybox"
for applet in sh mount umount mkdir mv cp rm ln insmod cat switch_root; do ln -s busybox "$tree/bin/$applet"; done
cp "$here/init" "$tree/init"
chmod 755 "$tree/init"

number=10
modprobe -d "$cache/kernel" -S "$version" --show-depends -a virtio_pci 9pnet_virtio 9p overlay |
    sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' |
    while read -r module; do
        cp "$module" "$tree/modules/$number-${module##*/}"
        number=$((number + 1))
    done

(cd "$tree" && find . | cpio --quiet -o -H newc | gzip -1) >"$cache/initramfs"
rm -rf "$tree"
