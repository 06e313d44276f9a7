#!/bin/sh
# Compiles the applications of this directory into .cache/clients/, against the headers and libraries of the Debian suite that
# they run on; see trees.sh. Each only when it or the tree has changed.
set -eu
here=$(cd "$(dirname "$0")" && pwd -P)
cd "$here/../../.."
"$here/trees.sh"
programs=.cache/clients
mkdir -p "$programs"

# compile PROGRAM SUITE 'HEADER-DIRECTORY...' LIBRARY...
compile() {
    source=$here/$1.c program=$programs/$1 suite=.cache/debian/$2
    if [ "$program" -nt "$source" ] && [ "$program" -nt "$suite/key" ]; then return; fi
    include=$suite/headers/usr/include
    flags="-isystem $include"
    for directory in $3; do flags="$flags -isystem $suite/headers/usr/$directory"; done
    shift 3
    libraries=
    for library in "$@"; do libraries="$libraries $suite/tree/usr/lib/x86_64-linux-gnu/$library"; done
    # What the libraries need in turn is in the tree, and not on this machine.
    # shellcheck disable=SC2086 # one argument a flag
    gcc -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror $flags -o "$program.new" "$source" $libraries \
        -Wl,--unresolved-symbols=ignore-in-shared-libs
    mv "$program.new" "$program"
}

compile sd-device-client bookworm '' libsystemd.so.0
compile gudev-client bookworm 'include/gudev-1.0 include/glib-2.0 lib/x86_64-linux-gnu/glib-2.0/include' \
    libgudev-1.0.so.0 libgobject-2.0.so.0 libglib-2.0.so.0
compile sdl2-client bookworm include/x86_64-linux-gnu libSDL2-2.0.so.0
compile sdl3-client trixie '' libSDL3.so.0
compile glfw-client bookworm '' libglfw.so.3
compile hidapi-client bookworm '' libhidapi-hidraw.so.0
cp -R "$here/pyudev-client.py" "$here/retroarch.cfg" "$here/autoconfig" "$programs/"
