#!/usr/bin/env bash
# Synthesises the stack from cdk.json and has cfn-lint read the template. Its cfn-lint is in cdk/.venv.
set -euo pipefail
cd "$(dirname "$0")/.."

bash test/python.sh

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
(cd .. && npx --prefix cdk cdk synth --quiet --output "$output" -c lambdaDirectory=cdk/test/fixtures/lambda)
# It takes a resource of a step for wrong that has a substitution within, and those of other partitions: it reads the definition as
# it is in the partition aws.
sed -i.before 's/arn:${Partition}:states:::/arn:aws:states:::/g' "$output"/*.template.json
# W3005: CDK writes out dependencies that references imply as well.
.venv/bin/cfn-lint --ignore-checks W3005 --regions eu-central-1 -- "$output"/*.template.json
echo 'cfn-lint has nothing to say'
