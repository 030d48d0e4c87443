#!/usr/bin/env bash
# Synthesises the stack from cdk.json and has cfn-lint read the template. Installs its own cfn-lint into cdk/.venv.
set -euo pipefail
cd "$(dirname "$0")/.."

python=.venv/bin/python
requirements=test/cfn-lint-requirements.txt
if ! cmp --silent "$requirements" .venv/requirements.txt; then
  python3 -m venv .venv
  "$python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
  cp "$requirements" .venv/requirements.txt
fi

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
(cd .. && npx --prefix cdk cdk synth --quiet --output "$output" -c lambdaDirectory=cdk/test/fixtures/lambda)
# W3005: CDK writes out dependencies that references imply as well.
.venv/bin/cfn-lint --ignore-checks W3005 --regions eu-central-1 -- "$output"/*.template.json
echo 'cfn-lint has nothing to say'
