use std::sync::{Arc, Mutex};

use aws_sdk_ssm::{
    Client,
    operation::{get_parameter::GetParameterOutput, put_parameter::PutParameterOutput},
    types::Parameter,
};
use aws_smithy_mocks::{MockResponse, Rule, mock};
use gate_core::id::{CommitId, RepositoryName, RevisionId, RunName};

use super::*;
use crate::testing::{answer, clients, codecommit, parameters, pull_request, refusal};

const CLAIM: &str = "/mergegate/gate/pull-requests/7/run";

/// The claim's parameter, as it is between the runs.
#[derive(Clone, Default)]
struct Register(Arc<Mutex<Option<String>>>);

impl Register {
    fn holding(claim: &Claim) -> Self {
        Self(Arc::new(Mutex::new(Some(
            serde_json::to_string(claim).unwrap(),
        ))))
    }

    fn value(&self) -> Option<Claim> {
        let text = self.0.lock().unwrap().clone();
        text.map(|text| serde_json::from_str(&text).unwrap())
    }

    fn reads(&self) -> Rule {
        let register = self.clone();
        mock!(Client::get_parameter)
            .match_requests(|request| request.name() == Some(CLAIM))
            .then_compute_response(move |_| match register.0.lock().unwrap().clone() {
                Some(text) => MockResponse::Output(
                    GetParameterOutput::builder()
                        .parameter(Parameter::builder().value(text).build())
                        .build(),
                ),
                None => MockResponse::Http(refusal(400, "ParameterNotFound", "")),
            })
    }

    /// `keep` is false for a store whose reads never show a write.
    fn writes(&self, keep: bool) -> Rule {
        let register = self.clone();
        mock!(Client::put_parameter)
            .match_requests(|request| request.name() == Some(CLAIM))
            .then_compute_output(move |request| {
                if keep {
                    *register.0.lock().unwrap() = request.value.clone();
                }
                PutParameterOutput::builder().version(1).build()
            })
    }
}

fn execution(start_time: &str) -> Execution {
    Execution {
        name: RunName::new("pr-7-r1-81c0d2e-1"),
        start_time: at(start_time),
    }
}

fn of_the_future() -> Execution {
    Execution {
        start_time: "9999-12-31T23:59:59.999Z".to_owned(),
        ..execution("10:00")
    }
}

/// A moment of a day that is over.
fn at(time: &str) -> String {
    format!("2026-11-20T{time}:00.000Z")
}

fn claim(start_time: &str) -> Claim {
    Claim::from(&execution(start_time))
}

/// Where a run of revision `r1`, started at `10:00`, stands beside this pull request and claim.
async fn stands(status: &'static str, revision: &'static str, register: &Register) -> Standing {
    let live = mock!(aws_sdk_codecommit::Client::get_pull_request)
        .then_http_response(move || answer(&pull_request(status, revision)));
    ask(&live, register, true).await.unwrap().0
}

async fn ask(
    live: &Rule,
    register: &Register,
    keep: bool,
) -> Result<(Standing, Option<PullRequest>), GateError> {
    let parameters = parameters(&[&register.reads(), &register.writes(keep)]);
    let clients = clients(codecommit(&[live]), parameters);
    standing(&clients, &candidacy(), &execution("10:00")).await
}

fn candidacy() -> Candidacy {
    Candidacy {
        repository: RepositoryName::new("shop"),
        pull_request: PullRequestId::new("7"),
        revision: RevisionId::new("r1"),
        source_commit: CommitId::new("3f2a91c"),
        destination_commit: CommitId::new("81c0d2e"),
    }
}

/// Asks for a run that must not get a say; its error. It leaves the claim alone.
async fn refused(candidacy: &Candidacy, execution: &Execution) -> String {
    let live = mock!(aws_sdk_codecommit::Client::get_pull_request)
        .then_http_response(|| answer(&pull_request("OPEN", "r1")));
    let register = Register::default();
    let parameters = parameters(&[&register.reads(), &register.writes(true)]);
    let clients = clients(codecommit(&[&live]), parameters);
    let refused = standing(&clients, candidacy, execution).await;
    assert_eq!(register.value(), None);
    refused.unwrap_err().to_string()
}

#[tokio::test]
async fn refuses_a_source_commit_that_the_live_revision_does_not_have() {
    let older = Candidacy {
        source_commit: CommitId::new("0000000"),
        ..candidacy()
    };
    let error = refused(&older, &execution("10:00")).await;
    assert!(
        error.ends_with("the source commit of pull request 7 is `3f2a91c`, and not `0000000`"),
        "{error}"
    );
}

#[tokio::test]
async fn the_first_run_takes_the_claim_and_speaks() {
    let register = Register::default();
    assert_eq!(stands("OPEN", "r1", &register).await, Standing::Current);
    assert_eq!(register.value(), Some(claim("10:00")));
    assert_eq!(stands("OPEN", "r1", &register).await, Standing::Current);
}

#[tokio::test]
async fn a_newer_run_takes_the_claim_from_an_older_one() {
    let register = Register::holding(&claim("09:00"));
    assert_eq!(stands("OPEN", "r1", &register).await, Standing::Current);
    assert_eq!(register.value(), Some(claim("10:00")));
}

#[tokio::test]
async fn an_older_run_leaves_the_claim_and_is_superseded() {
    let register = Register::holding(&claim("11:00"));
    assert_eq!(stands("OPEN", "r1", &register).await, Standing::Superseded);
    assert_eq!(register.value(), Some(claim("11:00")));
}

#[tokio::test]
async fn refuses_a_claim_of_the_future_and_one_that_is_none() {
    let forged = Register::holding(&Claim::from(&of_the_future()));
    let broken = Register(Arc::new(Mutex::new(Some("no claim".to_owned()))));
    for register in [forged, broken] {
        assert_eq!(stands("OPEN", "r1", &register).await, Standing::Current);
        assert_eq!(register.value(), Some(claim("10:00")));
    }
}

#[tokio::test]
async fn refuses_a_run_that_begins_in_the_future() {
    let live = mock!(aws_sdk_codecommit::Client::get_pull_request)
        .then_http_response(|| answer(&pull_request("OPEN", "r1")));
    let register = Register::default();
    let parameters = parameters(&[&register.reads(), &register.writes(true)]);
    let clients = clients(codecommit(&[&live]), parameters);
    let error = standing(&clients, &candidacy(), &of_the_future())
        .await
        .unwrap_err();
    assert_eq!(error.word(), "InvalidInput");
    assert_eq!(register.value(), None);
}

#[tokio::test]
async fn a_run_of_an_older_revision_is_stale() {
    let register = Register::default();
    assert_eq!(stands("OPEN", "r2", &register).await, Standing::Stale);
}

#[tokio::test]
async fn nobody_claims_a_closed_pull_request() {
    let register = Register::default();
    assert_eq!(stands("CLOSED", "r1", &register).await, Standing::Closed);
    assert_eq!(register.value(), None);
}

#[tokio::test]
async fn nobody_claims_a_pull_request_that_is_gone() {
    let register = Register::default();
    let gone = mock!(aws_sdk_codecommit::Client::get_pull_request)
        .then_http_response(|| refusal(400, "PullRequestDoesNotExistException", "no"));
    let answered = ask(&gone, &register, true).await;
    assert_eq!(answered, Ok((Standing::Closed, None)));
    assert_eq!(register.value(), None);
}

#[tokio::test(start_paused = true)]
async fn fails_for_a_while_when_reads_never_show_the_claim() {
    let register = Register::default();
    let live = mock!(aws_sdk_codecommit::Client::get_pull_request)
        .then_http_response(|| answer(&pull_request("OPEN", "r1")));
    let error = ask(&live, &register, false).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "Parameter Store did not complete GetParameter: `{CLAIM}` still shows an older claim after 5 writes"
        )
    );
}
