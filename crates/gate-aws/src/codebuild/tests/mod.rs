use aws_sdk_codebuild::Client;
use aws_smithy_mocks::{Rule, mock};
use serde_json::{Value, json};

use super::*;
use crate::testing::{answer, codebuild, refusal};

mod builds;
mod projects;
mod report_groups;

fn missing(message: &'static str) -> impl Fn() -> aws_sdk_codebuild::config::http::HttpResponse {
    move || refusal(400, "ResourceNotFoundException", message)
}
