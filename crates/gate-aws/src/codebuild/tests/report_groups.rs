use aws_sdk_codebuild::{
    operation::create_report_group::CreateReportGroupInput,
    types::{ReportExportConfigType, ReportPackagingType, ReportType},
};

use super::*;

const RAW: RawFolder<'_> = RawFolder {
    bucket: "gate-artifacts",
    folder: "builds/raw/gate-pr-7-unit",
};

async fn put(rule: &Rule, raw: Option<RawFolder<'_>>) -> Result<GroupOutcome, GateError> {
    let tags = [("gate:pull-request".to_owned(), "7".to_owned())];
    let spec = ReportGroupSpec {
        name: "gate-pr-7-unit",
        coverage: false,
        raw,
        tags: &tags,
    };
    codebuild(&[rule]).put_report_group(spec).await
}

/// Whether plain files go below the folder of the bucket.
fn keeps_raw_files(request: &CreateReportGroupInput) -> bool {
    let export = request.export_config().unwrap();
    let Some(destination) = export.s3_destination() else {
        return false;
    };
    export.export_config_type() == Some(&ReportExportConfigType::S3)
        && destination.packaging() == Some(&ReportPackagingType::None)
        && destination.bucket() == Some("gate-artifacts")
        && destination.path() == Some("builds/raw/gate-pr-7-unit")
        && destination.encryption_disabled() == Some(true)
}

#[tokio::test]
async fn a_report_group_keeps_the_raw_files_of_its_reports() {
    let created = mock!(Client::create_report_group)
        .match_requests(|request| {
            let tag = &request.tags()[0];
            keeps_raw_files(request)
                && request.name() == Some("gate-pr-7-unit")
                && request.r#type() == Some(&ReportType::Test)
                && (tag.key(), tag.value()) == (Some("gate:pull-request"), Some("7"))
        })
        .then_http_response(|| answer(&json!({ "reportGroup": { "arn": "arn:g" } })));
    assert_eq!(put(&created, Some(RAW)).await, Ok(GroupOutcome::Stands));
    let without = mock!(Client::create_report_group)
        .match_requests(|request| {
            let export = request.export_config().unwrap().export_config_type();
            export == Some(&ReportExportConfigType::NoExport)
        })
        .then_http_response(|| answer(&json!({})));
    assert_eq!(put(&without, None).await, Ok(GroupOutcome::Stands));
}

#[tokio::test]
async fn a_report_group_that_is_there_stays() {
    let there = mock!(Client::create_report_group)
        .then_http_response(|| refusal(400, "ResourceAlreadyExistsException", "there"));
    assert_eq!(put(&there, Some(RAW)).await, Ok(GroupOutcome::Stands));
}

#[tokio::test]
async fn where_raw_files_are_refused_the_reason_is_told_and_everything_else_fails() {
    let refused = || {
        mock!(Client::create_report_group)
            .then_http_response(|| refusal(400, "InvalidInputException", "no such bucket"))
    };
    assert_eq!(
        put(&refused(), Some(RAW)).await,
        Ok(GroupOutcome::RawRefused("no such bucket".to_owned()))
    );
    let error = put(&refused(), None).await.unwrap_err();
    assert_eq!(error.word(), "Refused");
    let full = mock!(Client::create_report_group)
        .then_http_response(|| refusal(400, "AccountLimitExceededException", "1000 groups"));
    let error = put(&full, Some(RAW)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "CodeBuild refused CreateReportGroup: AccountLimitExceededException: 1000 groups"
    );
}

#[tokio::test]
async fn a_report_group_goes_with_its_reports_and_one_that_is_gone_is_no_error() {
    let deleted = mock!(Client::delete_report_group)
        .match_requests(|request| {
            request.arn() == Some("arn:g") && request.delete_reports() == Some(true)
        })
        .then_http_response(|| answer(&json!({})));
    assert_eq!(
        codebuild(&[&deleted]).delete_report_group("arn:g").await,
        Ok(())
    );
    let gone = mock!(Client::delete_report_group).then_http_response(missing("gone"));
    assert_eq!(
        codebuild(&[&gone]).delete_report_group("arn:g").await,
        Ok(())
    );
}
