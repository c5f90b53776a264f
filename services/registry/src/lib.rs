//! unionhall-registry

pub mod columns;
pub mod demo;
pub mod reference;
pub mod rules;
