//! The log of a build, read as CloudWatch Logs gives it.

use gate_core::id::BuildId;
use serde_json::{Value, json};

use super::{System, SystemError};

/// How far a build's log was read.
#[derive(Clone, Debug, Default)]
pub struct LogPlace(Option<String>);

impl System {
    /// What a build has written so far; empty before it has a log.
    pub async fn build_log(&self, build: &BuildId) -> Result<String, SystemError> {
        self.build_log_after(build, &mut LogPlace::default()).await
    }

    /// What a build has written since `place`, which moves to the end.
    pub async fn build_log_after(
        &self,
        build: &BuildId,
        place: &mut LogPlace,
    ) -> Result<String, SystemError> {
        let found = self
            .operator
            .call(
                "CodeBuild_20161006.BatchGetBuilds",
                &json!({ "ids": [build] }),
            )
            .await?;
        let logs = &found["builds"][0]["logs"];
        let (Some(group), Some(stream)) = (logs["groupName"].as_str(), logs["streamName"].as_str())
        else {
            return Ok(String::new());
        };
        let mut input =
            json!({ "logGroupName": group, "logStreamName": stream, "startFromHead": true });
        if let Some(token) = &place.0 {
            input["nextToken"] = token.as_str().into();
        }
        let mut text = String::new();
        loop {
            let page = match self
                .operator
                .call("Logs_20140328.GetLogEvents", &input)
                .await
            {
                Ok(page) => page,
                Err(error) if error.is("ResourceNotFoundException") => return Ok(text),
                Err(error) => return Err(error.into()),
            };
            for event in page["events"].as_array().into_iter().flatten() {
                text.push_str(event["message"].as_str().unwrap_or_default());
                if !text.ends_with('\n') {
                    text.push('\n');
                }
            }
            // The end of a log is where the token stays the same.
            let token = page["nextForwardToken"].clone();
            place.0 = token.as_str().map(str::to_owned);
            if token == Value::Null || token == input["nextToken"] {
                return Ok(text);
            }
            input["nextToken"] = token;
        }
    }
}
