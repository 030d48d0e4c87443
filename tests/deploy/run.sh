#!/usr/bin/env bash
# Deploys the gate for real, into an AWS emulator that nobody of this project wrote, and plays a pull request's life
# through what was deployed. CodeCommit and CodeBuild, which that emulator does not have, are `gate local`.
#
# Needs Rust, git, Node.js and Python; installs the rest below target/. Everything listens on loopback and ends with it.
set -euo pipefail
cd "$(dirname "$0")/../.."

here=tests/deploy
target="${CARGO_TARGET_DIR:-$PWD/target}"
state="$target/deploy"
work="$state/run"
functions="$state/functions"
authority="$work/tls/client.pem"
service=mergegate
repository=shop
# Twelve, of which the first is worked in.
repositories=shop,$(printf 'further-%s,' {1..11} | sed 's/,$//')
account=000000000000
region=us-east-1
began=$SECONDS

step() { printf '\n== [%d s] %s\n' "$((SECONDS - began))" "$*" >&2; }

install_needs() {
  if ! cmp --silent "$here/requirements.txt" "$state/python/requirements.txt"; then
    python3 -m venv "$state/python"
    "$state/python/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$state/python/requirements.txt"
  fi
  # An environment of its own: it wants other versions of what the emulator wants as well.
  if ! command -v aws >/dev/null && [[ ! -x "$state/aws/bin/aws" ]]; then
    python3 -m venv "$state/aws"
    "$state/aws/bin/pip" install --quiet --disable-pip-version-check awscli==1.45.11
  fi
  # npm writes this list when it is done with an installation.
  if [[ ! -e cdk/node_modules/.package-lock.json || cdk/package-lock.json -nt cdk/node_modules/.package-lock.json ]]; then
    npm ci --prefix cdk --no-audit --no-fund --loglevel=error
  fi
}

# The test is about what the functions do. How quickly they start is measured with the profile that is deployed.
compile() {
  local name
  # As ./test.sh does: with single packages cargo chooses other features, and compiles the SDKs once more.
  cargo build --locked --workspace --exclude gate-model --bins --tests
  for name in router environment builder reporter; do
    mkdir -p "$functions/$name"
    strip -o "$functions/$name/bootstrap" "$target/debug/$name"
  done
}

free_ports() {
  python3 - <<'PYTHON'
import socket

listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(listener.getsockname()[1] for listener in listeners))
PYTHON
}

pids=()
log_names=()

# start NAME COMMAND...: in a process group of its own, so that its children end with it.
start() {
  local name=$1
  shift
  set -m
  "$@" >"$work/$name.log" 2>&1 </dev/null &
  set +m
  pids+=("$!")
  log_names+=("$name")
}

clean_up() {
  local code=$? pid name
  trap '' INT TERM
  for pid in "${pids[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do
    for _ in {1..50}; do
      kill -0 -- "-$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-$pid" 2>/dev/null || true
  done
  if ((code != 0)); then
    for name in "${log_names[@]}"; do
      printf '\n== the end of %s\n' "$work/$name.log" >&2
      tail -n 80 "$work/$name.log" >&2
    done
  fi
  exit "$code"
}

# await PORT: until what was started last listens there.
await() {
  for _ in {1..300}; do
    if (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
    kill -0 "${pids[-1]}" 2>/dev/null || break
    sleep 0.2
  done
  echo "${log_names[-1]} does not listen on port $1" >&2
  return 1
}

# Where everything is, for boto3, the CDK and the functions alike. Nothing of this machine's own configuration.
point_at() {
  local gate_port=$1 emulator_port=$2 name
  while read -r name; do unset "$name"; done < <(compgen -e | grep -E '^AWS_' || true)
  export AWS_ENDPOINT_URL="https://127.0.0.1:$emulator_port"
  export AWS_ENDPOINT_URL_CODECOMMIT="http://127.0.0.1:$gate_port"
  export AWS_ENDPOINT_URL_CODEBUILD="http://127.0.0.1:$gate_port"
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=$region AWS_DEFAULT_REGION=$region
  export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
  # The bootstrap bucket wants TLS. Each of boto3, Node.js and Rust has its own way to be told of an authority.
  export AWS_CA_BUNDLE="$authority" NODE_EXTRA_CA_CERTS="$authority" SSL_CERT_FILE="$authority"
  export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost
}

start_gate_local() {
  local port=$1 callers=() caller
  while read -r caller; do callers+=(--caller "$caller"); done < <("$state/python/bin/python" "$here/callers.py")
  start gate-local "$target/debug/gate" local --no-engine --port "$port" --data "$work/account" "${callers[@]}"
  await "$port"
}

start_emulator() {
  local port=$1
  mkdir -p "$work/emulator"
  "$state/python/bin/python" -m trustme --quiet --dir "$work/tls" --identities 127.0.0.1 localhost
  # AUTH: requests are checked against the policies that the stack deployed, and every function has credentials of its
  # own. Waits of the state machine, and of retries, take a tenth of their time.
  start emulator env GATEWAY_PORT="$port" BIND_HOST=127.0.0.1 MINISTACK_HOST=127.0.0.1 MINISTACK_REGION=$region \
    MINISTACK_ACCOUNT_ID=$account AUTH=true SFN_WAIT_SCALE=0.1 LAMBDA_ASYNC_RETRY_BASE_SECONDS=0.1 \
    IOT_MTLS_ENABLED=0 TMPDIR="$work/emulator" USE_SSL=1 \
    MINISTACK_SSL_CERT="$work/tls/server.pem" MINISTACK_SSL_KEY="$work/tls/server.key" \
    S3_DATA_DIR="$work/emulator/s3" STATE_DIR="$work/emulator/state" \
    "$state/python/bin/python" "$here/ministack_mended.py"
  await "$port"
}

options=(
  --output "$work/cdk.out" --no-notices --ci
  -c "accountId=$account" -c "region=$region" -c "serviceName=$service" -c repositoryName= -c "repositories=$repositories"
  -c "architecture=$(uname -m | sed s/aarch64/arm64/)" -c "lambdaDirectory=$functions"
  -c vpcId=vpc-0a1b2c3d -c "subnetIds=subnet-0a1b2c3d,subnet-4e5f6a7b" -c securityGroupIds=sg-0a1b2c3d
  -c "breakGlassRoleArn=arn:aws:iam::$account:role/break-glass"
)
export CDK_DISABLE_CLI_TELEMETRY=true

cdk() { npx --prefix cdk cdk "$@" "${options[@]}"; }

# Whoever forgot to bootstrap is told to.
refused_without_bootstrap() {
  if cdk deploy --all --require-approval never >"$work/refused.log" 2>&1; then
    echo "a deployment into an account that was not bootstrapped went through" >&2
    return 1
  fi
  if ! grep --quiet "cdk bootstrap" "$work/refused.log"; then
    cat "$work/refused.log" >&2
    echo "a deployment into an account that was not bootstrapped does not say what to do" >&2
    return 1
  fi
}

# Somebody takes the approval rule off a repository. CloudFormation does not know, and a deployment alone changes nothing.
repair() {
  local template=$service-$repository rules
  aws codecommit disassociate-approval-rule-template-from-repository \
    --approval-rule-template-name "$template" --repository-name "$repository"
  npm run --silent --prefix cdk repair -- --all --require-approval never "${options[@]}"
  rules=$(aws codecommit list-associated-approval-rule-templates-for-repository --repository-name "$repository" --output text)
  if ! grep --quiet "$template" <<<"$rules"; then
    echo "repair did not put the approval rule of $repository back" >&2
    return 1
  fi
}

# The one pull request that is left open, the fifth, is named: CodeCommit cannot take its rule away.
destroy() {
  npm run --silent --prefix cdk destroy -- --all --force "${options[@]}" 2>&1 | tee "$work/destroy.log"
  if ! grep --quiet "because a template made it: $repository #5\." "$work/destroy.log"; then
    echo "the pull request that keeps its rule is not named" >&2
    return 1
  fi
}

# The documents' `aws` commands and `gate doctor` find the program like anybody's.
export PATH="$PATH:$state/aws/bin"
export GATE="$target/debug/gate"

story() { "$state/python/bin/python" "$here/story.py" "$1" "$work/clone"; }

step "what the test needs"
install_needs
step "the functions and the local endpoint"
compile
compiled=$SECONDS

rm -rf "$work"
mkdir -p "$work/tls"
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
read -r gate_port emulator_port < <(free_ports)
point_at "$gate_port" "$emulator_port"

step "an account"
start_gate_local "$gate_port"
start_emulator "$emulator_port"
story prepare
step "cdk deploy, before cdk bootstrap"
refused_without_bootstrap
step "cdk bootstrap"
cdk bootstrap "aws://$account/$region"
step "cdk deploy"
cdk deploy --all --require-approval never
step "npm run repair"
repair
step "the story"
story play
step "cdk destroy"
destroy
story leave

printf '\nthe deployed gate did what it says, in %d s once compiled\n' "$((SECONDS - compiled))" >&2
