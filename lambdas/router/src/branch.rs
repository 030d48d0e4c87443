//! A branch and its open pull requests, as they are found.

use gate_aws::{Clients, conversation, repository};
use gate_core::{
    conversation::Conversation,
    error::GateError,
    host::CodeHost,
    id::{BranchName, CommitId, PullRequestId, RepositoryName},
    protocol::{
        Claim, ExecutionStatus, Limit, OpenPullRequest, Request, ResultRecord, State, Wanted, Wish,
        Words, merge_rules, turns,
    },
    pull_request::PullRequest,
    rules::{self, MergeRules},
};

use crate::start;

/// An open pull request and what the gate remembers of it.
#[derive(Debug)]
pub(crate) struct Found {
    live: PullRequest,
    claim: Option<Claim>,
    latest: Option<(ExecutionStatus, Request)>,
    result: Option<ResultRecord>,
    conversation: Conversation,
    approved: bool,
    said: Said,
}

/// The recorded comment.
#[derive(Debug)]
enum Said {
    NotRead,
    Read(Option<String>),
}

impl Found {
    /// As the protocol decides about it.
    pub(crate) fn at<'a>(&'a self, tip: &'a CommitId) -> OpenPullRequest<'a> {
        OpenPullRequest {
            live: &self.live,
            destination_tip: tip,
            claim: self.claim.as_ref(),
            latest: self
                .latest
                .as_ref()
                .map(|(status, request)| (*status, request)),
            result: self.result.as_ref(),
            conversation: &self.conversation,
            approved: self.approved,
            said: match &self.said {
                Said::NotRead => Words::NotRead,
                Said::Read(found) => Words::of(found.as_deref()),
            },
        }
    }

    /// The pull request itself.
    pub(crate) fn live(&self) -> &PullRequest {
        &self.live
    }

    /// Reads whether the gate approves the live revision, what its comment says, and what people asked of it.
    pub(crate) async fn for_the_sweep(mut self, clients: &Clients) -> Result<Self, GateError> {
        let approvers = clients
            .host
            .approvers(&self.live.id, &self.live.revision)
            .await?;
        self.conversation = conversation::of(clients, &self.live.id, &self.live.revision).await?;
        self.approved = approvers.contains(&clients.deployment.reporter_arn);
        if let Some(id) = self
            .result
            .as_ref()
            .and_then(|result| result.comment.as_ref())
        {
            let comment = clients.host.comment(id).await?;
            let comment = comment.filter(|comment| !comment.deleted);
            self.said = Said::Read(comment.map(|comment| comment.content));
        }
        Ok(self)
    }
}

/// Reads a pull request that may be open, and goes to `branch` if that is given; `None` if it is not.
pub(crate) async fn find(
    clients: &Clients,
    id: &PullRequestId,
    branch: Option<&BranchName>,
) -> Result<Option<Found>, GateError> {
    let live = clients.host.pull_request(id).await?;
    let wanted = |live: &PullRequest| {
        live.is_open() && branch.is_none_or(|branch| live.destination == *branch)
    };
    let Some(live) = live.filter(wanted) else {
        return Ok(None);
    };
    let claim: Option<Claim> = clients.parameters.get(&clients.names().claim(id)).await?;
    let latest = match &claim {
        Some(claim) => clients.executions.describe(&claim.run).await?,
        None => None,
    };
    let latest = latest.and_then(|run| {
        let state: State = serde_json::from_str(&run.input).ok()?;
        Some((run.status, state.request))
    });
    let result = clients.parameters.get(&clients.names().result(id)).await?;
    Ok(Some(Found {
        live,
        claim,
        latest,
        result,
        conversation: Conversation::default(),
        approved: false,
        said: Said::NotRead,
    }))
}

/// The gated branches; `None` if this deployment does not serve the repository. With settings that cannot be used no branch
/// is: every run says so on its pull request.
pub(crate) async fn gated(
    clients: &Clients,
    name: &RepositoryName,
) -> Result<Option<Vec<BranchName>>, GateError> {
    match repository::settings(clients, name).await {
        Ok(Some(settings)) => Ok(Some(repository::gated(clients, &settings, name).await?)),
        Ok(None) => Ok(None),
        Err(error @ GateError::SettingsUnusable { .. }) => {
            tracing::warn!(repository.name = %name, error = %error, "no branch is known to be gated");
            Ok(Some(Vec::new()))
        }
        Err(error) => Err(error),
    }
}

/// What the rules at a commit of a gated branch say about its moves.
pub(crate) async fn rules_at(
    clients: &Clients,
    repository: &RepositoryName,
    commit: &CommitId,
) -> Result<MergeRules, GateError> {
    let file = clients.host.file(repository, commit, rules::PATH).await?;
    Ok(merge_rules(file.as_deref()))
}

/// Starts the runs whose turn it is, and those that tell who waits; answers how many were not there yet.
pub(crate) async fn take_turns(
    clients: &Clients,
    open: &[OpenPullRequest<'_>],
    rules: MergeRules,
) -> Result<u32, GateError> {
    let mut started = 0;
    let mut failed = Ok(());
    for request in turns(open, rules) {
        let id = request.pull_request().clone();
        let wanted = Wanted::new(request, Wish::Again, Limit::None);
        // What fails for one does not take their turn from the others.
        match start::start(clients, wanted).await {
            Ok(answer) => started += u32::from(answer.get("started").is_some()),
            Err(error) => {
                tracing::error!(pull_request.id = %id, error = %error, "no run could be started after the destination moved");
                failed = failed.and(Err(error));
            }
        }
    }
    failed.map(|()| started)
}
