#!/bin/sh
# Compiles the C programs of the tests and of the benchmark into .cache/clients/ (gcc, libudev-dev), each only when it has changed.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p .cache/clients
for source in test/clients/*.c bench/*.c; do
  [ -e "$source" ] || continue
  program=.cache/clients/$(basename "$source" .c)
  [ "$program" -nt "$source" ] && [ "$program" -nt test/clients/json.h ] && continue
  # Two suites may build at once: a program is complete when its name appears.
  gcc -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -o "$program.$$" "$source" -ludev
  mv "$program.$$" "$program"
done
