//! How requests travel: HTTP/1.1 over connections that are kept, with TLS to AWS.
//!
//! The SDK's own client reads the authorities of the system, and makes TLS ready anew for the client of every service: two
//! thirds of what a function did before its first answer. The authorities here are Mozilla's, compiled in.

use std::{error::Error, fmt, io, time::Duration};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        connection::{CaptureSmithyConnection, ConnectionMetadata},
        http::{
            HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
            http_client_fn,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
};
use aws_smithy_types::{body::SdkBody, retry::ErrorKind};
use gate_core::error::GateError;
use hyper::{
    Uri,
    rt::{Read, Write},
};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{
    client::legacy::{
        self, Client,
        connect::{self, CaptureConnection, Connect, Connection, capture_connection},
    },
    rt::{TokioExecutor, TokioTimer},
};
use rustls::crypto::ring;
use tower::{Service, ServiceBuilder, timeout::error::Elapsed};

/// A connection that does not stand after this time, TLS included, is better tried again.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// To AWS. `authorities` is the variable, one of OpenSSL's, that names files of authorities to trust in place of Mozilla's.
pub(crate) fn https(authorities: Option<&str>) -> Result<SharedHttpClient, GateError> {
    let builder = HttpsConnectorBuilder::new();
    let provider = ring::default_provider();
    let trusting = match authorities {
        None => builder
            .with_provider_and_webpki_roots(provider)
            .map_err(io::Error::other),
        Some(_) => builder.with_provider_and_native_roots(provider),
    };
    let trusting = trusting.map_err(|error| GateError::SettingsUnusable {
        parameter: authorities.unwrap_or("TLS").to_owned(),
        message: error.to_string(),
    })?;
    let https = trusting.https_or_http().enable_http1();
    Ok(client(https.wrap_connector(tcp())))
}

/// To an endpoint on this machine, without TLS.
pub(crate) fn http() -> SharedHttpClient {
    client(tcp())
}

fn tcp() -> connect::HttpConnector {
    let mut tcp = connect::HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp
}

fn client<C>(connect: C) -> SharedHttpClient
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + Read + Write + Send + Unpin + 'static,
    C::Error: Into<BoxError>,
    C::Future: Send + 'static,
{
    let connect = ServiceBuilder::new()
        .map_future(Box::pin)
        .timeout(CONNECT_TIMEOUT)
        .service(connect);
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build(connect);
    let connector = SharedHttpConnector::new(Transport(client));
    http_client_fn(move |_, _| connector.clone())
}

/// hyper as the SDK wants it.
struct Transport<C>(Client<C, SdkBody>);

impl<C> fmt::Debug for Transport<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Transport")
    }
}

impl<C> HttpConnector for Transport<C>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        let used = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || metadata(&used));
        }
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await.map_err(failed)?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// By this the SDK ends a connection over which a service answered that it is not well.
fn metadata(used: &CaptureConnection) -> Option<ConnectionMetadata> {
    used.connection_metadata().as_ref()?;
    let used = used.clone();
    let end = move || {
        if let Some(connection) = used.connection_metadata().as_ref() {
            connection.poison();
        }
    };
    let metadata = ConnectionMetadata::builder().proxied(false).poison_fn(end);
    Some(metadata.build())
}

/// What may go well when it is tried again is told apart from the rest.
fn failed(error: legacy::Error) -> ConnectorError {
    let during_connect = error.is_connect();
    let of_connection = cause::<io::Error>(&error).is_some();
    let of_http = cause::<hyper::Error>(&error);
    let timed_out =
        cause::<Elapsed>(&error).is_some() || of_http.is_some_and(hyper::Error::is_timeout);
    let misused = of_http.is_some_and(hyper::Error::is_user);
    let ended = of_http.is_some_and(|error| error.is_closed() || error.is_canceled());
    let torn = of_http.is_some_and(hyper::Error::is_incomplete_message);
    let error = error.into();
    if timed_out {
        ConnectorError::timeout(error)
    } else if misused {
        ConnectorError::user(error)
    } else if during_connect || of_connection || ended {
        ConnectorError::io(error)
    } else {
        ConnectorError::other(error, torn.then_some(ErrorKind::TransientError))
    }
}

fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |error| (*error).source())
        .find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests;
