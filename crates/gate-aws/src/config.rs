//! How the SDK reaches AWS, or the endpoint on a laptop.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_codecommit::config::{Credentials, SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};

/// Region, credentials and `AWS_ENDPOINT_URL*` from the environment, as the AWS documentation describes them.
pub async fn from_environment() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(https())
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts())
        .load()
        .await
}

/// The endpoint on a laptop: plain HTTP, static credentials, nothing from the environment.
pub fn local(endpoint: &str, region: &str, access_key: &str) -> SdkConfig {
    let credentials = Credentials::new(access_key, "local", None, None, "mergegate-local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Builder::new().build_http())
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts())
        .build()
}

fn https() -> SharedHttpClient {
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// A handler that waits longer than this for one answer is better tried again.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(20))
        .build()
}

#[cfg(test)]
mod tests {
    use gate_core::{error::GateError, host::CodeHost, id::PullRequestId};

    use super::*;
    use crate::CodeCommit;

    /// Nobody listens on the discard port of this machine.
    const NOBODY: &str = "http://127.0.0.1:9";

    async fn ask(config: &SdkConfig) -> GateError {
        let config = config
            .clone()
            .into_builder()
            .retry_config(RetryConfig::disabled());
        let host = CodeCommit::new(aws_sdk_codecommit::Client::new(&config.build()));
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
            .http_client(https())
            .build();
        for config in [laptop, aws] {
            let error = ask(&config).await;
            assert_eq!(error.word(), "ServiceUnavailable");
            let words = "CodeCommit did not complete GetPullRequest: dispatch failure: ";
            assert!(error.to_string().starts_with(words), "{error}");
            assert!(error.to_string().contains("refused"), "{error}");
        }
    }

    #[test]
    fn the_laptop_is_told_where_who_and_how_long() {
        let config = local(NOBODY, "eu-central-1", "ann");
        assert_eq!(config.endpoint_url(), Some(NOBODY));
        assert_eq!(config.region().map(AsRef::as_ref), Some("eu-central-1"));
        let timeouts = config.timeout_config().unwrap();
        assert_eq!(timeouts.connect_timeout(), Some(Duration::from_secs(3)));
        assert_eq!(
            timeouts.operation_attempt_timeout(),
            Some(Duration::from_secs(20))
        );
    }
}
