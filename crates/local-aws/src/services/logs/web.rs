//! A build's log as a page of plain text: where `logs.deepLink` leads, as AWS's leads to its console.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{Account, services::codebuild};

/// The path of a log's page, after the endpoint's own address.
pub(crate) fn path(unique: &str) -> String {
    format!("/logs/{unique}")
}

/// Shows what the build has written so far.
pub(crate) async fn show(
    State(account): State<Arc<Account>>,
    Path(unique): Path<String>,
) -> Response {
    // Code under test writes the log: a browser must take it for nothing but text, and show it to no other page.
    let plain = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; sandbox",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    // The name becomes part of a file's: only what a build's id consists of may pass.
    let is_id = unique
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let log = if is_id {
        tokio::fs::read(codebuild::log::path(&account, &unique))
            .await
            .ok()
    } else {
        None
    };
    match log {
        Some(log) => (plain, log).into_response(),
        None => (
            StatusCode::NOT_FOUND,
            plain,
            "there is no log of such a build\n",
        )
            .into_response(),
    }
}
