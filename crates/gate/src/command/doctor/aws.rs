//! The `aws` program, asked for one thing at a time.

use std::{
    env,
    process::{Command, Output},
};

use serde_json::Value;

use crate::command::Failure;

/// What AWS says to a question.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// This.
    Found(Value),
    /// There is no such thing.
    Missing,
    /// The caller may not know; in AWS's words.
    Forbidden(String),
}

/// Error codes that say: there is no such thing.
const MISSING: [&str; 7] = [
    "ApprovalRuleTemplateDoesNotExistException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "NoSuchEntity",
    "QueueDoesNotExist",
    "RepositoryDoesNotExistException",
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
];

/// Error codes that say: not you.
const FORBIDDEN: [&str; 3] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationErrorException",
];

/// The program, for one Region.
pub(super) struct Aws {
    /// The Region.
    pub(super) region: String,
}

impl Aws {
    /// For `region`, or the one that the program uses by itself.
    pub(super) fn new(region: Option<&str>) -> Result<Self, Failure> {
        let region = region
            .map(str::to_owned)
            .or_else(|| variable("AWS_REGION"))
            .or_else(|| variable("AWS_DEFAULT_REGION"));
        if let Some(region) = region {
            return Ok(Self { region });
        }
        let output = start(Command::new("aws").args(["configure", "get", "region"]))?;
        let region = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if region.is_empty() {
            return Err(Failure::new("no Region is configured")
                .help("name it with `--region`, or set AWS_REGION"));
        }
        Ok(Self { region })
    }

    /// Runs `aws ARGUMENTS`, which ask for something.
    pub(super) fn ask(&self, arguments: &[&str]) -> Result<Answer, Failure> {
        let mut command = Command::new("aws");
        command
            .args(arguments)
            .args(["--output", "json", "--region", &self.region])
            .env("AWS_PAGER", "");
        // Version 1 of the program has addresses of its own for SQS, and so overlooks these variables.
        if arguments.first() == Some(&"sqs")
            && let Some(endpoint) =
                variable("AWS_ENDPOINT_URL_SQS").or_else(|| variable("AWS_ENDPOINT_URL"))
        {
            command.args(["--endpoint-url", &endpoint]);
        }
        let output = start(&mut command)?;
        let words = String::from_utf8_lossy(&output.stderr);
        let asked = arguments
            .iter()
            .take(2)
            .copied()
            .collect::<Vec<_>>()
            .join(" ");
        if output.status.success() {
            return serde_json::from_slice(&output.stdout)
                .map(Answer::Found)
                .map_err(|error| Failure::new(format!("`aws {asked}` answered no JSON: {error}")));
        }
        refusal(&words).ok_or_else(|| {
            let words = words.trim();
            Failure::new(format!("`aws {asked}` failed: {words}")).help(
                "`aws sts get-caller-identity` must work with these credentials, in this Region",
            )
        })
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// What an error of the program means, if it means anything for a check.
fn refusal(words: &str) -> Option<Answer> {
    let (_, rest) = words.split_once("An error occurred (")?;
    let (code, message) = rest.split_once(')')?;
    if MISSING.contains(&code) {
        return Some(Answer::Missing);
    }
    let message = message
        .split_once("operation: ")
        .map_or(message, |(_, said)| said);
    FORBIDDEN
        .contains(&code)
        .then(|| Answer::Forbidden(message.trim().to_owned()))
}

fn start(command: &mut Command) -> Result<Output, Failure> {
    command.output().map_err(|error| {
        Failure::new(format!("failed to start `aws`: {error}"))
            .help("install the AWS command line, https://aws.amazon.com/cli/")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_missing_thing_a_missing_permission_or_the_end() {
        let missing = "\nAn error occurred (ResourceNotFoundException) when calling the DescribeRule operation: Rule x does not exist.\n";
        assert_eq!(refusal(missing), Some(Answer::Missing));
        let denied = "An error occurred (AccessDenied) when calling the GetRole operation: User ann is not authorized";
        assert_eq!(
            refusal(denied),
            Some(Answer::Forbidden("User ann is not authorized".to_owned()))
        );
        let expired = "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: expired";
        assert_eq!(refusal(expired), None);
        assert_eq!(refusal("Could not connect to the endpoint URL"), None);
    }
}
