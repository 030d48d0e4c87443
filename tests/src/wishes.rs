//! Executions that people start, with inputs of their own.

use gate_core::{
    id::{CommitId, PullRequestId, RepositoryName, RevisionId, RunName},
    protocol::{Candidacy, Request, State, Wanted},
};

use crate::People;

/// No request has as many runs.
const NAMES: u32 = 30;

impl People {
    /// What the router would ask to test of the pull request now.
    pub async fn candidacy(&self, id: &str) -> Candidacy {
        let live = self.pull_request(id).await;
        let target = &live.pull_request_targets()[0];
        let destination = target.destination_reference().expect("a destination");
        Candidacy {
            repository: RepositoryName::new(target.repository_name().expect("a repository")),
            pull_request: PullRequestId::new(id),
            revision: RevisionId::new(live.revision_id().expect("a revision")),
            source_commit: CommitId::new(target.source_commit().expect("a source commit")),
            destination_commit: CommitId::new(self.in_repository(&["rev-parse", destination])),
        }
    }

    /// Starts an attempt at a request under the name that the router would give it.
    pub async fn wish(&self, request: &Request, attempt: u32) -> RunName {
        let name = Wanted::name_of(request, attempt);
        self.start_run(name.as_str(), &State::input_text(request))
            .await;
        name
    }

    /// Starts a request under the first of its names that is free.
    pub async fn wish_anew(&self, request: &Request) {
        for attempt in 1..=NAMES {
            let name = Wanted::name_of(request, attempt);
            if self
                .try_start_run(name.as_str(), &State::input_text(request))
                .await
            {
                return;
            }
        }
        panic!("the first {NAMES} names are taken");
    }

    /// Starts an execution under any name with any input.
    pub async fn start_run(&self, name: &str, input: &str) {
        assert!(self.try_start_run(name, input).await, "{name} is taken");
    }

    /// The same; whether the name was free.
    async fn try_start_run(&self, name: &str, input: &str) -> bool {
        let client = self.step_functions();
        let start = client
            .start_execution()
            .state_machine_arn(&self.clients().deployment.state_machine_arn)
            .name(name)
            .input(input);
        let Err(error) = start.send().await else {
            return true;
        };
        let error = error.into_service_error();
        assert!(error.is_execution_already_exists(), "no run: {error:?}");
        false
    }
}
