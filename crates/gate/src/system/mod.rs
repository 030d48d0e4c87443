//! The only place where everything meets: the account of `local-aws`, served over HTTP, with the gate deployed into it.
//!
//! Nothing is short-circuited. A handler runs in this process, but it reaches AWS through the SDK and the port, under an
//! access key of its own, as it would in an account; even the deployment itself is made of API calls.

mod api;
mod deployment;
mod elsewhere;
mod error;
mod function;
mod log;
mod repositories;

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use aws_config::SdkConfig;
use gate_aws::{Clients, Deployment};
use local_aws::{Account, Observer, Server, Settings};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::AbortHandle};

pub use api::ApiError;
pub use elsewhere::Elsewhere;
pub use error::SystemError;
pub use log::LogPlace;

use api::Api;
use function::Function;
use repositories::Repositories;

/// The service's name where nobody gives another one.
pub const DEFAULT_SERVICE: &str = "mergegate";

/// How long open connections are waited for at the end.
const CONNECTIONS_END: Duration = Duration::from_millis(500);

/// How often the gate looks at a CodeCommit that sends no events.
const LOOKS_APART: Duration = Duration::from_secs(1);

/// The access key of the deployment's own calls, and the user's name in its ARN. An observer that looks for the gate's
/// calls passes over these.
pub const DEPLOYER: &str = "deployer";

/// How a system is set up.
#[derive(Clone)]
pub struct Options {
    /// The account: data directory, assumptions, speed. With `engine` off there is an account and no gate in it.
    pub settings: Settings,
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Starts the name of everything the gate creates.
    pub service: String,
    /// Sees every API call from the first one on.
    pub observer: Option<Observer>,
    /// Give every pull request to a gated branch the rule that a deployment gives it, which only the gate satisfies: it cannot
    /// be merged before the gate approved it.
    pub approval_rule: bool,
    /// Services that somebody else's emulator has.
    pub elsewhere: Elsewhere,
    /// Who the reporter is to a CodeCommit that is elsewhere and does not know it by its role.
    pub reporter_arn: Option<String>,
}

impl Options {
    /// The default service on a free port.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            port: 0,
            service: DEFAULT_SERVICE.to_owned(),
            observer: None,
            approval_rule: false,
            elsewhere: Elsewhere::default(),
            reporter_arn: None,
        }
    }
}

/// A running account with the gate in it.
pub struct System {
    account: Arc<Account>,
    server: Server,
    deployment: Deployment,
    operator: Api,
    elsewhere: Elsewhere,
    /// Looks for what nobody tells of.
    looking: Option<AbortHandle>,
}

impl System {
    /// Listens, opens the account over its data directory, deploys the gate into it and takes up what was in flight.
    pub async fn start(options: Options) -> Result<Self, SystemError> {
        let Options {
            mut settings,
            port,
            service,
            observer,
            approval_rule,
            elsewhere,
            reporter_arn,
        } = options;
        // Before the data directory is touched: a port in use must not leave one behind.
        let listener = listen(port).await?;
        let own = listener
            .local_addr()
            .map(|address| format!("http://{address}"));
        let elsewhere = elsewhere.but(&own.unwrap_or_default());
        settings.code_elsewhere = elsewhere.code().map(str::to_owned);
        let keys = function::access_keys(elsewhere.code().is_some().then_some(&service));
        for (function, key) in &keys {
            let arn = function.caller_arn(&service, &settings.account_id, &settings.region);
            settings.callers.insert(key.clone(), arn);
        }
        let names = deployment::Names::new(&settings, &service);
        let engine = settings.engine;
        let deployment = Deployment {
            service: service.clone(),
            state_machine_arn: names.state_machine(),
            reporter_arn: reporter_arn.unwrap_or_else(|| {
                Function::Reporter.caller_arn(&service, &settings.account_id, &settings.region)
            }),
            builder_arn: Function::Builder.caller_arn(
                &service,
                &settings.account_id,
                &settings.region,
            ),
            region: settings.region.clone(),
            artifact_bucket: names.artifact_bucket(),
            seal_secret: names.seal_secret(),
        };
        let account = Account::open(settings).await?;
        let repositories = Arc::new(OnceLock::new());
        let observer = if engine && approval_rule {
            Some(repositories::ruling(observer, repositories.clone()))
        } else {
            observer
        };
        if let Some(observer) = observer {
            account.observe(observer);
        }
        let server = local_aws::serve(account.clone(), listener)
            .map_err(|source| SystemError::Listen { port, source })?;
        let mut system = Self {
            operator: Api::new(&server.url(), "operator"),
            account,
            server,
            deployment,
            elsewhere,
            looking: None,
        };
        let member = approval_rule.then(|| system.approval_pool_member());
        let known = Arc::new(system.repositories(&names, member));
        if engine && let Err(error) = system.deploy(&names, keys, &known).await {
            system.shut_down().await;
            return Err(error);
        }
        drop(repositories.set(known));
        system.account.start();
        if engine && system.elsewhere.code().is_some() {
            system.looking = Some(system.look_again_and_again());
        }
        Ok(system)
    }

    /// Where CodeCommit is, if it is not here.
    pub fn code_elsewhere(&self) -> Option<&str> {
        self.elsewhere.code()
    }

    fn repositories(&self, names: &deployment::Names, approver: Option<String>) -> Repositories {
        let own = self.url();
        let code = self.elsewhere.code().unwrap_or(&own);
        let parameters = self.elsewhere.parameters().unwrap_or(&own);
        let (code, parameters) = (Api::new(code, DEPLOYER), Api::new(parameters, DEPLOYER));
        Repositories::new(code, parameters, names.clone(), approver)
    }

    /// Where no events come from, the gate sweeps.
    fn look_again_and_again(&self) -> AbortHandle {
        let name = Function::Router.name(&self.deployment.service);
        let operator = self.operator.clone();
        let looking = tokio::spawn(async move {
            loop {
                if let Err(error) = operator.invoke(&name, &scheduled()).await {
                    tracing::warn!(error = %error, "the gate could not look at everything");
                }
                tokio::time::sleep(LOOKS_APART).await;
            }
        });
        looking.abort_handle()
    }

    async fn deploy(
        &self,
        names: &deployment::Names,
        keys: Vec<(Function, String)>,
        repositories: &Arc<Repositories>,
    ) -> Result<(), SystemError> {
        let api = Api::new(&self.url(), DEPLOYER);
        repositories.adopt().await?;
        for (function, key) in keys {
            let name = function.name(&self.deployment.service);
            let clients = Arc::new(self.clients_as(&key));
            let handler = function::handler(function, clients, repositories.clone());
            self.account.register_function(&name, handler);
        }
        deployment::deploy(&api, names).await
    }

    /// The account behind the port.
    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// `http://127.0.0.1:<port>`, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// What the deployment is called and where its parts are.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The one identity that comments and approves: `arn:aws:sts::…:assumed-role/<role>/<function>`.
    pub fn reporter_arn(&self) -> &str {
        &self.deployment.reporter_arn
    }

    /// The approval pool member that only the gate can satisfy: the reporter's role in any session.
    pub fn approval_pool_member(&self) -> String {
        let arn = &self.deployment.reporter_arn;
        if !arn.contains(":assumed-role/") {
            return arn.clone();
        }
        let role = arn.rsplit_once('/').map_or(arn.as_str(), |(role, _)| role);
        format!("{role}/*")
    }

    /// SDK configuration of the caller behind `access_key`.
    pub fn config_as(&self, access_key: &str) -> SdkConfig {
        let elsewhere = self.elsewhere.endpoints().clone();
        let region = &self.deployment.region;
        gate_aws::config::local_but(elsewhere, &self.url(), region, access_key)
    }

    /// The gate's own clients, as the caller behind `access_key`.
    pub fn clients_as(&self, access_key: &str) -> Clients {
        Clients::new(&self.config_as(access_key), self.deployment.clone())
    }

    /// Lets the gate look at everything now instead of at its next quarter of an hour.
    pub async fn sweep(&self) -> Result<(), SystemError> {
        let name = Function::Router.name(&self.deployment.service);
        self.operator.invoke(&name, &scheduled()).await?;
        Ok(())
    }

    /// Ends the workers and every process of a running build, then stops answering. State stays on disk, and the data
    /// directory is free once this value is dropped.
    pub async fn shut_down(&self) {
        if let Some(looking) = &self.looking {
            looking.abort();
        }
        self.account.shut_down().await;
        self.server.stop();
        // A function's clients keep connections open, and each of those keeps the account.
        for function in Function::ALL {
            let name = function.name(&self.deployment.service);
            self.account.register_function(&name, function::ended());
        }
        let deadline = Instant::now() + CONNECTIONS_END;
        while Arc::strong_count(&self.account) > 1 && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// What a schedule sends.
fn scheduled() -> Value {
    json!({
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "resources": [],
        "detail": {},
    })
}

async fn listen(port: u16) -> Result<TcpListener, SystemError> {
    let bound = TcpListener::bind(("127.0.0.1", port)).await;
    bound.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => SystemError::PortInUse { port },
        _ => SystemError::Listen { port, source },
    })
}
