//! The files of rules on both sides of a merge, and the memory of where a branch last had rules that can be used: a branch that
//! had some never takes a pull request's own.

use gate_aws::Clients;
use gate_core::{
    error::GateError,
    host::CodeHost,
    id::{BranchName, CommitId, RepositoryName},
    plan::{RuleFiles, RuleSides},
    protocol::RulesRecord,
    rules,
};

/// Where rules are read.
#[derive(Clone, Copy)]
pub(crate) struct Places<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) repository: &'a RepositoryName,
    pub(crate) branch: &'a BranchName,
    pub(crate) destination: &'a CommitId,
    pub(crate) merged: &'a CommitId,
}

impl Places<'_> {
    /// Reads all that a choice of rules is made from; the destination's `gate.toml` is read already.
    pub(crate) async fn read(self, rules_there: Option<Vec<u8>>) -> Result<RuleSides, GateError> {
        let merged = self.file(self.merged, rules::PATH).await?;
        let mut paths = RuleFiles::buildspec_paths(rules_there.as_deref());
        paths.extend(RuleFiles::buildspec_paths(merged.as_deref()));
        let paths: Vec<String> = paths.into_iter().collect();
        let mut sides = RuleSides {
            destination: self.files(self.destination, rules_there, &paths).await?,
            merged: self.files(self.merged, merged, &paths).await?,
            kept: None,
        };
        if sides.need_kept(self.branch) {
            sides.kept = self.kept().await?;
        } else {
            self.keep(&sides.destination).await?;
        }
        for path in sides.missing_after_merge() {
            let host = &self.clients.host;
            let instead = host.instead_of_file(self.repository, self.merged, &path);
            let instead = instead.await?;
            sides.merged.instead.insert(path, instead);
        }
        Ok(sides)
    }

    async fn file(&self, commit: &CommitId, path: &str) -> Result<Option<Vec<u8>>, GateError> {
        self.clients.host.file(self.repository, commit, path).await
    }

    async fn files(
        &self,
        commit: &CommitId,
        gate_toml: Option<Vec<u8>>,
        paths: &[String],
    ) -> Result<RuleFiles, GateError> {
        let mut files = RuleFiles {
            gate_toml,
            ..RuleFiles::default()
        };
        for path in paths {
            if let Some(bytes) = self.file(commit, path).await? {
                files.buildspecs.insert(path.clone(), bytes);
            }
        }
        Ok(files)
    }

    fn parameter(&self) -> String {
        self.clients.names().rules(self.repository, self.branch)
    }

    /// The rules that the branch had when the gate last saw usable ones.
    async fn kept(&self) -> Result<Option<(CommitId, RuleFiles)>, GateError> {
        let record: Option<RulesRecord> = self.clients.parameters.get(&self.parameter()).await?;
        let Some(record) = record.filter(|record| record.branch == *self.branch) else {
            return Ok(None);
        };
        let gate_toml = match self.file(&record.commit, rules::PATH).await {
            Ok(gate_toml) => gate_toml,
            Err(GateError::Refused { message, .. }) => {
                tracing::warn!(commit = %record.commit, message, "the commit with the rules that the branch had is gone");
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let paths = RuleFiles::buildspec_paths(gate_toml.as_deref());
        let paths: Vec<String> = paths.into_iter().collect();
        let files = self.files(&record.commit, gate_toml, &paths).await?;
        Ok(Some((record.commit, files)))
    }

    /// Remembers usable rules, if they are others than those that are remembered.
    async fn keep(&self, files: &RuleFiles) -> Result<(), GateError> {
        let parameters = &self.clients.parameters;
        let name = self.parameter();
        let known: Option<RulesRecord> = parameters.get(&name).await?;
        let digest = files.digest();
        if known.is_some_and(|known| known.digest == digest && known.branch == *self.branch) {
            return Ok(());
        }
        let record = RulesRecord {
            version: 1,
            branch: self.branch.clone(),
            commit: self.destination.clone(),
            digest,
        };
        parameters.put(&name, &record).await
    }
}
