//! The envelope every event has.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Account;

/// An event as targets get it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Event {
    version: String,
    pub(super) id: String,
    detail_type: String,
    source: String,
    account: String,
    /// RFC 3339, whole seconds.
    time: String,
    region: String,
    resources: Vec<String>,
    detail: Value,
}

/// What the sender of an event says.
pub(super) struct Contents {
    pub(super) source: String,
    pub(super) detail_type: String,
    pub(super) time: Timestamp,
    pub(super) resources: Vec<String>,
    pub(super) detail: Value,
}

impl Event {
    pub(super) fn new(account: &Account, contents: Contents) -> Self {
        Self {
            version: "0".to_owned(),
            id: unique_id(),
            detail_type: contents.detail_type,
            source: contents.source,
            account: account.settings.account_id.clone(),
            time: contents.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            region: account.settings.region.clone(),
            resources: contents.resources,
            detail: contents.detail,
        }
    }
}

/// A random UUID (version 4).
pub(crate) fn unique_id() -> String {
    let bits = fastrand::u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|group| &hex[group]);
    groups.join("-")
}
