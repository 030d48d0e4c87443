use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::{body::SdkBody, error::metadata::ProvideErrorMetadata};

use super::*;

fn deployment(bucket: &str) -> Deployment {
    Deployment {
        service: "gate".to_owned(),
        region: "eu-central-1".to_owned(),
        state_machine_arn: String::new(),
        artifact_bucket: bucket.to_owned(),
        reporter_arn: String::new(),
        builder_arn: String::new(),
        seal_secret: String::new(),
    }
}

fn on_aws() -> SdkConfig {
    let laptop = crate::config::local("http://127.0.0.1:9", "eu-central-1", "ann");
    let mut builder = laptop.into_builder();
    builder.set_endpoint_url(None);
    builder.build()
}

fn answer(status: u16, body: &str) -> HttpResponse {
    let status = StatusCode::try_from(status).unwrap();
    HttpResponse::new(status, SdkBody::from(body.to_owned()))
}

#[test]
fn an_object_is_read_in_the_console_or_from_the_endpoint_on_a_laptop() {
    let key = "reports/shop/pr-7/a b.html";
    let laptop = crate::config::local("http://127.0.0.1:4577", "eu-central-1", "ann");
    assert_eq!(
        Objects::new(&laptop, &deployment("gate-artifacts")).page(key),
        Some("http://127.0.0.1:4577/gate-artifacts/reports/shop/pr-7/a%20b.html".to_owned())
    );
    assert_eq!(
        Objects::new(&on_aws(), &deployment("gate-artifacts")).page(key),
        Some(
            "https://eu-central-1.console.aws.amazon.com/s3/object/gate-artifacts?region=eu-central-1&prefix=reports%2Fshop%2Fpr-7%2Fa%20b.html"
                .to_owned()
        )
    );
}

#[tokio::test]
async fn without_a_bucket_there_is_nothing_and_nothing_is_kept() {
    let objects = Objects::new(&on_aws(), &deployment(""));
    assert_eq!(objects.page("key"), None);
    assert_eq!(objects.get("key").await.unwrap(), None);
    assert!(!objects.put("key", "text/plain", vec![1]).await.unwrap());
}

#[test]
fn a_request_names_its_content_and_is_signed_for_s3() {
    let objects = Objects::new(&on_aws(), &deployment("gate-artifacts"));
    let bucket = objects.bucket.unwrap();
    assert_eq!(
        bucket.signed.endpoint(),
        "https://gate-artifacts.s3.eu-central-1.amazonaws.com"
    );
    let session = Some("session".to_owned());
    let identity = aws_credential_types::Credentials::new("ann", "secret", session, None, "test");
    let header = Some(("content-type", "text/html".to_owned()));
    let question = question(Ask::PutObject, bucket.key("key"), header, Vec::new());
    let headers = bucket.signed.sign(&question, &identity.into()).unwrap();
    let value = |name: &str| {
        let found = headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    assert_eq!(value("content-type"), "text/html");
    // The hash of nothing.
    assert_eq!(
        value("x-amz-content-sha256"),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(value("x-amz-security-token"), "session");
    let authorization = value("authorization");
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=ann/"));
    assert!(authorization.contains("/eu-central-1/s3/aws4_request"));
    assert!(authorization.contains("content-type;host;x-amz-content-sha256;x-amz-date"));
}

#[test]
fn a_missing_object_is_none_and_a_missing_bucket_an_error() {
    let refusal =
        |code: &str| format!("<?xml?><Error><Code>{code}</Code><Message>no</Message></Error>");
    assert_eq!(
        read(&answer(200, "content")).unwrap(),
        Some(b"content".to_vec())
    );
    assert_eq!(read(&answer(404, &refusal("NoSuchKey"))).unwrap(), None);
    for (status, code) in [
        (404, "NoSuchBucket"),
        (403, "AccessDenied"),
        (503, "SlowDown"),
    ] {
        let error = read(&answer(status, &refusal(code))).unwrap_err();
        let error = error.as_operation_error().unwrap();
        assert_eq!(
            (error.meta().code(), error.to_string()),
            (Some(code), "no".to_owned())
        );
    }
}

#[tokio::test]
async fn fails_for_a_while_when_nobody_answers() {
    let laptop = crate::config::local("http://127.0.0.1:9", "eu-central-1", "ann")
        .into_builder()
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .build();
    let objects = Objects::new(&laptop, &deployment("gate-artifacts"));
    let error = objects.get("key").await.unwrap_err();
    assert_eq!(error.word(), "ServiceUnavailable");
    let words = "S3 did not complete GetObject: dispatch failure: ";
    assert!(error.to_string().starts_with(words), "{error}");
}

#[test]
fn a_list_tells_keys_and_sizes() {
    let answer = "<?xml version=\"1.0\"?>\n<ListBucketResult><Name>b</Name><IsTruncated>false</IsTruncated>\
        <Contents><Key>raw/a&amp;b&#13;.xml</Key><ETag>&quot;1&quot;</ETag><Size>12</Size></Contents>\
        <Contents><Key>raw/c.xml</Key><Size>0</Size></Contents></ListBucketResult>";
    let listed = |key: &str, size| Listed {
        key: key.to_owned(),
        size,
    };
    let read = listing(answer.as_bytes()).unwrap();
    assert_eq!(
        read.objects,
        [listed("raw/a&b\r.xml", 12), listed("raw/c.xml", 0)]
    );
    assert!(!read.more);
    let empty = "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
    let read = listing(empty.as_bytes()).unwrap();
    assert!(read.objects.is_empty() && read.more);
}

#[test]
fn refuses_a_list_that_is_none() {
    for answer in [
        "",
        "<html>",
        "<IsTruncated>false</IsTruncated><Contents><Key>a&such;b</Key><Size>1</Size></Contents>",
        "<IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>many</Size></Contents>",
    ] {
        assert_eq!(listing(answer.as_bytes()), None, "{answer}");
    }
}
