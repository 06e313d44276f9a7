#!/bin/sh
# Takes the corpus' table of the last VM run over into docs/corpus.md, below the words that it has there.
set -eu
cd "$(dirname "$0")/.."
page=$(mktemp)
trap 'rm -f "$page"' EXIT
sed '/^| device /,$d' docs/corpus.md >"$page"
cat .cache/vm/results/corpus.md >>"$page"
npx prettier --parser markdown <"$page" >docs/corpus.md
