//! unionhall-registry

pub mod columns;
pub mod reference;
pub mod rules;
