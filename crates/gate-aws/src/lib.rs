//! What the gate asks of AWS: one thin struct per service, each method one question or one effect.
//!
//! A modelled error that is an outcome is returned as one; everything else becomes a [`gate_core::error::GateError`]
//! in `error.rs`, and nowhere else.

mod clients;
mod codebuild;
mod codecommit;
pub mod config;
pub mod conversation;
mod deployment;
mod error;
mod executions;
mod lazy;
pub mod let_go;
mod logs;
mod objects;
mod parameters;
mod reports;
pub mod repository;
pub mod run;
mod seals;
mod signed;
#[cfg(test)]
mod testing;
mod transport;

pub use clients::Clients;
pub use codebuild::{
    BuildOrder, CodeBuild, DeleteOutcome, GroupOutcome, Project, ProjectSpec, RawFolder,
    ReportGroup, ReportGroupSpec, StartOutcome,
};
pub use codecommit::CodeCommit;
pub use deployment::Deployment;
pub use executions::{DescribedExecution, Executions, StartedExecution};
pub use logs::Logs;
pub use objects::{Listed, Listing, Objects};
pub use parameters::Parameters;
pub use reports::{RawReport, Reported, Reports, ReportsOf};
pub use seals::Seals;
