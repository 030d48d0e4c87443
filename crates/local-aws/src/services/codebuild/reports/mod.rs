//! Reports: what a build's report files say, kept as CodeBuild keeps it.
//!
//! A report that cannot be believed whole is INCOMPLETE: nothing matched, a file is broken or of another kind than the
//! buildspec says, or the build died. The log says why.

mod export;
pub(super) mod groups;
mod model;
pub(super) mod queries;
mod reader;
mod tables;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use super::{builds, log::Log};
use crate::{Account, ServiceError, buildspec::ReportFiles, store::Transaction};
use model::{Contents, Kind, Report};

/// Reads the reports of a build and journals them. Without `source` the build has died and nothing is read. The
/// error says in words which reports could not be kept.
pub(super) async fn collect(
    account: &Arc<Account>,
    build: &str,
    declared: &BTreeMap<String, ReportFiles>,
    source: Option<PathBuf>,
    log: &mut Log,
) -> Result<(), String> {
    let mut faults = Vec::new();
    for (name, files) in declared {
        let contents = match &source {
            Some(source) => read(source.clone(), files.clone()).await,
            None => Contents::incomplete(Kind::of(files), vec!["the build ended early".to_owned()]),
        };
        let status = contents.status;
        let raw = contents.raw.clone();
        for problem in &contents.problems {
            log.say(&format!("Report {name}: {problem}"));
        }
        match keep(account, build, name, contents) {
            Ok(report) => {
                log.say(&format!("Report {name}: {} {}", status.word(), report.arn));
                for problem in export::export(account, &report, raw).await {
                    log.say(&format!("Report {name}: {problem}"));
                }
            }
            Err(error) if error.status < 500 => {
                log.say(&format!("Report {name}: {}", error.message));
                faults.push(format!("report {name}: {}", error.message));
            }
            Err(error) => faults.push(format!("report {name}: {error}")),
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("; "))
    }
}

async fn read(source: PathBuf, files: ReportFiles) -> Contents {
    let kind = Kind::of(&files);
    tokio::task::spawn_blocking(move || reader::read(&source, &files))
        .await
        .unwrap_or_else(|error| {
            Contents::incomplete(kind, vec![format!("failed to read the files: {error}")])
        })
}

/// Journals a report in its group, which is made if the buildspec gives only its name.
fn keep(
    account: &Account,
    build: &str,
    name: &str,
    contents: Contents,
) -> Result<Report, ServiceError> {
    account.store.write(|transaction| {
        let mut record = builds::get(transaction, build).ok_or_else(|| builds::not_found(build))?;
        let group = groups::of_buildspec(
            account,
            transaction,
            &record.build.project_name,
            name,
            contents.kind,
        )?;
        let report = tables::insert(account, transaction, &group, &record.build.arn, contents)?;
        record.build.report_arns.push(report.arn.clone());
        builds::put(transaction, &record)?;
        Ok(report)
    })
}

/// Removes a report with its cases.
pub(super) fn remove(transaction: &mut Transaction<'_>, arn: &str) {
    tables::remove(transaction, arn);
}
