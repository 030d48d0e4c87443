//! The one error of all handlers. Its word is what the state machine sees as `errorType`.

/// Why a handler could not do its step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// AWS asks to slow down.
    #[error("{service} throttled {operation}: {message}")]
    Throttled {
        /// The service, such as `CodeCommit`.
        service: &'static str,
        /// The operation, such as `GetPullRequest`.
        operation: &'static str,
        /// AWS's words.
        message: String,
    },
    /// AWS did not answer, or with a failure of its own.
    #[error("{service} did not complete {operation}: {message}")]
    ServiceUnavailable {
        /// The service.
        service: &'static str,
        /// The operation.
        operation: &'static str,
        /// AWS's words, or the connection's.
        message: String,
    },
    /// A read shows a state older than the event that was delivered.
    #[error("reads are behind: {message}")]
    ReadsBehind {
        /// What is missing.
        message: String,
    },
    /// The role lacks a permission.
    #[error(
        "{service} does not permit {operation}: {message}; redeploy the gate, or check the policies around it"
    )]
    NotPermitted {
        /// The service.
        service: &'static str,
        /// The operation.
        operation: &'static str,
        /// AWS's words.
        message: String,
    },
    /// AWS refused a call in a way that the gate has no answer to.
    #[error("{service} refused {operation}: {code}: {message}")]
    Refused {
        /// The service.
        service: &'static str,
        /// The operation.
        operation: &'static str,
        /// The modelled error's name.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// A parameter that the deployment writes is missing or unreadable.
    #[error("the parameter `{parameter}` is not usable: {message}; redeploy the gate")]
    SettingsUnusable {
        /// Its full name.
        parameter: String,
        /// What is wrong.
        message: String,
    },
    /// The gate tried as often as it may; only a person can help.
    #[error("gave up on run {run}: {message}")]
    GaveUp {
        /// The last run.
        run: String,
        /// What is left undone.
        message: String,
    },
    /// A run that began later took the say before the commands of this one were written down.
    #[error("run {run} was overtaken by {by}: its commands are carried out by another attempt")]
    Overtaken {
        /// The run.
        run: String,
        /// The later one.
        by: String,
    },
    /// CodeBuild started something else than what was ordered.
    #[error(
        "build {build} differs from what was ordered in {differences}: somebody changed its project meanwhile; it is stopped and does not count"
    )]
    NotAsOrdered {
        /// The build.
        build: String,
        /// In what.
        differences: String,
    },
    /// A state that no step of the run has put out.
    #[error("the state that `{step}` was handed does not bear the gate's seal: {message}")]
    BrokenSeal {
        /// The step.
        step: String,
        /// What is wrong.
        message: String,
    },
    /// A state or input that this release cannot read.
    #[error("the input of `{step}` is not usable: {message}")]
    InvalidInput {
        /// The step.
        step: String,
        /// What is wrong.
        message: String,
    },
}

impl GateError {
    /// The stable word for the state machine.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Throttled { .. } => "Throttled",
            Self::ServiceUnavailable { .. } => "ServiceUnavailable",
            Self::ReadsBehind { .. } => "ReadsBehind",
            Self::NotPermitted { .. } => "NotPermitted",
            Self::Refused { .. } => "Refused",
            Self::SettingsUnusable { .. } => "SettingsUnusable",
            Self::GaveUp { .. } => "GaveUp",
            Self::Overtaken { .. } => "Overtaken",
            Self::NotAsOrdered { .. } => "NotAsOrdered",
            Self::BrokenSeal { .. } => "BrokenSeal",
            Self::InvalidInput { .. } => "InvalidInput",
        }
    }

    /// Words of errors that pass by themselves; the state machine retries exactly these.
    pub const TRANSIENT: [&'static str; 3] = ["Throttled", "ServiceUnavailable", "ReadsBehind"];

    /// Words of errors that a retry does not mend.
    pub const PERMANENT: [&'static str; 8] = [
        "NotPermitted",
        "Refused",
        "SettingsUnusable",
        "GaveUp",
        "Overtaken",
        "NotAsOrdered",
        "BrokenSeal",
        "InvalidInput",
    ];

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        Self::TRANSIENT.contains(&self.word())
    }
}
