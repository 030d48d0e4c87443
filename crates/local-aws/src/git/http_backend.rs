//! git over HTTP, by `git http-backend`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::Account;

/// Serves one request of git's smart HTTP protocol below `/v1/repos/<name>/`.
pub(crate) async fn handle(State(_account): State<Arc<Account>>, _request: Request) -> Response {
    StatusCode::NOT_FOUND.into_response()
}
