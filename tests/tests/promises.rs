//! Promises that span two files: what one file says about another is held here.

#![allow(
    clippy::expect_used,
    reason = "a story ends where something is not as it must be"
)]

#[path = "promises/commands.rs"]
mod commands;
#[path = "promises/documents.rs"]
mod documents;
#[path = "promises/flow.rs"]
mod flow;
#[path = "promises/layers.rs"]
mod layers;
#[path = "promises/markdown.rs"]
mod markdown;
#[path = "promises/partitions.rs"]
mod partitions;
#[path = "promises/security.rs"]
mod security;
#[path = "promises/triggers.rs"]
mod triggers;
#[path = "promises/upgrades.rs"]
mod upgrades;
