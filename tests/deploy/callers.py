#!/usr/bin/env python3
"""Prints `KEY=ARN` for every function that the stack deploys: the access key that the emulator gives it, and who it is.

The names are part of the gate's contract (approvals and comments hang on them), so they are known before the
deployment; the story then asks the emulator whether its functions are these.
"""

from emulator import ACCOUNT, REGION, Identity
from gate import SERVICE

FUNCTIONS = ("router", "environment", "builder", "reporter", "deployment")

for name in FUNCTIONS:
    identity = Identity(f"{SERVICE}-{name}", f"arn:aws:iam::{ACCOUNT}:role/{SERVICE}-{name}-{REGION}")
    print(f"{identity.access_key}={identity.arn}")
