//! How the SDK reaches AWS, or the endpoint on a laptop.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_codecommit::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};

/// Region, credentials and `AWS_ENDPOINT_URL*` from the environment, as the AWS documentation describes them.
pub async fn from_environment() -> SdkConfig {
    let https = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(https)
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

/// A handler that waits longer than this for one answer is better tried again.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(20))
        .build()
}
