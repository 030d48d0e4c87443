//! Who calls: the access key id of the request names the identity.

use std::collections::BTreeMap;

/// The identity behind a request, as AWS shows it in `authorArn`, `userArn` and events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// For example `arn:aws:iam::000000000000:user/ann` or `arn:aws:sts::…:assumed-role/Role/session`.
    pub arn: String,
}

impl Caller {
    /// The caller behind `access_key`: a mapped ARN, else the IAM user of that name.
    pub fn from_access_key(
        access_key: &str,
        account: &str,
        mapped: &BTreeMap<String, String>,
    ) -> Self {
        let arn = mapped
            .get(access_key)
            .cloned()
            .unwrap_or_else(|| format!("arn:aws:iam::{account}:user/{access_key}"));
        Self { arn }
    }

    /// The access key id inside a Signature Version 4 `Authorization` header. The signature itself is not checked: nobody here
    /// knows the secret.
    pub(crate) fn access_key(authorization: &str) -> Option<&str> {
        let credential = authorization.split("Credential=").nth(1)?;
        credential.split('/').next().filter(|key| !key.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_access_key_names_an_iam_user_unless_it_is_mapped() {
        let mapped =
            BTreeMap::from([("K".to_owned(), "arn:aws:sts::1:assumed-role/R/s".to_owned())]);
        let header = "AWS4-HMAC-SHA256 Credential=ann/20261120/us-east-1/codecommit/aws4_request, SignedHeaders=host";
        assert_eq!(Caller::access_key(header), Some("ann"));
        assert_eq!(
            Caller::from_access_key("ann", "1", &mapped).arn,
            "arn:aws:iam::1:user/ann"
        );
        assert_eq!(
            Caller::from_access_key("K", "1", &mapped).arn,
            "arn:aws:sts::1:assumed-role/R/s"
        );
    }
}
