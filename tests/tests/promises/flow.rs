//! `gate.asl.json` and the code it calls: error words, directions, steps and functions are the same on both sides.

use std::collections::{BTreeMap, BTreeSet};

use asl::StateMachine;
use aws_config::retry::RetryConfig;
use gate_aws::{Clients, Deployment, Seals};
use gate_core::{
    error::GateError,
    id::{CommentId, CommitId, PullRequestId, RepositoryName, RevisionId},
    plan::Plan,
    protocol::{Candidacy, Execution, Key, Next, Request, Run, State, Step, Wanted},
};
use serde::Serialize;
use serde_json::{Value, json};

use mergegate_tests::tools;

/// Words of AWS itself. `Lambda.*` and `Sandbox.Timedout`: Step Functions developer guide, "Handle transient Lambda
/// service exceptions" and "Handling Lambda service errors"; `States.*`: "Error names" of the same guide.
/// `Runtime.ExitError` is what a function whose process was killed is called, for example for lack of memory.
const WORDS_OF_AWS: [&str; 9] = [
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.ALL",
    "States.Timeout",
];

/// The functions that do steps, by what stands for their ARNs.
const FUNCTIONS: [&str; 3] = [
    "${EnvironmentFunction}",
    "${BuilderFunction}",
    "${ReporterFunction}",
];

fn definition() -> Value {
    serde_json::from_str(&tools::read("statemachine/gate.asl.json"))
        .expect("the definition is JSON")
}

fn filled_in() -> String {
    let text = tools::read("statemachine/gate.asl.json");
    let text = text.replace("${Partition}", "aws");
    FUNCTIONS.iter().fold(text, |text, placeholder| {
        let name = placeholder.trim_matches(['$', '{', '}']);
        let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:{name}");
        text.replace(placeholder, &arn)
    })
}

/// Name and definition of every Task state.
fn tasks(definition: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let states = definition["States"].as_object().expect("states");
    states
        .iter()
        .filter(|(_, state)| state["Type"] == "Task")
        .map(|(name, state)| (name.as_str(), state))
}

/// The word under which a value crosses the state machine.
pub(crate) fn word(value: impl Serialize) -> String {
    let word = serde_json::to_value(value).expect("a word");
    word.as_str().expect("a word").to_owned()
}

fn words<T: Serialize>(values: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    values.into_iter().map(word).collect()
}

/// One error of each kind: the compiler sees to it that none is forgotten.
fn errors() -> Vec<GateError> {
    let text = String::new;
    let next = |error: &GateError| match error {
        GateError::Throttled { .. } => Some(GateError::ServiceUnavailable {
            service: "",
            operation: "",
            message: text(),
        }),
        GateError::ServiceUnavailable { .. } => Some(GateError::ReadsBehind { message: text() }),
        GateError::ReadsBehind { .. } => Some(GateError::NotPermitted {
            service: "",
            operation: "",
            message: text(),
        }),
        GateError::NotPermitted { .. } => Some(GateError::Refused {
            service: "",
            operation: "",
            code: text(),
            message: text(),
        }),
        GateError::Refused { .. } => Some(GateError::SettingsUnusable {
            parameter: text(),
            message: text(),
        }),
        GateError::SettingsUnusable { .. } => Some(GateError::GaveUp {
            run: text(),
            message: text(),
        }),
        GateError::GaveUp { .. } => Some(GateError::Overtaken {
            run: text(),
            by: text(),
        }),
        GateError::Overtaken { .. } => Some(GateError::NotAsOrdered {
            build: text(),
            differences: text(),
        }),
        GateError::NotAsOrdered { .. } => Some(GateError::BrokenSeal {
            step: text(),
            message: text(),
        }),
        GateError::BrokenSeal { .. } => Some(GateError::InvalidInput {
            step: text(),
            message: text(),
        }),
        GateError::InvalidInput { .. } => None,
    };
    let first = GateError::Throttled {
        service: "",
        operation: "",
        message: text(),
    };
    std::iter::successors(Some(first), next).collect()
}

/// Every step, in the order of a run: the compiler sees to it that none is forgotten.
pub(crate) fn steps() -> Vec<Step> {
    let next = |step: &Step| match step {
        Step::Answer => Some(Step::Prepare),
        Step::Prepare => Some(Step::Revoke),
        Step::Revoke => Some(Step::StartBuilds),
        Step::StartBuilds => Some(Step::Announce),
        Step::Announce => Some(Step::CheckBuilds),
        Step::CheckBuilds => Some(Step::Report),
        Step::Report => Some(Step::Release),
        Step::Release => Some(Step::Explain),
        Step::Explain => Some(Step::Say),
        Step::Say => Some(Step::StopBuilds),
        Step::StopBuilds => Some(Step::Conclude),
        Step::Conclude => Some(Step::TearDown),
        Step::TearDown => None,
    };
    std::iter::successors(Some(Step::Answer), next).collect()
}

/// Where a step may send the run, besides to its end.
fn directions(step: Step) -> &'static [Next] {
    match step {
        Step::Answer => &[Next::Prepare],
        Step::Prepare => &[Next::Build, Next::Report, Next::TearDown],
        Step::Revoke => &[Next::Build],
        Step::Announce | Step::Report | Step::TearDown => &[Next::Wait],
        Step::StartBuilds | Step::CheckBuilds => &[Next::Wait, Next::Report],
        Step::StopBuilds => &[Next::Wait, Next::TearDown],
        Step::Release | Step::Explain | Step::Say | Step::Conclude => &[],
    }
}

#[test]
fn the_definition_parses_once_its_functions_are_filled_in() {
    let text = filled_in();
    assert!(!text.contains("${"), "a placeholder is left");
    StateMachine::parse(&text).expect("a definition that the interpreter runs");
}

#[test]
fn every_error_word_of_the_definition_can_be_produced() {
    let text = filled_in();
    let machine = StateMachine::parse(&text).expect("a definition");
    let used = machine.error_words();
    let known: BTreeSet<&str> = GateError::TRANSIENT
        .into_iter()
        .chain(WORDS_OF_AWS)
        .collect();
    assert_eq!(used, known);
}

#[test]
fn every_error_is_either_transient_or_permanent() {
    let produced: BTreeSet<_> = errors().iter().map(GateError::word).collect();
    let listed = GateError::TRANSIENT.into_iter().chain(GateError::PERMANENT);
    assert_eq!(produced, listed.collect());
    assert_eq!(
        errors().len(),
        GateError::TRANSIENT.len() + GateError::PERMANENT.len()
    );
}

#[test]
fn every_task_retries_what_passes_by_itself_and_catches_the_rest() {
    let definition = definition();
    for (name, task) in tasks(&definition) {
        let retried: BTreeSet<&str> = task["Retry"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|retrier| retrier["ErrorEquals"].as_array().expect("words"))
            .map(|word| word.as_str().expect("a word"))
            .collect();
        let passing = GateError::TRANSIENT.into_iter().chain(WORDS_OF_AWS);
        let passing = passing.filter(|word| *word != "States.ALL").collect();
        assert_eq!(retried, passing, "{name}");
        assert_eq!(
            task["Catch"][0]["ErrorEquals"],
            json!(["States.ALL"]),
            "{name}"
        );
        assert!(task["TimeoutSeconds"].is_u64(), "{name}");
    }
}

#[test]
fn after_every_step_the_definition_knows_each_direction_the_step_may_give_and_no_other() {
    let definition = definition();
    for (name, task) in tasks(&definition) {
        let step: Step = serde_json::from_value(task["Parameters"]["Payload"]["step"].clone())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let after = task["Next"].as_str().expect("a next state");
        let choice = &definition["States"][after];
        let rules = choice["Choices"].as_array().into_iter().flatten();
        let known: BTreeSet<String> = rules
            .map(|rule| {
                assert_eq!(rule["Variable"], "$.next", "{after}");
                rule["StringEquals"].as_str().expect("a word").to_owned()
            })
            .collect();
        assert_eq!(known, words(directions(step)), "{name} → {after}");
        assert!(
            known.is_empty() || choice["Default"].is_string(),
            "{after} knows no end"
        );
    }
}

#[test]
fn the_run_says_in_the_end_what_its_last_function_put_into_the_state() {
    let definition = definition();
    assert_eq!(definition["States"]["Done"]["OutputPath"], "$.outcome");
    let mut to_done = 0;
    for (name, task) in tasks(&definition) {
        for catcher in task["Catch"].as_array().into_iter().flatten() {
            if catcher["Next"] == "Done" {
                assert_eq!(
                    catcher["ResultPath"], "$.failure",
                    "{name} forgets the state"
                );
                to_done += 1;
            }
        }
    }
    assert_eq!(to_done, 1);
    let state = State::of(request(Step::Prepare)).into_output();
    assert_eq!(
        state.get("outcome"),
        Some(&Value::Null),
        "it is always there"
    );
}

#[test]
fn every_action_a_run_may_be_asked_for_is_known() {
    let definition = definition();
    let action = |request: Request| {
        let request = serde_json::to_value(request).expect("JSON");
        request["action"].as_str().expect("an action").to_owned()
    };
    let requests = [Step::Prepare, Step::Answer, Step::Say, Step::TearDown].map(request);
    let overridden = Request::Overridden {
        repository: candidacy().repository,
        pull_request: candidacy().pull_request,
        revision: candidacy().revision,
        by: "arn:aws:iam::000000000000:user/bob".to_owned(),
    };
    let defer = Request::Defer(candidacy());
    let requests = requests.into_iter().chain([overridden, defer]);
    let asked: BTreeSet<String> = requests.map(action).collect();
    let rules = definition["States"]["Action"]["Choices"]
        .as_array()
        .expect("rules");
    let known = rules.iter().map(|rule| {
        assert_eq!(rule["Variable"], "$.request.action");
        rule["StringEquals"].as_str().expect("a word").to_owned()
    });
    assert_eq!(known.collect::<BTreeSet<_>>(), asked);
}

#[tokio::test]
async fn every_step_goes_to_the_one_function_that_does_it() {
    let definition = definition();
    let mut asked = BTreeMap::new();
    for (name, task) in tasks(&definition) {
        let parameters = &task["Parameters"];
        let step = parameters["Payload"]["step"].as_str().expect("a step");
        let payload = json!({
            "step": step,
            "execution": { "name.$": "$$.Execution.Name", "start_time.$": "$$.Execution.StartTime" },
            "state.$": "$",
        });
        assert_eq!(parameters["Payload"], payload, "{name}");
        let function = parameters["FunctionName"].as_str().expect("a function");
        let before = asked.insert(step.to_owned(), function.to_owned());
        assert_eq!(before, None, "two states ask for {step}");
    }
    let clients = clients_of_nobody();
    let mut done = BTreeMap::new();
    for step in steps() {
        for function in FUNCTIONS {
            if Box::pin(does(function, step, &clients)).await {
                let other = done.insert(word(step), function.to_owned());
                assert_eq!(other, None, "two functions do {step:?}");
            }
        }
    }
    assert_eq!(asked, done);
}

/// Clients whose calls fail at once: nobody listens on the discard port.
fn clients_of_nobody() -> Clients {
    let config = gate_aws::config::local("http://127.0.0.1:9", "us-east-1", "ann");
    let config = config
        .into_builder()
        .retry_config(RetryConfig::disabled())
        .build();
    let deployment = Deployment {
        service: "mergegate".to_owned(),
        state_machine_arn: "arn:aws:states:us-east-1:000000000000:stateMachine:mergegate"
            .to_owned(),
        artifact_bucket: String::new(),
        reporter_arn: "arn:aws:sts::000000000000:assumed-role/reporter/reporter".to_owned(),
        builder_arn: "arn:aws:sts::000000000000:assumed-role/builder/builder".to_owned(),
        seal_secret: String::new(),
        region: "us-east-1".to_owned(),
    };
    Clients {
        seals: Seals::known(key()),
        ..Clients::new(&config, deployment)
    }
}

fn key() -> Key {
    Key::new(&"k".repeat(32)).expect("a key")
}

/// Whether a function sets out to do a step. It fails either way: for want of AWS, or because the step is not its own.
async fn does(function: &str, step: Step, clients: &Clients) -> bool {
    let run = Run {
        candidacy: Some(candidacy()),
        candidate: None,
        plan: Plan::default(),
        project: "mergegate-pr-7".to_owned(),
        badge: None,
        report_groups: BTreeMap::new(),
        builds: Vec::new(),
        fingerprint: String::new(),
        continues: Vec::new(),
        containers: None,
        made: None,
        report_looks: 0,
        passes: Vec::new(),
    };
    let state = State {
        run: Some(run),
        ..State::of(request(step))
    };
    let execution = Execution {
        name: Wanted::name_of(&state.request, 1),
        start_time: "2026-11-20T10:00:00.000Z".to_owned(),
    };
    let state = state.sealed(&execution, &key());
    let payload = json!({ "step": step, "execution": execution, "state": state });
    let result = match function {
        "${EnvironmentFunction}" => Box::pin(environment::handle(payload, clients)).await,
        "${BuilderFunction}" => Box::pin(builder::handle(payload, clients)).await,
        "${ReporterFunction}" => Box::pin(reporter::handle(payload, clients)).await,
        other => panic!("there is no function {other}"),
    };
    let error = result.expect_err("there is no AWS to be reached");
    match error.word() {
        "ServiceUnavailable" => true,
        "InvalidInput" if error.to_string().contains("does not do this step") => false,
        _ => panic!("{function}, {step:?}: {error}"),
    }
}

/// What the run was asked that has this step.
fn request(step: Step) -> Request {
    match step {
        Step::StopBuilds | Step::Conclude | Step::TearDown => Request::Close {
            repository: candidacy().repository,
            pull_request: candidacy().pull_request,
        },
        Step::Answer => Request::Command {
            candidacy: candidacy(),
            comment: CommentId::new("c0ffee"),
        },
        Step::Say => Request::Say {
            candidacy: candidacy(),
            comment: None,
            error: None,
        },
        _ => Request::Gate(candidacy()),
    }
}

fn candidacy() -> Candidacy {
    Candidacy {
        repository: RepositoryName::new("demo"),
        pull_request: PullRequestId::new("7"),
        revision: RevisionId::new("3f2a91c0d1e2"),
        source_commit: CommitId::new("a".repeat(40)),
        destination_commit: CommitId::new("b".repeat(40)),
    }
}
