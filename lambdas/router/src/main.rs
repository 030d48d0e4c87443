//! The router function on the Lambda runtime.

use gate_aws::{Clients, Deployment};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gate_lambda::Error> {
    let config = gate_aws::config::from_environment()?;
    let clients = Clients::new(&config, Deployment::from_environment()?);
    let host = clients.host.clone();
    // While the first event is on its way, which nearly always asks CodeCommit.
    tokio::spawn(async move { host.prepare() });
    gate_lambda::run(|payload| Box::pin(router::handle(payload, &clients))).await
}
