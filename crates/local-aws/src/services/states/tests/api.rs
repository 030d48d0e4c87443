//! Stories of names, lists, pages and refusals.

use serde_json::{Value, json};

use super::{
    FAST, MACHINE, ask, code, create, definition, describe, ended, events as history, start, told,
};
use crate::{
    Account, Caller, Settings,
    services::{events, lambda::testing::live},
};

const ROLE: &str = "arn:aws:iam::000000000000:role/Machine";

fn rests() -> Value {
    definition(
        "Rest",
        &json!({ "Rest": { "Type": "Wait", "Seconds": 3600, "Next": "Done" }, "Done": { "Type": "Succeed" } }),
    )
}

fn succeeds() -> Value {
    definition("Done", &json!({ "Done": { "Type": "Succeed" } }))
}

#[test]
fn the_same_name_and_input_is_the_same_execution_while_it_runs() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), FAST, async |account| {
        create(&account, &rests());
        let input =
            |text: &str| json!({ "stateMachineArn": MACHINE, "name": "one", "input": text });
        let first = told(&account, "StartExecution", input("{}"));
        assert_eq!(
            first["executionArn"],
            "arn:aws:states:us-east-1:000000000000:execution:gate:one"
        );
        assert_eq!(told(&account, "StartExecution", input("{}")), first);
        assert_eq!(
            code(&account, "StartExecution", input("{\"a\":1}")),
            "ExecutionAlreadyExists"
        );
        told(
            &account,
            "StopExecution",
            json!({ "executionArn": first["executionArn"] }),
        );
        let refused = ask(&account, "StartExecution", input("{}")).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "ExecutionAlreadyExists: Execution Already Exists: 'arn:aws:states:us-east-1:000000000000:execution:gate:one'"
        );
    });
}

#[test]
fn a_machine_may_be_created_twice_alike_and_is_described_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), FAST, async |account| {
        let input = |definition: &Value| json!({ "name": "gate", "definition": definition.to_string(), "roleArn": ROLE });
        let first = told(&account, "CreateStateMachine", input(&succeeds()));
        assert_eq!(
            told(&account, "CreateStateMachine", input(&succeeds())),
            first
        );
        assert_eq!(
            code(&account, "CreateStateMachine", input(&rests())),
            "StateMachineAlreadyExists"
        );
        let described = told(
            &account,
            "DescribeStateMachine",
            json!({ "stateMachineArn": MACHINE }),
        );
        assert_eq!(described["definition"], succeeds().to_string());
        assert_eq!(described["creationDate"], first["creationDate"]);
        assert_eq!(described.get("revisionId"), None);
        let update = json!({ "stateMachineArn": MACHINE, "definition": rests().to_string() });
        let updated = told(&account, "UpdateStateMachine", update);
        let described = told(
            &account,
            "DescribeStateMachine",
            json!({ "stateMachineArn": MACHINE }),
        );
        assert_eq!(described["definition"], rests().to_string());
        assert_eq!(described["revisionId"], updated["revisionId"]);
        assert_eq!(described["roleArn"], ROLE);
    });
}

#[test]
fn a_deleted_machine_takes_its_running_executions_with_it() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        create(&account, &rests());
        account.start();
        let arn = start(&account, "one", &json!({}));
        told(
            &account,
            "DeleteStateMachine",
            json!({ "stateMachineArn": MACHINE }),
        );
        told(
            &account,
            "DeleteStateMachine",
            json!({ "stateMachineArn": MACHINE }),
        );
        assert_eq!(describe(&account, &arn)["status"], "ABORTED");
        let gone = json!({ "stateMachineArn": MACHINE });
        assert_eq!(
            code(&account, "DescribeStateMachine", gone.clone()),
            "StateMachineDoesNotExist"
        );
        assert_eq!(
            code(&account, "StartExecution", gone),
            "StateMachineDoesNotExist"
        );
    });
}

#[test]
fn a_machine_that_is_created_anew_shows_no_execution_of_before_and_their_names_stay_taken() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        create(&account, &rests());
        let arn = start(&account, "one", &json!({}));
        let machine = json!({ "stateMachineArn": MACHINE });
        told(&account, "DeleteStateMachine", machine.clone());
        create(&account, &rests());
        let listed = told(&account, "ListExecutions", machine);
        assert_eq!(listed["executions"], json!([]));
        assert_eq!(
            code(
                &account,
                "DescribeExecution",
                json!({ "executionArn": arn })
            ),
            "ExecutionDoesNotExist"
        );
        let again = json!({ "stateMachineArn": MACHINE, "name": "one", "input": "{}" });
        assert_eq!(
            code(&account, "StartExecution", again),
            "ExecutionAlreadyExists"
        );
    });
}

#[test]
fn executions_are_listed_newest_first_in_pages_and_by_status() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), 1.0, async |account| {
        create(&account, &rests());
        for name in ["a", "b", "c", "d", "e"] {
            start(&account, name, &json!({}));
        }
        let stopped = "arn:aws:states:us-east-1:000000000000:execution:gate:b";
        told(
            &account,
            "StopExecution",
            json!({ "executionArn": stopped }),
        );
        let mut names = Vec::new();
        let mut input = json!({ "stateMachineArn": MACHINE, "maxResults": 2 });
        for page in 0..3 {
            let answer = told(&account, "ListExecutions", input.clone());
            names.extend(
                answer["executions"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| one["name"].clone()),
            );
            assert_eq!(answer.get("nextToken").is_some(), page < 2);
            input["nextToken"] = answer.get("nextToken").cloned().unwrap_or_default();
        }
        assert_eq!(names, ["e", "d", "c", "b", "a"]);
        let aborted = json!({ "stateMachineArn": MACHINE, "statusFilter": "ABORTED" });
        let aborted = told(&account, "ListExecutions", aborted);
        assert_eq!(aborted["executions"].as_array().unwrap().len(), 1);
        assert_eq!(aborted["executions"][0]["executionArn"], stopped);
    });
}

#[test]
fn a_history_counts_from_one_and_comes_in_pages_either_way() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), FAST, async |account| {
        create(&account, &rests());
        account.start();
        let arn = start(&account, "one", &json!({}));
        ended(&account, &arn).await;
        let all = history(&account, &arn);
        for reverse in [false, true] {
            let mut collected = Vec::new();
            let mut input =
                json!({ "executionArn": arn, "maxResults": 2, "reverseOrder": reverse });
            for page in 0..3 {
                let answer = told(&account, "GetExecutionHistory", input.clone());
                collected.extend(answer["events"].as_array().unwrap().iter().cloned());
                assert_eq!(answer.get("nextToken").is_some(), page < 2);
                input["nextToken"] = answer.get("nextToken").cloned().unwrap_or_default();
            }
            if reverse {
                collected.reverse();
            }
            assert_eq!(collected, all);
        }
        let ids: Vec<_> = all
            .iter()
            .map(|event| event["id"].as_u64().unwrap())
            .collect();
        assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
        assert!(all[1]["timestamp"].is_f64());
        assert_eq!(all[1]["stateEnteredEventDetails"]["name"], "Rest");
    });
}

#[test]
fn machines_are_listed_in_pages() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), FAST, async |account| {
        for name in ["a", "b", "c"] {
            let input =
                json!({ "name": name, "definition": succeeds().to_string(), "roleArn": ROLE });
            told(&account, "CreateStateMachine", input);
        }
        let first = told(&account, "ListStateMachines", json!({ "maxResults": 2 }));
        let rest = told(
            &account,
            "ListStateMachines",
            json!({ "nextToken": first["nextToken"] }),
        );
        assert_eq!(first["stateMachines"].as_array().unwrap().len(), 2);
        assert_eq!(rest["stateMachines"][0]["name"], "c");
        assert_eq!(rest.get("nextToken"), None);
    });
}

#[test]
fn a_definition_is_validated_with_all_its_faults() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), FAST, async |account| {
        let good = json!({ "definition": succeeds().to_string() });
        assert_eq!(
            told(&account, "ValidateStateMachineDefinition", good),
            json!({ "result": "OK", "diagnostics": [], "truncated": false })
        );
        let bad = definition(
            "Done",
            &json!({ "Done": { "Type": "Suceed" }, "Rest": { "Type": "Wait", "Next": "None" } }),
        );
        let answer = told(
            &account,
            "ValidateStateMachineDefinition",
            json!({ "definition": bad.to_string() }),
        );
        assert_eq!(answer["result"], "FAIL");
        assert!(
            answer["diagnostics"].as_array().unwrap().len() >= 2,
            "{answer}"
        );
        let create = json!({ "name": "bad", "definition": bad.to_string(), "roleArn": ROLE });
        let error = ask(&account, "CreateStateMachine", create).unwrap_err();
        assert_eq!(error.code, "InvalidDefinition");
        for diagnostic in answer["diagnostics"].as_array().unwrap() {
            let message = diagnostic["message"].as_str().unwrap();
            assert!(
                error.message.contains(message),
                "{message} in {}",
                error.message
            );
        }
    });
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table with a row per refusal")]
fn refuses_what_step_functions_refuses_and_what_is_not_built() {
    let directory = tempfile::tempdir().unwrap();
    live(directory.path(), FAST, async |account| {
        create(&account, &succeeds());
        let machine = |extra: &Value| {
            let mut machine =
                json!({ "name": "new", "definition": succeeds().to_string(), "roleArn": ROLE });
            machine
                .as_object_mut()
                .unwrap()
                .extend(extra.as_object().unwrap().clone());
            machine
        };
        let run = |name: &str, input: &str| json!({ "stateMachineArn": MACHINE, "name": name, "input": input });
        let large = format!("\"{}\"", "x".repeat(262_143));
        let other = format!("{MACHINE}-other");
        let none = "arn:aws:states:us-east-1:000000000000:execution:gate:none";
        let rows = [
            (
                "CreateStateMachine",
                machine(&json!({ "name": "a b" })),
                "InvalidName",
            ),
            (
                "CreateStateMachine",
                machine(&json!({ "type": "EXPRESS" })),
                "StateMachineTypeNotSupported",
            ),
            (
                "CreateStateMachine",
                machine(&json!({ "roleArn": "me" })),
                "InvalidArn",
            ),
            (
                "CreateStateMachine",
                machine(&json!({ "tags": [{ "key": "a" }] })),
                "ValidationException",
            ),
            (
                "CreateStateMachine",
                machine(&json!({ "loggingConfiguration": { "level": "ALL" } })),
                "ValidationException",
            ),
            (
                "CreateStateMachine",
                machine(&json!({ "versionDescription": "the first" })),
                "ValidationException",
            ),
            (
                "UpdateStateMachine",
                json!({ "stateMachineArn": MACHINE, "roleArn": ROLE, "versionDescription": "x" }),
                "ValidationException",
            ),
            (
                "UpdateStateMachine",
                json!({ "stateMachineArn": MACHINE }),
                "MissingRequiredParameter",
            ),
            ("StartExecution", run("a/b", "{}"), "InvalidName"),
            ("StartExecution", run("a", "{"), "InvalidExecutionInput"),
            (
                "StartExecution",
                run("a", &format!("{}{}", "[".repeat(101), "]".repeat(101))),
                "InvalidExecutionInput",
            ),
            ("StartExecution", run("a", &large), "ValidationException"),
            (
                "StartExecution",
                json!({ "stateMachineArn": other }),
                "StateMachineDoesNotExist",
            ),
            (
                "StartExecution",
                json!({ "stateMachineArn": "gate" }),
                "InvalidArn",
            ),
            (
                "ListExecutions",
                json!({ "stateMachineArn": other }),
                "StateMachineDoesNotExist",
            ),
            (
                "ListExecutions",
                json!({ "stateMachineArn": MACHINE, "nextToken": "***" }),
                "InvalidToken",
            ),
            (
                "ListExecutions",
                json!({ "stateMachineArn": MACHINE, "nextToken": "" }),
                "ValidationException",
            ),
            (
                "ListExecutions",
                json!({ "stateMachineArn": MACHINE, "nextToken": "x".repeat(3097) }),
                "ValidationException",
            ),
            (
                "ListStateMachines",
                json!({ "nextToken": "x".repeat(1025) }),
                "ValidationException",
            ),
            (
                "ListExecutions",
                json!({ "stateMachineArn": MACHINE, "statusFilter": "DONE" }),
                "ValidationException",
            ),
            (
                "ListExecutions",
                json!({ "stateMachineArn": MACHINE, "statusFilter": "PENDING_REDRIVE" }),
                "ValidationException",
            ),
            (
                "ListExecutions",
                json!({ "stateMachineArn": MACHINE, "maxResults": 1001 }),
                "ValidationException",
            ),
            (
                "DescribeExecution",
                json!({ "executionArn": none }),
                "ExecutionDoesNotExist",
            ),
            (
                "DescribeExecution",
                json!({ "executionArn": MACHINE }),
                "InvalidArn",
            ),
            (
                "StopExecution",
                json!({ "executionArn": none }),
                "ExecutionDoesNotExist",
            ),
            (
                "GetExecutionHistory",
                json!({ "executionArn": none }),
                "ExecutionDoesNotExist",
            ),
            (
                "StartExecution",
                json!({ "name": "a" }),
                "ValidationException",
            ),
            (
                "StartExecution",
                json!({ "stateMachineArn": 1 }),
                "SerializationException",
            ),
            ("TagResource", json!({}), "UnknownOperationException"),
        ];
        for (operation, input, expected) in rows {
            assert_eq!(
                code(&account, operation, input.clone()),
                expected,
                "{operation} {input}"
            );
        }
    });
}

#[tokio::test]
async fn refuses_machines_and_rules_without_an_engine() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings {
        engine: false,
        ..Settings::new(directory.path())
    };
    let account = Account::open(settings).await.unwrap();
    let caller = Caller {
        arn: "arn:aws:iam::000000000000:user/ann".to_owned(),
    };
    let machines = ask(&account, "ListStateMachines", json!({})).unwrap_err();
    let rules = events::call(&account, &caller, "ListRules", json!({})).unwrap_err();
    for (error, asked) in [
        (machines, "states ListStateMachines"),
        (rules, "events ListRules"),
    ] {
        assert_eq!(
            error.to_string(),
            format!(
                "UnknownOperationException: the local endpoint was started without its engine: send {asked} to the emulator that has it"
            )
        );
    }
}
