use serde_json::{Value, json};

use super::*;
use crate::Settings;

struct Store {
    account: Arc<Account>,
    _folder: tempfile::TempDir,
}

impl Store {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let account = Account::open(Settings::new(folder.path())).await.unwrap();
        Self {
            account,
            _folder: folder,
        }
    }

    fn ask(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        let caller = Caller {
            arn: "arn:aws:iam::000000000000:user/ann".to_owned(),
        };
        call(&self.account, &caller, operation, input)
    }

    fn put(&self, name: &str, value: &str) {
        self.ask(
            "PutParameter",
            json!({ "Name": name, "Value": value, "Type": "String" }),
        )
        .unwrap();
    }

    fn refusal(&self, operation: &str, input: Value) -> (String, String) {
        let error = self.ask(operation, input).unwrap_err();
        (error.code, error.message)
    }
}

#[tokio::test]
async fn a_parameter_is_written_overwritten_read_and_deleted() {
    let store = Store::open().await;
    store.put("/gate/demo/run", "1");
    let (code, _) = store.refusal(
        "PutParameter",
        json!({ "Name": "/gate/demo/run", "Value": "2", "Type": "String" }),
    );
    assert_eq!(code, "ParameterAlreadyExists");
    let overwritten = store
        .ask(
            "PutParameter",
            json!({ "Name": "/gate/demo/run", "Value": "2", "Overwrite": true }),
        )
        .unwrap();
    assert_eq!(overwritten, json!({ "Version": 2, "Tier": "Standard" }));
    let read = store
        .ask("GetParameter", json!({ "Name": "/gate/demo/run:2" }))
        .unwrap();
    assert_eq!(read["Parameter"]["Value"], "2");
    assert_eq!(read["Parameter"]["Selector"], ":2");
    assert_eq!(
        read["Parameter"]["ARN"],
        "arn:aws:ssm:us-east-1:000000000000:parameter/gate/demo/run"
    );
    let by_arn = json!({ "Name": read["Parameter"]["ARN"] });
    assert_eq!(
        store.ask("GetParameter", by_arn).unwrap()["Parameter"]["Name"],
        "/gate/demo/run"
    );
    assert_eq!(
        store
            .refusal("GetParameter", json!({ "Name": "/gate/demo/run:1" }))
            .0,
        "ParameterVersionNotFound"
    );
    store
        .ask("DeleteParameter", json!({ "Name": "/gate/demo/run" }))
        .unwrap();
    assert_eq!(
        store
            .refusal("GetParameter", json!({ "Name": "/gate/demo/run" }))
            .0,
        "ParameterNotFound"
    );
    assert_eq!(
        store
            .refusal("DeleteParameter", json!({ "Name": "/gate/demo/run" }))
            .0,
        "ParameterNotFound"
    );
}

#[tokio::test]
async fn refuses_names_over_2048_characters_and_new_ones_that_are_too_long_with_their_arn() {
    let store = Store::open().await;
    let arn = "arn:aws:ssm:us-east-1:000000000000:parameter/";
    let longest = "n".repeat(1011 - arn.len());
    store.put(&longest, "x");
    let longer = json!({ "Name": format!("{longest}n"), "Value": "x", "Type": "String" });
    let (code, message) = store.refusal("PutParameter", longer);
    assert_eq!(code, "ValidationException");
    assert!(message.ends_with("with its ARN it has 1012 characters, more than 1011"));
    let (fits, too_long) = ("n".repeat(2048), "n".repeat(2049));
    let (code, _) = store.refusal("GetParameter", json!({ "Name": fits }));
    assert_eq!(code, "ParameterNotFound");
    for (operation, input, member) in [
        ("GetParameter", json!({ "Name": too_long }), "name"),
        (
            "GetParameters",
            json!({ "Names": ["a", too_long] }),
            "names",
        ),
        (
            "GetParametersByPath",
            json!({ "Path": format!("/{fits}") }),
            "path",
        ),
        ("DeleteParameter", json!({ "Name": too_long }), "name"),
        ("DeleteParameters", json!({ "Names": [too_long] }), "names"),
        (
            "PutParameter",
            json!({ "Name": too_long, "Value": "x", "Type": "String" }),
            "name",
        ),
    ] {
        let (code, message) = store.refusal(operation, input);
        let end = format!(
            "at '{member}' failed to satisfy constraint: Member must have length less than or equal to 2048"
        );
        assert_eq!(code, "ValidationException", "{operation}");
        assert!(message.ends_with(&end), "{operation}: {message}");
    }
    let (_, message) = store.refusal("GetParameter", json!({ "Name": "" }));
    assert!(message.ends_with("Member must have length greater than or equal to 1"));
}

#[tokio::test]
async fn spaces_around_a_name_are_removed() {
    let store = Store::open().await;
    store.put(" /gate/a ", "1");
    let read = store.ask("GetParameter", json!({ "Name": " /gate/a" }));
    assert_eq!(read.unwrap()["Parameter"]["Name"], "/gate/a");
}

#[tokio::test]
async fn several_names_are_answered_with_those_that_exist() {
    let store = Store::open().await;
    store.put("a", "1");
    let read = store
        .ask("GetParameters", json!({ "Names": ["a", "b"] }))
        .unwrap();
    assert_eq!(read["Parameters"].as_array().unwrap().len(), 1);
    assert_eq!(read["InvalidParameters"], json!(["b"]));
    let deleted = store
        .ask("DeleteParameters", json!({ "Names": ["a", "b"] }))
        .unwrap();
    assert_eq!(
        deleted,
        json!({ "DeletedParameters": ["a"], "InvalidParameters": ["b"] })
    );
}

#[tokio::test]
async fn a_path_is_listed_over_three_pages_with_or_without_what_is_below() {
    let store = Store::open().await;
    for number in 0..5 {
        store.put(&format!("/gate/{number}"), "x");
    }
    store.put("/gate/3/deeper", "x");
    store.put("/gateway", "x");
    let mut input = json!({ "Path": "/gate", "Recursive": true, "MaxResults": 2 });
    let mut names = Vec::new();
    for pages in 1.. {
        let page = store.ask("GetParametersByPath", input.clone()).unwrap();
        let on_page = page["Parameters"].as_array().unwrap().iter();
        names.extend(on_page.map(|parameter| parameter["Name"].as_str().unwrap().to_owned()));
        let Some(token) = page.get("NextToken") else {
            assert_eq!(pages, 3);
            break;
        };
        input["NextToken"] = token.clone();
    }
    assert_eq!(
        names,
        [
            "/gate/0",
            "/gate/1",
            "/gate/2",
            "/gate/3",
            "/gate/3/deeper",
            "/gate/4"
        ]
    );
    let flat = store
        .ask("GetParametersByPath", json!({ "Path": "/gate/" }))
        .unwrap();
    assert_eq!(flat["Parameters"].as_array().unwrap().len(), 5);
    let described = store.ask("DescribeParameters", json!({})).unwrap();
    assert_eq!(described["Parameters"].as_array().unwrap().len(), 7);
}

#[tokio::test]
async fn refuses_names_values_and_kinds_that_parameter_store_refuses() {
    let store = Store::open().await;
    let put = |name: &str, value: &str, kind: &str| {
        store
            .refusal(
                "PutParameter",
                json!({ "Name": name, "Value": value, "Type": kind }),
            )
            .0
    };
    assert_eq!(put("a b", "x", "String"), "ValidationException");
    assert_eq!(put("a/b", "x", "String"), "ValidationException");
    assert_eq!(put("/aws/b", "x", "String"), "AccessDeniedException");
    assert_eq!(
        put(&"/a".repeat(16), "x", "String"),
        "HierarchyLevelLimitExceededException"
    );
    assert_eq!(
        put("/a", &"x".repeat(4097), "String"),
        "ValidationException"
    );
    assert_eq!(put("/a", "{{ssm:b}}", "String"), "ValidationException");
    assert_eq!(put("/a", "x", "SecureString"), "UnsupportedParameterType");
    assert_eq!(put("/a", "x", "Number"), "UnsupportedParameterType");
    let (code, message) = store.refusal(
        "PutParameter",
        json!({ "Name": "/a", "Value": "x", "Type": "String", "Tier": "Advanced" }),
    );
    assert_eq!(
        (code.as_str(), message.as_str()),
        (
            "ValidationException",
            "Tier Advanced is not simulated by the local endpoint"
        )
    );
    let (code, message) = store.refusal(
        "PutParameter",
        json!({ "Name": "/a", "Value": "x", "Type": "String", "Tier": "Golden" }),
    );
    assert_eq!(code, "ValidationException");
    assert!(message.contains("'Golden' at 'tier'"), "{message}");
}

#[tokio::test]
async fn refuses_filters_and_large_pages_and_foreign_tokens_and_unknown_operations() {
    let store = Store::open().await;
    let by_path = |more: Value| {
        let mut input = json!({ "Path": "/a" });
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        store.refusal("GetParametersByPath", input).0
    };
    assert_eq!(
        by_path(json!({ "ParameterFilters": [{ "Key": "Type", "Values": ["String"] }] })),
        "InvalidFilterKey"
    );
    assert_eq!(by_path(json!({ "MaxResults": 11 })), "ValidationException");
    assert_eq!(by_path(json!({ "NextToken": "***" })), "InvalidNextToken");
    let (code, message) = store.refusal("AddTagsToResource", json!({}));
    assert_eq!(code, "UnknownOperationException");
    assert!(message.contains("ssm AddTagsToResource"), "{message}");
}
