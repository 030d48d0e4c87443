# shellcheck shell=sh
# Tests of lib/text.sh. Every function whose name begins with test_ is a test.

changelog() {
    cat <<'END'
# Changelog

## [1.10.0] - 2024-05-01

- Notes may have `code`

- and blank lines

## v1.9.2 (2024-04-02)

- An older fix
END
}

test_a_title_becomes_a_slug() {
    equals 'fix-login-again' "$(slug 'Fix:  login (again)!')"
}

test_a_slug_of_nothing_is_empty() {
    equals '' "$(slug ' ?! ')"
}

test_several_words_become_one_slug() {
    equals 'release-2-0' "$(slug Release 2.0)"
}

test_the_newest_version_is_the_first_heading() {
    equals '1.10.0' "$(changelog | newest_version)"
}

test_a_changelog_without_versions_has_no_newest() {
    equals '' "$(echo '# Changelog' | newest_version)"
}

test_changes_keep_blank_lines_inside_only() {
    equals '- Notes may have `code`

- and blank lines' "$(changelog | changes 1.10.0)"
}

test_headings_may_begin_with_v() {
    equals '- An older fix' "$(changelog | changes 1.9.2)"
}

test_a_minor_release_resets_the_patch() {
    equals '1.10.0' "$(next_version minor 1.9.2)"
}

test_a_major_release_resets_both() {
    equals '2.0.0' "$(next_version major 1.9.2)"
}

test_refuses_a_version_with_two_parts() {
    message=$(next_version patch 1.9 2>&1) && return 1
    equals 'not a version: 1.9' "$message"
}

test_release_notes_have_tag_and_changes() {
    changelog >"$scratch/CHANGELOG.md"
    equals 'tag: v1.10.0

- Notes may have `code`

- and blank lines' "$(./release-notes.sh "$scratch/CHANGELOG.md")"
}

test_refuses_a_changelog_without_versions() {
    echo '# Changelog' >"$scratch/empty.md"
    message=$(./release-notes.sh "$scratch/empty.md" 2>&1) && return 1
    equals "$scratch/empty.md: no heading such as '## 1.2.3'" "$message"
}

test_tags_are_signed() {
    skip 'signing needs a key, and this project has none yet'
}
