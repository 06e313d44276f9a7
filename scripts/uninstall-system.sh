#!/bin/sh
# Takes away what install-system.sh put in place, with the same PREFIX and DESTDIR. The config stays unless --purge is given.
set -eu
PREFIX=${PREFIX:-/usr/local}
DESTDIR=${DESTDIR:-}
case $PREFIX in
    /usr | /usr/local) units=$PREFIX/lib/systemd/system ;;
    *) units=/etc/systemd/system ;;
esac
etc=$DESTDIR/etc/udev-proxy
stage=/run/udev-proxy/stage
mount_unit='run-udev\x2dproxy-stage.mount'

case ${1:-} in
    '') purge=no ;;
    --purge) purge=yes ;;
    *)
        echo "Usage: uninstall-system.sh [--purge]" >&2
        exit 64
        ;;
esac
if [ -z "$DESTDIR" ] && [ "$(id -u)" -ne 0 ]; then
    echo "Uninstalling from $PREFIX and /etc needs root: run it with sudo." >&2
    exit 77
fi

staged() {
    grep -q " $stage " /proc/self/mounts
}

running=no
[ -n "$DESTDIR" ] || [ ! -d /run/systemd/system ] || running=yes

if [ "$running" = yes ] && [ -e "$units/udev-proxy.service" ]; then
    systemctl --quiet disable --now udev-proxy.service
    systemctl stop "$mount_unit" || :
fi
if [ -z "$DESTDIR" ]; then
    # Lazily: containers that still run have their own mounts of it, and lose them when they end.
    while staged; do umount -l "$stage"; done
    rm -rf /run/udev-proxy
fi

rm -rf "$DESTDIR$PREFIX/lib/udev-proxy" "$DESTDIR$PREFIX/lib/udev-proxy.new"
rm -f "$DESTDIR$PREFIX/bin/udev-proxy" "$DESTDIR$units/udev-proxy.service" "$DESTDIR$units/$mount_unit"
rm -f "$DESTDIR/etc/systemd/system/multi-user.target.wants/udev-proxy.service"
rm -f "$etc/schema.json" "$etc/config.yaml.new"
[ "$purge" = no ] || rm -f "$etc/config.yaml"
rmdir "$etc" 2>/dev/null || :

if [ "$running" = yes ]; then
    systemctl daemon-reload
    systemctl reset-failed udev-proxy.service "$mount_unit" 2>/dev/null || :
fi
[ ! -e "$etc/config.yaml" ] || echo "Kept $etc/config.yaml (--purge removes it too)."
