//! How far a build is, in the journal.

use std::sync::Arc;

use super::super::{
    builds::{self, Record},
    events,
    model::{Build, Context, ExportedVariable, Phase, PhaseKind, Status, seconds_now},
    plan, reports,
};
use crate::{
    Account,
    audit::Happened,
    process::Group,
    store::{StoreError, Transaction},
};

/// The journal's view of one build.
#[derive(Clone, Copy)]
pub(super) struct Progress<'a> {
    account: &'a Arc<Account>,
    id: &'a str,
}

impl<'a> Progress<'a> {
    pub(super) fn new(account: &'a Arc<Account>, id: &'a str) -> Self {
        Self { account, id }
    }

    pub(super) fn id(&self) -> &'a str {
        self.id
    }

    pub(super) fn record(&self) -> Option<Record> {
        self.account
            .store
            .read(|tables| builds::get(tables, self.id))
    }

    /// Begins a phase; the one before has ended.
    pub(super) fn enter(&self, phase: PhaseKind) -> Result<(), StoreError> {
        self.change(|record, _| {
            begin(&mut record.build, phase);
            Ok(())
        })
    }

    /// Ends the phase that the build is in.
    pub(super) fn leave(&self, status: Status, contexts: &[Context]) -> Result<(), StoreError> {
        self.change(|record, _| {
            end(&mut record.build, status, contexts.to_vec());
            Ok(())
        })
    }

    /// Ends a phase and begins the next one.
    pub(super) fn pass_to(&self, phase: PhaseKind) -> Result<(), StoreError> {
        self.change(|record, _| {
            end(&mut record.build, Status::Succeeded, Vec::new());
            begin(&mut record.build, phase);
            Ok(())
        })
    }

    pub(super) fn resolved(&self, commit: &str) -> Result<(), StoreError> {
        self.change(|record, _| {
            record.build.resolved_source_version = Some(commit.to_owned());
            Ok(())
        })
    }

    /// Processes that have to end with the build.
    pub(super) fn add_group(&self, group: Group) -> Result<(), StoreError> {
        self.change(|record, _| {
            record.groups.push(group);
            Ok(())
        })
    }

    pub(super) fn exported(&self, variables: Vec<ExportedVariable>) -> Result<(), StoreError> {
        self.change(|record, _| {
            record.build.exported_environment_variables = variables;
            Ok(())
        })
    }

    /// Forgets what an earlier attempt did.
    pub(super) fn restart(&self) -> Result<(), StoreError> {
        self.change(|record, tables| {
            for report in record.build.report_arns.drain(..) {
                reports::remove(tables, &report);
            }
            record.groups.clear();
            let build = &mut record.build;
            build.current_phase = PhaseKind::Queued;
            build.phases = plan::first_phases(build.start_time);
            build.resolved_source_version = None;
            build.exported_environment_variables.clear();
            Ok(())
        })
    }

    /// Says how the build ended; `contexts` belong to the phase it is in, if that has not ended.
    pub(super) fn finish(&self, status: Status, contexts: Vec<Context>) -> Result<(), StoreError> {
        if let Some(audit) = &self.account.audit {
            let ended = Happened::Ended {
                build: self.id.to_owned(),
                status: status.word().to_owned(),
            };
            if let Err(error) = audit.note(&ended) {
                tracing::error!(build = self.id, error = %error, "failed to write down the end of a build");
            }
        }
        self.change(|record, tables| {
            record.groups.clear();
            let build = &mut record.build;
            end(build, status, contexts);
            begin(build, PhaseKind::Finalizing);
            end(build, Status::Succeeded, Vec::new());
            begin(build, PhaseKind::Completed);
            build.build_status = status;
            build.build_complete = true;
            build.end_time = Some(seconds_now());
            events::emit_state_change(self.account, tables, build)
        })?;
        self.account.events_bell.notify_one();
        Ok(())
    }

    fn change(
        &self,
        change: impl FnOnce(&mut Record, &mut Transaction<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.account.store.write(|tables| {
            let Some(mut record) = builds::get(tables, self.id) else {
                return Ok(());
            };
            change(&mut record, tables)?;
            builds::put(tables, &record)
        })
    }
}

fn begin(build: &mut Build, phase_type: PhaseKind) {
    build.current_phase = phase_type;
    build.phases.push(Phase {
        phase_type,
        phase_status: None,
        start_time: seconds_now(),
        end_time: None,
        duration_in_seconds: None,
        contexts: Vec::new(),
    });
}

/// Ends the last phase, unless it has ended.
fn end(build: &mut Build, status: Status, contexts: Vec<Context>) {
    let Some(phase) = build
        .phases
        .last_mut()
        .filter(|phase| phase.phase_status.is_none())
    else {
        return;
    };
    let now = seconds_now().max(phase.start_time);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a span of time from 0 up, in seconds"
    )]
    let duration = (now - phase.start_time) as u64;
    phase.phase_status = Some(status);
    phase.end_time = Some(now);
    phase.duration_in_seconds = Some(duration);
    phase.contexts = contexts;
}
