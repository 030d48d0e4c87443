//! What an endpoint is told when it starts, and the switches for facts about AWS that nobody could confirm.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// How this endpoint is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where repositories, the journal and build directories live.
    pub data_directory: PathBuf,
    /// Region in every ARN.
    pub region: String,
    /// Twelve-digit account id in every ARN.
    pub account_id: String,
    /// Access key id → ARN, for callers that are not IAM users.
    pub callers: BTreeMap<String, String>,
    /// Where CodeCommit is if somebody else has it: sources of builds at an address that starts so are fetched from there.
    pub code_elsewhere: Option<String>,
    /// Run rules, schedules and state machines; false leaves them to somebody else's emulator.
    pub engine: bool,
    /// Builds that run at once; as many as five times this wait in the queue, more are refused.
    pub concurrent_builds: usize,
    /// Most that the folder of a build may take of the disk; a build that writes more fails.
    pub build_disk_bytes: u64,
    /// A build fails when less than this is left on the disk of the data directory.
    pub disk_reserve_bytes: u64,
    /// Every Wait state, retry delay and schedule interval is multiplied by this; 1 is real time.
    pub wait_scale: f64,
    /// How long a minute of a build's time limits is.
    pub build_minute: Duration,
    /// What every build has in its environment, whatever else sets it: CodeBuild's own variables apart.
    pub build_variables: BTreeMap<String, String>,
    /// What to assume about AWS where no source says.
    pub assumptions: Assumptions,
    /// Write down what really happens, apart from all other state: see [`crate::audit`].
    pub audit: bool,
}

impl Settings {
    /// Defaults over a data directory.
    pub fn new(data_directory: impl Into<PathBuf>) -> Self {
        Self {
            data_directory: data_directory.into(),
            region: "us-east-1".to_owned(),
            account_id: "000000000000".to_owned(),
            callers: BTreeMap::new(),
            code_elsewhere: None,
            engine: true,
            concurrent_builds: std::thread::available_parallelism().map_or(2, usize::from),
            // What CodeBuild's smallest machine has.
            build_disk_bytes: 64 << 30,
            disk_reserve_bytes: 256 << 20,
            wait_scale: 1.0,
            build_minute: Duration::from_mins(1),
            build_variables: BTreeMap::new(),
            assumptions: Assumptions::default(),
            audit: false,
        }
    }
}

/// Facts about AWS that no source confirms. Safety must hold under every setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assumptions {
    /// A move of the destination branch renews the revision of the pull requests to it.
    pub destination_move_renews_revision: bool,
    /// `pullRequestTargets[].destinationCommit` follows the destination branch while the pull request is open. The API's model
    /// calls it the commit at the tip of that branch.
    pub destination_commit_follows_branch: bool,
    /// `States.ALL` takes `States.DataLimitExceeded` of a function's result, as an execution recorded on AWS shows; the guide
    /// says that it does not.
    pub all_takes_large_results: bool,
    /// Which events a merge emits.
    pub close_events: CloseEvents,
    /// What `DeleteProject` does while a build of the project runs.
    pub delete_project: DeleteProject,
    /// How many reads of a pull request after a change still see the state before it.
    pub stale_reads: u32,
    /// How CodeBuild calls the raw files of a report in S3.
    pub raw_report_keys: RawReportKeys,
    /// How a build names an assumed role that started it.
    pub initiator: Initiator,
    /// Who can read a commit that CreateUnreferencedMergeCommit made while no branch and no tag holds it.
    pub merge_commits: MergeCommits,
}

/// How a build names an assumed role that started it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Initiator {
    /// `<role>/<session>`.
    #[default]
    RoleAndSession,
    /// `assumed-role/<role>/<session>`.
    AssumedRole,
    /// The ARN of the session.
    Arn,
    /// By something that does not tell the role.
    Otherwise,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self {
            destination_move_renews_revision: false,
            destination_commit_follows_branch: true,
            all_takes_large_results: true,
            close_events: CloseEvents::default(),
            delete_project: DeleteProject::default(),
            stale_reads: 0,
            raw_report_keys: RawReportKeys::default(),
            initiator: Initiator::default(),
            merge_commits: MergeCommits::default(),
        }
    }
}

/// Who can read a merge commit that no reference holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MergeCommits {
    /// Every operation, by its id.
    #[default]
    Readable,
    /// GetCommit and git alone, as the API reference has it; CreateBranch takes its id.
    Hidden,
}

/// How CodeBuild calls the raw files of a report below the folder of its group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RawReportKeys {
    /// `<report's id>/<file>`.
    #[default]
    ByReport,
    /// By something that no answer of CodeBuild tells.
    Otherwise,
}

/// Which events a merge emits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CloseEvents {
    /// `pullRequestMergeStatusUpdated` alone.
    #[default]
    One,
    /// `pullRequestStatusChanged` as well.
    Two,
}

/// What `DeleteProject` does while a build of the project runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeleteProject {
    /// The project goes, the build runs on.
    #[default]
    LeavesBuilds,
    /// The project goes and its builds are stopped.
    StopsBuilds,
    /// `InvalidInputException` until no build runs.
    Refused,
}
