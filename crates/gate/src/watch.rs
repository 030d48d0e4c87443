//! Waiting for the gate's word on a pull request, as anybody could who may read its comments and parameters.

use std::time::Duration;

use gate::system::System;
use gate_aws::Clients;
use gate_core::{
    error::GateError,
    host::CodeHost as _,
    id::{CommentId, PullRequestId, RevisionId},
    names::{self, RunPurpose},
    protocol::{ExecutionStatus, ResultRecord},
    verdict::VerdictKind,
};

/// Between two looks.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);

/// Where the gate stands with one revision.
#[derive(Clone, Debug)]
pub(crate) enum Word {
    /// Nothing yet, or builds run.
    Waiting,
    /// The verdict.
    Given {
        /// What it is.
        verdict: VerdictKind,
        /// What stands beside it.
        record: Box<ResultRecord>,
    },
    /// The gate tried as often as it may; its comment says why.
    GaveUp,
    /// An event found no taker: nothing more will happen.
    Lost(String),
}

/// One revision of one pull request.
pub(crate) struct Watch<'a> {
    pub(crate) system: &'a System,
    pub(crate) clients: &'a Clients,
    pub(crate) pull_request: &'a PullRequestId,
    pub(crate) revision: &'a RevisionId,
}

impl Watch<'_> {
    /// Looks once.
    pub(crate) async fn look(&self) -> Result<Word, GateError> {
        let record = self.record().await?;
        if let Some(record) = record
            && let Some(verdict) = record.verdict
        {
            return Ok(Word::Given {
                verdict,
                record: Box::new(record),
            });
        }
        let say = RunPurpose::Say {
            revision: self.revision,
        };
        let say = names::run(self.pull_request, say, 1);
        let said = self.clients.executions.describe(&say).await?;
        if said.is_some_and(|said| said.status == ExecutionStatus::Succeeded) {
            return Ok(Word::GaveUp);
        }
        let lost = self.system.account().dead_letters();
        Ok(lost
            .first()
            .map_or(Word::Waiting, |letter| Word::Lost(letter.error.clone())))
    }

    /// What the gate remembers of this revision.
    pub(crate) async fn record(&self) -> Result<Option<ResultRecord>, GateError> {
        let name = self.clients.names().result(self.pull_request);
        let record: Option<ResultRecord> = self.clients.parameters.get(&name).await?;
        Ok(record.filter(|record| record.revision == *self.revision))
    }

    /// The text of a comment as it is now; `None` if there is no such comment.
    pub(crate) async fn comment(&self, id: &CommentId) -> Result<Option<String>, GateError> {
        let comments = self.clients.host.comments(self.pull_request).await?;
        Ok(comments
            .into_iter()
            .find(|comment| comment.id == *id)
            .map(|comment| comment.content))
    }

    /// The gate's last comment, whatever it is about.
    pub(crate) async fn last_comment(&self) -> Result<Option<String>, GateError> {
        let author = &self.clients.deployment.reporter_arn;
        let comments = self.clients.host.comments(self.pull_request).await?;
        let own = comments
            .into_iter()
            .rfind(|comment| comment.author == *author);
        Ok(own.map(|comment| comment.content))
    }
}
