"""The local endpoint, held against AWS's models of its services through boto3.

`python3 -m conformance` asks the endpoint at `AWS_ENDPOINT_URL`, which `tests/conformance.rs` sets up. Every answer of
every call is checked as raw JSON (`inspection`). In the end every operation that the Rust sources dispatch (`sources`)
must have been seen to succeed, to refuse with a modelled error and, if it is a list, over three pages (`ledger`).
"""
