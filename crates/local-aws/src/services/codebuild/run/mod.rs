//! One build from the queue to its end.
//!
//! The order of things: wait for a place, get the source, run the phases, end whatever processes are left, read the
//! reports, say how it ended, drop the folder. A stop or a timeout cuts in anywhere; what follows it is the same.

mod disk;
mod phases;
mod progress;
mod shell;
mod source;
mod variables;
mod watched;

use std::{collections::BTreeSet, io, path::PathBuf, sync::Arc, time::Duration};

use tokio::{sync::watch, time::sleep};

use super::{
    builds::Record,
    log::Log,
    model::{Context, PhaseKind, Status},
    reports,
    running::{Place, Told},
};
use crate::{Account, ServiceError, buildspec::Buildspec, process, store::StoreError};
use disk::{Limits, remove_whole};
use progress::Progress;

/// Why the endpoint itself could not run a build.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("failed to use the folder of the build: {0}")]
    Io(#[from] io::Error),
    #[error("failed to use the repository: {0}")]
    Git(#[from] crate::GitError),
    #[error("{0}")]
    Spoilt(ServiceError),
}

/// What cut a build short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Stopped,
    TimedOut,
    WroteTooMuch,
    Abandoned,
}

/// The folders of one build.
#[derive(Clone, Debug)]
struct Folders {
    root: PathBuf,
}

impl Folders {
    fn of(account: &Account, unique: &str) -> io::Result<Self> {
        // Commands run in another folder than the endpoint.
        let root = std::path::absolute(account.directory("builds").join(unique))?;
        Ok(Self { root })
    }

    fn source(&self) -> PathBuf {
        self.root.join("src")
    }

    fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Scripts, and what the shell says of its state.
    fn session(&self) -> PathBuf {
        self.root.join("session")
    }

    async fn create(&self) -> io::Result<()> {
        self.remove().await?;
        for folder in [self.source(), self.home(), self.temporary(), self.session()] {
            std::fs::create_dir_all(folder)?;
        }
        Ok(())
    }

    async fn remove(&self) -> io::Result<()> {
        let root = self.root.clone();
        tokio::task::spawn_blocking(move || remove_whole(&root)).await?
    }
}

/// A build at work.
struct Build<'a> {
    account: &'a Arc<Account>,
    progress: Progress<'a>,
    folders: Folders,
    log: Log,
    /// In the environment of all its processes and of no others.
    mark: String,
    /// Known once the source is there.
    buildspec: Option<Buildspec>,
}

/// Runs the journaled build `id` to its end.
pub(super) async fn run(
    account: &Arc<Account>,
    id: &str,
    told: watch::Receiver<Told>,
    place: Place,
) {
    let progress = Progress::new(account, id);
    let Some(record) = progress
        .record()
        .filter(|record| !record.build.build_complete)
    else {
        return;
    };
    if let Err(fault) = attempt(account, progress, &record, told, place).await {
        tracing::error!(build = %id, error = %fault, "failed to run a build");
        let context = Context {
            status_code: "INTERNAL_SERVICE_ERROR".to_owned(),
            message: fault.to_string(),
        };
        if let Err(error) = progress.finish(Status::Fault, vec![context]) {
            tracing::error!(build = %id, error = %error, "failed to journal the end of a build");
        }
    }
}

async fn attempt(
    account: &Arc<Account>,
    progress: Progress<'_>,
    record: &Record,
    mut told: watch::Receiver<Told>,
    mut place: Place,
) -> Result<(), Fault> {
    let unique = record.build.unique();
    let mut build = Build {
        account,
        progress,
        folders: Folders::of(account, unique)?,
        log: Log::open(account, unique)?,
        mark: format!("CODEBUILD_BUILD_ID={}", record.build.id),
        buildspec: None,
    };
    build.clean_up_after_a_crash(record).await?;
    if record.stop_requested {
        progress.finish(Status::Stopped, Vec::new())?;
        return Ok(());
    }
    let minute = account.settings.build_minute;
    let longest_wait = minute * record.build.queued_timeout_in_minutes;
    // `place` keeps the slot until the build is over.
    let turn = tokio::select! {
        biased;
        cut = cut(&mut told, longest_wait) => Err(cut),
        () = &mut place => Ok(()),
    };
    let conclusion = if let Err(cut) = &turn {
        Ok(Err(*cut))
    } else {
        let longest = minute * record.build.timeout_in_minutes;
        let limits = Limits::of(account);
        let folder = build.folders.root.clone();
        tokio::select! {
            biased;
            cut = cut(&mut told, longest) => Ok(Err(cut)),
            () = disk::fills_up(folder, limits) => Ok(Err(Cut::WroteTooMuch)),
            status = build.work(record) => status.map(Ok),
        }
    };
    build.end_processes(!matches!(conclusion, Ok(Ok(_)))).await;
    let ended = match conclusion {
        Ok(conclusion) => build.conclude(conclusion).await,
        Err(fault) => Err(fault),
    };
    build.remove_folder().await;
    ended
}

/// Waits for a stop, or for the time to be over.
async fn cut(told: &mut watch::Receiver<Told>, longest: Duration) -> Cut {
    let word = async {
        match told
            .wait_for(|told| *told != Told::Nothing)
            .await
            .map(|told| *told)
        {
            Ok(Told::Stop) => Cut::Stopped,
            // A sender that is gone means that the endpoint is.
            Ok(_) | Err(_) => Cut::Abandoned,
        }
    };
    tokio::select! {
        biased;
        cut = word => cut,
        () = sleep(longest) => Cut::TimedOut,
    }
}

impl Build<'_> {
    /// An endpoint that was killed leaves processes, a folder and reports.
    async fn clean_up_after_a_crash(&mut self, record: &Record) -> Result<(), Fault> {
        for group in &record.groups {
            group.end(&self.mark).await;
        }
        if record.build.current_phase != PhaseKind::Queued {
            process::kill_marked(&self.mark);
            self.log
                .say("The endpoint was restarted: the build starts from the beginning");
            self.progress.restart()?;
        }
        Ok(self.folders.remove().await?)
    }

    /// Nothing of a build outlives it.
    async fn end_processes(&self, gently: bool) {
        let groups = self
            .progress
            .record()
            .map_or_else(Vec::new, |record| record.groups);
        for group in &groups {
            if gently {
                group.end(&self.mark).await;
            } else {
                group.kill(&self.mark);
            }
        }
        if !groups.is_empty() {
            process::kill_marked(&self.mark);
        }
    }

    /// Reads the reports and says how the build ended.
    async fn conclude(&mut self, conclusion: Result<Status, Cut>) -> Result<(), Fault> {
        let (mut status, contexts) = match conclusion {
            Ok(status) => (status, Vec::new()),
            Err(Cut::Abandoned) => return Ok(()),
            Err(Cut::Stopped) => (Status::Stopped, Vec::new()),
            Err(Cut::TimedOut) => {
                let context = Context {
                    status_code: "BUILD_TIMED_OUT".to_owned(),
                    message: "Build has timed out.".to_owned(),
                };
                (Status::TimedOut, vec![context])
            }
            Err(Cut::WroteTooMuch) => {
                let context = Context {
                    status_code: "CLIENT_ERROR".to_owned(),
                    message: Limits::of(self.account).to_string(),
                };
                (Status::Failed, vec![context])
            }
        };
        if let Some(buildspec) = self.buildspec.take() {
            let source = conclusion.is_ok().then(|| self.folders.source());
            let uploaded = self.upload(&buildspec, source).await?;
            if conclusion.is_ok() && !uploaded {
                status = Status::Failed;
            }
        }
        if conclusion.is_err() {
            self.log.say(&format!("Build {}", status.word()));
        }
        if let Some(error) = self.log.failure() {
            return Err(error.into());
        }
        self.remove_folder().await;
        Ok(self.progress.finish(status, contexts)?)
    }

    /// Keeps the reports; of a build that was cut short, without `source`, only that they are missing.
    async fn upload(
        &mut self,
        buildspec: &Buildspec,
        source: Option<PathBuf>,
    ) -> Result<bool, Fault> {
        let phase = PhaseKind::UploadArtifacts;
        let is_whole = source.is_some();
        if is_whole {
            self.enter(phase)?;
        }
        let id = self.progress.id();
        let kept =
            reports::collect(self.account, id, &buildspec.reports, source, &mut self.log).await;
        match kept {
            Ok(()) if is_whole => self.leave(phase, Status::Succeeded, &[])?,
            Err(message) if is_whole => {
                let status_code = "CLIENT_ERROR".to_owned();
                let context = Context {
                    status_code,
                    message,
                };
                self.leave(phase, Status::Failed, &[context])?;
                return Ok(false);
            }
            _ => {}
        }
        Ok(true)
    }

    /// A folder that cannot be removed is no fault of the build; the next start of the endpoint tries again.
    async fn remove_folder(&self) {
        if let Err(error) = self.folders.remove().await {
            let folder = self.folders.root.display();
            tracing::warn!(folder = %folder, error = %error, "failed to remove the folder of a build");
        }
    }

    fn enter(&mut self, phase: PhaseKind) -> Result<(), Fault> {
        self.log.say(&format!("Entering phase {}", phase.word()));
        Ok(self.progress.enter(phase)?)
    }

    fn leave(
        &mut self,
        phase: PhaseKind,
        status: Status,
        contexts: &[Context],
    ) -> Result<(), Fault> {
        self.log.say(&format!(
            "Phase complete: {} State: {}",
            phase.word(),
            status.word()
        ));
        for context in contexts {
            let Context {
                status_code,
                message,
            } = context;
            self.log.say(&format!(
                "Phase context status code: {status_code} Message: {message}"
            ));
        }
        Ok(self.progress.leave(status, contexts)?)
    }
}

/// Removes the folders of builds that are not among `open`.
pub(super) fn remove_orphans(account: &Account, open: &BTreeSet<&str>) {
    let Ok(folders) = std::fs::read_dir(account.directory("builds")) else {
        return;
    };
    for folder in folders.flatten() {
        let is_open = folder
            .file_name()
            .to_str()
            .is_some_and(|unique| open.contains(unique));
        if !is_open && let Err(error) = remove_whole(&folder.path()) {
            tracing::warn!(folder = %folder.path().display(), error = %error, "failed to remove an old build");
        }
    }
}
