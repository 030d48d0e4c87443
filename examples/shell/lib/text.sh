# shellcheck shell=sh
# Small text tools. Every function reads its arguments or standard input and writes to standard output.

# slug TEXT...: a name fit for a file or a branch: lower case, digits and single dashes.
slug() {
    printf '%s' "$*" | tr '[:upper:]' '[:lower:]' | tr -cs 'a-z0-9' '-' | sed 's/^-*//; s/-*$//'
}

# newest_version: the first version heading of a changelog, "## [1.2.3] - 2024-05-01" as "1.2.3".
newest_version() {
    sed -n 's/^## *\[*v*\([0-9][0-9.]*[0-9]\).*/\1/p' | head -n 1
}

# changes VERSION: what a changelog says about that version, without blank lines around it.
changes() {
    awk -v wanted="$1" '
        /^## / {
            heading = $0
            gsub(/^## *\[?v?|\].*$| .*$/, "", heading)
            inside = heading == wanted
            next
        }
        inside && (NF || text != "") { text = text $0 "\n" }
        END { sub(/\n+$/, "", text); if (text != "") print text }
    '
}

# next_version PART VERSION: VERSION after a change of its major, minor or patch PART.
next_version() {
    printf '%s\n' "$2" | awk -F. -v part="$1" '
        NF != 3 || /[^0-9.]/ { print "not a version: " $0 > "/dev/stderr"; exit 2 }
        part == "major" { print $1 + 1 ".0.0"; exit }
        part == "minor" { print $1 "." $2 + 1 ".0"; exit }
        part == "patch" { print $1 "." $2 "." $3 + 1; exit }
        { print "not a part of a version: " part > "/dev/stderr"; exit 2 }
    '
}
