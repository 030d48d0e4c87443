//! The account's audit put beside git: which candidate was built, how that ended, and whether an approval was earned.

use std::collections::{BTreeMap, BTreeSet};

use crate::People;
use local_aws::audit::Happened;

/// A commit that was built.
struct Commit {
    tree: String,
    parents: Vec<String>,
}

/// How a build of a candidate ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// For example `SUCCEEDED`.
    pub status: String,
    /// None if its commands did not end by themselves.
    pub exit_code: Option<i32>,
}

/// Everything that happened, and the commits it happened to.
pub struct Ledger<'a> {
    people: &'a People,
    happened: Vec<Happened>,
    commits: BTreeMap<String, Commit>,
    /// All that `main` ever was.
    main: BTreeSet<String>,
}

impl<'a> Ledger<'a> {
    /// Of an account with an audit; its repository is `demo`.
    pub fn new(people: &'a People, happened: Vec<Happened>) -> Self {
        let built: BTreeSet<&str> = happened
            .iter()
            .filter_map(|happened| match happened {
                Happened::Fetched { commit, .. } => Some(commit.as_str()),
                _ => None,
            })
            .collect();
        let mut show = vec!["log", "--no-walk", "--format=%H %T %P"];
        show.extend(built);
        let commits = people.in_repository(&show);
        let commits = commits.lines().filter_map(|line| {
            let mut words = line.split(' ').map(str::to_owned);
            let (commit, tree) = (words.next()?, words.next()?);
            let parents = words.filter(|word| !word.is_empty()).collect();
            Some((commit, Commit { tree, parents }))
        });
        let commits = commits.collect();
        let main = people.in_repository(&["rev-list", "main"]);
        let main = main.lines().map(str::to_owned).collect();
        Self {
            people,
            happened,
            commits,
            main,
        }
    }

    /// How many builds ran to their end, and how many approvals were given.
    pub fn counts(&self) -> (usize, usize) {
        let count = |wanted: fn(&Happened) -> bool| {
            self.happened
                .iter()
                .filter(|happened| wanted(happened))
                .count()
        };
        (
            count(|happened| matches!(happened, Happened::Built { .. })),
            count(|happened| matches!(happened, Happened::Approval { approved: true, .. })),
        )
    }

    /// Approvals for which no build of the candidate had ended with 0 before, in words.
    pub fn unearned(&self) -> Vec<String> {
        let mut green: Vec<(&str, &str)> = Vec::new();
        let mut unearned = Vec::new();
        for happened in &self.happened {
            match happened {
                Happened::Built {
                    commit,
                    tree,
                    exit_code: 0,
                    ..
                } => green.push((commit, tree)),
                Happened::Approval {
                    approved: true,
                    source_commit,
                    ..
                } => {
                    let earned = green
                        .iter()
                        .any(|(commit, tree)| self.is_candidate(commit, tree, source_commit));
                    if !earned {
                        unearned.push(format!("a wrong approval: {happened:?}"));
                    }
                }
                _ => {}
            }
        }
        unearned
    }

    /// Whether what was built is what merging `source` makes, computed anew.
    fn is_candidate(&self, commit: &str, tree: &str, source: &str) -> bool {
        let Some(built) = self.commits.get(commit).filter(|built| built.tree == tree) else {
            return false;
        };
        if commit == source {
            return true;
        }
        let [destination, merged] = &built.parents[..] else {
            return false;
        };
        merged == source && self.main.contains(destination) && {
            let merge = ["merge-tree", "--write-tree", destination, source];
            self.people.in_repository(&merge) == tree
        }
    }

    /// How the last build of a candidate with this source ended, other than by a stop.
    pub fn last_end(&self, source: &str) -> Option<End> {
        let mut exit_codes: BTreeMap<&str, Option<i32>> = BTreeMap::new();
        let mut last = None;
        for happened in &self.happened {
            match happened {
                Happened::Fetched { build, commit } if self.is_of(commit, source) => {
                    exit_codes.insert(build, None);
                }
                Happened::Built {
                    build, exit_code, ..
                } => {
                    if let Some(code) = exit_codes.get_mut(build.as_str()) {
                        *code = Some(*exit_code);
                    }
                }
                Happened::Ended { build, status } if status != "STOPPED" => {
                    if let Some(exit_code) = exit_codes.get(build.as_str()) {
                        last = Some(End {
                            status: status.clone(),
                            exit_code: *exit_code,
                        });
                    }
                }
                _ => {}
            }
        }
        last
    }

    fn is_of(&self, commit: &str, source: &str) -> bool {
        let parents = self.commits.get(commit).map(|commit| &commit.parents);
        let merges = parents.is_some_and(|parents| parents.len() == 2 && parents[1] == source);
        commit == source || merges
    }
}
