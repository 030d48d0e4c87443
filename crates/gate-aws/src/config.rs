//! How the SDK reaches AWS, or the endpoint on a laptop.

use std::{collections::BTreeMap, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider,
    retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_sdk_codecommit::config::{Credentials, SharedCredentialsProvider};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use gate_core::error::GateError;

use crate::transport;

/// By these a deployment has files of authorities trusted in place of those that are compiled in, as with OpenSSL.
const AUTHORITIES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Region, credentials and `AWS_ENDPOINT_URL*` as Lambda's environment tells them.
///
/// The SDK's own loader would look for more: profiles, metadata services, roles to assume. A function has none of these, and
/// pays for the search, and for the code of it, at every cold start.
pub fn from_environment() -> Result<SdkConfig, GateError> {
    let credentials = EnvironmentVariableCredentialsProvider::new();
    let authorities = AUTHORITIES
        .into_iter()
        .find(|name| variable(name).is_some());
    let is_on = |name| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(variable("AWS_REGION").map(Region::new))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .service_config(ServiceEndpoints { read: variable })
        .use_fips(is_on("AWS_USE_FIPS_ENDPOINT"))
        .use_dual_stack(is_on("AWS_USE_DUALSTACK_ENDPOINT"))
        .http_client(transport::https(authorities)?)
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts())
        .build())
}

/// A variable that is set to nothing is not set.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// `AWS_ENDPOINT_URL_<SERVICE>` and, for all services, `AWS_ENDPOINT_URL` (AWS SDKs reference guide,
/// feature-ss-endpoints).
#[derive(Debug)]
struct ServiceEndpoints {
    read: fn(&str) -> Option<String>,
}

/// Endpoints of single services, and none for the rest.
#[derive(Debug)]
struct Elsewhere(BTreeMap<String, String>);

impl LoadServiceConfig for Elsewhere {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let is_endpoint = key.env() == "AWS_ENDPOINT_URL";
        is_endpoint.then(|| self.0.get(&service(&key)).cloned())?
    }
}

/// `CLOUDWATCH_LOGS` of `CloudWatch Logs`.
fn service(key: &ServiceConfigKey<'_>) -> String {
    key.service_id().to_uppercase().replace([' ', '-'], "_")
}

impl LoadServiceConfig for ServiceEndpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let of_service = (self.read)(&format!("{}_{}", key.env(), service(&key)));
        of_service.or_else(|| (self.read)(key.env()))
    }
}

/// The endpoint on a laptop: plain HTTP, static credentials, nothing from the environment.
pub fn local(endpoint: &str, region: &str, access_key: &str) -> SdkConfig {
    local_but(BTreeMap::new(), endpoint, region, access_key)
}

/// The same, but some services are `elsewhere`: endpoints by what follows `AWS_ENDPOINT_URL_`.
pub fn local_but(
    elsewhere: BTreeMap<String, String>,
    endpoint: &str,
    region: &str,
    access_key: &str,
) -> SdkConfig {
    let credentials = Credentials::new(access_key, "local", None, None, "mergegate-local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .service_config(Elsewhere(elsewhere))
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(transport::http())
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts())
        .build()
}

/// A handler that waits longer than this for one answer is better tried again.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(20))
        .build()
}

#[cfg(test)]
mod tests {
    use gate_core::{error::GateError, host::CodeHost, id::PullRequestId};

    use super::*;
    use crate::{CodeCommit, lazy::Lazy};

    /// Nobody listens on the discard port of this machine.
    const NOBODY: &str = "http://127.0.0.1:9";

    async fn ask(config: &SdkConfig) -> GateError {
        let config = config
            .clone()
            .into_builder()
            .retry_config(RetryConfig::disabled());
        let client = aws_sdk_codecommit::Client::new(&config.build());
        let host = CodeCommit::new(Lazy::new(move || client));
        let answer = host.pull_request(&PullRequestId::new("7")).await;
        answer.unwrap_err()
    }

    #[tokio::test]
    async fn fails_for_a_while_when_nobody_answers() {
        let laptop = local(NOBODY, "eu-central-1", "ann");
        let aws = laptop
            .clone()
            .into_builder()
            .endpoint_url(NOBODY.replace("http:", "https:"))
            .http_client(transport::https(None).unwrap())
            .build();
        for config in [laptop, aws] {
            let error = ask(&config).await;
            assert_eq!(error.word(), "ServiceUnavailable");
            let words = "CodeCommit did not complete GetPullRequest: dispatch failure: ";
            assert!(error.to_string().starts_with(words), "{error}");
            assert!(error.to_string().contains("refused"), "{error}");
        }
    }

    fn endpoint(service: &str, read: fn(&str) -> Option<String>) -> Option<String> {
        let key = ServiceConfigKey::builder()
            .service_id(service)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .unwrap();
        ServiceEndpoints { read }.load_config(key)
    }

    #[test]
    fn a_service_has_its_own_endpoint_or_that_of_all() {
        let own = |name: &str| {
            ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CODECOMMIT"]
                .contains(&name)
                .then(|| name.to_lowercase())
        };
        let expected = Some("aws_endpoint_url_codecommit".to_owned());
        assert_eq!(endpoint("CodeCommit", own), expected);
        assert_eq!(endpoint("SFN", own), Some("aws_endpoint_url".to_owned()));
        assert_eq!(endpoint("SFN", |_| None), None);
    }

    #[tokio::test]
    async fn a_service_that_is_elsewhere_is_asked_there() {
        let there = NOBODY.replace(":9", ":7");
        let elsewhere = BTreeMap::from([("CODECOMMIT".to_owned(), there.clone())]);
        let config = local_but(elsewhere, NOBODY, "eu-central-1", "ann");
        let endpoint = |service: &'static str| {
            let key = ServiceConfigKey::builder()
                .service_id(service)
                .env("AWS_ENDPOINT_URL")
                .profile("endpoint_url")
                .build()
                .unwrap();
            config.service_config().unwrap().load_config(key)
        };
        assert_eq!(endpoint("CodeCommit"), Some(there));
        assert_eq!(endpoint("CodeBuild"), None);
        let error = ask(&config).await;
        assert_eq!(error.word(), "ServiceUnavailable");
    }

    #[test]
    fn the_laptop_is_told_where_who_and_how_long() {
        let config = local(NOBODY, "eu-central-1", "ann");
        assert_eq!(config.endpoint_url(), Some(NOBODY));
        assert_eq!(config.region().map(AsRef::as_ref), Some("eu-central-1"));
        let timeouts = config.timeout_config().unwrap();
        assert_eq!(
            timeouts.operation_attempt_timeout(),
            Some(Duration::from_secs(20))
        );
    }
}
