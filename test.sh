#!/usr/bin/env bash
# Passes all tests from a fresh clone. Needs Rust, git, Node.js and Python; installs whatever else it uses below target/.
#
#   ./test.sh          everything that continuous integration runs
#   ./test.sh --long   also what takes longer than that
set -euo pipefail
cd "$(dirname "$0")"

case "${1:-}" in
  "") ;;
  --long) export MERGEGATE_LONG=1 ;;
  *) echo "usage: ./test.sh [--long]" >&2; exit 2 ;;
esac

export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-auto}"
tools="$PWD/target/tools"
export PATH="$tools/bin:$PATH"

step() { printf '\n== %s\n' "$*" >&2; }

# A Python environment of our own: the AWS tools that the tests drive, and linters.
python_tools() {
  if ! cmp --silent tests/requirements.txt "$tools/python/requirements.txt"; then
    python3 -m venv "$tools/python"
    "$tools/python/bin/pip" install --quiet --disable-pip-version-check --requirement tests/requirements.txt
    cp tests/requirements.txt "$tools/python/requirements.txt"
  fi
  export PATH="$tools/python/bin:$PATH"
}

cargo_deny() {
  local version=0.20.2
  if [[ "$(cargo-deny --version 2>/dev/null)" != "cargo-deny $version" ]]; then
    # Unoptimised: it runs for a second, it would compile for minutes.
    cargo install --quiet --locked --debug --no-default-features --version "$version" \
      --root "$tools" --target-dir target/tools-build cargo-deny
  fi
}

# Known vulnerabilities. Without a network nobody knows them, which is said and no failure.
advisories() {
  local source=https://github.com/RustSec/advisory-db
  if ! GIT_TERMINAL_PROMPT=0 timeout 60 git ls-remote --exit-code "$source" HEAD >/dev/null 2>&1; then
    printf '\n!! NOT CHECKED: known vulnerabilities of dependencies: %s cannot be reached\n\n' "$source" >&2
    return
  fi
  cargo deny --log-level error check advisories
}

step "tools"
python_tools
cargo_deny

step "format and lints"
cargo fmt --all --check
git grep -lz '^#!/.*sh$' -- '*.sh' .ci/run | xargs -0 shellcheck --severity=warning --external-sources --source-path=SCRIPTDIR
cargo deny --log-level error check bans licenses sources
advisories
cargo clippy --workspace --all-targets --locked -- -D warnings

step "tests"
# The stories drive the real binary.
cargo build --locked --workspace --bin gate
cargo test --workspace --locked
if [[ -n "${MERGEGATE_LONG:-}" ]]; then
  step "a hundred soaks"
  MERGEGATE_SOAK_SEED=1-100 MERGEGATE_SOAK_PULL_REQUESTS=500 \
    cargo test --release --workspace --locked --test soak nothing_is -- --nocapture
  step "mutants"
  crates/gate-model/mutants.py --all
fi

step "the page with all results, in a browser"
tests/page/run.sh

step "the CDK app"
npm ci --prefix cdk --no-audit --no-fund --loglevel=error
npm test --prefix cdk
npm run --silent audit --prefix cdk
npm run --silent proof --prefix cdk
npm run cfn-lint --prefix cdk

step "a real deployment, into an emulator"
tests/deploy/run.sh

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet

printf '\nall tests passed\n' >&2
