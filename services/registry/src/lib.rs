//! The register: areas, employers, and the figures over them.
//!
//! `rules` decide, `store` knows SQL, `api` decodes and encodes; `reference` and `demo` hold what
//! ships with the release.

pub mod api;
pub mod columns;
pub mod demo;
pub mod imports;
pub mod jobs;
pub mod reference;
pub mod register;
pub mod revisions;
pub mod rules;
pub mod services;
pub mod store;
#[cfg(test)]
mod testing;
pub mod tree;

pub use register::Register;
