//! What really happened, written down where nothing else reads: for a judge who trusts no record of the services.
//!
//! A line for each build that has its source, whose commands ended, that is over, before anybody can learn of it; a line for
//! each approval before it counts. A process that is killed leaves whole lines.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::{OpenError, Settings};

/// The file in the data directory.
const FILE: &str = "audit.jsonl";

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Happened {
    /// The source of a build lies in its folder.
    Fetched {
        /// The build's id.
        build: String,
        /// The commit.
        commit: String,
    },
    /// The commands of a build ended by themselves.
    Built {
        /// The build's id.
        build: String,
        /// The commit that lay in its folder before the first command.
        commit: String,
        /// The tree that lay there.
        tree: String,
        /// The exit code of the first command that failed, 128 and the signal for one that was killed; else 0.
        exit_code: i32,
    },
    /// A build is over.
    Ended {
        /// The build's id.
        build: String,
        /// For example `SUCCEEDED`.
        status: String,
    },
    /// Somebody approved a pull request, or took the approval back.
    Approval {
        /// The pull request.
        pull_request: String,
        /// Its revision at this moment.
        revision: String,
        /// Its source commit at this moment.
        source_commit: String,
        /// Where its destination branch was.
        destination_commit: String,
        /// Who.
        user: String,
        /// Given, or taken back.
        approved: bool,
    },
}

/// All that happened, in its order; nothing where the account keeps no audit.
pub fn read(data_directory: &Path) -> io::Result<Vec<Happened>> {
    let text = match std::fs::read_to_string(data_directory.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    text.lines()
        .map(|line| serde_json::from_str(line).map_err(io::Error::other))
        .collect()
}

/// The open file.
pub(crate) struct Audit(Mutex<File>);

impl Audit {
    /// Opens it if the settings want one.
    pub(crate) fn open(settings: &Settings) -> Result<Option<Self>, OpenError> {
        if !settings.audit {
            return Ok(None);
        }
        let path = settings.data_directory.join(FILE);
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        match opened {
            Ok(file) => Ok(Some(Self(Mutex::new(file)))),
            Err(source) => Err(OpenError::Audit { path, source }),
        }
    }

    /// Writes it down.
    pub(crate) fn note(&self, happened: &Happened) -> io::Result<()> {
        let line = format!("{}\n", serde_json::to_string(happened)?);
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One call: a killed process has written the line or has not.
        file.write_all(line.as_bytes())
    }
}
