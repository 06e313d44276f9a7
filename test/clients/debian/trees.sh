#!/bin/sh
# Unpacks the Debian packages of ./packages into .cache/debian/SUITE/: their files in tree/, what programs are compiled against in
# headers/, and the packages' names and versions in versions. No maintainer script runs, and the machine's own apt and dpkg stay as
# they are. What is there is used again until the list or this script changes.
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
cache=$(cd "$here/../../.." && pwd -P)/.cache/debian

# Depended upon, and opened by nobody who has no screen: three quarters of all bytes.
unused='^(adwaita-icon-theme|fonts-.*|libgl1-mesa-dri|libgtk-3-common|libllvm.*|libperl.*|libz3-.*|mesa-libgallium|perl.*|retroarch-assets)$'

# Debian's archive, as this machine's apt knows it; without package lists apt can't tell whose archive it is.
uri_of_archive() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' | grep -m 1 .
}

# The packages that the list has for a suite.
listed() {
    awk -v suite="$1" -v kind="$2" '$1 == suite && $2 == kind { for (i = 3; i <= NF; i++) print $i }' "$here/packages"
}

# An apt of one suite, on an empty dpkg database: a package brings all that it depends on.
apt() {
    apt-get -q -o Dir::Etc::sourcelist="$new/sources.list" -o Dir::Etc::sourceparts=- -o Dir::Etc::preferencesparts=- \
        -o Dir::State="$new/apt" -o Dir::State::status="$new/apt/status" -o Dir::Cache="$new/apt" -o APT::Sandbox::User=root \
        -o APT::Install-Recommends=false -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

# Downloads the packages "$2"... and unpacks them into the directory $1.
unpack() {
    into=$1
    shift
    [ $# -gt 0 ] || return 0
    mkdir -p "$into" "$into.debs"
    # One usr for all, as Debian's installer makes it; tar puts what packages have in /lib into usr/lib then.
    for directory in bin sbin lib lib64; do
        mkdir -p "$into/usr/$directory"
        ln -s "usr/$directory" "$into/$directory"
    done
    (cd "$into.debs" && apt download "$@")
    # shellcheck disable=SC2016 # the inner shell's
    find "$into.debs" -name '*.deb' -print0 |
        xargs -0 -n 1 -P "$(nproc)" sh -c 'dpkg-deb --fsys-tarfile "$1" | tar -C "$0" -x --keep-directory-symlink' "$into"
    for package in "$into.debs"/*.deb; do
        dpkg-deb --show --showformat '${Package} ${Version}\n' "$package"
    done >>"$new/versions"
    rm -r "$into.debs"
}

# shellcheck disable=SC2046 # one argument a package
build() {
    mkdir -p "$new/apt/lists/partial"
    : >"$new/apt/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive $suite main" >"$new/sources.list"
    apt update
    apt -s install $(listed "$suite" install) >"$new/plan"
    unpack "$new/tree" $(sed -n 's/^Inst \([^ ]*\) .*/\1/p' "$new/plan" | grep -vE "$unused")
    unpack "$new/headers" $(listed "$suite" headers)
    rm -r "$new/apt" "$new/plan"

    # The image of a container that has the tree's usr as a volume: all else, and what a container needs besides.
    mkdir -p "$new/tree/dev" "$new/tree/etc" "$new/tree/proc" "$new/tree/run" "$new/tree/sys" "$new/tree/usr"
    mkdir -m 1777 "$new/tree/tmp"
    echo root:x:0:0:root:/tmp:/bin/sh >"$new/tree/etc/passwd"
    printf 'root:x:0:\ninput:x:106:\n' >"$new/tree/etc/group"
    tar -C "$new/tree" -c --exclude='./usr/*' -f "$new/image.tar" .
}

# A process of its own for each suite: `set -e` holds for nothing whose status is asked for.
if [ $# -gt 0 ]; then
    suite=$1 archive=$2 new=$cache/$1.new
    build
    exit
fi

refresh() {
    suite=$1 new=$cache/$1.new log=$cache/$1.log
    rm -rf "$new" "${cache:?}/$suite"
    mkdir "$new"
    "$0" "$suite" "$archive" >"$log" 2>&1 || {
        cat "$log" >&2
        return 1
    }
    # Last: a tree is complete when it has its key.
    echo "$2" >"$new/key"
    mv "$new" "$cache/$suite"
}

mkdir -p "$cache"
archive=
jobs=
for suite in $(awk '/^[a-z]/ && !seen[$1]++ { print $1 }' "$here/packages"); do
    key=$({ cat "$0"; grep "^$suite " "$here/packages"; } | sha256sum)
    [ "$(cat "$cache/$suite/key" 2>/dev/null)" != "$key" ] || continue
    archive=${archive:-$(uri_of_archive || { apt-get -q update >&2 && uri_of_archive; })} || {
        echo "trees.sh: apt-get names no archive of Debian: the clients' packages come from there" >&2
        exit 1
    }
    echo "Fetching the clients' packages of Debian $suite."
    refresh "$suite" "$key" &
    jobs="$jobs $!"
done
for job in $jobs; do wait "$job"; done
