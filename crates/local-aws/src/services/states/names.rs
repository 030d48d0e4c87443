//! Names and ARNs of machines and executions: what is allowed, and what an ARN names.

use crate::{Account, ServiceError};

/// Characters that no name may hold, beside white space and control characters.
const FORBIDDEN: &str = "<>{}[]?*\"#%\\^|~`$&,;:/";
const LIMIT_CHARACTERS: usize = 80;

/// Whether `name` may name a machine or an execution.
pub(super) fn check(name: &str) -> Result<(), ServiceError> {
    let allowed = |character: char| {
        !character.is_whitespace() && !character.is_control() && !FORBIDDEN.contains(character)
    };
    if (1..=LIMIT_CHARACTERS).contains(&name.chars().count()) && name.chars().all(allowed) {
        return Ok(());
    }
    Err(ServiceError::client(
        "InvalidName",
        format!("Invalid Name: '{name}'"),
    ))
}

pub(super) fn machine_arn(account: &Account, machine: &str) -> String {
    account.arn("states", &format!("stateMachine:{machine}"))
}

pub(super) fn execution_arn(account: &Account, machine: &str, execution: &str) -> String {
    account.arn("states", &format!("execution:{machine}:{execution}"))
}

/// The machine's name in its ARN. A version or an alias is part of the name then, and thus no machine's.
pub(super) fn machine_of<'a>(account: &Account, arn: &'a str) -> Result<&'a str, ServiceError> {
    let prefix = machine_arn(account, "");
    arn.strip_prefix(prefix.as_str())
        .filter(|name| !name.is_empty())
        .ok_or_else(|| invalid_arn(arn))
}

/// Whether the ARN is one of an execution.
pub(super) fn check_execution_arn(account: &Account, arn: &str) -> Result<(), ServiceError> {
    let prefix = account.arn("states", "execution:");
    let names = arn
        .strip_prefix(prefix.as_str())
        .and_then(|rest| rest.split_once(':'));
    match names {
        Some((machine, execution)) if !machine.is_empty() && !execution.is_empty() => Ok(()),
        _ => Err(invalid_arn(arn)),
    }
}

fn invalid_arn(arn: &str) -> ServiceError {
    ServiceError::client("InvalidArn", format!("Invalid Arn: '{arn}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_up_to_eighty_characters_of_the_allowed_ones() {
        check("pr-7-3f2a91c0d1e2-81c0d2e4-1").unwrap();
        check(&"é".repeat(80)).unwrap();
    }

    #[test]
    fn refuses_names_that_step_functions_refuses() {
        for name in [
            "",
            "a b",
            "a:b",
            "a/b",
            "a\u{7}",
            "a*",
            "a\"",
            &"x".repeat(81),
        ] {
            assert_eq!(check(name).unwrap_err().code, "InvalidName", "{name}");
        }
    }
}
