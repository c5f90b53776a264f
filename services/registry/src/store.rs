//! The only place that knows the register's SQL.

pub mod areas;
pub mod base_registers;
pub mod dated;
pub mod elections;
pub mod employers;
pub mod explain;
pub mod formations;
pub mod grounds;
pub mod members;
pub mod officers;
pub mod quality;
pub mod structure_changes;
pub mod subject_requests;
pub mod unions;
pub mod vacancies;
pub mod written;
