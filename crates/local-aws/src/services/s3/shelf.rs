//! Objects on disk: a folder per bucket, a file per object, named by the hash of its key because a key may be longer than
//! a file's name. A file begins with a line that tells key and content type. It is written beside its place and moved
//! there whole, so that a process killed at any moment leaves the old object or the new one.

use std::{io, path::PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Account, ServiceError, hex::hex};

/// Longest key in bytes (user guide, object keys).
const LONGEST_KEY: usize = 1024;

/// A bucket.
pub(super) struct Shelf {
    name: String,
    folder: PathBuf,
}

/// An object.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    key: String,
    content_type: String,
}

impl Object {
    /// Names its content.
    pub(super) fn tag(&self) -> String {
        hash(&self.body)[..32].to_owned()
    }
}

/// The buckets by name, each with the time since when it is there.
pub(super) async fn buckets(account: &Account) -> Result<Vec<(String, Timestamp)>, ServiceError> {
    let mut folders = match tokio::fs::read_dir(account.directory("objects")).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        folders => folders.map_err(ServiceError::internal)?,
    };
    let mut buckets = Vec::new();
    while let Some(folder) = folders.next_entry().await.map_err(ServiceError::internal)? {
        let facts = folder.metadata().await.map_err(ServiceError::internal)?;
        let since = facts.created().or_else(|_| facts.modified());
        let since = since.ok().and_then(|time| Timestamp::try_from(time).ok());
        buckets.extend(
            folder
                .file_name()
                .into_string()
                .map(|name| (name, since.unwrap_or_default())),
        );
    }
    buckets.sort();
    Ok(buckets)
}

impl Shelf {
    pub(super) fn new(account: &Account, bucket: &str) -> Self {
        Self {
            name: bucket.to_owned(),
            folder: account.directory("objects").join(bucket),
        }
    }

    pub(super) async fn create(&self) -> Result<(), ServiceError> {
        tokio::fs::create_dir_all(&self.folder)
            .await
            .map_err(ServiceError::internal)
    }

    /// Refuses a bucket that nobody made.
    pub(super) async fn check(&self) -> Result<(), ServiceError> {
        if tokio::fs::try_exists(&self.folder).await.unwrap_or(false) {
            return Ok(());
        }
        let message = format!("The specified bucket does not exist: {}", self.name);
        Err(missing("NoSuchBucket", message))
    }

    pub(super) async fn put(&self, object: &Object) -> Result<String, ServiceError> {
        if object.key.len() > LONGEST_KEY {
            let message = "Your key is too long";
            return Err(ServiceError::client("KeyTooLongError", message));
        }
        let head = Head {
            key: object.key.clone(),
            content_type: object.content_type.clone(),
        };
        let mut content = serde_json::to_vec(&head).map_err(ServiceError::internal)?;
        content.push(b'\n');
        content.extend_from_slice(&object.body);
        let (place, folder) = (self.place(&object.key), self.folder.clone());
        let written = tokio::task::spawn_blocking(move || {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            io::Write::write_all(&mut file, &content)?;
            file.persist(place).map_err(|error| error.error)
        });
        written
            .await
            .map_err(ServiceError::internal)?
            .map_err(ServiceError::internal)?;
        Ok(object.tag())
    }

    pub(super) async fn get(&self, key: &str) -> Result<Object, ServiceError> {
        match tokio::fs::read(self.place(key)).await {
            Ok(content) => parse(&content).ok_or_else(|| {
                ServiceError::internal(format!("the file of object `{key}` is damaged"))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing(
                "NoSuchKey",
                format!("The specified key does not exist: {key}"),
            )),
            Err(error) => Err(ServiceError::internal(error)),
        }
    }

    /// Deleting what is not there succeeds.
    pub(super) async fn delete(&self, key: &str) -> Result<(), ServiceError> {
        match tokio::fs::remove_file(self.place(key)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(ServiceError::internal(error))
            }
            _ => Ok(()),
        }
    }

    /// Every object in the order of the keys.
    pub(super) async fn all(&self) -> Result<Vec<Object>, ServiceError> {
        let mut files = tokio::fs::read_dir(&self.folder)
            .await
            .map_err(ServiceError::internal)?;
        let mut objects = Vec::new();
        while let Some(file) = files.next_entry().await.map_err(ServiceError::internal)? {
            // One that is being written, or was deleted since it was listed, is none.
            if let Ok(content) = tokio::fs::read(file.path()).await
                && let Some(object) = parse(&content)
                && self.place(&object.key) == file.path()
            {
                objects.push(object);
            }
        }
        objects.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(objects)
    }

    fn place(&self, key: &str) -> PathBuf {
        self.folder.join(hash(key.as_bytes()))
    }
}

fn parse(content: &[u8]) -> Option<Object> {
    let end = content.iter().position(|byte| *byte == b'\n')?;
    let Head { key, content_type } = serde_json::from_slice(&content[..end]).ok()?;
    Some(Object {
        key,
        content_type,
        body: content[end + 1..].to_vec(),
    })
}

fn missing(code: &str, message: String) -> ServiceError {
    ServiceError {
        status: 404,
        ..ServiceError::client(code, message)
    }
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
