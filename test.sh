#!/usr/bin/env bash
# Passes all tests from a fresh clone. Needs Rust, git, Node.js and Python; installs whatever else it uses below target/.
#
#   ./test.sh             everything that continuous integration runs
#   ./test.sh --long      also what takes longer than that
#   ./test.sh PART...     some of: lint unit stories model page cdk deploy docs
set -euo pipefail
cd "$(dirname "$0")"

all_parts=(lint unit stories model page cdk deploy docs)
parts=()
for word in "$@"; do
  case "$word" in
    --long) export MERGEGATE_LONG=1 ;;
    lint | unit | stories | model | page | cdk | deploy | docs) parts+=("$word") ;;
    *)
      echo "usage: ./test.sh [--long] [${all_parts[*]}]" >&2
      exit 2
      ;;
  esac
done

export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-auto}"
tools="$PWD/target/tools"
export PATH="$tools/bin:$PATH"

for tool in "cargo: Rust, https://rustup.rs" "git: https://git-scm.com" "node: Node.js 20.19 or newer, https://nodejs.org" \
  "npm: comes with Node.js" "python3: Python 3.11 or newer with its venv, https://www.python.org"; do
  command -v "${tool%%:*}" >/dev/null || { echo "${tool%%:*} is not installed; get ${tool#*: }" >&2; exit 1; }
done

but_the_model=(--workspace --exclude gate-model)
times=()

# step NAME COMMAND...: says what begins, and remembers how long it took.
step() {
  local name=$1 began=$SECONDS
  shift
  printf '\n== %s\n' "$name" >&2
  "$@"
  times+=("$(printf '%6d s  %s' "$((SECONDS - began))" "$name")")
}

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

lint() {
  cargo_deny
  cargo fmt --all --check
  git grep -lz '^#!/.*sh$' -- '*.sh' .ci/run | xargs -0 shellcheck --severity=warning --external-sources --source-path=SCRIPTDIR
  cargo deny --log-level error check bans licenses sources
  advisories
  cargo clippy --workspace --all-targets --locked -- -D warnings
}

# The stories drive the real binaries. Binaries and tests in one go: apart, cargo chooses other features, and compiles the SDKs twice.
compile() { cargo build --locked "${but_the_model[@]}" --bins --tests; }

model() { cargo test --profile model --package gate-model --locked -- --nocapture; }

# All but the model, which is of no use unoptimised.
all_tests() {
  cargo test "${but_the_model[@]}" --locked
  [[ -z "${MERGEGATE_LONG:-}" ]] || long_tests
}

long_tests() {
  MERGEGATE_SOAK_SEED=1-100 MERGEGATE_SOAK_PULL_REQUESTS=500 \
    cargo test --release "${but_the_model[@]}" --locked --test soak nothing_is -- --nocapture
  MERGEGATE_RULE_FILES=2000 \
    cargo test --release "${but_the_model[@]}" --locked --test accepted_rules a_pull_request -- --nocapture
  crates/gate-model/mutants.py --all
}

# The stories are the tests of the directory tests/, one binary for each file or folder there.
stories() {
  local story names=()
  for story in tests/tests/*.rs tests/tests/*/main.rs; do
    [[ "$story" != */main.rs ]] || story=${story%/main.rs}
    names+=(--test "$(basename "$story" .rs)")
  done
  cargo test "${but_the_model[@]}" --locked "${names[@]}"
}

cdk() {
  npm ci --prefix cdk --no-audit --no-fund --loglevel=error
  npm test --prefix cdk
  npm run --silent audit --prefix cdk
  npm run --silent proof --prefix cdk
  npm run cfn-lint --prefix cdk
}

# part NAME TITLE COMMAND...: if it is asked for, or everything is.
part() {
  local name=$1
  shift
  if [[ ${#parts[@]} == 0 || " ${parts[*]} " == *" $name "* ]]; then step "$@"; fi
}

# The CDK app needs a core at most, and the stories often wait: they share the time. What it says comes when it is its turn.
beside_the_tests() {
  mkdir -p "$tools"
  cdk >"$tools/cdk.log" 2>&1 &
  beside=$!
}

finish_beside() {
  local code=0
  wait "$beside" || code=$?
  beside=
  cat "$tools/cdk.log"
  return "$code"
}

report() {
  local code=$?
  if [[ -n "${beside:-}" ]]; then kill "$beside" 2>/dev/null || true; fi
  if [[ ${#times[@]} != 0 ]]; then printf '\n' >&2; fi
  printf '%s\n' "${times[@]}" >&2
  if [[ $code == 0 ]]; then printf '\n%s passed\n' "${parts[*]:-all tests}" >&2; fi
}
trap report EXIT

step "tools" python_tools
part lint "format and lints" lint
if [[ ${#parts[@]} == 0 ]]; then
  step "compile" compile
  beside_the_tests
  step "tests" all_tests
  step "the CDK app, begun beside the tests" finish_beside
else
  part unit "unit tests" cargo test "${but_the_model[@]}" --locked --lib
  part stories "stories" stories
  part cdk "the CDK app" cdk
fi
part model "the model" model
part page "the page with all results, in a browser" tests/page/run.sh
part deploy "a real deployment, into an emulator" tests/deploy/run.sh
if [[ ${#parts[@]} != 0 || -n "${MERGEGATE_LONG:-}" ]]; then
  # It compiles the dependencies once more, with other features than anything else.
  part docs "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet
fi
