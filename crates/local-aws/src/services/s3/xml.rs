//! S3's answers in XML.

use std::fmt::Write as _;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::markup::entity;

/// A document as a response.
pub(super) fn response(status: StatusCode, document: &str) -> Response {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{document}");
    let mut response = (status, text).into_response();
    let kind = HeaderValue::from_static("application/xml");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// An element with one text element for each member.
pub(super) fn element(name: &str, members: &[(&str, &str)]) -> String {
    let mut element = format!("<{name}>");
    for (name, value) in members {
        let _ = write!(element, "<{name}>{}</{name}>", escaped(value));
    }
    let _ = write!(element, "</{name}>");
    element
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match entity(character) {
            Some(entity) => escaped.push_str(entity),
            None if character.is_control() => {
                let _ = write!(escaped, "&#{};", u32::from(character));
            }
            None => escaped.push(character),
        }
    }
    escaped
}
