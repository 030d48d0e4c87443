//! Names of parameters.

use super::validation;
use crate::ServiceError;

const LONGEST: usize = 1011;
const MOST_LEVELS: usize = 15;

/// A name that a new parameter may have.
pub(super) fn check(name: &str) -> Result<(), ServiceError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte);
    if name.is_empty() || name.len() > LONGEST || !name.bytes().all(allowed) {
        return Err(validation(format!(
            "Parameter name {name} is not valid: it has 1 to {LONGEST} letters, digits and _ . - /"
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
