//! The reporter function on the Lambda runtime.

use gate_aws::{Clients, Deployment};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), gate_lambda::Error> {
    let config = gate_aws::config::from_environment()?;
    let clients = Clients::new(&config, Deployment::from_environment()?);
    gate_lambda::run(|payload| Box::pin(reporter::handle(payload, &clients))).await
}
