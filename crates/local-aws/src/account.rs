//! One AWS account in one Region: its state, its git repositories, its registered functions and its workers.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::Notify;

use crate::{
    Observer, ServiceError, Settings,
    answers::Answers,
    audit::Audit,
    git::{Git, GitError},
    services::{codebuild, codecommit, events, lambda, states},
    store::{Store, StoreError},
};

/// Runs a Lambda function: payload in, payload or function error out.
pub type FunctionHandler =
    Arc<dyn Fn(Value) -> BoxFuture<'static, Result<Value, FunctionError>> + Send + Sync>;

/// A function's own failure, as Lambda reports it.
#[derive(Clone, Debug)]
pub struct FunctionError {
    /// The word a state machine matches on.
    pub error_type: String,
    /// A sentence for a person.
    pub error_message: String,
}

/// An event that no target would take.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The target's ARN.
    pub target: String,
    /// The event or payload.
    pub payload: Value,
    /// The last error.
    pub error: String,
}

/// Why an account could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The state.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The git program.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The audit.
    #[error("failed to open the audit `{path}`: {source}")]
    Audit {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// What moved in a repository while nobody looked could not be taken up.
    #[error("failed to take up repository `{name}`: {source}")]
    Repository {
        /// The repository.
        name: String,
        /// The cause.
        source: ServiceError,
    },
}

/// The account. Everything that outlives a request is here.
pub struct Account {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) git: Git,
    pub(crate) functions: RwLock<BTreeMap<String, FunctionHandler>>,
    pub(crate) observer: RwLock<Option<Observer>>,
    /// What an observer may let a read see.
    pub(crate) answers: Answers,
    /// What really happens, if somebody wants to know.
    pub(crate) audit: Option<Audit>,
    /// Rung when an event was put into the outbox.
    pub(crate) events_bell: Notify,
    /// Rung when an execution has something to do.
    pub(crate) states_bell: Notify,
    /// Function handlers at work in this process.
    pub(crate) invocations: lambda::Invocations,
    /// Executions at work in this process.
    pub(crate) executions: states::Running,
    /// Builds in this process.
    pub(crate) builds: codebuild::Running,
    /// Ref-changing operations of CodeCommit, one at a time per account: git and the journal move together.
    pub(crate) references: tokio::sync::Mutex<()>,
    base_url: OnceLock<String>,
    workers: std::sync::Mutex<Vec<tokio::task::JoinHandle<()>>>,
}

impl Account {
    /// Opens the account over its data directory, mends what a crash left between git and the journal.
    pub async fn open(settings: Settings) -> Result<Arc<Self>, OpenError> {
        let store = Store::open(&settings.data_directory)?;
        let git = Git::new(settings.data_directory.join("repositories"))?;
        let audit = Audit::open(&settings)?;
        let account = Arc::new(Self {
            settings,
            store,
            git,
            functions: RwLock::default(),
            observer: RwLock::default(),
            answers: Answers::default(),
            audit,
            events_bell: Notify::new(),
            states_bell: Notify::new(),
            invocations: lambda::Invocations::default(),
            executions: states::Running::default(),
            builds: codebuild::Running::default(),
            references: tokio::sync::Mutex::new(()),
            base_url: OnceLock::new(),
            workers: std::sync::Mutex::default(),
        });
        codecommit::recover(&account).await?;
        Ok(account)
    }

    /// Starts what runs by itself: builds taken up again, rules, schedules and executions. Register functions first.
    pub fn start(self: &Arc<Self>) {
        let mut workers = codebuild::resume(self);
        if self.settings.engine {
            workers.extend(events::start(self));
            workers.extend(states::start(self));
            workers.extend(lambda::start(self));
        }
        self.workers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(workers);
    }

    /// Ends all workers and the processes of running builds. State stays on disk for the next start.
    pub async fn shut_down(&self) {
        let workers =
            std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        for worker in &workers {
            worker.abort();
        }
        self.invocations.abort_all();
        codebuild::kill_all(self).await;
    }

    /// Registers the function `name`; a second registration replaces the first.
    pub fn register_function(&self, name: &str, handler: FunctionHandler) {
        self.functions
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), handler);
    }

    /// Lets `observer` see and spoil every API call.
    pub fn observe(&self, observer: Observer) {
        *self
            .observer
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(observer);
    }

    /// Whether an event or an asynchronous invocation is still on its way.
    pub fn has_undelivered(&self) -> bool {
        events::has_waiting(self) || lambda::has_queued(self)
    }

    /// What no target would take, oldest first.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        lambda::dead_letters(self)
    }

    /// Tells the account where it is served, for the addresses it gives out; the first one told stays.
    pub(crate) fn set_base_url(&self, url: String) {
        let _ = self.base_url.set(url);
    }

    /// `http://127.0.0.1:<port>`; without a port while nobody serves the account.
    pub(crate) fn base_url(&self) -> &str {
        self.base_url
            .get()
            .map_or("http://127.0.0.1", String::as_str)
    }

    /// `arn:aws:<service>:<region>:<account>:<resource>`.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        let Settings {
            region, account_id, ..
        } = &self.settings;
        format!("arn:aws:{service}:{region}:{account_id}:{resource}")
    }

    /// A folder of the data directory.
    pub(crate) fn directory(&self, name: &str) -> PathBuf {
        self.settings.data_directory.join(name)
    }
}

/// The time now, in the resolution AWS's JSON has: seconds with milliseconds.
pub(crate) fn now() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// A timestamp as the JSON protocols send it: seconds since 1970, milliseconds as fraction.
pub(crate) fn epoch_seconds(time: jiff::Timestamp) -> f64 {
    #[allow(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 stay below 2^53"
    )]
    let milliseconds = time.as_millisecond() as f64;
    milliseconds / 1000.0
}
