//! What a run was asked to do: the plan, read from the run's history where Prepare left it.

use aws_sdk_sfn::Client;
use gate::system::System;
use gate_core::id::RunName;
use serde_json::Value;

use super::run::{AUTHOR, refused};
use crate::command::Failure;

/// The plan of a run; null if the run came to none.
pub(super) async fn plan(system: &System, run: &RunName) -> Result<Value, Failure> {
    let machine = &system.deployment().state_machine_arn;
    let arn = format!(
        "{}:{run}",
        machine.replacen(":stateMachine:", ":execution:", 1)
    );
    let mut events = Client::new(&system.config_as(AUTHOR))
        .get_execution_history()
        .execution_arn(arn)
        .into_paginator()
        .items()
        .send();
    while let Some(event) = events.next().await {
        let event = event.map_err(|error| refused(&error))?;
        let Some(output) = event
            .state_exited_event_details
            .and_then(|left| left.output)
        else {
            continue;
        };
        let state: Value = serde_json::from_str(&output)
            .map_err(|error| Failure::new(format!("the run's history is no JSON: {error}")))?;
        let plan = &state["run"]["plan"];
        if !plan.is_null() {
            return Ok(plan.clone());
        }
    }
    Ok(Value::Null)
}
