//! A judgement that shares nothing with the gate: what git, CodeBuild and CodeCommit know, put side by side.

use aws_sdk_codebuild::{
    primitives::DateTime,
    types::{Build, StatusType},
};
use aws_sdk_codecommit::types::{ApprovalState, PullRequestEventType};

use crate::{People, Stage, people::promises_more};

impl Stage {
    /// Asserts that all is as it should be once nothing is under way; see [`People::assert_right`].
    pub async fn assert_right(&self, id: &str) {
        People::assert_right(self, id).await;
        let letters = self.system.account().dead_letters();
        assert!(letters.is_empty(), "dead letters: {letters:#?}");
    }
}

impl People {
    /// Asserts what must hold at any time: every approval the gate ever gave was for a revision of which a build had
    /// succeeded, of the very commit that merging made, whose content is green.
    pub async fn assert_approvals_deserved(&self, id: &str) {
        let revisions = self.revisions();
        for (revision, when) in self.approvals(id).await {
            let Some(source) = revisions.get(&revision) else {
                panic!("an approval of revision {revision}, which nobody made");
            };
            let builds = self.builds_of(id, &revision).await;
            let deserved = builds.iter().any(|build| {
                let ended = build.end_time().map_or(f64::MAX, DateTime::as_secs_f64);
                let commit = build.resolved_source_version().unwrap_or_default();
                build.build_status() == Some(&StatusType::Succeeded)
                    && ended <= when + 0.001
                    && self.merges(commit, source)
                    && self.is_green(commit)
            });
            assert!(
                deserved,
                "revision {revision} of {source} was approved at {when} without a green build: {builds:#?}"
            );
        }
    }

    /// Asserts that all is as it should be once nothing is under way: an open pull request has the right verdict in one
    /// comment and the approval that goes with it, a closed one has left nothing, and nothing runs.
    pub async fn assert_right(&self, id: &str) {
        if self.is_open(id).await {
            self.assert_right_verdict(id).await;
        } else {
            assert_eq!(
                self.leftovers().await,
                Vec::<String>::new(),
                "left of a closed one"
            );
        }
        let comments = self.comments(id).await;
        let unfinished: Vec<_> = comments
            .iter()
            .filter(|comment| promises_more(comment))
            .collect();
        assert!(
            unfinished.is_empty(),
            "comments that promise more: {unfinished:#?}"
        );
        let mut about: Vec<_> = comments
            .iter()
            .filter_map(|comment| comment.lines().last()?.strip_prefix("Mergegate · run "))
            .map(|run| {
                run.replace("-say-", "-")
                    .split('-')
                    .nth(2)
                    .map(str::to_owned)
            })
            .collect();
        about.sort_unstable();
        assert!(
            about.windows(2).all(|pair| pair[0] != pair[1]),
            "more than one comment about a revision: {comments:#?}"
        );
        assert_eq!(
            self.running_builds().await,
            Vec::<String>::new(),
            "builds that run on"
        );
        self.assert_approvals_deserved(id).await;
    }

    /// Asserts the verdict that the live content deserves, in the comment and in the approval rules.
    pub async fn assert_right_verdict(&self, id: &str) {
        let live = self.pull_request(id).await;
        let target = &live.pull_request_targets()[0];
        let source = target.source_commit().expect("a source commit");
        let destination = target.destination_reference().expect("a destination");
        let green = self.number(source, "value") < self.number(destination, "limit");
        let comment = self.verdict(id).await;
        let expected = if green {
            "### ✅ Mergegate: approved\n"
        } else {
            "### ❌ Mergegate: not approved, 1 test failure\n"
        };
        assert!(
            comment.starts_with(expected),
            "expected {expected}, found {comment}"
        );
        assert_eq!(
            self.approved(id).await,
            green,
            "the approval differs from: {comment}"
        );
    }

    /// Approvals by the gate: revision and time, oldest first.
    async fn approvals(&self, id: &str) -> Vec<(String, f64)> {
        let client = self.code_commit("ann");
        let events = client
            .describe_pull_request_events()
            .pull_request_id(id)
            .pull_request_event_type(PullRequestEventType::PullRequestApprovalStateChanged)
            .send()
            .await
            .expect("the events")
            .pull_request_events;
        let given = events.into_iter().filter(|event| {
            let state = event.approval_state_changed_event_metadata();
            event.actor_arn() == Some(self.reporter_arn())
                && state.and_then(|state| state.approval_status()) == Some(&ApprovalState::Approve)
        });
        given
            .map(|event| {
                let when = event.event_date().expect("a date").as_secs_f64();
                let state = event.approval_state_changed_event_metadata;
                (
                    state
                        .and_then(|state| state.revision_id)
                        .expect("a revision"),
                    when,
                )
            })
            .collect()
    }

    /// Builds that runs of one revision started.
    async fn builds_of(&self, id: &str, revision: &str) -> Vec<Build> {
        let run = format!("pr-{id}-{}-", &revision[..12]);
        let of_revision = |build: &Build| {
            let environment = build.environment();
            environment.is_some_and(|environment| {
                let variables = environment.environment_variables();
                variables.iter().any(|variable| {
                    variable.name() == "MERGEGATE_RUN" && variable.value().starts_with(&run)
                })
            })
        };
        self.builds()
            .await
            .into_iter()
            .filter(of_revision)
            .collect()
    }

    /// Whether `commit` is `source` itself or a merge of it with the destination.
    fn merges(&self, commit: &str, source: &str) -> bool {
        let parents = self.in_repository(&["rev-list", "--parents", "--max-count=1", commit]);
        let mut parents = parents.split_whitespace().skip(1);
        commit == source || parents.clone().count() == 2 && parents.any(|parent| parent == source)
    }

    /// What the test of the stories asks, asked of the commit itself.
    fn is_green(&self, commit: &str) -> bool {
        self.number(commit, "value") < self.number(commit, "limit")
    }

    fn number(&self, commit: &str, path: &str) -> i64 {
        let text = self.in_repository(&["show", &format!("{commit}:{path}")]);
        text.trim().parse().expect("a number")
    }
}
