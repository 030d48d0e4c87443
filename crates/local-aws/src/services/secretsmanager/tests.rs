use super::*;
use crate::Settings;

async fn account(folder: &tempfile::TempDir) -> Arc<Account> {
    Account::open(Settings::new(folder.path())).await.unwrap()
}

fn refusal(account: &Arc<Account>, operation: &str, input: Value) -> String {
    call(account, operation, input).unwrap_err().code
}

#[tokio::test]
async fn a_secret_is_created_once_read_by_name_and_arn_and_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let account = account(&folder).await;
    let secret = json!({ "Name": "gate-seal", "SecretString": "s3cret" });
    let created = call(&account, "CreateSecret", secret.clone()).unwrap();
    assert_eq!(
        refusal(&account, "CreateSecret", secret),
        "ResourceExistsException"
    );
    account.shut_down().await;
    drop(account);
    let account = self::account(&folder).await;
    for id in [&created["Name"], &created["ARN"]] {
        let read = call(&account, "GetSecretValue", json!({ "SecretId": id })).unwrap();
        assert_eq!(read["SecretString"], "s3cret");
    }
    let described = call(
        &account,
        "DescribeSecret",
        json!({ "SecretId": "gate-seal" }),
    );
    assert!(!described.unwrap().to_string().contains("s3cret"));
}

#[tokio::test]
async fn a_deleted_secret_is_not_read_and_its_name_is_free_only_once_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let account = account(&folder).await;
    let secret = json!({ "Name": "seal", "SecretString": "s3cret" });
    let id = json!({ "SecretId": "seal" });
    call(&account, "CreateSecret", secret.clone()).unwrap();
    call(&account, "DeleteSecret", id.clone()).unwrap();
    assert_eq!(
        refusal(&account, "GetSecretValue", id.clone()),
        "InvalidRequestException"
    );
    assert_eq!(
        refusal(&account, "CreateSecret", secret.clone()),
        "InvalidRequestException"
    );
    let at_once = json!({ "SecretId": "seal", "ForceDeleteWithoutRecovery": true });
    call(&account, "DeleteSecret", at_once).unwrap();
    assert_eq!(
        refusal(&account, "DescribeSecret", id),
        "ResourceNotFoundException"
    );
    call(&account, "CreateSecret", secret).unwrap();
}

#[tokio::test]
async fn refuses_what_it_does_not_simulate_and_what_is_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let account = account(&folder).await;
    for input in [
        json!({ "SecretString": "x" }),
        json!({ "Name": "a b", "SecretString": "x" }),
        json!({ "Name": "seal" }),
        json!({ "Name": "seal", "SecretBinary": "eA==" }),
        json!({ "Name": "seal", "SecretString": "x", "KmsKeyId": "alias/own" }),
    ] {
        assert_eq!(
            refusal(&account, "CreateSecret", input),
            "InvalidParameterException"
        );
    }
    assert_eq!(
        refusal(&account, "GetSecretValue", json!({})),
        "InvalidParameterException"
    );
    assert_eq!(
        refusal(&account, "PutSecretValue", json!({})),
        "UnknownOperationException"
    );
}
