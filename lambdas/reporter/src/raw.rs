//! The raw files of a report: every case, however many, with places and flaky ones, where CodeBuild itself keeps 500 of a
//! report without either.
//!
//! The files come from code under test. They are read in pieces, each is bounded, and what is wrong with one hides no other.
//! How CodeBuild names the objects no source says, so only a key that bears the report's own id is taken for one of its
//! files; without such a key the cases that CodeBuild keeps must do. What the files may change is decided by
//! [`Tests::told_by`](gate_core::report::Tests::told_by).

mod pieces;
mod sink;

use std::io::BufReader;

use gate_aws::{Clients, Listed, RawReport, Reported};
use gate_core::{
    error::GateError,
    report::{RawTests, Report, ReportContent, Tests},
};
use sink::Gathered;

/// Bytes read of the files of one report, all together.
const MOST_BYTES: u64 = 256 << 20;

/// Why nothing at all can be told by raw files.
#[derive(Debug, thiserror::Error)]
enum Untold {
    #[error(transparent)]
    NotListed(#[from] GateError),
    #[error("the reader of raw files broke: {0}")]
    Broke(#[from] tokio::task::JoinError),
}

/// The report, told by its raw files if there are any.
pub(crate) async fn tell(clients: &Clients, reported: Reported) -> Report {
    let Reported { report, raw } = reported;
    let ReportContent::Tests(tests) = report.content else {
        return report;
    };
    let raw = raw.filter(|raw| tests.total > 0 && clients.objects.is(&raw.bucket));
    let content = match raw {
        None => tests,
        Some(raw) => match read(clients, &raw).await {
            Ok(found) => tests.told_by(found),
            Err(error) => {
                tracing::warn!(report.id = raw.id, error = %error, "failed to read the raw files of a report");
                untold(tests, "the raw files could not be read")
            }
        },
    };
    Report {
        content: ReportContent::Tests(content),
        ..report
    }
}

/// The tests as CodeBuild keeps them.
fn untold(tests: Tests, why: &str) -> Tests {
    let faults = vec![why.to_owned()];
    tests.told_by(RawTests {
        faults,
        ..RawTests::default()
    })
}

async fn read(clients: &Clients, raw: &RawReport) -> Result<RawTests, Untold> {
    let folder = format!("{}/", raw.folder.trim_end_matches('/'));
    let listing = clients.objects.list(&folder).await?;
    let mut objects = listing.objects;
    objects.retain(|object| object.key.contains(&raw.id) && object.size > 0);
    let mut faults = Vec::new();
    if objects.is_empty() {
        faults.push("CodeBuild kept no raw files of them".to_owned());
    }
    let mut left = MOST_BYTES;
    let mut gathered = Gathered::default();
    for object in objects {
        let name = object.key.rsplit('/').next().unwrap_or(&object.key);
        if object.size > left {
            let mebibytes = MOST_BYTES >> 20;
            faults.push(format!(
                "{name}: more than {mebibytes} MiB of raw files are not read"
            ));
            continue;
        }
        left -= object.size;
        let (back, fault) = read_one(clients, &object, gathered).await?;
        gathered = back;
        faults.extend(fault.map(|fault| format!("{name}: {fault}")));
    }
    Ok(RawTests {
        tests: gathered.into_tests(),
        faults,
    })
}

/// Adds one file to what was gathered so far, and says what is wrong with it. The parser works beside, on what comes in.
async fn read_one(
    clients: &Clients,
    object: &Listed,
    mut gathered: Gathered,
) -> Result<(Gathered, Option<String>), Untold> {
    let (feed, pieces) = pieces::channel();
    let parser = tokio::task::spawn_blocking(move || {
        let result = test_reports::read(BufReader::new(pieces), &mut gathered);
        (gathered, result.err())
    });
    let fetched = feed.all_of(clients, object).await;
    let (gathered, broken) = parser.await?;
    let broken = broken.map(|error| error.to_string());
    // A file that could not be fetched to its end seems to break off.
    let fault = fetched.err().map(|error| error.to_string());
    Ok((gathered, fault.or(broken)))
}
