#!/usr/bin/env bash
# Puts what the tests need of Python into cdk/.venv, once.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=test/requirements.txt
if ! cmp --silent "$requirements" .venv/requirements.txt; then
  python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
  cp "$requirements" .venv/requirements.txt
fi
