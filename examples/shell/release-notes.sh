#!/bin/sh
# Prints the release notes of the newest version in a changelog, and the tag to give it.
#
#     ./release-notes.sh CHANGELOG.md
set -eu

. "$(dirname "$0")/lib/text.sh"

changelog=${1:?"which changelog? try: $0 CHANGELOG.md"}
version=$(newest_version <"$changelog")
if [ -z "$version" ]; then
    echo "$changelog: no heading such as '## 1.2.3'" >&2
    exit 1
fi
printf 'tag: %s\n\n' "v$version"
changes "$version" <"$changelog"
