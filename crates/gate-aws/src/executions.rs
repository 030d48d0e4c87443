//! Runs of the gate's state machine. A name that is taken is an outcome.

use aws_sdk_sfn::{
    Client,
    operation::{describe_execution::DescribeExecutionError, start_execution::StartExecutionError},
    types::ExecutionStatus as Status,
};
use gate_core::{error::GateError, id::RunName, protocol::ExecutionStatus};

use crate::{error, lazy::Lazy};

const SERVICE: &str = "Step Functions";

/// Executions of one state machine.
#[derive(Clone, Debug)]
pub struct Executions {
    client: Lazy<Client>,
    state_machine_arn: String,
}

/// How starting a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartedExecution {
    /// It runs. The same name and input again, while it runs, is the same execution.
    Started,
    /// The name is taken: by a run that ended, or by another input.
    AlreadyExists,
}

/// What stands under a run's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedExecution {
    /// How it stands.
    pub status: ExecutionStatus,
    /// The same in the word of Step Functions, such as `TIMED_OUT`.
    pub word: String,
    /// What it was asked.
    pub input: String,
}

impl Executions {
    /// Executions of the state machine; its ARN is empty for a handler that starts no runs.
    pub(crate) fn new(client: Lazy<Client>, state_machine_arn: String) -> Self {
        Self {
            client,
            state_machine_arn,
        }
    }

    /// Makes the client, for a caller who waits for something else meanwhile.
    pub fn prepare(&self) {
        Lazy::prepare(&self.client);
    }

    /// Starts a run.
    pub async fn start(&self, name: &RunName, input: &str) -> Result<StartedExecution, GateError> {
        let answer = self
            .client
            .start_execution()
            .state_machine_arn(self.state_machine()?)
            .name(name.as_str())
            .input(input)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(StartedExecution::Started),
            Err(error) => match error.as_service_error() {
                Some(StartExecutionError::ExecutionAlreadyExists(_)) => {
                    Ok(StartedExecution::AlreadyExists)
                }
                _ => Err(error::failed(SERVICE, "StartExecution", &error)),
            },
        }
    }

    /// What stands under a run's name; `None` if nothing does.
    pub async fn describe(&self, name: &RunName) -> Result<Option<DescribedExecution>, GateError> {
        const OPERATION: &str = "DescribeExecution";
        let answer = self
            .client
            .describe_execution()
            .execution_arn(self.execution_arn(name)?)
            .send()
            .await;
        let execution = match answer {
            Ok(execution) => execution,
            Err(error) => {
                return match error.as_service_error() {
                    Some(DescribeExecutionError::ExecutionDoesNotExist(_)) => Ok(None),
                    _ => Err(error::failed(SERVICE, OPERATION, &error)),
                };
            }
        };
        let word = execution.status.as_str().to_owned();
        let status = match execution.status {
            Status::Running | Status::PendingRedrive => ExecutionStatus::Running,
            Status::Succeeded => ExecutionStatus::Succeeded,
            Status::Failed | Status::TimedOut | Status::Aborted => ExecutionStatus::Died,
            other => {
                let message = format!("the status `{other}` is not known");
                return Err(error::unreadable(SERVICE, OPERATION, message));
            }
        };
        Ok(Some(DescribedExecution {
            status,
            word,
            input: execution.input.unwrap_or_default(),
        }))
    }

    fn state_machine(&self) -> Result<&str, GateError> {
        if self.state_machine_arn.is_empty() {
            return Err(self.unusable("the environment variable is not set"));
        }
        Ok(&self.state_machine_arn)
    }

    /// `arn:<partition>:states:<region>:<account>:execution:<machine>:<run>`, from the state machine's ARN.
    fn execution_arn(&self, name: &RunName) -> Result<String, GateError> {
        let (before, machine) = self
            .state_machine()?
            .split_once(":stateMachine:")
            .ok_or_else(|| self.unusable("it is no ARN of a state machine"))?;
        Ok(format!("{before}:execution:{machine}:{name}"))
    }

    fn unusable(&self, message: &str) -> GateError {
        GateError::SettingsUnusable {
            parameter: "MERGEGATE_STATE_MACHINE_ARN".to_owned(),
            message: if self.state_machine_arn.is_empty() {
                message.to_owned()
            } else {
                format!("{message}: `{}`", self.state_machine_arn)
            },
        }
    }
}

#[cfg(test)]
mod tests;
