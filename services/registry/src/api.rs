//! One file per proto service. Each method reads the same way: decode, authorise, load, decide
//! (`rules`), save, encode.

pub mod areas;
pub mod base_registers;
pub mod changes;
pub mod elections;
pub mod employers;
mod findings;
pub mod formations;
pub mod imports;
pub mod members;
pub mod metrics;
pub mod officers;
mod order;
pub mod reference;
pub mod unions;
mod wire;
