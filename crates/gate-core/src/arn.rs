//! Who somebody is: patterns of ARNs that rules grant things to, and names for people to read.
//!
//! The session name of an assumed role is chosen by whoever assumes it, so only the role counts.

/// A pattern of ARNs: `*` stands for any text. It has been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArnPattern(String);

/// More is a mistake.
const LONGEST: usize = 256;

impl ArnPattern {
    /// Takes a pattern, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let shown: String = text.chars().take(60).collect();
        let good = text.len() <= LONGEST && text.chars().all(|c| c.is_ascii_graphic());
        if !good || !(text == "*" || text.starts_with("arn:")) {
            return Err(format!(
                "`{shown}` is no ARN: write, for example, `arn:aws:iam::123456789012:role/Release*` or `*`"
            ));
        }
        let Some((before, role, session)) = assumed_role(text) else {
            return Ok(Self(text.to_owned()));
        };
        match session {
            None | Some("*") => Ok(Self(format!("{before}:assumed-role/{role}"))),
            Some(_) => Err(format!(
                "`{shown}` names a session, and whoever assumes a role chooses that name: write the role alone, `{before}:assumed-role/{role}`"
            )),
        }
    }

    /// As it counts.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it means the caller `arn`.
    pub fn matches(&self, arn: &str) -> bool {
        let Some((before, role, _)) = assumed_role(arn) else {
            return matches(self.0.as_bytes(), arn.as_bytes());
        };
        let session = format!("{before}:assumed-role/{role}");
        let role = format!("{}:role/{role}", before.replacen(":sts:", ":iam:", 1));
        [session, role]
            .iter()
            .any(|principal| matches(self.0.as_bytes(), principal.as_bytes()))
    }
}

/// What an ARN calls somebody, without partition and account: `user/ann`, `assumed-role/Release/ann`.
pub fn name(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').nth(5);
    resource.filter(|name| !name.is_empty()).unwrap_or(arn)
}

/// What stands before an assumed role, the role, and its session.
fn assumed_role(text: &str) -> Option<(&str, &str, Option<&str>)> {
    let (before, rest) = text.split_once(":assumed-role/")?;
    Some(match rest.split_once('/') {
        Some((role, session)) => (before, role, Some(session)),
        None => (before, rest, None),
    })
}

/// `*` stands for any text, everything else for itself. Goes back to the last `*` only, so the time is bounded by the
/// product of both lengths.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut in_text) = (0, 0);
    let mut last_star = None;
    while in_text < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                last_star = Some((at, in_text));
                at += 1;
            }
            Some(byte) if *byte == text[in_text] => {
                at += 1;
                in_text += 1;
            }
            _ => {
                let Some((star, taken)) = last_star else {
                    return false;
                };
                last_star = Some((star, taken + 1));
                at = star + 1;
                in_text = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/Release/ann";

    fn means(pattern: &str, arn: &str) -> bool {
        ArnPattern::parse(pattern).unwrap().matches(arn)
    }

    #[test]
    fn an_assumed_role_counts_as_its_role_and_never_by_its_session() {
        for pattern in [
            "arn:aws:iam::123456789012:role/Release",
            "arn:aws:iam::*:role/Rel*",
            "arn:aws:sts::123456789012:assumed-role/Release",
            "arn:aws:sts::123456789012:assumed-role/Release/*",
            "*",
        ] {
            assert!(means(pattern, SESSION), "{pattern}");
        }
        for pattern in [
            "arn:aws:iam::123456789012:role/Admin",
            "arn:aws:iam::210987654321:role/Release",
            "arn:aws:iam::123456789012:user/ann",
            "arn:aws:iam::123456789012:*/ann",
            "arn:aws:sts::123456789012:assumed-role/Release*ann",
        ] {
            assert!(!means(pattern, SESSION), "{pattern}");
        }
    }

    #[test]
    fn users_are_matched_by_their_whole_arn() {
        let ann = "arn:aws:iam::123456789012:user/ann";
        assert!(means(ann, ann) && means("arn:aws:iam::123456789012:user/*", ann));
        assert!(!means("arn:aws:iam::123456789012:user/an", ann));
        assert!(!means("arn:aws:iam::123456789012:user/anna*", ann));
    }

    #[test]
    fn refuses_what_is_no_arn_and_what_names_a_session() {
        let refused = |text: &str| ArnPattern::parse(text).unwrap_err();
        assert!(refused("ann").starts_with("`ann` is no ARN: write, for example, "));
        assert!(refused("").starts_with("`` is no ARN"));
        assert!(refused("arn:aws iam").starts_with("`arn:aws iam` is no ARN"));
        assert!(
            refused(SESSION).ends_with(
                "write the role alone, `arn:aws:sts::123456789012:assumed-role/Release`"
            )
        );
    }

    #[test]
    fn many_stars_are_no_work() {
        let pattern = format!("arn:{}b", "*a".repeat(120));
        let text = format!("arn:{}", "a".repeat(2000));
        assert!(!means(&pattern, &text));
    }

    #[test]
    fn people_are_called_by_the_end_of_their_arn() {
        assert_eq!(name(SESSION), "assumed-role/Release/ann");
        assert_eq!(name("arn:aws:iam::123456789012:user/ann"), "user/ann");
        assert_eq!(name("AROA123:ann"), "AROA123:ann");
    }
}
