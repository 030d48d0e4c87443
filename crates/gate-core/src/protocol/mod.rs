//! What a run, the router, the sweep and tear-down decide: from what they read to what they do next.
//!
//! The Lambdas only carry it out. Each function takes what was just read and says what that allows; the races it
//! settles are the table in `docs/design.md`.

mod answer;
mod attempt;
mod claim;
mod failures;
mod passage;
mod record;
mod router;
mod run;
mod seal;
mod state;
mod sweep;
mod take_over;
mod tear_down;
mod turns;
mod wish;

pub use answer::{
    Afterwards, Answered, Asked, Decision, Done, Follow, Refusal, Said, answer, awaits_hold,
};
pub use attempt::{
    AttemptStep, ExecutionStatus, Existing, Limit, MAX_ATTEMPTS, MAX_REPAIRS, MAX_STRANGERS, Taken,
    Wanted, Wish, next_attempt,
};
pub use claim::{Claim, ClaimStep, claim, has_begun};
pub use failures::{Failures, counts_as_failed, failed_runs, one_more};
pub use passage::{
    MergedAtTip, Passage, ToldMoves, is_merge_of, may_be_merge_of, passage_by_merge,
};
pub(crate) use record::shorten;
pub use record::{ApprovalRecord, Durations, EnvironmentRecord, ResultRecord, RulesRecord, fits};
pub use router::{
    RouterDecision, is_asked, needs_known_commits, on_comment, on_pull_request,
    on_rules_overridden, on_run_died,
};
pub use run::{
    CheckDecision, Standing, StartDecision, after_approval, check, foreign_builds, look_again,
    may_start, missing_builds, older_builds, reruns, standing, stops_own_builds, tip_has_moved,
};
pub use seal::Key;
pub use state::{
    Candidacy, Execution, Failure, Invocation, Made, Next, Request, Run, STATE_VERSION,
    StartedBuild, State, Step,
};
pub use sweep::{OpenPullRequest, Words, sweep_comments, sweep_environment, sweep_open};
pub use take_over::{
    Before, Earlier, again, earlier, fingerprint, is_repair, is_that_merge, taken_over,
};
pub use tear_down::{Leftovers, StopDecision, is_by_hand, merged_differs, stop_builds};
pub use turns::{
    MoveDecision, MovedBranch, is_outdated, makes_room, merge_rules, on_branch_moved, turns,
};
pub use wish::{candidacy, did_override, foreign, is_named_for, is_of, shown};
