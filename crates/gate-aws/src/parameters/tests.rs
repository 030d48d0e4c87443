use aws_sdk_ssm::Client;
use aws_smithy_mocks::mock;
use gate_core::{id::RunName, protocol::Claim};
use serde_json::json;

use crate::testing::{answer, parameters, refusal};

fn claim() -> Claim {
    Claim {
        start_time: "2026-11-20T10:00:00.000Z".to_owned(),
        run: RunName::new("pr-7-a-b-1"),
    }
}

#[tokio::test]
async fn what_was_written_is_json_over_whatever_stood_there() {
    let rule = mock!(Client::put_parameter)
        .match_requests(|request| {
            request.name() == Some("/mergegate/gate/pull-requests/7/run")
                && request.overwrite() == Some(true)
                && request.value()
                    == Some(r#"{"start_time":"2026-11-20T10:00:00.000Z","run":"pr-7-a-b-1"}"#)
        })
        .then_http_response(|| answer(&json!({ "Version": 2 })));
    let written = parameters(&[&rule])
        .put("/mergegate/gate/pull-requests/7/run", &claim())
        .await;
    assert_eq!(written, Ok(()));
}

#[tokio::test]
async fn a_parameter_is_read_back_and_a_missing_one_is_none() {
    let text = serde_json::to_string(&claim()).unwrap();
    let found = mock!(Client::get_parameter)
        .match_requests(|request| request.name() == Some("/there"))
        .then_http_response(move || answer(&json!({ "Parameter": { "Value": text } })));
    let missing = mock!(Client::get_parameter)
        .match_requests(|request| request.name() == Some("/missing"))
        .then_http_response(|| refusal(400, "ParameterNotFound", ""));
    let parameters = parameters(&[&found, &missing]);
    assert_eq!(parameters.get("/there").await, Ok(Some(claim())));
    assert_eq!(parameters.get::<Claim>("/missing").await, Ok(None));
}

#[tokio::test]
async fn refuses_a_parameter_it_cannot_read_and_names_it() {
    let rule = mock!(Client::get_parameter)
        .then_http_response(|| answer(&json!({ "Parameter": { "Value": "[]" } })));
    let error = parameters(&[&rule]).get::<Claim>("/odd").await.unwrap_err();
    assert_eq!(error.word(), "SettingsUnusable");
    assert!(error.to_string().contains("`/odd`"), "{error}");
}

#[tokio::test]
async fn an_empty_page_is_not_the_last_one() {
    let page = |body: serde_json::Value| Some(body.to_string());
    let rule = mock!(Client::get_parameters_by_path)
        .match_requests(|request| request.recursive() == Some(true))
        .sequence()
        .http_status(200, page(json!({ "Parameters": [], "NextToken": "2" })))
        .http_status(
            200,
            page(json!({ "Parameters": [{ "Name": "/g/7/run" }], "NextToken": "3" })),
        )
        .http_status(200, page(json!({ "NextToken": "4" })))
        .http_status(
            200,
            page(json!({ "Parameters": [{ "Name": "/g/7/environment" }] })),
        )
        .build();
    let names = parameters(&[&rule]).names_below("/g").await;
    assert_eq!(
        names,
        Ok(vec!["/g/7/environment".to_owned(), "/g/7/run".to_owned()])
    );
}

#[tokio::test]
async fn parameters_are_deleted_ten_at_a_time_and_missing_ones_are_no_error() {
    let ten = mock!(Client::delete_parameters)
        .match_requests(|request| request.names().len() == 10)
        .then_http_response(|| answer(&json!({ "InvalidParameters": ["/p/0"] })));
    let rest = mock!(Client::delete_parameters)
        .match_requests(|request| request.names() == ["/p/10", "/p/11"])
        .then_http_response(|| answer(&json!({})));
    let names: Vec<String> = (0..12).map(|number| format!("/p/{number}")).collect();
    assert_eq!(parameters(&[&ten, &rest]).delete(&names).await, Ok(()));
    assert_eq!((ten.num_calls(), rest.num_calls()), (1, 1));
}

#[tokio::test]
async fn fails_for_a_while_when_two_write_at_once() {
    let rule = mock!(Client::put_parameter)
        .then_http_response(|| refusal(400, "TooManyUpdates", "two at once"));
    let error = parameters(&[&rule]).put("/p", &claim()).await.unwrap_err();
    assert_eq!(error.word(), "Throttled");
}
