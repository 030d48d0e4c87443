//! What flows through the state machine from step to step.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::is_named_for;
use crate::{
    candidate::Candidate,
    error::GateError,
    id::{
        BuildId, CheckName, CommentId, CommitId, PullRequestId, RepositoryName, RevisionId, RunName,
    },
    plan::Plan,
    secret,
    settings::Containers,
};

/// Version of [`State`]; handlers of a release read their own and the one before.
pub const STATE_VERSION: u32 = 1;

/// The input of an execution. Nothing volatile is in it: the same request twice is the same text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Request {
    /// Test a revision and give the verdict.
    Gate(Candidacy),
    /// Take back the approval of a revision that waits for its turn to be tested again, and say so.
    Defer(Candidacy),
    /// Answer the commands of a comment; then test, if they ask for it.
    Command {
        /// The live revision.
        candidacy: Candidacy,
        /// The comment.
        comment: CommentId,
    },
    /// Tear the environment down.
    Close {
        /// The repository.
        repository: RepositoryName,
        /// The closed pull request.
        pull_request: PullRequestId,
    },
    /// Say that the gate gave up on a revision, and take back its approval.
    Say {
        /// What was to be tested.
        candidacy: Candidacy,
        /// The comment whose commands asked for it, if it is no run of the router's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<CommentId>,
        /// What an earlier release said. Now it is looked up: anybody may write an input.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// Say that somebody overrode the approval rules of a revision.
    Overridden {
        /// The repository.
        repository: RepositoryName,
        /// The pull request.
        pull_request: PullRequestId,
        /// The revision.
        revision: RevisionId,
        /// ARN of who did it.
        by: String,
    },
}

/// What a run is asked to test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidacy {
    /// The repository.
    pub repository: RepositoryName,
    /// The pull request.
    pub pull_request: PullRequestId,
    /// Its live revision.
    pub revision: RevisionId,
    /// The source's tip of that revision.
    pub source_commit: CommitId,
    /// The destination's tip.
    pub destination_commit: CommitId,
}

impl Request {
    /// The pull request it is about.
    pub fn pull_request(&self) -> &PullRequestId {
        match self {
            Self::Gate(candidacy)
            | Self::Defer(candidacy)
            | Self::Command { candidacy, .. }
            | Self::Say { candidacy, .. } => &candidacy.pull_request,
            Self::Close { pull_request, .. } | Self::Overridden { pull_request, .. } => {
                pull_request
            }
        }
    }

    /// Its repository.
    pub fn repository(&self) -> &RepositoryName {
        match self {
            Self::Gate(candidacy)
            | Self::Defer(candidacy)
            | Self::Command { candidacy, .. }
            | Self::Say { candidacy, .. } => &candidacy.repository,
            Self::Close { repository, .. } | Self::Overridden { repository, .. } => repository,
        }
    }

    /// What is asked once no attempt at this is left; `None` if nobody may speak about the revision for it.
    pub fn giving_up(&self) -> Option<Self> {
        let (candidacy, comment) = match self {
            Self::Gate(candidacy) => (candidacy, None),
            Self::Command { candidacy, comment } => (candidacy, Some(comment)),
            Self::Defer(_) | Self::Close { .. } | Self::Say { .. } | Self::Overridden { .. } => {
                return None;
            }
        };
        Some(Self::Say {
            candidacy: candidacy.clone(),
            comment: comment.cloned(),
            error: None,
        })
    }

    /// What it asks to test or speak about.
    pub fn candidacy(&self) -> Option<&Candidacy> {
        match self {
            Self::Gate(candidacy)
            | Self::Defer(candidacy)
            | Self::Command { candidacy, .. }
            | Self::Say { candidacy, .. } => Some(candidacy),
            Self::Close { .. } | Self::Overridden { .. } => None,
        }
    }
}

/// A step of the state machine: the handlers' vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// reporter: answer a comment's commands.
    Answer,
    /// environment: plan, merge preview, project.
    Prepare,
    /// reporter: take back an earlier approval of this revision.
    Revoke,
    /// builder: start what is not started, stop older builds.
    StartBuilds,
    /// reporter: say that it runs.
    Announce,
    /// builder: look.
    CheckBuilds,
    /// reporter: verdict, comment, approval.
    Report,
    /// environment: drop the preview branch.
    Release,
    /// reporter: say why the run failed.
    Explain,
    /// reporter: say that the gate gave up, that rules were overridden, or that a further test waits for its turn.
    Say,
    /// builder: stop all builds of a closed pull request.
    StopBuilds,
    /// reporter: the last word on a closed pull request.
    Conclude,
    /// environment: delete everything.
    TearDown,
}

impl Step {
    /// The error of a handler that was asked for another handler's step.
    pub fn not_here(self, handler: &str) -> GateError {
        GateError::InvalidInput {
            step: format!("{self:?}"),
            message: format!(
                "{handler} does not do this step: the state machine and its functions are of different releases"
            ),
        }
    }
}

/// Where the state machine goes after a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// On to the plan.
    Prepare,
    /// On to the builds.
    Build,
    /// Wait `wait_seconds`, then look again.
    Wait,
    /// On to the verdict.
    Report,
    /// The pull request is closed: tear down.
    TearDown,
    /// Nothing is left to do for this run.
    #[default]
    End,
}

/// A build that this run started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartedBuild {
    /// The check.
    pub check: CheckName,
    /// From 1; higher after an infrastructure fault, or after failed tests that are tried again.
    pub attempt: u32,
    /// The build.
    pub id: BuildId,
    /// Where its log can be read, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_url: Option<String>,
    /// Whether tests failed in it and the check is built once more for that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tried_again: bool,
}

/// What a project was made of, as far as builds may take it over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The address of the repository.
    pub repository: String,
    /// The image.
    pub image: String,
    /// ARN of the role.
    pub role: String,
}

/// What a gate run knows after Prepare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// What the run is about, as Prepare found it live; `None` in a state of a release that took the request's word for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidacy: Option<Candidacy>,
    /// What is tested; `None` when no preview could be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Candidate>,
    /// What is to be done.
    pub plan: Plan,
    /// The CodeBuild project's name.
    pub project: String,
    /// What the project was made of, so that a build of it can be told from one of a changed project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
    /// What its builds have besides: set for `[container]` builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containers: Option<Containers>,
    /// Image of how the last build of the project stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badge: Option<String>,
    /// The report groups made for its reports: name in the buildspec → ARN.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub report_groups: BTreeMap<String, String>,
    /// What was started, in order.
    #[serde(default)]
    pub builds: Vec<StartedBuild>,
    /// The plan's fingerprint.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fingerprint: String,
    /// The runs that builds were taken over from, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub continues: Vec<RunName>,
    /// How often Report looked while a report was still being read.
    #[serde(default)]
    pub report_looks: u32,
    /// Seconds the last passes of the check took, per check in the plan's order.
    #[serde(default)]
    pub passes: Vec<Vec<u64>>,
}

/// An error as Step Functions hands it to a Catch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The word.
    #[serde(rename = "Error")]
    pub error: String,
    /// The sentence, for Lambda functions a JSON text with `errorMessage`.
    #[serde(rename = "Cause", default)]
    pub cause: String,
}

impl Failure {
    /// The sentence for a person; secrets that somebody's error quotes are hidden. An error of Step Functions itself, such as
    /// `States.DataLimitExceeded`, is named: its sentence may be missing, and the word is what AWS's guide explains.
    pub fn message(&self) -> String {
        let parsed: Option<serde_json::Value> = serde_json::from_str(&self.cause).ok();
        let message = parsed
            .as_ref()
            .and_then(|cause| cause.get("errorMessage"))
            .and_then(|message| message.as_str());
        let message = secret::hide(message.unwrap_or(&self.cause));
        match (self.error.starts_with("States."), message.is_empty()) {
            (_, true) => self.error.clone(),
            (true, false) => format!("{}: {message}", self.error),
            (false, false) => message.into_owned(),
        }
    }
}

/// Input and output of every step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// [`STATE_VERSION`].
    pub version: u32,
    /// What was asked.
    pub request: Request,
    /// Present after Prepare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// Where to go.
    #[serde(default)]
    pub next: Next,
    /// How long to wait first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_seconds: Option<u64>,
    /// Present in Explain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What the run says in the end, in one sentence: the output of its execution. `null` if it has nothing to say.
    #[serde(default)]
    pub outcome: Option<String>,
}

/// Of more builds than these a state holds no links.
const MOST_LOG_LINKS: usize = 40;

impl State {
    /// The input of a new execution.
    pub fn of(request: Request) -> Self {
        Self {
            version: STATE_VERSION,
            request,
            run: None,
            next: Next::End,
            wait_seconds: None,
            failure: None,
            outcome: None,
        }
    }

    /// The input's text; the same request always gives the same, whatever order `serde_json` keeps its maps in.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "strings, numbers and enums of them are JSON"
    )]
    pub fn input_text(request: &Request) -> String {
        #[derive(Serialize)]
        struct Input<'a> {
            version: u32,
            request: &'a Request,
        }
        let input = Input {
            version: STATE_VERSION,
            request,
        };
        serde_json::to_string(&input).expect("a request is JSON")
    }

    /// As the state machine takes it. Links to logs are left out where there are so many that they might not fit: they are for the
    /// announcement alone.
    pub fn into_output(mut self) -> serde_json::Value {
        if let Some(run) = &mut self.run
            && run.builds.len() > MOST_LOG_LINKS
        {
            for build in &mut run.builds {
                build.log_url = None;
            }
        }
        serde_json::json!(self)
    }

    /// The same state with another direction.
    #[must_use]
    pub fn then(mut self, next: Next) -> Self {
        self.next = next;
        self.wait_seconds = None;
        self
    }

    /// The same state, to look again after `seconds`.
    #[must_use]
    pub fn wait(mut self, seconds: u64) -> Self {
        self.next = Next::Wait;
        self.wait_seconds = Some(seconds);
        self
    }
}

/// The execution a step belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// Its name.
    pub name: RunName,
    /// When it began: RFC 3339 in UTC with milliseconds, so that text order is time order.
    pub start_time: String,
}

/// What a handler gets from the state machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// What to do.
    pub step: Step,
    /// For which run.
    pub execution: Execution,
    /// With what.
    pub state: State,
}

impl Invocation {
    /// What a gate run tests: after Prepare what that found, before what it is asked.
    pub fn candidacy(&self) -> Result<&Candidacy, GateError> {
        let found = self.state.run.as_ref();
        found
            .and_then(|run| run.candidacy.as_ref())
            .or(self.state.request.candidacy())
            .ok_or_else(|| GateError::InvalidInput {
                step: format!("{:?}", self.step),
                message: "its request has no revision".to_owned(),
            })
    }

    /// Refuses the first step of a run that bears another name than its request's: under it, it would be taken for another run.
    pub fn named(&self) -> Result<(), GateError> {
        let run = &self.execution.name;
        if is_named_for(&self.state.request, run) {
            return Ok(());
        }
        Err(GateError::InvalidInput {
            step: format!("run {run}"),
            message: "the router gives another name to a run of this request".to_owned(),
        })
    }

    /// What Prepare found out.
    pub fn run(&self) -> Result<&Run, GateError> {
        self.state
            .run
            .as_ref()
            .ok_or_else(|| GateError::InvalidInput {
                step: format!("{:?}", self.step),
                message: "its state holds no `run`".to_owned(),
            })
    }

    /// Reads a payload; a state of another version is refused.
    pub fn parse(payload: serde_json::Value) -> Result<Self, GateError> {
        let step = payload
            .get("step")
            .and_then(|step| step.as_str())
            .unwrap_or("?")
            .to_owned();
        let refuse = |message: String| GateError::InvalidInput {
            step: step.clone(),
            message,
        };
        let invocation: Self =
            serde_json::from_value(payload).map_err(|error| refuse(error.to_string()))?;
        let version = invocation.state.version;
        if version != STATE_VERSION {
            return Err(refuse(format!(
                "its state has version {version}, this release reads {STATE_VERSION}"
            )));
        }
        Ok(invocation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_step_functions_is_named_and_one_of_a_function_is_its_sentence() {
        let message = |error: &str, cause: &str| {
            let (error, cause) = (error.to_owned(), cause.to_owned());
            Failure { error, cause }.message()
        };
        let large = "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.";
        assert_eq!(
            message("States.DataLimitExceeded", large),
            format!("States.DataLimitExceeded: {large}")
        );
        assert_eq!(message("States.Timeout", ""), "States.Timeout");
        let said = r#"{"errorType":"Throttled","errorMessage":"slow down"}"#;
        assert_eq!(message("Throttled", said), "slow down");
    }
}
