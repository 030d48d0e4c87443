//! Secrets Manager: secrets of text, each with the version it was created with.
//!
//! Other versions, rotation, replicas, policies, keys and tags are refused by name. A deleted secret can be restored in AWS for some
//! days; here its name is kept from use and nothing restores it.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Account, ServiceError,
    account::{epoch_seconds, now},
    services::parse,
    store::{Table, Tables},
};

const SECRETS: Table<Secret> = Table::new("secretsmanager-secrets");

/// In characters and bytes.
const LONGEST_NAME: usize = 512;
const LARGEST_VALUE: usize = 65_536;

/// The stage of the only version.
const CURRENT: &str = "AWSCURRENT";

const SECONDS_PER_DAY: f64 = 86_400.0;

/// A secret as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Secret {
    name: String,
    arn: String,
    version_id: String,
    value: String,
    description: Option<String>,
    /// Seconds since 1970.
    created: f64,
    /// When it will be gone, if somebody deleted it.
    deleted: Option<f64>,
}

/// Answers one operation.
pub(crate) fn call(
    account: &Arc<Account>,
    operation: &str,
    input: Value,
) -> Result<Value, ServiceError> {
    match operation {
        "CreateSecret" => create(account, input),
        "GetSecretValue" => value(account, input),
        "DescribeSecret" => describe(account, input),
        "DeleteSecret" => delete(account, input),
        _ => Err(ServiceError::unknown_operation("secretsmanager", operation)),
    }
}

/// Members that nothing here obeys.
type Rest = BTreeMap<String, Value>;

fn nothing_unsimulated(rest: &Rest) -> Result<(), ServiceError> {
    match rest.iter().find(|(_, value)| !value.is_null()) {
        None => Ok(()),
        Some((member, _)) => Err(parameter(format!(
            "{member} is not simulated by the local endpoint"
        ))),
    }
}

fn parameter(message: impl Into<String>) -> ServiceError {
    ServiceError::client("InvalidParameterException", message)
}

fn request(message: impl Into<String>) -> ServiceError {
    ServiceError::client("InvalidRequestException", message)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    name: Option<String>,
    client_request_token: Option<String>,
    description: Option<String>,
    secret_string: Option<String>,
    #[serde(flatten)]
    rest: Rest,
}

fn create(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: CreateInput = parse(input)?;
    nothing_unsimulated(&input.rest)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    let name = input.name.unwrap_or_default();
    if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(allowed) {
        return Err(parameter(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        ));
    }
    let value = input.secret_string.unwrap_or_default();
    if value.is_empty() || value.len() > LARGEST_VALUE {
        return Err(parameter(format!(
            "SecretString must have 1 to {LARGEST_VALUE} bytes: a secret without a value is not simulated by the local endpoint"
        )));
    }
    let version_id = input.client_request_token.unwrap_or_else(token);
    account.store.write(|tables| {
        if let Some(known) = tables.get(&SECRETS, &name) {
            if known.deleted.is_some() {
                return Err(request(
                    "You can't create this secret because a secret with this name is already scheduled for deletion.",
                ));
            }
            // The same request again is the same secret.
            if known.version_id != version_id || known.value != value {
                return Err(ServiceError::client(
                    "ResourceExistsException",
                    format!("The operation failed because the secret {name} already exists."),
                ));
            }
            return Ok(named(&known));
        }
        let unique: String = std::iter::repeat_with(fastrand::alphanumeric).take(6).collect();
        let secret = Secret {
            arn: account.arn("secretsmanager", &format!("secret:{name}-{unique}")),
            name,
            version_id,
            value,
            description: input.description,
            created: epoch_seconds(now()),
            deleted: None,
        };
        tables.put(&SECRETS, &secret.name, &secret)?;
        Ok(named(&secret))
    })
}

/// 32 letters and digits, as the SDKs make one.
fn token() -> String {
    format!("{:032x}", fastrand::u128(..))
}

fn named(secret: &Secret) -> Value {
    json!({ "ARN": secret.arn, "Name": secret.name, "VersionId": secret.version_id })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetInput {
    secret_id: Option<String>,
    version_id: Option<String>,
    version_stage: Option<String>,
}

fn value(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: GetInput = parse(input)?;
    let secret = account
        .store
        .read(|tables| find(tables, input.secret_id.as_deref()))?;
    if secret.deleted.is_some() {
        return Err(request(
            "You can't perform this operation on the secret because it was marked for deletion.",
        ));
    }
    let other_version = input
        .version_id
        .filter(|wanted| *wanted != secret.version_id);
    let other_stage = input.version_stage.filter(|wanted| wanted != CURRENT);
    if let Some(wanted) = other_version.or(other_stage) {
        return Err(not_found(&format!("secret value for {wanted}")));
    }
    let mut answer = named(&secret);
    answer["SecretString"] = secret.value.into();
    answer["VersionStages"] = json!([CURRENT]);
    answer["CreatedDate"] = secret.created.into();
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeInput {
    secret_id: Option<String>,
}

fn describe(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: DescribeInput = parse(input)?;
    let secret = account
        .store
        .read(|tables| find(tables, input.secret_id.as_deref()))?;
    let mut answer = json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "CreatedDate": secret.created,
        "LastChangedDate": secret.created,
        "VersionIdsToStages": { secret.version_id: [CURRENT] },
    });
    if let Some(description) = secret.description {
        answer["Description"] = description.into();
    }
    if let Some(deleted) = secret.deleted {
        answer["DeletedDate"] = deleted.into();
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteInput {
    secret_id: Option<String>,
    recovery_window_in_days: Option<u32>,
    #[serde(default)]
    force_delete_without_recovery: bool,
}

fn delete(account: &Account, input: Value) -> Result<Value, ServiceError> {
    let input: DeleteInput = parse(input)?;
    let days = input.recovery_window_in_days;
    if input.force_delete_without_recovery && days.is_some() {
        return Err(parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ));
    }
    let days = days.unwrap_or(30);
    if !(7..=30).contains(&days) {
        return Err(parameter(
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        ));
    }
    account.store.write(|tables| {
        let secret = find(tables, input.secret_id.as_deref())?;
        let time = epoch_seconds(now());
        let date = if input.force_delete_without_recovery {
            tables.delete(&SECRETS, &secret.name);
            time
        } else {
            let date = time + f64::from(days) * SECONDS_PER_DAY;
            let kept = Secret {
                deleted: Some(date),
                ..secret.clone()
            };
            tables.put(&SECRETS, &secret.name, &kept)?;
            date
        };
        Ok(json!({ "ARN": secret.arn, "Name": secret.name, "DeletionDate": date }))
    })
}

/// By its name or its ARN.
fn find(tables: &Tables, id: Option<&str>) -> Result<Secret, ServiceError> {
    let id = id
        .filter(|id| !id.is_empty())
        .ok_or_else(|| parameter("You must provide a value for the SecretId parameter."))?;
    let by_arn = || {
        let mut all = tables.scan(&SECRETS, "").map(|(_, secret)| secret);
        all.find(|secret| secret.arn == id)
    };
    let found = tables.get(&SECRETS, id).or_else(by_arn);
    found.ok_or_else(|| not_found("specified secret"))
}

fn not_found(what: &str) -> ServiceError {
    ServiceError::client(
        "ResourceNotFoundException",
        format!("Secrets Manager can't find the {what}."),
    )
}
