//! The tour itself: what is done, what is said about it, and what must then hold.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use gate::system::System;
use gate_core::{id::PullRequestId, protocol::ApprovalRecord, verdict::VerdictKind};

use super::{
    account::{Account, REPOSITORY},
    example::Example,
};
use crate::{
    command::Failure,
    git::Git,
    terminal,
    watch::{PAUSE, Watch, Word},
};

/// Longest wait for anything; builds of the examples take a second.
const PATIENCE: Duration = Duration::from_mins(1);

struct Tour<'a> {
    system: &'a System,
    account: Account<'a>,
    example: &'a Example,
    git: Git,
    work: &'a Path,
    /// What did not hold.
    differences: Vec<String>,
}

/// Takes the tour; what did not come as expected.
pub(super) async fn tour(
    system: &System,
    example: &Example,
    work: &Path,
) -> Result<Vec<String>, Failure> {
    let mut tour = Tour {
        system,
        account: Account::new(system),
        example,
        git: Git::alone(work),
        work,
        differences: Vec::new(),
    };
    tour.set_up().await?;
    let pull_request = tour.open_red().await?;
    tour.mend(&pull_request).await?;
    tour.merge(&pull_request).await?;
    Ok(tour.differences)
}

impl Tour<'_> {
    async fn set_up(&mut self) -> Result<(), Failure> {
        chapter("A repository whose pull requests need the gate's approval");
        let url = self.account.create_repository().await?;
        self.account.require_the_gate().await?;
        tell(&format!(
            "aws codecommit create-repository --repository-name {REPOSITORY}, endpoint {}",
            self.system.url()
        ));
        tell(&format!(
            "an approval rule with the pool {}",
            self.system.approval_pool_member()
        ));
        let parent = self.work.parent().unwrap_or(self.work);
        Git::alone(parent)
            .run(&["clone", "--quiet", &url, &self.work.to_string_lossy()])
            .await?;
        self.git
            .run(&["switch", "--quiet", "--create", "main"])
            .await?;
        self.example
            .write(self.work)
            .map_err(|error| Failure::new(format!("failed to write the example: {error}")))?;
        self.commit_and_push("Calculate", "main").await?;
        tell(&format!(
            "git clone, git push: the example `{}`",
            self.example.name
        ));
        Ok(())
    }

    async fn open_red(&mut self) -> Result<PullRequestId, Failure> {
        chapter("A pull request with a mistake in it");
        let Example { title, branch, .. } = self.example;
        self.git
            .run(&["switch", "--quiet", "--create", branch])
            .await?;
        let patch = self.work.with_extension("patch");
        std::fs::write(&patch, self.example.failing_patch)
            .map_err(|error| Failure::new(format!("failed to write the patch: {error}")))?;
        self.git.run(&["apply", &patch.to_string_lossy()]).await?;
        self.commit_and_push(title, branch).await?;
        let id = self.account.open_pull_request(title, branch).await?;
        tell(&format!(
            "git push; aws codecommit create-pull-request: pull request {id}, `{title}`"
        ));
        let verdict = self.follow(&id).await?;
        self.expect(
            verdict == Some(VerdictKind::Reject),
            "the pull request with the mistake is rejected",
        );
        self.show_rules(&id, false).await?;
        Ok(id)
    }

    async fn mend(&mut self, id: &PullRequestId) -> Result<(), Failure> {
        chapter("The mistake is mended");
        self.example
            .mend(self.work)
            .map_err(|error| Failure::new(format!("failed to mend the example: {error}")))?;
        self.commit_and_push("Mend the comparison", self.example.branch)
            .await?;
        tell("git push: a new revision, tested anew");
        let verdict = self.follow(id).await?;
        self.expect(
            verdict == Some(VerdictKind::Approve),
            "the mended pull request is approved",
        );
        self.show_rules(id, true).await
    }

    async fn merge(&mut self, id: &PullRequestId) -> Result<(), Failure> {
        chapter("Merged, and cleaned up after");
        self.account.merge(id).await?;
        tell("aws codecommit merge-pull-request-by-fast-forward");
        let deadline = Instant::now() + PATIENCE;
        let mut left = self.account.left_over().await?;
        while !left.is_empty() && Instant::now() < deadline {
            tokio::time::sleep(PAUSE).await;
            left = self.account.left_over().await?;
        }
        let expectation = "no project, report group, preview branch or parameter is left";
        self.expect(left.is_empty(), &format!("{expectation}{}", list(&left)));
        Ok(())
    }

    async fn commit_and_push(&self, message: &str, branch: &str) -> Result<(), Failure> {
        self.git.run(&["add", "--all"]).await?;
        let author = [
            "-c",
            "user.name=Ann",
            "-c",
            "user.email=ann@example.com",
            "-c",
            "commit.gpgSign=false",
        ];
        let commit = ["commit", "--quiet", "--message", message];
        self.git
            .run(&[author.as_slice(), commit.as_slice()].concat())
            .await?;
        self.git.run(&["push", "--quiet", "origin", branch]).await?;
        Ok(())
    }

    /// Prints the gate's comment on the live revision whenever it says something new, until the verdict.
    async fn follow(&mut self, id: &PullRequestId) -> Result<Option<VerdictKind>, Failure> {
        let clients = self.system.clients_as("ann");
        let revision = self.account.revision(id).await?;
        let watch = Watch {
            system: self.system,
            clients: &clients,
            pull_request: id,
            revision: &revision,
        };
        let deadline = Instant::now() + PATIENCE;
        let mut texts: Vec<String> = Vec::new();
        while Instant::now() < deadline {
            let word = watch.look().await?;
            if let Some(comment) = watch.record().await?.and_then(|record| record.comment)
                && let Some(text) = watch.comment(&comment).await?
                && texts.last() != Some(&text)
            {
                let shown = terminal::without_links(&text, &self.system.url());
                terminal::print(&format!("{}\n\n", terminal::markdown(&shown)));
                texts.push(text);
            }
            match word {
                Word::Waiting => tokio::time::sleep(PAUSE).await,
                Word::Given { verdict, record } => {
                    self.expect(
                        texts.len() > 1,
                        "one comment, first about the running build, then with the verdict",
                    );
                    let approves = verdict == VerdictKind::Approve;
                    let given = record.approval == ApprovalRecord::Given;
                    let shown = if approves {
                        "the gate approved this very revision"
                    } else {
                        "the gate approved nothing"
                    };
                    self.expect(given == approves, shown);
                    return Ok(Some(verdict));
                }
                Word::GaveUp => {
                    self.expect(
                        false,
                        &format!(
                            "the gate does its work, but it says: {}",
                            watch.last_comment().await?.unwrap_or_default()
                        ),
                    );
                    return Ok(None);
                }
                Word::Lost(error) => {
                    self.expect(false, &format!("every event finds its taker, but: {error}"));
                    return Ok(None);
                }
            }
        }
        self.expect(
            false,
            &format!("a verdict within {}", terminal::duration(PATIENCE)),
        );
        Ok(None)
    }

    async fn show_rules(&mut self, id: &PullRequestId, satisfied: bool) -> Result<(), Failure> {
        let revision = self.account.revision(id).await?;
        let evaluation = self.account.evaluate(id, &revision).await?;
        tell(&format!(
            "aws codecommit evaluate-pull-request-approval-rules: approved {}, satisfied [{}], not satisfied [{}]",
            evaluation.approved,
            evaluation.satisfied.join(", "),
            evaluation.not_satisfied.join(", ")
        ));
        let what = if satisfied {
            "satisfied"
        } else {
            "not satisfied"
        };
        self.expect(
            evaluation.approved == satisfied,
            &format!("the approval rule is {what}"),
        );
        Ok(())
    }

    fn expect(&mut self, holds: bool, what: &str) {
        let mark = if holds {
            terminal::green("✔")
        } else {
            terminal::red("✘")
        };
        terminal::say(&format!("  {mark} {}", terminal::harmless(what)));
        if !holds {
            self.differences.push(what.to_owned());
        }
    }
}

fn chapter(title: &str) {
    terminal::say(&format!("\n{}", terminal::bold(title)));
}

fn tell(what: &str) {
    terminal::say(&format!("  {}", terminal::dim(&terminal::harmless(what))));
}

fn list(left: &[String]) -> String {
    if left.is_empty() {
        String::new()
    } else {
        format!(": {}", left.join(", "))
    }
}
