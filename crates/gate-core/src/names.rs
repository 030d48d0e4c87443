//! Names of what the gate creates: projects, branches, parameters, executions. Each can be told from its name alone.

use sha2::{Digest, Sha256};

use crate::id::{
    BranchName, CommentId, CommitId, PullRequestId, RepositoryName, RevisionId, RunName,
};

/// Every preview branch starts with this.
pub const PREVIEW_PREFIX: &str = "mergegate/";

/// The CodeBuild project of a pull request: `<service>-pr-<id>`. A repository's name is not part of it: it may hold a dot, a project's may not.
pub fn project(service: &str, pull_request: &PullRequestId) -> String {
    format!("{service}-pr-{pull_request}")
}

/// The pull request behind a project or report group of this service.
pub fn pull_request_of_project(service: &str, name: &str) -> Option<PullRequestId> {
    let rest = name.strip_prefix(service)?.strip_prefix("-pr-")?;
    digits(rest.split('-').next()?)
}

/// The start of the names of a project's report groups, `<project>-<key of the repository>`: by the key the roles of builds are
/// kept to the groups of their own repository.
pub fn report_groups(project: &str, repository: &RepositoryName) -> String {
    format!("{project}-{}", hash(&[repository.as_str()], 8))
}

/// The report group for the reports of one name; `start` is what [`report_groups`] says.
pub fn report_group(start: &str, report: &str) -> String {
    format!("{start}-{report}")
}

/// Folder of a pull request's preview branches.
pub fn preview_folder(pull_request: &PullRequestId) -> String {
    format!("{PREVIEW_PREFIX}pr-{pull_request}/")
}

/// The preview branch of one run: `mergegate/pr-<id>/<run8>`.
pub fn preview_branch(pull_request: &PullRequestId, run: &RunName) -> BranchName {
    BranchName::new(format!(
        "{}{}",
        preview_folder(pull_request),
        hash(&[run.as_str()], 8)
    ))
}

/// The pull request behind a preview branch.
pub fn pull_request_of_branch(branch: &BranchName) -> Option<PullRequestId> {
    let rest = branch
        .as_str()
        .strip_prefix(PREVIEW_PREFIX)?
        .strip_prefix("pr-")?;
    digits(rest.split_once('/')?.0)
}

/// What a run is for; the start of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunPurpose<'a> {
    /// Gate a revision against a destination commit.
    Gate {
        /// The revision.
        revision: &'a RevisionId,
        /// The destination's tip.
        destination: &'a CommitId,
    },
    /// Answer a comment about a revision, and gate it against a destination commit.
    Command {
        /// The revision.
        revision: &'a RevisionId,
        /// The destination's tip.
        destination: &'a CommitId,
        /// The comment.
        comment: &'a CommentId,
    },
    /// Tear down.
    Close,
    /// Say something about a revision.
    Say {
        /// The revision.
        revision: &'a RevisionId,
    },
    /// Say that a revision waits for its turn to be tested with this destination commit.
    Defer {
        /// The revision.
        revision: &'a RevisionId,
        /// The destination's tip.
        destination: &'a CommitId,
    },
    /// Say that the rules of a revision were overridden.
    Overridden {
        /// The revision.
        revision: &'a RevisionId,
    },
}

/// The name of an execution: `pr-<id>-<revision12>-<destination8>-<attempt>`,
/// `pr-<id>-<revision12>-<destination8>-<comment8>-<attempt>`, `pr-<id>-<revision12>-<destination8>-defer-<attempt>`,
/// `pr-<id>-close-<attempt>`,
/// `pr-<id>-say-<revision12>-<attempt>` or `pr-<id>-override-<revision12>-<attempt>`. At most 80 characters of `[0-9A-Za-z-]` (StartExecution).
pub fn run(pull_request: &PullRequestId, purpose: RunPurpose<'_>, attempt: u32) -> RunName {
    RunName::new(match purpose {
        RunPurpose::Gate {
            revision,
            destination,
        } => format!(
            "{}{}-{attempt}",
            revision_prefix(pull_request, revision),
            destination.short(8)
        ),
        RunPurpose::Defer {
            revision,
            destination,
        } => format!(
            "{}{}-defer-{attempt}",
            revision_prefix(pull_request, revision),
            destination.short(8)
        ),
        RunPurpose::Command {
            revision,
            destination,
            comment,
        } => format!(
            "{}{}-{}-{attempt}",
            revision_prefix(pull_request, revision),
            destination.short(8),
            hash(&[comment.as_str()], 8)
        ),
        RunPurpose::Close => format!("pr-{pull_request}-close-{attempt}"),
        RunPurpose::Say { revision } => {
            format!("pr-{pull_request}-say-{}-{attempt}", revision.short(12))
        }
        RunPurpose::Overridden { revision } => {
            format!(
                "pr-{pull_request}-override-{}-{attempt}",
                revision.short(12)
            )
        }
    })
}

/// What the names of all runs start with that test one revision or defer its test.
pub fn revision_prefix(pull_request: &PullRequestId, revision: &RevisionId) -> String {
    format!("pr-{pull_request}-{}-", revision.short(12))
}

/// The attempt at the end of a run's name.
pub fn attempt(run: &RunName) -> Option<u32> {
    run.as_str().rsplit('-').next()?.parse().ok()
}

/// Keys of the artifact bucket. Builds may write below `builds/<repository>/` only.
pub mod objects {
    use super::hash;
    use crate::id::{BranchName, RepositoryName, RunName, TreeId};

    /// What was found in a tree; written by the reporter.
    pub fn findings(repository: &RepositoryName, tree: &TreeId) -> String {
        format!("findings/{repository}/{tree}.json")
    }

    /// What is known of a destination branch; written by the reporter.
    pub fn baseline(repository: &RepositoryName, branch: &BranchName) -> String {
        format!(
            "baselines/{repository}/{}.json",
            hash(&[branch.as_str()], 16)
        )
    }

    /// Folder of what the builds of a project keep, the project by its ARN; written under the role of builds, which reaches no
    /// other repository's, and no other project's where CodeBuild says for which project it works.
    pub fn artifacts(repository: &RepositoryName, project: &str) -> String {
        format!("builds/{repository}/{project}")
    }

    /// Folder of the files that the reports of a group were made from; written under the role of builds.
    pub fn raw_reports(repository: &RepositoryName, project: &str, group: &str) -> String {
        format!("{}/raw/{group}", artifacts(repository, project))
    }

    /// All results of a run as a page; written by the reporter.
    pub fn report(repository: &RepositoryName, run: &RunName) -> String {
        format!("reports/{repository}/{run}.html")
    }
}

/// Parameters of one service in Parameter Store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters<'a> {
    /// The service's name.
    pub service: &'a str,
}

impl Parameters<'_> {
    /// Folder of all repositories.
    pub fn repositories(&self) -> String {
        format!("/mergegate/{}/repositories", self.service)
    }

    /// What the deployment says about a repository; written by CDK.
    pub fn settings(&self, repository: &RepositoryName) -> String {
        format!("{}/{repository}/settings", self.repositories())
    }

    /// How long a repository's checks took when they passed; written by the reporter.
    pub fn durations(&self, repository: &RepositoryName) -> String {
        format!("{}/{repository}/durations", self.repositories())
    }

    /// Where the gate last saw usable rules on a gated branch; written by environment.
    pub fn rules(&self, repository: &RepositoryName, branch: &BranchName) -> String {
        let branch = hash(&[branch.as_str()], 16);
        format!("{}/{repository}/rules-{branch}", self.repositories())
    }

    /// The moves of a branch past the gate that were told of; written by the router.
    pub fn moves(&self, repository: &RepositoryName, branch: &BranchName) -> String {
        let branch = hash(&[branch.as_str()], 16);
        format!("{}/{repository}/moves-{branch}", self.repositories())
    }

    /// Folder of all open pull requests.
    pub fn pull_requests(&self) -> String {
        format!("/mergegate/{}/pull-requests", self.service)
    }

    /// Folder of one pull request.
    pub fn pull_request(&self, id: &PullRequestId) -> String {
        format!("{}/{id}", self.pull_requests())
    }

    /// The claim: the latest run of a pull request; a max-register every run writes.
    pub fn claim(&self, id: &PullRequestId) -> String {
        format!("{}/run", self.pull_request(id))
    }

    /// Project and badge; written by environment.
    pub fn environment(&self, id: &PullRequestId) -> String {
        format!("{}/environment", self.pull_request(id))
    }

    /// Comment and verdict; written by the reporter.
    pub fn result(&self, id: &PullRequestId) -> String {
        format!("{}/result", self.pull_request(id))
    }

    /// Folder of the commands that were accepted.
    pub fn commands(&self, id: &PullRequestId) -> String {
        format!("{}/commands", self.pull_request(id))
    }

    /// The accepted commands of one comment; written by the reporter.
    pub fn command(&self, id: &PullRequestId, comment: &CommentId) -> String {
        format!("{}/{}", self.commands(id), hash(&[comment.as_str()], 8))
    }

    /// The pull request behind one of its parameters.
    pub fn pull_request_of(&self, name: &str) -> Option<PullRequestId> {
        let rest = name
            .strip_prefix(&self.pull_requests())?
            .strip_prefix('/')?;
        digits(rest.split('/').next()?)
    }
}

/// The first `length` hex digits of a SHA-256 over the parts, each closed by a newline.
pub fn hash(parts: &[&str], length: usize) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update(b"\n");
    }
    let digest = hasher.finalize();
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    let hex = digest
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    hex.take(length).collect()
}

fn digits(text: &str) -> Option<PullRequestId> {
    let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    number.then(|| PullRequestId::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runs_name_fits_and_tells_what_it_is_for() {
        let id = PullRequestId::new("1234567890");
        let revision = RevisionId::new("3f2a91c0d1e2".repeat(6));
        let destination = CommitId::new("81c0d2e4".repeat(5));
        let name = run(
            &id,
            RunPurpose::Gate {
                revision: &revision,
                destination: &destination,
            },
            1,
        );
        assert_eq!(name.as_str(), "pr-1234567890-3f2a91c0d1e2-81c0d2e4-1");
        assert_eq!(attempt(&name), Some(1));
        assert!(name.as_str().starts_with(&revision_prefix(&id, &revision)));
    }

    #[test]
    fn each_comment_has_runs_of_its_own() {
        let id = PullRequestId::new("1234567890");
        let revision = RevisionId::new("3f2a91c0d1e2".repeat(6));
        let name = |comment: &str| {
            let purpose = RunPurpose::Command {
                revision: &revision,
                destination: &CommitId::new("81c0d2e4".repeat(5)),
                comment: &CommentId::new(comment),
            };
            run(&id, purpose, 1).to_string()
        };
        let one = name("3bd6:1");
        assert_eq!(
            one.len(),
            "pr-1234567890-3f2a91c0d1e2-81c0d2e4-01234567-1".len()
        );
        assert!(one.starts_with(&revision_prefix(&id, &revision)));
        assert_ne!(one, name("3bd6:2"));
    }

    #[test]
    fn what_the_gate_made_is_found_by_its_name() {
        let id = PullRequestId::new("7");
        assert_eq!(
            pull_request_of_project("gate", &project("gate", &id)),
            Some(id.clone())
        );
        assert_eq!(
            pull_request_of_project("gate", "gate-pr-7-junit"),
            Some(id.clone())
        );
        assert_eq!(pull_request_of_project("gate", "gate-pr-x"), None);
        assert_eq!(pull_request_of_project("gate", "gate-nightly"), None);
        let branch = preview_branch(&id, &RunName::new("pr-7-a-b-1"));
        assert_eq!(pull_request_of_branch(&branch), Some(id.clone()));
        let parameters = Parameters { service: "gate" };
        assert_eq!(parameters.pull_request_of(&parameters.claim(&id)), Some(id));
    }
}
