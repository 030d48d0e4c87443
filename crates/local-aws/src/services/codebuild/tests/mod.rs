//! Stories of projects and builds: real git repositories, real processes.

mod bench;
mod builds;
mod crashes;
mod limits;
mod projects;
mod reports;
mod sources;
mod watched;
