#!/usr/bin/env bash
# Synthesises the stack from cdk.json and has cfn-lint read the template. Its cfn-lint is in cdk/.venv.
set -euo pipefail
cd "$(dirname "$0")/.."

bash test/python.sh

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
(cd .. && npx --prefix cdk cdk synth --quiet --output "$output" -c lambdaDirectory=cdk/test/fixtures/lambda)
# W3005: CDK writes out dependencies that references imply as well.
.venv/bin/cfn-lint --ignore-checks W3005 --regions eu-central-1 -- "$output"/*.template.json
echo 'cfn-lint has nothing to say'
