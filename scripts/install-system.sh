#!/bin/sh
# Puts the built udev-proxy in place as a system service. PREFIX (/usr/local) is where it goes, DESTDIR a root to put in front of every path.
set -eu
umask 022
checkout=$(cd "$(dirname "$0")/.." && pwd -P)
PREFIX=${PREFIX:-/usr/local}
DESTDIR=${DESTDIR:-}
# systemd reads units below /usr and /usr/local by itself; elsewhere it must be told.
case $PREFIX in
    /usr | /usr/local) units=$PREFIX/lib/systemd/system ;;
    *) units=/etc/systemd/system ;;
esac
lib=$DESTDIR$PREFIX/lib/udev-proxy
etc=$DESTDIR/etc/udev-proxy

fail() {
    echo "$2" >&2
    exit "$1"
}

case $PREFIX in
    /*) ;;
    *) fail 64 "PREFIX must be an absolute path, and is '$PREFIX'." ;;
esac
if [ -z "$DESTDIR" ] && [ "$(id -u)" -ne 0 ]; then
    fail 77 "Installing below $PREFIX and /etc needs root: run it with sudo."
fi
for built in node_modules dist/cli/main.js build/Release/udev_proxy.node config/config.yaml config/schema.json; do
    [ -e "$checkout/$built" ] || fail 1 "udev-proxy is not built yet ($built is missing). Build it first: npm install && npm run build"
done
# Not the link or shim that is first in this PATH: the service has another PATH, and none of this user's settings.
node=$(node -p process.execPath) || fail 1 "node is not in PATH: udev-proxy needs Node.js, 20.19 or newer."
node "$checkout/scripts/node-version.cjs"
# npm's own list of what it has installed; asking npm itself takes seconds.
modules=$(cd "$checkout" && node -p '
    const { packages } = JSON.parse(fs.readFileSync("node_modules/.package-lock.json"))
    Object.keys(packages).filter((path) => !packages[path].dev).sort().join("\n")') ||
    fail 1 "node_modules was not made by npm. Install it first: npm install"

# The program, complete in a directory beside the old one before it takes its place.
mkdir -p "$DESTDIR$PREFIX/lib"
rm -rf "$lib.new"
mkdir -p "$lib.new/build/Release" "$lib.new/config"
cp -R "$checkout/dist" "$checkout/package.json" "$lib.new/"
# The demo needs what only a checkout has.
rm -rf "$lib.new/dist/demo"
cp "$checkout/build/Release/udev_proxy.node" "$lib.new/build/Release/"
cp "$checkout/config/config.yaml" "$checkout/config/schema.json" "$lib.new/config/"
# One tar for all packages, without what only a compiler or a debugger reads: half of their files.
echo "$modules" |
    tar -C "$checkout" --exclude='*.map' --exclude='*.ts' --exclude='*.[cm]ts' -c -T - |
    tar -C "$lib.new" --no-same-owner -x
chmod -R u=rwX,go=rX "$lib.new"

# As packages do: a config that is there is kept, and one that came with another default gets the new default beside it.
mkdir -p "$etc"
if [ ! -e "$etc/config.yaml" ]; then
    cp "$lib.new/config/config.yaml" "$etc/config.yaml"
elif ! cmp -s "$lib.new/config/config.yaml" "$lib/config/config.yaml" &&
    ! cmp -s "$lib.new/config/config.yaml" "$etc/config.yaml"; then
    cp "$lib.new/config/config.yaml" "$etc/config.yaml.new"
    echo "Kept your $etc/config.yaml; the new default is beside it, as config.yaml.new."
fi
cp "$lib.new/config/schema.json" "$etc/schema.json"

rm -rf "$lib"
mv "$lib.new" "$lib"

mkdir -p "$DESTDIR$PREFIX/bin"
# Removed first: a script that runs must not change under its shell.
rm -f "$DESTDIR$PREFIX/bin/udev-proxy"
# The option is that of the program's first line, which does not know this node.
cat >"$DESTDIR$PREFIX/bin/udev-proxy" <<EOF
#!/bin/sh
exec "$node" --max-semi-space-size=4 --min-semi-space-size=4 --optimize-for-size "\$(dirname "\$(readlink -f "\$0")")/../lib/udev-proxy/dist/cli/main.js" "\$@"
EOF
chmod 755 "$DESTDIR$PREFIX/bin/udev-proxy"

mkdir -p "$DESTDIR$units"
for unit in "$checkout"/systemd/*.mount "$checkout"/systemd/*.service; do
    sed "s|@BINDIR@|$PREFIX/bin|g" "$unit" >"$DESTDIR$units/${unit##*/}"
    chmod 644 "$DESTDIR$units/${unit##*/}"
done

echo "Installed $DESTDIR$PREFIX/bin/udev-proxy, its units in $DESTDIR$units, its config in $etc."
[ -z "$DESTDIR" ] || exit 0
if [ ! -d /run/systemd/system ]; then
    echo "systemd does not run here. Write your routes into /etc/udev-proxy/config.yaml, then start it: udev-proxy run"
    exit 0
fi
systemctl daemon-reload
if systemctl --quiet is-active udev-proxy.service; then
    echo "The old one still runs. Restart it: systemctl restart udev-proxy"
else
    echo "Write your routes into /etc/udev-proxy/config.yaml, check them with 'udev-proxy check', then start it:"
    echo "  systemctl enable --now udev-proxy"
fi
