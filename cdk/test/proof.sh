#!/usr/bin/env bash
# Proves the permissions of a deployment against AWS's service authorization reference, which is in cdk/.venv.
set -euo pipefail
cd "$(dirname "$0")/.."

bash test/python.sh
exec node --import tsx --test test/proof/*.test.ts
