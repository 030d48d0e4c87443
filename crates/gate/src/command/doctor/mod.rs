//! `gate doctor`: whether a deployed gate is all there, and what to do where it is not.
//!
//! It reads and changes nothing. It asks by way of the `aws` program, so that profiles, single sign-on and endpoints are
//! whatever the caller's own commands use.

mod aws;
mod checks;
mod deployment;

use std::process::ExitCode;

use serde_json::json;

use self::{
    aws::Aws,
    checks::{Check, Fault, examine},
};
use super::Failure;
use crate::terminal;

/// Checks a deployed gate: parameters, approval rules and who satisfies them, functions, roles, state machine, event rules,
/// dead letters. It needs the `aws` program and credentials that may read, and changes nothing.
///
/// Exit code: 0 all is as it must be; 1 something is not, and what to do is said; 2 it could not be found out.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The `serviceName` it was deployed with
    #[arg(long, value_name = "NAME", default_value = "mergegate")]
    service: String,
    /// The Region it was deployed to [default: the one that `aws` uses]
    #[arg(long)]
    region: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let aws = Aws::new(options.region.as_deref())?;
    let deployment = deployment::find(&aws, &options.service)?;
    let checks = examine(&deployment, &|arguments| aws.ask(arguments))?;
    let healthy = checks.iter().all(|check| check.fault.is_none());
    if options.json {
        let object = json!({
            "service": deployment.service,
            "account": deployment.account,
            "region": deployment.region,
            "healthy": healthy,
            "checks": checks,
        });
        terminal::print_json(&object.to_string());
    } else {
        terminal::print(&render(&checks));
    }
    Ok(ExitCode::from(u8::from(!healthy)))
}

fn render(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let what = terminal::harmless(&check.what);
        let Some(Fault { found, next }) = &check.fault else {
            return format!("{} {what}\n", terminal::green("✔"));
        };
        let (found, next) = (terminal::harmless(found), terminal::harmless(next));
        let (mark, help) = (terminal::red("✘"), terminal::bold("help:"));
        format!("{mark} {what}: {found}\n  {help} {next}\n")
    };
    checks.iter().map(line).collect()
}
