//! Definitions that are refused at load, each fault with its place.

use asl::{Fault, StateMachine};
use serde_json::{Value, json};

use crate::driver::{machine, single, task, with};

fn faults(definition: &Value) -> Vec<Fault> {
    StateMachine::parse(&definition.to_string()).map_or_else(|error| error.faults, |_| Vec::new())
}

/// The one fault of a definition.
fn fault(definition: &Value) -> (String, String) {
    let [fault] = <[Fault; 1]>::try_from(faults(definition))
        .unwrap_or_else(|all| panic!("{definition}: {all:?}"));
    (fault.place, fault.message)
}

fn refuses(definition: &Value, place: &str, message: &str) {
    assert_eq!(
        fault(definition),
        (place.to_owned(), message.to_owned()),
        "{definition}"
    );
}

/// Refuses a machine of one state, with a place below that state.
fn refuses_state(state: Value, place: &str, message: &str) {
    refuses(&single(state), &format!("/States/Only{place}"), message);
}

fn pass(more: Value) -> Value {
    with(json!({"Type": "Pass", "End": true}), more)
}

fn choice(rule: Value) -> Value {
    json!({"StartAt": "Ask", "States": {
        "Ask": {"Type": "Choice", "Choices": [with(rule, json!({"Next": "Done"}))]},
        "Done": {"Type": "Succeed"},
    }})
}

fn retry(more: Value) -> Value {
    task(
        "f",
        json!({"Retry": [with(json!({"ErrorEquals": ["Word"]}), more)]}),
    )
}

#[test]
fn refuses_with_all_faults_at_once() {
    let definition = json!({
        "StartAt": "Start",
        "States": {
            "A/B": {"Type": "Map", "End": true},
            "Build": task("f", json!({"Credentials": {}, "End": null, "Next": "Nowhere"})),
            "Wait": {"Type": "Wait", "Seconds": -1, "Next": "Build", "Colour": "red"},
        },
        "Version": "2.0",
    });
    let error = StateMachine::parse(&definition.to_string()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "\
the state machine definition has 7 fault(s)
  /Version: version `2.0` of the language is not supported, only `1.0`
  /States/A~1B/Type: states of type `Map` are not supported
  /States/Build/Credentials: `Credentials` is not supported: no credentials here
  /States/Wait/Seconds: `Seconds` must be a whole number from 0 to 99999999, not -1
  /States/Wait/Colour: unknown field `Colour` of a Wait state
  /States/Build/Next: `Nowhere` is not a state
  /StartAt: `StartAt` names `Start`, which is not a state"
    );
}

#[test]
fn refuses_what_is_no_state_machine() {
    let error = StateMachine::parse("{\n  \"StartAt\": ").unwrap_err();
    assert_eq!(error.faults.len(), 1);
    assert!(
        error
            .to_string()
            .contains("(document): the definition is not JSON: EOF"),
        "{error}"
    );
    assert!(error.to_string().contains("line 2 column"), "{error}");
    refuses(
        &json!([]),
        "",
        "a state machine must be an object, not an array",
    );
    refuses(
        &json!({"States": {"A": {"Type": "Succeed"}}}),
        "",
        "a state machine needs `StartAt`",
    );
    refuses(
        &json!({"StartAt": "A"}),
        "",
        "a state machine needs `States`",
    );
    refuses(
        &json!({"StartAt": "A", "States": {}}),
        "/States",
        "`States` must be an object with at least one state",
    );
    let machine = |more| with(single(pass(json!({}))), more);
    refuses(
        &machine(json!({"Processor": {}})),
        "/Processor",
        "unknown field `Processor` of a state machine",
    );
    refuses(
        &machine(json!({"TimeoutSeconds": 0})),
        "/TimeoutSeconds",
        "`TimeoutSeconds` must be a whole number from 1 to 99999999, not 0",
    );
    refuses(
        &machine(json!({"QueryLanguage": "JSONata"})),
        "/QueryLanguage",
        "query language `JSONata` is not supported, only `JSONPath`",
    );
    refuses(
        &machine(json!({"Comment": 1})),
        "/Comment",
        "`Comment` must be a string, not 1",
    );
}

#[test]
fn refuses_what_is_written_twice() {
    let definition = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Next": "B", "Next": "B"}, "B": {"Type": "Succeed"}, "B": {"Type": "Fail"}
    }}"#;
    let faults = StateMachine::parse(definition).unwrap_err().faults;
    let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "/States/A/Next: `Next` is written twice",
            "/States/B: `B` is written twice"
        ]
    );
    assert!(
        StateMachine::parse("{} {}")
            .unwrap_err()
            .to_string()
            .contains("trailing characters")
    );
}

#[test]
fn refuses_states_and_fields_it_does_not_run() {
    refuses_state(
        json!({"Type": "Map", "End": true}),
        "/Type",
        "states of type `Map` are not supported",
    );
    refuses_state(
        json!({"Type": "Parallel", "End": true}),
        "/Type",
        "states of type `Parallel` are not supported",
    );
    refuses_state(json!("Pass"), "", "a state must be an object, not a string");
    refuses_state(
        pass(json!({"QueryLanguage": "JSONata"})),
        "/QueryLanguage",
        "query language `JSONata` is not supported, only `JSONPath`",
    );
    for (field, words) in [
        ("Credentials", "credentials"),
        ("HeartbeatSeconds", "heartbeats"),
        ("HeartbeatSecondsPath", "heartbeats"),
        ("TimeoutSecondsPath", "timeouts from data"),
        ("Arguments", "JSONata"),
        ("Output", "JSONata"),
        ("Assign", "variables"),
    ] {
        let message = format!("`{field}` is not supported: no {words} here");
        refuses_state(
            task("f", json!({field: {}})),
            &format!("/{field}"),
            &message,
        );
    }
    refuses_state(
        pass(json!({"Retry": []})),
        "/Retry",
        "unknown field `Retry` of a Pass state",
    );
    refuses_state(
        json!({"Type": "Fail", "InputPath": "$"}),
        "/InputPath",
        "unknown field `InputPath` of a Fail state",
    );
    refuses_state(
        json!({"Type": "Succeed", "End": true}),
        "/End",
        "unknown field `End` of a Succeed state",
    );
    let long = "x".repeat(81);
    refuses(
        &json!({"StartAt": long, "States": {&long: pass(json!({}))}}),
        &format!("/States/{long}"),
        "a state's name has at most 80 characters",
    );
}

#[test]
fn refuses_other_tasks_than_a_lambda_invocation() {
    let resource = "arn:aws:states:::aws-sdk:codebuild:batchGetBuilds";
    let message =
        format!("resource `{resource}` is not supported, only `arn:aws:states:::lambda:invoke`");
    refuses_state(
        task("f", json!({"Resource": resource})),
        "/Resource",
        &message,
    );
    let waiting = "arn:aws:states:::lambda:invoke.waitForTaskToken";
    let message =
        format!("resource `{waiting}` is not supported, only `arn:aws:states:::lambda:invoke`");
    refuses_state(
        task("f", json!({"Resource": waiting})),
        "/Resource",
        &message,
    );
    refuses_state(
        task("f", json!({"Resource": null})),
        "",
        "a Task state needs `Resource`",
    );
    refuses_state(
        task("f", json!({"Parameters": null})),
        "",
        "a Task state needs `Parameters`",
    );
    refuses_state(
        task("f", json!({"Parameters": {}})),
        "/Parameters",
        "`Parameters` of a Lambda invocation need `FunctionName`",
    );
    let unknown = json!({"FunctionName.$": "$.f", "Payloads": {}});
    refuses_state(
        task("f", json!({"Parameters": unknown})),
        "/Parameters/Payloads",
        "unknown parameter `Payloads` of a Lambda invocation",
    );
    for (parameter, value, only) in [
        ("InvocationType", json!("Event"), "`RequestResponse`"),
        ("InvocationType", json!("DryRun"), "`RequestResponse`"),
        ("InvocationType.$", json!("$.type"), "`RequestResponse`"),
        ("LogType", json!("Tail"), "`None`"),
    ] {
        let name = parameter.trim_end_matches(".$");
        refuses_state(
            task(
                "f",
                json!({"Parameters": {"FunctionName": "f", parameter: value}}),
            ),
            &format!("/Parameters/{parameter}"),
            &format!("`{name}` of a Lambda invocation is not supported, only {only}"),
        );
    }
    refuses_state(
        task(
            "f",
            json!({"Parameters": {"FunctionName": "f", "ClientContext": "e30="}}),
        ),
        "/Parameters/ClientContext",
        "`ClientContext` of a Lambda invocation is not supported",
    );
    refuses_state(
        task("f", json!({"TimeoutSeconds": 1.5})),
        "/TimeoutSeconds",
        "`TimeoutSeconds` must be a whole number from 1 to 99999999, not 1.5",
    );
}

#[test]
fn refuses_a_flow_that_leads_nowhere() {
    refuses_state(
        json!({"Type": "Pass"}),
        "",
        "a Pass state needs `Next` or `End`",
    );
    refuses_state(
        pass(json!({"Next": "Only"})),
        "/End",
        "a state has either `Next` or `End`, not both",
    );
    let machine = |states: Value| json!({"StartAt": "A", "States": states});
    refuses(
        &machine(json!({"A": pass(json!({})), "B": pass(json!({}))})),
        "/States/B",
        "no state leads to `B`",
    );
    refuses(
        &machine(json!({"A": {"Type": "Pass", "Next": "A"}})),
        "/States",
        "no state ends the machine: one needs `End`, or the type Succeed or Fail",
    );
    let ends_falsely =
        json!({"A": {"Type": "Wait", "Seconds": 1, "End": false}, "B": {"Type": "Fail"}});
    let found = faults(&machine(ends_falsely));
    assert_eq!(found[0].place, "/States/A/End");
    assert_eq!(
        found[0].message,
        "`End` can only be true: without it the state needs `Next`"
    );
    let nowhere = |catch: Value| machine(json!({"A": task("f", json!({"Catch": [catch]}))}));
    refuses(
        &nowhere(json!({"ErrorEquals": ["X"], "Next": "Z"})),
        "/States/A/Catch/0/Next",
        "`Z` is not a state",
    );
    refuses(
        &nowhere(json!({"ErrorEquals": ["X"]})),
        "/States/A/Catch/0",
        "a catcher needs `Next`",
    );
    let ask = |more| {
        machine(json!({
            "A": with(json!({"Type": "Choice", "Choices": [{"Variable": "$", "IsPresent": true, "Next": "B"}]}), more),
            "B": {"Type": "Succeed"},
        }))
    };
    refuses(
        &ask(json!({"Default": "Z"})),
        "/States/A/Default",
        "`Z` is not a state",
    );
    refuses(
        &ask(json!({"Next": "B"})),
        "/States/A/Next",
        "unknown field `Next` of a Choice state",
    );
}

#[test]
fn refuses_retries_out_of_range() {
    let at = |field: &str| format!("/Retry/0/{field}");
    let range = "must be a whole number from";
    refuses_state(
        retry(json!({"IntervalSeconds": 0})),
        &at("IntervalSeconds"),
        &format!("`IntervalSeconds` {range} 1 to 99999999, not 0"),
    );
    refuses_state(
        retry(json!({"MaxAttempts": 100_000_000})),
        &at("MaxAttempts"),
        &format!("`MaxAttempts` {range} 0 to 99999999, not 100000000"),
    );
    refuses_state(
        retry(json!({"MaxDelaySeconds": "1"})),
        &at("MaxDelaySeconds"),
        &format!("`MaxDelaySeconds` {range} 1 to 31622400, not \"1\""),
    );
    refuses_state(
        retry(json!({"MaxDelaySeconds": 1})),
        &at("MaxDelaySeconds"),
        "`MaxDelaySeconds` must be greater than `IntervalSeconds`",
    );
    refuses_state(
        retry(json!({"BackoffRate": 0.5})),
        &at("BackoffRate"),
        "`BackoffRate` must be a number of at least 1.0",
    );
    refuses_state(
        retry(json!({"BackoffRate": "2"})),
        &at("BackoffRate"),
        "`BackoffRate` must be a number of at least 1.0",
    );
    refuses_state(
        retry(json!({"JitterStrategy": "HALF"})),
        &at("JitterStrategy"),
        "`JitterStrategy` is FULL or NONE, not `HALF`",
    );
    refuses_state(
        retry(json!({"Jitter": 1})),
        &at("Jitter"),
        "unknown field `Jitter` of a retrier",
    );
}

#[test]
fn refuses_error_names_and_catches_that_cannot_work() {
    let at = |field: &str| format!("/Retry/0/{field}");
    refuses_state(
        retry(json!({"ErrorEquals": null})),
        "/Retry/0",
        "a retrier needs `ErrorEquals`",
    );
    refuses_state(
        retry(json!({"ErrorEquals": []})),
        &at("ErrorEquals"),
        "`ErrorEquals` needs at least one error name",
    );
    refuses_state(
        retry(json!({"ErrorEquals": [7]})),
        &at("ErrorEquals/0"),
        "an error name must be a string that is not empty",
    );
    refuses_state(
        retry(json!({"ErrorEquals": ["A", "States.Timout"]})),
        &at("ErrorEquals/1"),
        "`States.Timout` is not an error name of the language",
    );
    refuses_state(
        retry(json!({"ErrorEquals": ["States.Http."]})),
        &at("ErrorEquals/0"),
        "`States.Http.` is not an error name of the language",
    );
    machine(&single(retry(json!({"ErrorEquals": [
        "States.QueryEvaluationError", "States.Http.Socket", "States.Http.StatusCode.404",
    ]}))));
    refuses_state(
        retry(json!({"ErrorEquals": ["A", "States.ALL"]})),
        &at("ErrorEquals"),
        "`States.ALL` must be alone",
    );
    let early = json!([{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["A"]}]);
    refuses_state(
        task("f", json!({"Retry": early})),
        &at("ErrorEquals"),
        "`States.ALL` must be in the last entry",
    );
    refuses_state(
        task("f", json!({"Retry": {}})),
        "/Retry",
        "`Retry` must be an array, not an object",
    );
    let catch = json!([{"ErrorEquals": ["A"], "Next": "Only", "ResultPath": "$.a[*]"}]);
    let message = "path `$.a[*]`: `[*]` is not possible here, the path must name one value";
    refuses_state(
        task("f", json!({"Catch": catch})),
        "/Catch/0/ResultPath",
        message,
    );
}

fn refuses_rule(rule: Value, place: &str, message: &str) {
    refuses(
        &choice(rule),
        &format!("/States/Ask/Choices/0{place}"),
        message,
    );
}

#[test]
fn refuses_choice_rules_it_cannot_decide() {
    let one = "a choice rule needs exactly one operator, found";
    refuses_rule(json!({"Variable": "$.a"}), "", &format!("{one} none"));
    refuses_rule(
        json!({"Variable": "$.a", "IsNull": true, "IsString": true}),
        "",
        &format!("{one} `IsNull`, `IsString`"),
    );
    refuses_rule(
        json!({"Condition": "{% true %}"}),
        "/Condition",
        "`Condition` is not supported: no JSONata here",
    );
    refuses_rule(
        json!({"IsNull": true}),
        "",
        "a choice rule needs `Variable`",
    );
    refuses_rule(
        json!({"Variable": "$.a", "StringLike": "x"}),
        "/StringLike",
        "unknown field `StringLike` of a choice rule",
    );
    refuses_rule(json!({"And": []}), "/And", "`And` needs at least one rule");
    refuses_rule(
        json!({"Not": {"Variable": "$.a", "IsNull": true, "Next": "Done"}}),
        "/Not/Next",
        "`Next` belongs to the outermost choice rule",
    );
    refuses_rule(
        json!({"Or": [{"Variable": "$.a", "IsNull": 1}]}),
        "/Or/0/IsNull",
        "`IsNull` must be true or false, not 1",
    );
    refuses_rule(
        json!({"Variable": "$.a", "And": [{"Variable": "$.a", "IsNull": true}]}),
        "/Variable",
        "unknown field `Variable` of a choice rule",
    );
}

#[test]
fn refuses_operands_that_do_not_fit_their_operator() {
    refuses_rule(
        json!({"Variable": "$.a", "StringEquals": 1}),
        "/StringEquals",
        "`StringEquals` compares with a string, not with a number",
    );
    refuses_rule(
        json!({"Variable": "$.a", "NumericEquals": "1"}),
        "/NumericEquals",
        "`NumericEquals` compares with a number, not with a string",
    );
    refuses_rule(
        json!({"Variable": "$.a", "IsPresent": "yes"}),
        "/IsPresent",
        "`IsPresent` must be true or false, not \"yes\"",
    );
    let timestamp = "`TimestampLessThan` compares with an RFC 3339 timestamp such as \"2026-11-20T12:00:00Z\", not with a string";
    refuses_rule(
        json!({"Variable": "$.a", "TimestampLessThan": "noon"}),
        "/TimestampLessThan",
        timestamp,
    );
    refuses_rule(
        json!({"Variable": "$..a", "IsNull": true}),
        "/Variable",
        "path `$..a`: `..` (any depth) is not supported",
    );
    refuses_rule(
        json!({"Variable": "$.a", "StringEqualsPath": "b"}),
        "/StringEqualsPath",
        "`b` is not a path: a path starts with `$`",
    );
}

#[test]
fn refuses_waits_and_fails_that_say_too_much_or_too_little() {
    let wait = |more| with(json!({"Type": "Wait", "End": true}), more);
    let one = "a Wait state needs exactly one of `Seconds`, `SecondsPath`, `Timestamp` and `TimestampPath`";
    refuses_state(wait(json!({})), "", one);
    refuses_state(wait(json!({"Seconds": 1, "SecondsPath": "$.s"})), "", one);
    refuses_state(
        wait(json!({"Seconds": 100_000_000})),
        "/Seconds",
        "`Seconds` must be a whole number from 0 to 99999999, not 100000000",
    );
    refuses_state(
        wait(json!({"Timestamp": "noon"})),
        "/Timestamp",
        "`noon` is not an RFC 3339 timestamp such as `2026-11-20T12:00:00Z`",
    );
    refuses_state(
        wait(json!({"SecondsPath": "seconds"})),
        "/SecondsPath",
        "`seconds` is not a path: a path starts with `$`",
    );
    let both = json!({"Type": "Fail", "Error": "A", "ErrorPath": "$.a"});
    refuses_state(
        both,
        "/ErrorPath",
        "a Fail state has either `Error` or `ErrorPath`, not both",
    );
    refuses_state(
        json!({"Type": "Fail", "Cause": 1}),
        "/Cause",
        "`Cause` must be a string, not 1",
    );
    refuses_state(
        json!({"Type": "Fail", "CausePath": "why"}),
        "/CausePath",
        "`why` is neither a path nor an intrinsic function",
    );
}

#[test]
fn refuses_paths_and_templates_with_the_place_of_the_path() {
    let template = |parameters| pass(json!({"Parameters": parameters}));
    refuses_state(
        template(json!([])),
        "/Parameters",
        "`Parameters` must be an object, not an array",
    );
    refuses_state(
        template(json!({"a": [{"b.$": "$.x[?(@.y)]"}]})),
        "/Parameters/a/0/b.$",
        "path `$.x[?(@.y)]`: filters `[?(…)]` are not supported",
    );
    refuses_state(
        template(json!({"a.$": "States.UUID()"})),
        "/Parameters/a.$",
        "`States.UUID()`: intrinsic function `States.UUID` is not supported",
    );
    refuses_state(
        template(json!({"a.$": "text"})),
        "/Parameters/a.$",
        "`text` is neither a path nor an intrinsic function",
    );
    let message = "`a.$` must be a path or an intrinsic function in a string, not a number";
    refuses_state(template(json!({"a.$": 1})), "/Parameters/a.$", message);
    refuses_state(
        template(json!({"a": 1, "a.$": "$"})),
        "/Parameters/a.$",
        "`a` is given twice, as `a` and as `a.$`",
    );
    refuses_state(
        task("f", json!({"ResultSelector": "$"})),
        "/ResultSelector",
        "`ResultSelector` must be an object, not \"$\"",
    );
    refuses_state(
        pass(json!({"InputPath": "States.Array()"})),
        "/InputPath",
        "`States.Array()` is not a path: a path starts with `$`",
    );
    refuses_state(
        pass(json!({"OutputPath": 1})),
        "/OutputPath",
        "`OutputPath` must be a string, not 1",
    );
    let context = "path `$$.State.Name`: nothing can be placed in the context object";
    refuses_state(
        pass(json!({"ResultPath": "$$.State.Name"})),
        "/ResultPath",
        context,
    );
    let token = "path `$$.Task.Token`: the context object has only `Execution`, `State` and `StateMachine` here";
    refuses_state(
        template(json!({"t.$": "$$.Task.Token"})),
        "/Parameters/t.$",
        token,
    );
}

#[test]
fn a_definition_tells_its_states_and_error_words() {
    let machine = crate::driver::machine(&json!({"StartAt": "A", "Comment": "words", "States": {
        "A": task("f", json!({
            "Comment": "all of them",
            "Retry": [{"ErrorEquals": ["Throttled", "Lambda.Unknown"], "Comment": "transient"}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}],
        })),
        "B": {"Type": "Fail"},
    }}));
    assert_eq!(machine.state_names().collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(
        machine.error_words().into_iter().collect::<Vec<_>>(),
        ["Lambda.Unknown", "States.ALL", "Throttled"]
    );
}
