use serde_json::{Value, json};

use super::Pattern;

fn matches(pattern: &Value, event: &Value) -> bool {
    Pattern::parse(&pattern.to_string()).unwrap().matches(event)
}

fn refusal(pattern: &str) -> String {
    Pattern::parse(pattern).unwrap_err().to_string()
}

#[test]
fn a_matcher_takes_and_leaves_what_eventbridge_does() {
    let rows = [
        (json!(["a"]), json!("a"), json!("b")),
        (json!([1]), json!(1.0), json!("1")),
        (json!([null]), json!(null), json!("null")),
        (json!([true]), json!(true), json!(false)),
        (json!(["a", 2]), json!([3, "a"]), json!([3, "b"])),
        (json!([{ "prefix": "ab" }]), json!("abc"), json!("xab")),
        (json!([{ "suffix": ".rs" }]), json!("a.rs"), json!("a.rs2")),
        (
            json!([{ "prefix": { "equals-ignore-case": "AB" } }]),
            json!("abc"),
            json!("b"),
        ),
        (
            json!([{ "equals-ignore-case": "OPEN" }]),
            json!("Open"),
            json!("Opened"),
        ),
        (json!([{ "anything-but": ["a", 1] }]), json!("b"), json!(1)),
        (json!([{ "anything-but": "a" }]), json!("b"), json!("a")),
        (
            json!([{ "anything-but": { "prefix": "a" } }]),
            json!("b"),
            json!("ab"),
        ),
        (
            json!([{ "wildcard": "refs/*/m\\*n" }]),
            json!("refs/heads/m*n"),
            json!("refs/heads/main"),
        ),
        (
            json!([{ "wildcard": "a*b*c" }]),
            json!("axbxbc"),
            json!("acb"),
        ),
        (json!([{ "numeric": ["=", 5] }]), json!(5), json!("5")),
        (
            json!([{ "numeric": [">", 0, "<=", 5] }]),
            json!(5),
            json!(0),
        ),
        (
            json!([{ "exists": true }]),
            json!("a"),
            json!({ "deeper": 1 }),
        ),
        (json!(["a", { "prefix": "b" }]), json!("bc"), json!("c")),
    ];
    for (matchers, taken, left) in rows {
        let pattern = json!({ "detail": { "field": matchers } });
        assert!(
            matches(&pattern, &json!({ "detail": { "field": taken } })),
            "{matchers} {taken}"
        );
        assert!(
            !matches(&pattern, &json!({ "detail": { "field": left } })),
            "{matchers} {left}"
        );
    }
}

#[test]
fn only_exists_false_matches_a_member_that_is_not_there() {
    let event = json!({ "source": "s" });
    for (matchers, expected) in [
        (json!([{ "exists": false }]), true),
        (json!([{ "exists": true }]), false),
        (json!([{ "anything-but": "a" }]), false),
        (json!(["a"]), false),
    ] {
        let pattern = json!({ "source": ["s"], "detail": { "field": matchers } });
        assert_eq!(matches(&pattern, &event), expected, "{matchers}");
    }
}

#[test]
fn members_of_one_array_element_match_together() {
    let pattern = json!({ "detail": { "builds": { "name": ["a"], "status": ["FAILED"] } } });
    let builds = |status: &str| json!({ "detail": { "builds": [{ "name": "a", "status": status }, { "name": "b", "status": "FAILED" }] } });
    assert!(matches(&pattern, &builds("FAILED")));
    assert!(!matches(&pattern, &builds("PASSED")));
}

#[test]
fn or_wants_one_of_its_patterns_beside_the_other_members() {
    let pattern =
        json!({ "source": ["s"], "$or": [{ "detail": { "a": [1] } }, { "detail": { "b": [2] } }] });
    assert!(matches(
        &pattern,
        &json!({ "source": "s", "detail": { "b": 2 } })
    ));
    assert!(!matches(
        &pattern,
        &json!({ "source": "s", "detail": { "b": 3 } })
    ));
    assert!(!matches(
        &pattern,
        &json!({ "source": "t", "detail": { "b": 2 } })
    ));
}

#[test]
fn refuses_a_pattern_with_the_place_of_its_fault() {
    let rows = [
        ("{}", "Empty objects are not allowed at (document)"),
        ("[]", "Filter is not an object at (document)"),
        (
            r#"{"source":"s"}"#,
            "\"source\" must be an object or an array at /source",
        ),
        (
            r#"{"source":[]}"#,
            "Empty arrays are not allowed at /source",
        ),
        (
            r#"{"detail":{"a/b":["x",{"cidr":"10.0.0.0/8"}]}}"#,
            "Unrecognized match type cidr at /detail/a~1b/1/cidr",
        ),
        (
            r#"{"detail":{"a":[{"prefix":1}]}}"#,
            "prefix match pattern must be a string at /detail/a/0/prefix",
        ),
        (
            r#"{"detail":{"a":[{"wildcard":"a**"}]}}"#,
            "consecutive wildcard characters at /detail/a/0/wildcard",
        ),
        (
            r#"{"detail":{"a":[{"numeric":["<"]}]}}"#,
            "numeric takes one or two pairs of =, <, <=, >, >= and a number at /detail/a/0/numeric",
        ),
        (
            r#"{"$or":[{"a":[1]}]}"#,
            "There must have at least 2 Objects in $or relationship at /$or",
        ),
        (
            r#"{"a":[{"prefix":"x","suffix":"y"}]}"#,
            "Only one key allowed in match expression at /a/0",
        ),
    ];
    for (pattern, reason) in rows {
        assert_eq!(
            refusal(pattern),
            format!("Event pattern is not valid. Reason: {reason}")
        );
    }
}

#[test]
fn refuses_a_pattern_that_is_no_json_or_too_long() {
    assert!(refusal("{").starts_with("Event pattern is not valid. Reason: not JSON: "));
    let long = format!(r#"{{"a":["{}"]}}"#, "x".repeat(4096));
    assert_eq!(
        refusal(&long),
        "Event pattern is not valid. Reason: longer than 4096 characters at (document)"
    );
}
