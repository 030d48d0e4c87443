#!/usr/bin/env python3
"""Holds the medians of bench.py, and the compiled functions themselves, against what is promised of them.

usage: targets.py MEDIANS FUNCTION...
"""

import io
import json
import sys
import zipfile
from pathlib import Path

MEBIBYTE = 1024 * 1024
LARGEST_ZIP_MIB = 3.0


def zipped_mib(function: Path) -> float:
    """The size of what is uploaded for a function."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.write(function, "bootstrap")
    return len(archive.getvalue()) / MEBIBYTE


def main() -> None:
    medians = json.loads(Path(sys.argv[1]).read_text())
    router, nothing, node = (
        next(own for name, own in medians.items() if name.startswith(start))
        for start in ("router", "nothing", "Node.js v")
    )
    promises = [
        ("times sooner than Node.js", node["first_ms"] / router["first_ms"], 20.0, False),
        ("of the memory of Node.js", router["peak_mib"] / node["peak_mib"], 0.1, True),
        ("times a function that does nothing", router["first_ms"] / nothing["first_ms"], 2.0, True),
    ]
    for path in map(Path, sys.argv[2:]):
        promises.append((f"MiB is the zip of {path.name}", zipped_mib(path), LARGEST_ZIP_MIB, True))
    missed = 0
    print()
    for what, found, limit, at_most in promises:
        holds = found <= limit if at_most else found >= limit
        missed += not holds
        print(f"{'✔' if holds else '✘'} {found:.2f} {what}: at {'most' if at_most else 'least'} {limit:g} is promised")
    if missed:
        sys.exit(f"{missed} of {len(promises)} promises are not kept")


if __name__ == "__main__":
    main()
