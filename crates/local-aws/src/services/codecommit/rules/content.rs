//! What an approval rule says: how many approvals it needs, and whose count.

use serde::Deserialize;
use serde_json::Value;

use crate::strict;

/// Longest content, in characters.
const LONGEST: usize = 3000;
const MOST_MEMBERS: usize = 50;
const MOST_REFERENCES: usize = 100;

/// The content of a rule or of a template, as validated.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct RuleContent {
    version: String,
    #[serde(default)]
    destination_references: Vec<String>,
    statements: Vec<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(rename = "Type")]
    kind: String,
    number_of_approvals_needed: usize,
    #[serde(default)]
    approval_pool_members: Vec<String>,
}

impl RuleContent {
    /// Parses and validates; the error is a sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.chars().count() > LONGEST {
            return Err(format!("the content is longer than {LONGEST} characters"));
        }
        let content: Self = serde_json::from_str(text)
            .and_then(|value: Value| strict::read(&value))
            .map_err(|error| format!("the content is not an approval rule: {error}"))?;
        content.validate()?;
        Ok(content)
    }

    fn validate(&self) -> Result<(), String> {
        if self.version != "2018-11-08" {
            return Err(format!(
                "the Version is `{}`, it must be `2018-11-08`",
                self.version
            ));
        }
        if self.statements.is_empty() {
            return Err("the content has no Statements".to_owned());
        }
        if self.destination_references.len() > MOST_REFERENCES {
            return Err(format!("more than {MOST_REFERENCES} DestinationReferences"));
        }
        for reference in &self.destination_references {
            if !reference.starts_with("refs/heads/") {
                return Err(format!(
                    "the destination reference `{reference}` does not start with `refs/heads/`"
                ));
            }
        }
        self.statements.iter().try_for_each(Statement::validate)
    }

    /// Whether it names destination branches; only templates may.
    pub(crate) fn names_destinations(&self) -> bool {
        !self.destination_references.is_empty()
    }

    /// Whether a template with this content applies to pull requests to `reference`.
    pub(crate) fn applies_to(&self, reference: &str) -> bool {
        !self.names_destinations()
            || self
                .destination_references
                .iter()
                .any(|one| one == reference)
    }

    /// Whether the approvals of these identities satisfy every statement.
    pub(crate) fn is_satisfied_by(&self, approvers: &[String]) -> bool {
        self.statements.iter().all(|statement| {
            let counting = approvers.iter().filter(|arn| statement.counts(arn)).count();
            counting >= statement.number_of_approvals_needed
        })
    }
}

impl Statement {
    fn validate(&self) -> Result<(), String> {
        if self.kind != "Approvers" {
            return Err(format!(
                "the statement's Type is `{}`, it must be `Approvers`",
                self.kind
            ));
        }
        if self.approval_pool_members.len() > MOST_MEMBERS {
            return Err(format!("more than {MOST_MEMBERS} ApprovalPoolMembers"));
        }
        match self
            .approval_pool_members
            .iter()
            .find(|member| Member::parse(member).is_none())
        {
            None => Ok(()),
            Some(member) => Err(format!(
                "the pool member `{member}` is neither an ARN nor `CodeCommitApprovers:<account>:<name>`"
            )),
        }
    }

    fn counts(&self, arn: &str) -> bool {
        self.approval_pool_members.is_empty()
            || self
                .approval_pool_members
                .iter()
                .filter_map(|member| Member::parse(member))
                .any(|member| member.matches(arn))
    }
}

/// Whose approval counts, in one of the two forms of the user guide.
enum Member<'a> {
    /// `CodeCommitApprovers:<account>:<name>`.
    Name { account: &'a str, name: &'a str },
    /// An ARN, with `*` wildcards.
    Arn(&'a str),
}

impl<'a> Member<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("CodeCommitApprovers:") {
            let (account, name) = rest.split_once(':')?;
            let known = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            return (known && !name.is_empty()).then_some(Self::Name { account, name });
        }
        let parts: Vec<_> = text.splitn(6, ':').collect();
        match parts[..] {
            ["arn", _, "iam" | "sts", _, _, resource] if !resource.is_empty() => {
                Some(Self::Arn(text))
            }
            _ => None,
        }
    }

    fn matches(&self, arn: &str) -> bool {
        match *self {
            Self::Name { account, name } => {
                let parts: Vec<_> = arn.splitn(6, ':').collect();
                let [_, _, _, _, of, resource] = parts[..] else {
                    return false;
                };
                of == account && name_matches(name, resource)
            }
            Self::Arn(pattern) => wildcard(pattern, arn) || is_session_of(pattern, arn),
        }
    }
}

/// A name is that of an IAM user or of a federated user; a session of a role is `Role/Session` and nothing shorter.
fn name_matches(pattern: &str, resource: &str) -> bool {
    match resource.split_once('/') {
        Some(("user", path)) => {
            let name = path.rsplit('/').next().unwrap_or(path);
            wildcard(pattern, name) || wildcard(pattern, path)
        }
        Some(("federated-user" | "assumed-role", name)) => wildcard(pattern, name),
        _ => false,
    }
}

/// A role's own ARN, or an assumed role without a session, stands for all its sessions.
fn is_session_of(pattern: &str, arn: &str) -> bool {
    let role = match pattern.split_once(":role/") {
        Some((head, role)) => {
            let name = role.rsplit('/').next().unwrap_or(role);
            format!("{}:assumed-role/{name}", head.replacen(":iam:", ":sts:", 1))
        }
        None => pattern.to_owned(),
    };
    let without_session = role
        .split_once(":assumed-role/")
        .is_some_and(|(_, role)| !role.contains('/'));
    without_session && wildcard(&format!("{role}/*"), arn)
}

/// `*` stands for any number of characters, `?` for one.
fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(&letter) if letter == '?' || letter == text[read] => {
                at += 1;
                read += 1;
            }
            _ => match star {
                None => return false,
                Some((position, taken)) => {
                    star = Some((position, taken + 1));
                    at = position + 1;
                    read = taken + 1;
                }
            },
        }
    }
    pattern[at..].iter().all(|&letter| letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(member: &str, arn: &str) -> bool {
        Member::parse(member).unwrap().matches(arn)
    }

    #[test]
    fn a_pool_member_counts_whom_the_user_guide_says() {
        const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/CodeCommitReview/Mary_Major";
        const USER: &str = "arn:aws:iam::123456789012:user/Mary_Major";
        const FEDERATED: &str = "arn:aws:sts::123456789012:federated-user/Mary_Major";
        let name = "CodeCommitApprovers:123456789012:Mary_Major";
        assert!(counts(name, USER));
        assert!(counts(name, FEDERATED));
        assert!(!counts(name, SESSION));
        assert!(!counts(name, "arn:aws:iam::123456789012:user/Mary_Majors"));
        assert!(!counts("CodeCommitApprovers:210987654321:Mary_Major", USER));
        assert!(counts(
            "CodeCommitApprovers:123456789012:*Mary_Major",
            SESSION
        ));
        assert!(counts(
            "CodeCommitApprovers:123456789012:CodeCommitReview/Mary_Major",
            SESSION
        ));
        assert!(counts(USER, USER));
        for role in [
            "arn:aws:sts::123456789012:assumed-role/CodeCommitReview/*",
            "arn:aws:sts::123456789012:assumed-role/CodeCommitReview",
            "arn:aws:iam::123456789012:role/CodeCommitReview",
            "arn:aws:iam::123456789012:role/team/CodeCommitReview",
        ] {
            assert!(counts(role, SESSION), "{role}");
            assert!(!counts(role, USER), "{role}");
            assert!(
                !counts(
                    role,
                    "arn:aws:sts::123456789012:assumed-role/CodeCommitReviewer/x"
                ),
                "{role}"
            );
        }
    }

    #[test]
    fn one_approver_counts_once_and_only_from_the_pool() {
        let content = RuleContent::parse(
            r#"{"Version":"2018-11-08","Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":2,
               "ApprovalPoolMembers":["CodeCommitApprovers:123456789012:ann","arn:aws:iam::123456789012:user/*n"]}]}"#,
        )
        .unwrap();
        let arn = |name: &str| format!("arn:aws:iam::123456789012:user/{name}");
        assert!(!content.is_satisfied_by(&[arn("ann"), arn("carla")]));
        assert!(content.is_satisfied_by(&[arn("ann"), arn("ben")]));
    }

    #[test]
    fn refuses_contents_that_codecommit_refuses() {
        let member = r#""arn:aws:iam::123456789012:user/a","#.repeat(51);
        let member = member.trim_end_matches(',');
        let statement = r#"{"Type":"Approvers","NumberOfApprovalsNeeded":1}"#;
        for (content, says) in [
            ("{".to_owned(), "not an approval rule: EOF"),
            (
                format!(r#"{{"Version":"2012-10-17","Statements":[{statement}]}}"#),
                "the Version is `2012-10-17`",
            ),
            (
                r#"{"Version":"2018-11-08","Statements":[]}"#.to_owned(),
                "no Statements",
            ),
            (
                format!(r#"{{"Version":"2018-11-08","Statements":[{statement}],"Extra":1}}"#),
                "unknown field `Extra`",
            ),
            (
                format!(
                    r#"{{"Version":"2018-11-08","DestinationReferences":["main"],"Statements":[{statement}]}}"#
                ),
                "`main` does not start with",
            ),
            (
                format!(
                    r#"{{"Version":"2018-11-08","Statements":[{{"Type":"Approvers","NumberOfApprovalsNeeded":1,"ApprovalPoolMembers":[{member}]}}]}}"#
                ),
                "more than 50 ApprovalPoolMembers",
            ),
            (
                r#"{"Version":"2018-11-08","Statements":[{"Type":"Approvers","NumberOfApprovalsNeeded":1,"ApprovalPoolMembers":["ann"]}]}"#
                    .to_owned(),
                "pool member `ann` is neither",
            ),
            (
                r#"["2018-11-08",["refs/heads/main"],[["Approvers",1,[]]]]"#.to_owned(),
                "not an approval rule: invalid type: sequence, expected an object",
            ),
            (
                r#"{"Version":"2018-11-08","Statements":[["Approvers",1,[]]]}"#.to_owned(),
                "not an approval rule: invalid type: sequence, expected an object",
            ),
            (" ".repeat(3001), "longer than 3000 characters"),
        ] {
            let error = RuleContent::parse(&content).err().unwrap();
            assert!(error.contains(says), "{content}: {error}");
        }
    }
}
