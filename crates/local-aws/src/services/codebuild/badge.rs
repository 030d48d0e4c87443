//! The badge of a project: an image of how its last build stands, for whoever knows its address.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use super::{builds, model::Status, projects};
use crate::Account;

/// The address of a badge, at the endpoint's own: what it shows is of this account.
pub(super) fn address(account: &Account, uuid: &str) -> String {
    format!("{}/badges?uuid={uuid}&branch=main", account.base_url())
}

/// The part of an address by which a badge is found, wherever the endpoint was when it gave it out.
pub(super) fn uuid_of(address: &str) -> Option<&str> {
    let (_, query) = address.split_once("uuid=")?;
    query.split('&').next()
}

/// Shows the image.
pub(crate) async fn show(State(account): State<Arc<Account>>, uri: Uri) -> Response {
    let asked = uri.to_string();
    let found = uuid_of(&asked).and_then(|uuid| {
        account.store.read(|tables| {
            let project = projects::with_badge(tables, uuid)?;
            Some(builds::last_status(tables, &project))
        })
    });
    let Some(status) = found else {
        return (StatusCode::NOT_FOUND, "there is no such badge\n").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; sandbox",
        ),
    ];
    (headers, image(status)).into_response()
}

/// The states that a badge has (CodeBuild user guide, build badges).
fn image(status: Option<Status>) -> String {
    let (word, colour) = match status {
        None => ("unknown", "#6a737d"),
        Some(Status::InProgress) => ("in progress", "#0b5fff"),
        Some(Status::Succeeded) => ("passing", "#14713a"),
        Some(Status::Failed | Status::Fault | Status::TimedOut) => ("failing", "#b3201b"),
        Some(Status::Stopped) => ("stopped", "#6a737d"),
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"130\" height=\"20\" role=\"img\" aria-label=\"build {word}\">\
         <rect width=\"40\" height=\"20\" fill=\"#24292e\"/><rect x=\"40\" width=\"90\" height=\"20\" fill=\"{colour}\"/>\
         <g fill=\"#fff\" font-family=\"sans-serif\" font-size=\"11\"><text x=\"7\" y=\"14\">build</text>\
         <text x=\"47\" y=\"14\">{word}</text></g></svg>\n"
    )
}
