#!/bin/sh
# Brings in the programs that the integration and vm tests need: as Debian packages when root on Debian, else names what is missing.
set -eu

# What is looked for (a program, or a file), and the Debian package that has it.
needs='
dockerd docker.io
docker docker.io
udevadm udev
systemd-hwdb udev
/usr/lib/udev/libinput-device-group libinput-bin
busybox busybox-static
gcc gcc
g++ g++
clang-format clang-format
python3 python3
/usr/include/stdio.h libc6-dev
/usr/include/libudev.h libudev-dev
qemu-system-x86_64 qemu-system-x86
cpio cpio
gzip gzip
modprobe kmod
setpriv util-linux
/usr/lib/udev/rules.d/80-libinput-device-groups.rules libinput-bin
/usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring
/usr/lib/systemd/systemd systemd
'

there() {
    case $1 in
        /*) [ -e "$1" ] ;;
        # It goes into images and an initramfs alone, without a C library.
        busybox) command -v busybox >/dev/null && ! ldd "$(command -v busybox)" >/dev/null 2>&1 ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

missing() {
    echo "$needs" | while read -r what package; do
        [ -z "$what" ] || there "$what" || echo "$package"
    done | sort -u
}

# A login as root by su has no sbin there.
PATH=$PATH:/usr/sbin:/sbin
packages=$(missing)
[ -n "$packages" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need these Debian packages, or what your distribution calls them:" $packages >&2
    command -v apt-get >/dev/null && echo "Install them: sudo apt-get install --no-install-recommends" $packages >&2
    exit 77
fi

echo "Installing what the tests need:" $packages
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086 # one argument a package
apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends $packages

packages=$(missing)
[ -z "$packages" ] || { echo "Still missing after the installation:" $packages >&2; exit 77; }
