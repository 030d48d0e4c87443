//! Everything the endpoint remembers: typed tables in memory over one journal file.
//!
//! A transaction appends one line; a line is either whole or ignored, so a process killed at any moment loses at
//! most what it had not answered yet. Opening the store replays the journal and writes it anew without history.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufRead, BufReader, Write},
    marker::PhantomData,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Format of the data directory; another version is refused, not guessed at.
const VERSION: u32 = 1;

/// Why the state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system said no.
    #[error("failed to use `{path}`: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Its error.
        source: io::Error,
    },
    /// The data directory is of another release.
    #[error(
        "`{path}` holds data of version {found}, this program reads version {VERSION}: use another directory or delete this one"
    )]
    Version {
        /// The journal.
        path: PathBuf,
        /// What it says.
        found: String,
    },
    /// Another process uses the directory.
    #[error("`{path}` is in use by another process: stop it or use another directory")]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A value does not fit its table.
    #[error("failed to encode `{key}` of table `{table}`: {source}")]
    Value {
        /// The table.
        table: String,
        /// The key.
        key: String,
        /// The cause.
        source: serde_json::Error,
    },
}

/// A table of `T` by string key.
pub(crate) struct Table<T> {
    name: &'static str,
    kind: PhantomData<fn() -> T>,
}

impl<T> Table<T> {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            kind: PhantomData,
        }
    }
}

type Rows = BTreeMap<String, Box<str>>;

#[derive(Serialize, Deserialize)]
struct Change {
    t: String,
    k: String,
    /// The row as JSON text; absent for a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v: Option<Box<str>>,
}

/// A consistent view of all tables.
#[derive(Default)]
pub(crate) struct Tables {
    tables: BTreeMap<String, Rows>,
}

impl Tables {
    /// The row at `key`.
    pub(crate) fn get<T: DeserializeOwned>(&self, table: &Table<T>, key: &str) -> Option<T> {
        let row = self.tables.get(table.name)?.get(key)?;
        serde_json::from_str(row).ok()
    }

    /// All rows whose key starts with `prefix`, in key order.
    pub(crate) fn scan<'a, T: DeserializeOwned>(
        &'a self,
        table: &Table<T>,
        prefix: &str,
    ) -> impl DoubleEndedIterator<Item = (&'a str, T)> + use<'a, T> {
        let rows = self.tables.get(table.name).into_iter();
        let prefix = prefix.to_owned();
        rows.flat_map(move |rows| {
            let prefix = prefix.clone();
            let end = format!("{prefix}\u{10FFFF}");
            rows.range(prefix..=end)
        })
        .filter_map(|(key, row)| Some((key.as_str(), serde_json::from_str(row).ok()?)))
    }

    fn set(&mut self, table: &str, key: &str, value: Option<Box<str>>) -> Option<Box<str>> {
        let rows = self.tables.entry(table.to_owned()).or_default();
        match value {
            Some(value) => rows.insert(key.to_owned(), value),
            None => rows.remove(key),
        }
    }
}

/// Changes that happen together or not at all; reads see them at once.
pub(crate) struct Transaction<'a> {
    tables: &'a mut Tables,
    changes: Vec<Change>,
    undo: Vec<Change>,
}

impl std::ops::Deref for Transaction<'_> {
    type Target = Tables;
    fn deref(&self) -> &Tables {
        self.tables
    }
}

impl Transaction<'_> {
    /// Writes the row at `key`.
    pub(crate) fn put<T: Serialize>(
        &mut self,
        table: &Table<T>,
        key: &str,
        value: &T,
    ) -> Result<(), StoreError> {
        let text = serde_json::to_string(value).map_err(|source| StoreError::Value {
            table: table.name.to_owned(),
            key: key.to_owned(),
            source,
        })?;
        self.change(table.name, key, Some(text.into_boxed_str()));
        Ok(())
    }

    /// Removes the row at `key`.
    pub(crate) fn delete<T>(&mut self, table: &Table<T>, key: &str) {
        self.change(table.name, key, None);
    }

    /// The next number of a counter, from 1.
    pub(crate) fn next_number(&mut self, counter: &str) -> Result<u64, StoreError> {
        const COUNTERS: Table<u64> = Table::new("counters");
        let next = self.get(&COUNTERS, counter).unwrap_or(0) + 1;
        self.put(&COUNTERS, counter, &next)?;
        Ok(next)
    }

    fn change(&mut self, table: &str, key: &str, value: Option<Box<str>>) {
        let change = |v| Change {
            t: table.to_owned(),
            k: key.to_owned(),
            v,
        };
        let before = self.tables.set(table, key, value.clone());
        self.undo.push(change(before));
        self.changes.push(change(value));
    }
}

struct Inner {
    tables: Tables,
    journal: File,
    path: PathBuf,
}

/// The tables and their journal.
pub(crate) struct Store {
    inner: Mutex<Inner>,
    _lock: File,
}

impl Store {
    /// Opens or creates the state in `directory`.
    pub(crate) fn open(directory: &Path) -> Result<Self, StoreError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::Io { path, source }
        };
        fs::create_dir_all(directory).map_err(io(directory))?;
        let lock_path = directory.join("lock");
        let lock = File::create(&lock_path).map_err(io(&lock_path))?;
        hold(&lock).map_err(|_| StoreError::Locked { path: lock_path })?;
        let path = directory.join("journal.jsonl");
        let tables = if path.exists() {
            replay(&path)?
        } else {
            Tables::default()
        };
        compact(&path, &tables).map_err(io(&path))?;
        let journal = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(io(&path))?;
        Ok(Self {
            inner: Mutex::new(Inner {
                tables,
                journal,
                path,
            }),
            _lock: lock,
        })
    }

    /// Looks at the tables.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&Tables) -> R) -> R {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        look(&inner.tables)
    }

    /// Changes the tables; on an error of `change` nothing is changed.
    pub(crate) fn write<R, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&mut Transaction<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = &mut *inner;
        let mut transaction = Transaction {
            tables: &mut inner.tables,
            changes: Vec::new(),
            undo: Vec::new(),
        };
        let mut result = change(&mut transaction);
        let Transaction { changes, undo, .. } = transaction;
        if result.is_ok()
            && !changes.is_empty()
            && let Err(source) = append(&mut inner.journal, &changes)
        {
            let path = inner.path.clone();
            result = Err(StoreError::Io { path, source }.into());
        }
        if result.is_err() {
            for change in undo.into_iter().rev() {
                inner.tables.set(&change.t, &change.k, change.v);
            }
        }
        result
    }
}

/// Locks the file. A child of the last holder that has not come to its `exec` yet keeps the lock for a moment.
fn hold(lock: &File) -> Result<(), TryLockError> {
    for _ in 0..20 {
        if lock.try_lock().is_ok() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(10));
    }
    lock.try_lock()
}

fn append(journal: &mut File, changes: &[Change]) -> io::Result<()> {
    let mut line = serde_json::to_vec(changes)?;
    line.push(b'\n');
    journal.write_all(&line)
}

fn replay(path: &Path) -> Result<Tables, StoreError> {
    let io = |source| StoreError::Io {
        path: path.to_owned(),
        source,
    };
    let mut lines = BufReader::new(File::open(path).map_err(io)?).split(b'\n');
    let head = lines.next().transpose().map_err(io)?.unwrap_or_default();
    if head != format!("{{\"version\":{VERSION}}}").as_bytes() {
        return Err(StoreError::Version {
            path: path.to_owned(),
            found: String::from_utf8_lossy(&head[..head.len().min(60)]).into_owned(),
        });
    }
    let mut tables = Tables::default();
    for line in lines {
        // A torn last line was never answered.
        let Ok(changes) = serde_json::from_slice::<Vec<Change>>(&line.map_err(io)?) else {
            continue;
        };
        for change in changes {
            tables.set(&change.t, &change.k, change.v);
        }
    }
    Ok(tables)
}

fn compact(path: &Path, tables: &Tables) -> io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = io::BufWriter::new(File::create(&fresh)?);
    writeln!(file, "{{\"version\":{VERSION}}}")?;
    for (table, rows) in &tables.tables {
        for (key, row) in rows {
            let change = Change {
                t: table.clone(),
                k: key.clone(),
                v: Some(row.clone()),
            };
            serde_json::to_writer(&mut file, &[change])?;
            file.write_all(b"\n")?;
        }
    }
    file.into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()?;
    fs::rename(fresh, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Table<String> = Table::new("names");

    fn open(directory: &tempfile::TempDir) -> Store {
        Store::open(directory.path()).unwrap()
    }

    #[test]
    fn state_survives_a_restart_and_a_torn_last_line() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory);
        store
            .write(|tables| {
                tables.put(&NAMES, "a", &"ann".to_owned())?;
                tables.put(&NAMES, "b", &"bob".to_owned())?;
                tables.delete(&NAMES, "b");
                Ok::<_, StoreError>(())
            })
            .unwrap();
        drop(store);
        let path = directory.path().join("journal.jsonl");
        OpenOptions::new()
            .append(true)
            .open(path)
            .unwrap()
            .write_all(b"[{\"t\":\"names\",\"k\":\"c\"")
            .unwrap();
        let names: Vec<_> = open(&directory).read(|tables| {
            tables
                .scan(&NAMES, "")
                .map(|(key, name)| format!("{key}={name}"))
                .collect()
        });
        assert_eq!(names, ["a=ann"]);
    }

    #[test]
    fn a_failed_transaction_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let store = open(&directory);
        let failed: Result<(), StoreError> = store.write(|tables| {
            tables.put(&NAMES, "a", &"ann".to_owned())?;
            Err(StoreError::Locked {
                path: PathBuf::new(),
            })
        });
        assert!(failed.is_err());
        assert_eq!(store.read(|tables| tables.get(&NAMES, "a")), None);
    }

    #[test]
    fn refuses_a_directory_of_another_version() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("journal.jsonl"), "{\"version\":0}\n").unwrap();
        let error = Store::open(directory.path()).err().unwrap().to_string();
        assert!(
            error.contains("holds data of version {\"version\":0}, this program reads version 1"),
            "{error}"
        );
    }

    #[test]
    fn refuses_a_directory_in_use() {
        let directory = tempfile::tempdir().unwrap();
        let _store = open(&directory);
        let error = Store::open(directory.path()).err().unwrap().to_string();
        assert!(error.contains("is in use by another process"), "{error}");
    }
}
