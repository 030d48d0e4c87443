//! The commands of a build with somebody looking on: the observer, who may spoil them, and the audit.

use std::{convert::Infallible, io, time::Duration};

use super::{Build, Fault, progress::Progress, shell::Session, source};
use crate::{
    Call, Moment, RUN_COMMANDS,
    audit::Happened,
    buildspec::Buildspec,
    interference::{Spoilt, consult},
    services::codebuild::model::Status,
};

/// How soon a build's processes are killed once there are any.
const KILL_POLL: Duration = Duration::from_millis(1);

impl Build<'_> {
    /// Runs the phases.
    pub(super) async fn run_watched(
        &mut self,
        session: &mut Session,
        buildspec: &Buildspec,
    ) -> Result<Status, Fault> {
        let call = Call {
            service: "codebuild",
            operation: RUN_COMMANDS.to_owned(),
            caller: "codebuild.amazonaws.com".to_owned(),
            function: None,
            state: None,
        };
        let audited = self.audited().await?;
        let spoilt = consult(self.account, &call, Moment::Before).await.err();
        if let Some(Spoilt::Failed(error)) = spoilt {
            return Err(Fault::Spoilt(error));
        }
        let status = if spoilt.is_some() {
            let (progress, mark) = (self.progress, self.mark.clone());
            tokio::select! {
                status = self.run_phases(session, buildspec) => status?,
                never = kill_all(progress, &mark) => match never {},
            }
        } else {
            self.run_phases(session, buildspec).await?
        };
        if let (Some(audit), Some((commit, tree))) = (&self.account.audit, audited) {
            audit.note(&Happened::Built {
                build: self.progress.id().to_owned(),
                commit,
                tree,
                exit_code: session.exit_code(),
            })?;
        }
        match consult(self.account, &call, Moment::After).await {
            Err(Spoilt::Failed(error)) => Err(Fault::Spoilt(error)),
            _ => Ok(status),
        }
    }

    /// The commit and the tree in the build's folder, if there is an audit, where the commit is noted.
    async fn audited(&self) -> Result<Option<(String, String)>, Fault> {
        let source = self.folders.source();
        let Some(audit) = self
            .account
            .audit
            .as_ref()
            .filter(|_| source.join(".git").exists())
        else {
            return Ok(None);
        };
        let parse = source::git(&self.folders)
            .arg("-C")
            .arg(source)
            .args(["rev-parse", "HEAD", "HEAD^{tree}"])
            .output();
        let output = parse.await?;
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines = text.lines().map(str::to_owned);
        let (Some(commit), Some(tree)) = (lines.next(), lines.next()) else {
            return Err(io::Error::other("the folder of a build has no commit").into());
        };
        audit.note(&Happened::Fetched {
            build: self.progress.id().to_owned(),
            commit: commit.clone(),
        })?;
        Ok(Some((commit, tree)))
    }
}

/// Kills the processes of a build over and over; never ends by itself.
async fn kill_all(progress: Progress<'_>, mark: &str) -> Infallible {
    loop {
        let groups = progress
            .record()
            .map_or_else(Vec::new, |record| record.groups);
        for group in groups {
            group.kill(mark);
        }
        tokio::time::sleep(KILL_POLL).await;
    }
}
