//! git over HTTP, by `git http-backend`: clones and fetches as they come, pushes one at a time.
//!
//! A fetch streams both ways. A push is written to a file first and then given to git while `account.references` is
//! held, so a slow client holds up nobody; when the client hears of it, pull requests and events know of it too. A
//! push that has begun goes on when its client goes away.

use std::{
    fs::File,
    io::{self, Seek as _, SeekFrom},
    process::Stdio,
    sync::Arc,
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use futures::{StreamExt as _, stream};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{ChildStdin, Command},
};

use crate::{
    Account,
    services::codecommit::{compare_references, pusher, repositories},
};

/// More than git's header lines ever have.
const MOST_HEADER_BYTES: usize = 16 << 10;
const CHUNK: usize = 64 << 10;

/// What of git's protocol a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Advertise,
    Fetch,
    Push,
}

/// Serves one request of git's smart HTTP protocol below `/v1/repos/<name>/`.
pub(crate) async fn handle(State(account): State<Arc<Account>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some((name, service)) = destination(&parts) else {
        let path = parts.uri.path();
        return text(
            StatusCode::NOT_FOUND,
            &format!("nothing of git's is at {path}"),
        );
    };
    if repositories::find(&account, name).is_none() {
        return text(
            StatusCode::NOT_FOUND,
            &format!("there is no repository `{name}`"),
        );
    }
    let command = command(&account, name, service, &parts);
    let served = match service {
        Service::Push => {
            let user_name = user_name(&parts.headers);
            push(&account, name.to_owned(), user_name, command, body).await
        }
        Service::Advertise | Service::Fetch => fetch(command, body).await,
    };
    served.unwrap_or_else(|error| {
        tracing::error!(repository.name = name, error = %error, "git over HTTP failed");
        text(
            StatusCode::INTERNAL_SERVER_ERROR,
            &format!("git failed: {error}"),
        )
    })
}

/// The repository and the service that a request is for. Only the three addresses of the smart protocol exist, and a
/// name is nothing but a name, so no path leads out of a repository.
fn destination(parts: &Parts) -> Option<(&str, Service)> {
    let path = parts.uri.path().strip_prefix("/v1/repos/")?;
    let (name, rest) = path.split_once('/')?;
    let service = match (&parts.method, rest) {
        (&Method::GET, "info/refs") => Service::Advertise,
        (&Method::POST, "git-upload-pack") => Service::Fetch,
        (&Method::POST, "git-receive-pack") => Service::Push,
        _ => return None,
    };
    let name = name.strip_suffix(".git").unwrap_or(name);
    repositories::is_name(name).then_some((name, service))
}

/// `git http-backend` with the CGI variables of the request.
fn command(account: &Account, name: &str, service: Service, parts: &Parts) -> Command {
    let git = &account.git;
    let address = match service {
        Service::Advertise => "info/refs",
        Service::Fetch => "git-upload-pack",
        Service::Push => "git-receive-pack",
    };
    let mut command = git.command(name);
    command
        .arg("http-backend")
        .env_remove("GIT_DIR")
        .env("GIT_PROJECT_ROOT", &git.directory)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REMOTE_USER", "git")
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("REQUEST_METHOD", parts.method.as_str())
        .env("PATH_INFO", format!("/{name}.git/{address}"))
        .env("QUERY_STRING", parts.uri.query().unwrap_or_default());
    let variables = [
        (header::CONTENT_TYPE, "CONTENT_TYPE"),
        (header::CONTENT_LENGTH, "CONTENT_LENGTH"),
        (header::CONTENT_ENCODING, "HTTP_CONTENT_ENCODING"),
        (HeaderName::from_static("git-protocol"), "GIT_PROTOCOL"),
    ];
    for (header, variable) in variables {
        if let Some(value) = parts
            .headers
            .get(header)
            .and_then(|value| value.to_str().ok())
        {
            command.env(variable, value);
        }
    }
    command
}

async fn fetch(mut command: Command, body: Body) -> io::Result<Response> {
    let mut child = command.kill_on_drop(true).stderr(Stdio::null()).spawn()?;
    if let Some(stdin) = child.stdin.take() {
        tokio::spawn(feed(body, stdin));
    }
    let mut stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let (head, rest) = read_head(&mut stdout).await?;
    // The child goes along with the stream: a client that hangs up ends git.
    let chunks = stream::unfold((stdout, child), |(mut stdout, child)| async move {
        let mut chunk = vec![0; CHUNK];
        match stdout.read(&mut chunk).await {
            Ok(0) => None,
            Ok(length) => {
                chunk.truncate(length);
                Some((Ok(Bytes::from(chunk)), (stdout, child)))
            }
            Err(error) => Some((Err(error), (stdout, child))),
        }
    });
    let first = stream::once(async move { Ok(Bytes::from(rest)) });
    Ok(respond(&head, Body::from_stream(first.chain(chunks))))
}

async fn feed(body: Body, mut stdin: ChildStdin) {
    let mut chunks = body.into_data_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        if stdin.write_all(&chunk).await.is_err() {
            return;
        }
    }
}

async fn push(
    account: &Arc<Account>,
    name: String,
    user_name: Option<String>,
    mut command: Command,
    body: Body,
) -> io::Result<Response> {
    let mut spool = tokio::fs::File::from_std(tempfile::tempfile_in(&account.git.directory)?);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        spool.write_all(&chunk.map_err(io::Error::other)?).await?;
    }
    spool.flush().await?;
    let mut spool = spool.into_std().await;
    spool.seek(SeekFrom::Start(0))?;
    command.stdin(spool).kill_on_drop(false);
    let marker = account.git.push_path(&name);
    let account = Arc::clone(account);
    let pushed = tokio::spawn(async move {
        let caller = pusher(&account, user_name.as_deref());
        let _moving = account.references.lock().await;
        // git inherits the locked file: after a crash of this process the next one waits for its end.
        let marker = File::create(marker)?;
        let _ = marker.try_lock();
        let child = command.stderr(marker).spawn()?;
        drop(command);
        let output = child.wait_with_output().await?;
        // Even a push that failed may have moved some of its references.
        let compared = compare_references(&account, &caller, &name).await;
        compared.map_err(io::Error::other)?;
        Ok::<_, io::Error>(output)
    });
    let output = pushed.await.map_err(io::Error::other)??;
    let mut answer = output.stdout.as_slice();
    let (head, mut rest) = read_head(&mut answer).await?;
    rest.extend_from_slice(answer);
    Ok(respond(&head, Body::from(rest)))
}

/// CGI's header lines and what was read beyond them.
async fn read_head(output: &mut (impl AsyncRead + Unpin)) -> io::Result<(String, Vec<u8>)> {
    let mut read = Vec::new();
    loop {
        if let Some((end, gap)) = end_of_head(&read) {
            let head = String::from_utf8_lossy(&read[..end]).into_owned();
            return Ok((head, read.split_off(end + gap)));
        }
        if read.len() > MOST_HEADER_BYTES || output.read_buf(&mut read).await? == 0 {
            return Err(io::Error::other("git http-backend ended without an answer"));
        }
    }
}

fn end_of_head(read: &[u8]) -> Option<(usize, usize)> {
    let find = |gap: &[u8]| {
        let at = read.windows(gap.len()).position(|window| window == gap)?;
        Some((at, gap.len()))
    };
    find(b"\r\n\r\n").or_else(|| find(b"\n\n"))
}

fn respond(head: &str, body: Body) -> Response {
    let mut response = Response::new(body);
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().unwrap_or_default();
            *response.status_mut() = StatusCode::from_bytes(code.as_bytes())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        } else if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value),
        ) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Plain text, which git shows to its user.
fn text(status: StatusCode, message: &str) -> Response {
    (status, format!("{message}\n")).into_response()
}

/// The user name of Basic authentication; the password is not looked at.
fn user_name(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = String::from_utf8(BASE64.decode(credentials.trim()).ok()?).ok()?;
    let (name, _) = credentials.split_once(':')?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(method: &Method, path: &str) -> Parts {
        let request = Request::builder().method(method).uri(path);
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_repository_is_found_with_and_without_its_suffix() {
        for path in [
            "/v1/repos/a.b/info/refs",
            "/v1/repos/a.b.git/info/refs?service=x",
        ] {
            let parts = parts(&Method::GET, path);
            assert_eq!(destination(&parts), Some(("a.b", Service::Advertise)));
        }
    }

    #[test]
    fn refuses_every_path_but_those_of_the_smart_protocol() {
        for path in [
            "/v1/repos/../info/refs",
            "/v1/repos/..%2f..%2fetc/info/refs",
            "/v1/repos/demo/../other/info/refs",
            "/v1/repos/demo.git/config",
            "/v1/repos/demo/objects/info/packs",
            "/v1/repos/demo/HEAD",
            "/v1/repos/-c/x/info/refs",
            "/v1/repos//info/refs",
            "/v1/repos/demo/git-receive-pack",
        ] {
            assert_eq!(destination(&parts(&Method::GET, path)), None, "{path}");
        }
    }

    #[test]
    fn the_user_name_of_basic_authentication_is_the_pusher() {
        let mut headers = HeaderMap::new();
        let value = format!("Basic {}", BASE64.encode("ann:secret"));
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        assert_eq!(user_name(&headers).as_deref(), Some("ann"));
    }
}
