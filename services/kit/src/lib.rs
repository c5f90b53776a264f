//! What every service of the suite needs and none should write again.
//!
//! kit knows no domain: areas and affiliations are [`path::Path`]s to it, protected fields are
//! bytes, figures are names.

pub mod access;
pub mod backup;
pub mod call;
pub mod civil;
pub mod clock;
pub mod config;
pub mod db;
pub mod deadline;
pub mod door;
mod ending;
pub mod fault;
pub mod figures;
pub mod gather;
pub mod ids;
pub mod imports;
pub mod keys;
pub mod ledger;
pub mod loader;
pub mod paging;
pub mod path;
pub mod private_file;
pub mod reasons;
pub mod rotation;
pub mod scoped;
pub mod server;
pub mod sheet;
pub mod telemetry;
pub mod text;
pub mod vault;
