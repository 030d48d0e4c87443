//! The standard events of the gate's bus: what happened on a code host, in the same words for each of them.
//!
//! The front door writes them, the functions behind the bus read them, and so may rules of other people. Their JSON is public:
//! a member may be added, none is renamed or taken away.

mod commit;
mod push;
mod repository;

pub use commit::{CommitHash, NotACommitHash};
pub use push::{Push, Reference, ReferenceKind};
pub use repository::{HostKind, Repository};

/// `source` of every event of the gate's bus.
pub const SOURCE: &str = "mergegate";

/// `detail-type` of a [`Push`].
pub const PUSH: &str = "Mergegate Push";

/// The version of the events that this crate writes, in their member `version`.
pub const VERSION: u32 = 1;
