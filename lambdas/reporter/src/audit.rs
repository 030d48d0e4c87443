//! What an audit reads in the log, and the deployment counts.

use gate_core::{
    protocol::{ApprovalRecord, Candidacy, Execution},
    title::Flags,
    verdict::VerdictKind,
};

/// A line for the verdict, and one for each flag of the title that it was given under.
pub(crate) fn tell(
    candidacy: &Candidacy,
    execution: &Execution,
    flags: &Flags,
    verdict: VerdictKind,
    approval: ApprovalRecord,
) {
    tracing::info!(
        repository = %candidacy.repository,
        pull_request.id = %candidacy.pull_request,
        run.name = %execution.name,
        verdict = ?verdict,
        approval = ?approval,
        "gave the verdict"
    );
    for flag in &flags.known {
        tracing::info!(
            repository = %candidacy.repository,
            pull_request.id = %candidacy.pull_request,
            run.name = %execution.name,
            flag = flag.name(),
            verdict = ?verdict,
            "judged under a flag in the title"
        );
    }
}
