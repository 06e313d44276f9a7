#!/bin/sh
# Puts Debian's current kernel and its modules into $1/kernel, and prints the version. What has been fetched once is used again.
set -eu
cache=$1

if [ ! -f "$cache/kernel/version" ]; then
    rm -rf "$cache/kernel" "$cache/download"
    mkdir -p "$cache/download"
    cd "$cache/download"

    # The meta package depends on the one that has the kernel, whose name has the version.
    fetch() {
        package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p')
        [ -n "$package" ] && apt-get -q -o APT::Sandbox::User=root download "$package" >&2
    }
    # Package lists may be missing, or older than the archive, which then has no such file any more.
    fetch || { apt-get -q update >&2 && fetch; } || {
        echo "test-vm: Debian's kernel package linux-image-amd64 can't be fetched by apt-get" >&2
        exit 1
    }

    dpkg-deb --fsys-tarfile ./*.deb | tar -x ./boot ./lib/modules
    version=$(ls lib/modules)
    depmod -b . "$version"
    mv "boot/vmlinuz-$version" vmlinuz
    rm -rf boot ./*.deb
    echo "$version" >version
    mv "$cache/download" "$cache/kernel"
fi
cat "$cache/kernel/version"
