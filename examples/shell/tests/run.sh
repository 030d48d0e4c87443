#!/bin/sh
# Runs the tests of tests/*_test.sh and writes what they said as JUnit.
#
#     tests/run.sh [REPORT]        REPORT is reports/junit.xml if not given
#
# A test is a function test_…; it runs in a shell of its own, fails by a status other than 0 and may call
#     equals EXPECTED ACTUAL       fails and shows both if they differ
#     skip REASON                  ends the test; it counts as skipped
# The exit status is 1 if a test failed and if there is none.
set -u

cd "$(dirname "$0")/.." || exit 1
report=${1:-reports/junit.xml}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

. lib/text.sh

skipped_status=77

equals() {
    [ "$1" = "$2" ] && return 0
    printf 'expected: %s\nactual:   %s\n' "$1" "$2"
    exit 1
}

skip() {
    printf '%s\n' "$1"
    exit "$skipped_status"
}

escape() {
    LC_ALL=C tr -d '\000-\010\013\014\016-\037' |
        sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'
}

# record NAME FILE LINE STATUS OUTPUT: one test case in the report.
record() {
    printf '    <testcase classname="%s" name="%s" file="%s" line="%s">\n' "$suite" "$1" "$2" "$3"
    case $4 in
    0) ;;
    "$skipped_status") printf '      <skipped message="%s"/>\n' "$(escape <"$5")" ;;
    *)
        printf '      <failure message="%s">' "$(head -n 4 "$5" | escape)"
        escape <"$5"
        printf '</failure>\n'
        ;;
    esac
    printf '    </testcase>\n'
}

tests=0 failed=0 skipped=0
cases=$scratch/cases.xml
for file in tests/*_test.sh; do
    suite=$(basename "$file" .sh)
    printf '  <testsuite name="%s">\n' "$suite" >>"$cases"
    # shellcheck source=/dev/null
    . "$file"
    for place in $(sed -n '/^test_[A-Za-z0-9_]*()/{s/().*//;=;p;}' "$file" | paste -d: - -); do
        line=${place%%:*} name=${place#*:}
        (set -e; "$name") >"$scratch/output" 2>&1
        status=$?
        tests=$((tests + 1))
        case $status in
        0) echo "ok       $name" ;;
        "$skipped_status")
            skipped=$((skipped + 1))
            echo "skipped  $name"
            ;;
        *)
            failed=$((failed + 1))
            echo "FAILED   $name"
            sed 's/^/         /' "$scratch/output"
            [ -s "$scratch/output" ] || echo "ended with status $status" >"$scratch/output"
            ;;
        esac
        record "$name" "$file" "$line" "$status" "$scratch/output" >>"$cases"
    done
    printf '  </testsuite>\n' >>"$cases"
done

mkdir -p "$(dirname "$report")"
{
    printf '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n'
    cat "$cases"
    printf '</testsuites>\n'
} >"$report"

echo "$tests tests, $failed failed, $skipped skipped: $report"
[ "$failed" -eq 0 ] && [ "$tests" -gt 0 ]
