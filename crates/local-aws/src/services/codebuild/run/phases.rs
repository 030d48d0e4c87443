//! The phases that run commands, and what a failure in one means for the next.
//!
//! A failing `build` is followed by `post_build`, any other failing phase by nothing; `on-failure` says otherwise.
//! `finally` is always run. A build with a failed phase has failed, whatever came after.

use std::path::Path;

use super::super::{
    builds::Record,
    model::{Context, ExportedVariable, PhaseKind, Status},
};
use super::{
    Build, Fault,
    shell::{Exit, Session},
    source::{self, Unavailable},
    variables,
};
use crate::buildspec::{Buildspec, OnFailure, Phase};

/// More than a process's environment holds on Linux (32 pages for a variable).
const LONGEST_VALUE: u64 = 128 << 10;

/// A command is quoted this far in the words of a failure.
const QUOTED_CHARACTERS: usize = 1000;

impl Build<'_> {
    /// From the queue to the last command.
    pub(super) async fn work(&mut self, record: &Record) -> Result<Status, Fault> {
        self.progress.pass_to(PhaseKind::Provisioning)?;
        self.folders.create().await?;
        let environment = &record.build.environment;
        self.log.say(&format!(
            "Running on this machine: image {} and compute type {} have no effect",
            environment.image, environment.compute_type
        ));
        self.progress.pass_to(PhaseKind::DownloadSource)?;
        self.log.say("Phase is DOWNLOAD_SOURCE");
        let mut session = match self.download(record).await? {
            Ok(session) => session,
            Err(Unavailable { code, message }) => {
                let context = Context {
                    status_code: code.to_owned(),
                    message,
                };
                self.leave(PhaseKind::DownloadSource, Status::Failed, &[context])?;
                return Ok(Status::Failed);
            }
        };
        self.leave(PhaseKind::DownloadSource, Status::Succeeded, &[])?;
        let Some(buildspec) = self.buildspec.clone() else {
            return Ok(Status::Failed);
        };
        self.run_watched(&mut session, &buildspec).await
    }

    /// Source, buildspec and environment: all that the commands need.
    async fn download(&mut self, record: &Record) -> Result<Result<Session, Unavailable>, Fault> {
        let build = &record.build;
        let commit = match source::check_out(self.account, build, &self.folders).await? {
            Ok(commit) => commit,
            Err(unavailable) => return Ok(Err(unavailable)),
        };
        if let Some(commit) = &commit {
            self.progress.resolved(commit)?;
        }
        let buildspec = match source::buildspec(build, &self.folders.source()) {
            Ok(buildspec) => buildspec,
            Err(unavailable) => return Ok(Err(unavailable)),
        };
        for section in &buildspec.without_effect {
            self.log.say(&format!(
                "`{section}` of the buildspec has no effect on this machine"
            ));
        }
        let resolved = commit.as_deref();
        let variables =
            match variables::all(self.account, build, resolved, &buildspec, &self.folders) {
                Ok(variables) => variables,
                Err(unavailable) => return Ok(Err(unavailable)),
            };
        let session = Session::new(
            buildspec.shell.on(&build.environment.image),
            self.folders.clone(),
            variables,
        )?;
        self.buildspec = Some(buildspec);
        Ok(Ok(session))
    }

    pub(super) async fn run_phases(
        &mut self,
        session: &mut Session,
        buildspec: &Buildspec,
    ) -> Result<Status, Fault> {
        let phases = [
            (PhaseKind::Install, &buildspec.install),
            (PhaseKind::PreBuild, &buildspec.pre_build),
            (PhaseKind::Build, &buildspec.build),
            (PhaseKind::PostBuild, &buildspec.post_build),
        ];
        let mut status = Status::Succeeded;
        for (kind, phase) in phases {
            self.enter(kind)?;
            let contexts = self.run_phase(session, phase).await?;
            if contexts.is_empty() {
                self.leave(kind, Status::Succeeded, &[])?;
                continue;
            }
            self.leave(kind, Status::Failed, &contexts)?;
            if status == Status::Succeeded {
                status = Status::Failed;
                self.run_silently(session, "export CODEBUILD_BUILD_SUCCEEDING=0")
                    .await?;
            }
            let goes_on = match phase.on_failure {
                Some(OnFailure::Continue) => true,
                Some(OnFailure::Abort) => false,
                None => kind == PhaseKind::Build,
            };
            if !goes_on {
                break;
            }
        }
        self.export(session, &buildspec.exported_variables).await?;
        Ok(status)
    }

    /// Runs the commands of a phase up to the first that fails, then those of `finally`.
    async fn run_phase(
        &mut self,
        session: &mut Session,
        phase: &Phase,
    ) -> Result<Vec<Context>, Fault> {
        let mut contexts = Vec::new();
        for commands in [&phase.commands, &phase.finally] {
            for command in commands {
                self.log.say(&format!("Running command {command}"));
                let exit = session.run(command, &self.progress, &mut self.log).await?;
                if let Exit::Failed(reason) = exit {
                    self.log.say(&format!(
                        "Command did not exit successfully {command} {reason}"
                    ));
                    contexts.push(failure(command, &reason));
                    break;
                }
            }
        }
        Ok(contexts)
    }

    async fn run_silently(&mut self, session: &mut Session, command: &str) -> Result<(), Fault> {
        session
            .run(command, &self.progress, &mut self.log)
            .await
            .map(drop)
    }

    /// Keeps what the shell holds of the buildspec's `exported-variables`.
    async fn export(&mut self, session: &mut Session, names: &[String]) -> Result<(), Fault> {
        let mut exported = Vec::new();
        for name in names {
            let file = self.folders.session().join(format!("exported-{name}"));
            let path = super::shell::quote(&file.to_string_lossy());
            let command =
                format!("if [ -n \"${{{name}+set}}\" ]; then printf %s \"${name}\" >{path}; fi");
            self.run_silently(session, &command).await?;
            if let Some(value) = exported_value(&file) {
                exported.push(ExportedVariable {
                    name: name.clone(),
                    value,
                });
            }
        }
        if !exported.is_empty() {
            self.progress.exported(exported)?;
        }
        Ok(())
    }
}

/// What the shell wrote. Commands reach the folder too and may have put something else there: a link, a pipe, a huge file.
fn exported_value(file: &Path) -> Option<String> {
    let metadata = std::fs::symlink_metadata(file).ok()?;
    if !metadata.is_file() || metadata.len() > LONGEST_VALUE {
        return None;
    }
    let value = std::fs::read(file).ok()?;
    Some(String::from_utf8_lossy(&value).into_owned())
}

fn failure(command: &str, reason: &str) -> Context {
    let mut quoted: String = command.chars().take(QUOTED_CHARACTERS).collect();
    if quoted.len() < command.len() {
        quoted.push('…');
    }
    Context {
        status_code: "COMMAND_EXECUTION_ERROR".to_owned(),
        message: format!("Error while executing command: {quoted}. Reason: {reason}"),
    }
}
