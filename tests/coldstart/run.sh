#!/usr/bin/env bash
# Cold start of the router beside a Node.js handler that makes the same two calls, and beside a function that does
# nothing; and the size of what is uploaded. Fails when a target is missed.
#
# Needs Linux, Rust, Node.js 20 or later with npm, Python and zip; installs the rest below target/.
#
#   tests/coldstart/run.sh [--rounds N]
set -euo pipefail
cd "$(dirname "$0")/../.."

here=tests/coldstart
target="${CARGO_TARGET_DIR:-$PWD/target}"
state="$target/coldstart"
functions=(router environment builder reporter)

packages=()
for name in "${functions[@]}"; do packages+=(--package "$name"); done
cargo build --locked --profile deployed "${packages[@]}" --bins
cargo build --locked --profile deployed --package gate-lambda --example nothing

mkdir -p "$state/node"
cp "$here"/node/* "$state/node/"
npm ci --prefix "$state/node" --no-audit --no-fund --loglevel=error
npm run --silent --prefix "$state/node" bundle

# Copied, as Lambda unpacks them: what a linker wrote through a map lies in small pages, which cost more to load.
cp "$target/deployed/router" "$target/deployed/examples/nothing" "$state/"

python3 "$here/bench.py" --json "$state/medians.json" "$@" \
  "router=$state/router" \
  "nothing=$state/nothing" \
  "Node.js $(node --version)=node $state/node/runtime.mjs" \
  "Node.js, one file=node $state/node/bundle.cjs"

python3 "$here/targets.py" "$state/medians.json" "${functions[@]/#/$target/deployed/}"
