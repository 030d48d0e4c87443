//! Who may talk to the endpoint: programs of this machine, and a browser that a person points at the front page, a log or a badge.
//!
//! The endpoint checks no secret, so whoever reaches it may do anything. Another machine does not reach it: it listens on
//! loopback only. A web page that somebody has open beside it does: the browser carries its requests here, under a foreign
//! name that resolves to this machine (DNS rebinding), or from a foreign origin. Both are refused by what a browser says
//! of its requests and no script can change: `Host`, `Origin` and `Sec-Fetch-*`. Programs send no `Origin`, and a request
//! without `Host` comes from no browser.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{ServiceError, wire};

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error(
        "the local endpoint answers to 127.0.0.1, localhost and [::1] only, the request is for host `{0}`"
    )]
    Host(String),
    #[error("the local endpoint takes no requests from web pages, this one is from `{0}`")]
    Origin(String),
    #[error("the local endpoint takes no requests from web pages, this one is {0}")]
    Site(String),
}

/// Passes on what may be answered.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    match refusal(request.method(), request.uri(), request.headers()) {
        None => next.run(request).await,
        Some(refusal) => {
            tracing::warn!(reason = %refusal, "refused a request");
            answer(request.method(), request.uri().path(), &refusal)
        }
    }
}

/// In the form that the path's user reads: git and browsers show text, SDKs look for an error's name.
fn answer(method: &Method, path: &str, refusal: &Refusal) -> Response {
    if path == "/" && *method == Method::GET
        || path.starts_with("/v1/repos/")
        || path.starts_with("/logs/")
        || path == "/badges"
    {
        return (StatusCode::FORBIDDEN, format!("{refusal}\n")).into_response();
    }
    let error = ServiceError {
        status: 403,
        ..ServiceError::client("AccessDeniedException", refusal.to_string())
    };
    wire::failure(&error, wire::JSON_1_1)
}

fn refusal(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Refusal> {
    let mut hosts = headers.get_all(header::HOST).iter().map(lossy);
    let foreign = uri
        .authority()
        .map(Authority::to_string)
        .into_iter()
        .chain(hosts.by_ref())
        .find(|host| !is_loopback(host));
    if let Some(host) = foreign {
        return Some(Refusal::Host(host));
    }
    // Not even a page of its own: code under test may have written what the endpoint shows.
    if let Some(origin) = headers.get(header::ORIGIN) {
        return Some(Refusal::Origin(lossy(origin)));
    }
    let fetch = |name: &str| headers.get(name).map(lossy);
    let site = fetch("sec-fetch-site")?;
    if site == "none" {
        return None;
    }
    // A link that a person follows opens a page, which tells the page it came from nothing.
    let is_navigation = fetch("sec-fetch-mode").is_some_and(|mode| mode == "navigate")
        && fetch("sec-fetch-dest").is_some_and(|destination| destination == "document");
    let opens_a_page = is_navigation && *method == Method::GET;
    (!opens_a_page).then_some(Refusal::Site(site))
}

fn lossy(value: &axum::http::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// Whether this names the machine itself, with any port: a tunnel may end at another one than it began.
fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let is_plain = !host.contains('@');
    is_plain
        && matches!(
            authority.host().to_ascii_lowercase().as_str(),
            "127.0.0.1" | "localhost" | "[::1]"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(path: &str, pairs: &[(&'static str, &str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        let method = if path == "/" {
            Method::POST
        } else {
            Method::GET
        };
        refusal(&method, &path.parse().unwrap(), &headers).map(|refusal| refusal.to_string())
    }

    #[test]
    fn programs_and_a_browser_of_this_machine_are_answered() {
        for host in [
            "127.0.0.1:4577",
            "localhost:4577",
            "LOCALHOST",
            "[::1]:4577",
        ] {
            assert_eq!(judged("/", &[("host", host)]), None, "{host}");
        }
        assert_eq!(judged("/", &[]), None, "HTTP/1.0 names no host");
        let host = ("host", "localhost:4577");
        let typed = [host, ("sec-fetch-site", "none")];
        assert_eq!(judged("/logs/1", &typed), None);
        let followed = [
            host,
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert_eq!(judged("/logs/1", &followed), None);
    }

    #[test]
    fn refuses_every_other_host() {
        for host in [
            "evil.example",
            "evil.example:4577",
            "127.0.0.1.evil.example",
            "localhost.evil.example:4577",
            "127.0.0.1@evil.example",
            "evil.example@127.0.0.1",
            "0.0.0.0:4577",
            "192.168.1.7:4577",
            "",
        ] {
            let words = judged("/", &[("host", host)]).unwrap();
            assert_eq!(
                words,
                format!(
                    "the local endpoint answers to 127.0.0.1, localhost and [::1] only, the request is for host `{host}`"
                )
            );
        }
        let twice = [("host", "localhost:4577"), ("host", "evil.example")];
        assert!(judged("/", &twice).is_some());
        let absolute = judged("http://evil.example/logs/1", &[("host", "localhost")]);
        assert!(absolute.is_some());
    }

    #[test]
    fn refuses_requests_of_web_pages() {
        let host = ("host", "localhost:4577");
        for origin in [
            "https://evil.example",
            "http://localhost:3000",
            "https://localhost:4577",
            "http://localhost:4577",
            "null",
        ] {
            assert_eq!(
                judged("/", &[host, ("origin", origin)]).unwrap(),
                format!(
                    "the local endpoint takes no requests from web pages, this one is from `{origin}`"
                )
            );
        }
        for site in ["cross-site", "same-site", "same-origin", "else"] {
            let words = judged(
                "/v1/repos/demo/info/refs",
                &[host, ("sec-fetch-site", site)],
            );
            assert!(words.unwrap().ends_with(&format!("this one is {site}")));
        }
        let framed = [
            host,
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
        ];
        assert!(judged("/logs/1", &framed).is_some());
    }
}
