//! unionhall-registry

pub mod columns;
pub mod reference;
