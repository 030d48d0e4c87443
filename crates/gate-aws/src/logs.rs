//! CloudWatch Logs: the end of what a build wrote.

use std::{fmt, sync::Arc};

use aws_config::SdkConfig;
use gate_core::{build::LogStream, error::GateError, partition};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    error,
    signed::{Question, Signed, named_endpoint, read_json},
};

const SERVICE: &str = "CloudWatch Logs";

/// Events read of one log, from its end: the phases after the one that failed say little.
const EVENTS: u32 = 400;

/// What is asked of CloudWatch Logs, as IAM calls it.
#[derive(Clone, Copy, Debug)]
enum Ask {
    GetLogEvents,
}

/// CloudWatch Logs.
#[derive(Clone)]
pub struct Logs {
    signed: Option<Arc<Signed>>,
}

impl fmt::Debug for Logs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Logs")
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    message: String,
}

impl Logs {
    /// Of the Region.
    pub fn new(config: &SdkConfig, region: &str) -> Self {
        let endpoint = named_endpoint(config, SERVICE)
            .unwrap_or_else(|| format!("https://logs.{region}.{}", partition::of(region).suffix));
        let signed = Signed::new(config, SERVICE, "logs", endpoint, read_json);
        Self {
            signed: signed.map(Arc::new),
        }
    }

    /// The last lines of a log, oldest first; none of a log that is gone.
    pub async fn end(&self, log: &LogStream) -> Result<Vec<String>, GateError> {
        let input = json!({
            "logGroupName": log.group,
            "logStreamName": log.stream,
            "startFromHead": false,
            "limit": EVENTS,
        });
        let Some(answer) = self.ask(Ask::GetLogEvents, &input).await? else {
            return Ok(Vec::new());
        };
        lines(&answer)
            .map_err(|fault| error::unreadable(SERVICE, "GetLogEvents", fault.to_string()))
    }

    async fn ask(&self, ask: Ask, input: &Value) -> Result<Option<Vec<u8>>, GateError> {
        let Some(signed) = &self.signed else {
            return Ok(None);
        };
        let (operation, target) = match ask {
            Ask::GetLogEvents => ("GetLogEvents", "Logs_20140328.GetLogEvents"),
        };
        let question = Question {
            operation,
            method: "POST",
            path: "/".to_owned(),
            headers: vec![
                ("content-type", "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target", target.to_owned()),
            ],
            body: input.to_string().into_bytes(),
        };
        signed.ask(question).await
    }
}

fn lines(answer: &[u8]) -> Result<Vec<String>, serde_json::Error> {
    let answer: Answer = serde_json::from_slice(answer)?;
    let lines = answer.events.into_iter();
    Ok(lines
        .map(|event| event.message.trim_end().to_owned())
        .collect())
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::{client::orchestrator::HttpResponse, http::StatusCode};
    use aws_smithy_types::{body::SdkBody, error::metadata::ProvideErrorMetadata};

    use super::*;

    fn answer(status: u16, body: &Value) -> HttpResponse {
        let status = StatusCode::try_from(status).unwrap();
        HttpResponse::new(status, SdkBody::from(body.to_string()))
    }

    #[test]
    fn the_end_of_a_log_is_read_without_line_ends() {
        let events = json!({ "events": [
            { "timestamp": 1, "message": "cc main.c\n" },
            { "timestamp": 2, "message": "error\r\n" },
        ] });
        let read = read_json(&answer(200, &events)).unwrap().unwrap();
        assert_eq!(lines(&read).unwrap(), ["cc main.c", "error"]);
    }

    #[test]
    fn of_a_log_that_is_gone_there_is_nothing_and_other_refusals_are_errors() {
        let gone = json!({ "__type": "ResourceNotFoundException", "message": "no such stream" });
        assert_eq!(read_json(&answer(400, &gone)).unwrap(), None);
        let denied = json!({ "__type": "com.amazonaws#AccessDeniedException", "message": "no" });
        let error = read_json(&answer(400, &denied)).unwrap_err();
        let refusal = error.as_operation_error().unwrap();
        assert_eq!(refusal.code(), Some("AccessDeniedException"));
    }
}
