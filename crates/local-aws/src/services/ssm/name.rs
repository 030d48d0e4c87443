//! Names of parameters.

use super::validation;
use crate::ServiceError;

/// Of whatever a request may name, with an ARN before it and a selector behind it (PSParameterName).
const LONGEST_NAMED: usize = 2048;
/// Of a parameter's name with the ARN that precedes it (PutParameter).
const LONGEST: usize = 1011;
const MOST_LEVELS: usize = 15;

/// What a request names in `member`, without the spaces around it, which the service removes.
pub(super) fn named<'a>(name: &'a str, member: &str) -> Result<&'a str, ServiceError> {
    let length = name.chars().count();
    let limit = match length {
        0 => "greater than or equal to 1".to_owned(),
        1..=LONGEST_NAMED => return Ok(name.trim_matches(' ')),
        _ => format!("less than or equal to {LONGEST_NAMED}"),
    };
    Err(validation(format!(
        "1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: Member must have length {limit}"
    )))
}

/// A name that a new parameter may have; `arn` is what the parameter's would be.
pub(super) fn check(name: &str, arn: &str) -> Result<(), ServiceError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte);
    if name.is_empty() || !name.bytes().all(allowed) {
        return Err(validation(format!(
            "Parameter name {name} is not valid: it has letters, digits and _ . - /"
        )));
    }
    if arn.len() > LONGEST {
        return Err(validation(format!(
            "Parameter name {name} is too long: with its ARN it has {} characters, more than {LONGEST}",
            arn.len()
        )));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(validation("Parameter name must be a fully qualified name."));
    }
    if name.ends_with('/') || name.contains("//") {
        return Err(validation(format!(
            "Parameter name {name} has an empty part"
        )));
    }
    let first = name.trim_start_matches('/').to_ascii_lowercase();
    if first.starts_with("aws") || first.starts_with("ssm") {
        return Err(ServiceError::client(
            "AccessDeniedException",
            format!("No access to reserved parameter name: {name}."),
        ));
    }
    if name.matches('/').count() > MOST_LEVELS {
        return Err(ServiceError::client(
            "HierarchyLevelLimitExceededException",
            format!("Parameter name {name} has more than {MOST_LEVELS} levels"),
        ));
    }
    Ok(())
}

/// What a request asks for: a name or an ARN, perhaps with a version or a label behind it.
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) selector: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let text = match text.split_once(":parameter/") {
            // The slash that an ARN ends its kind with is the name's own, if it is a path.
            Some((arn, name)) if arn.starts_with("arn:") => {
                let name_only = name.split(':').next().unwrap_or(name);
                if name_only.contains('/') {
                    text.get(arn.len() + ":parameter".len()..).unwrap_or(name)
                } else {
                    name
                }
            }
            _ => text,
        };
        match text.split_once(':') {
            Some((name, selector)) => Self {
                name,
                selector: Some(selector),
            },
            None => Self {
                name: text,
                selector: None,
            },
        }
    }
}
