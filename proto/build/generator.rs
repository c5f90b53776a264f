//! Rust from the contract's annotations: `Validate` for what a client can send, `Masked` for what
//! an Update request changes. An annotation that is not known here is an error.

use prost_reflect::DescriptorPool;

mod check;
mod fields;
mod masks;
mod names;
mod rules;
mod validation;

/// The generated source.
pub(crate) fn generate(pool: &DescriptorPool) -> Result<String, String> {
    check::all(pool)?;
    let requests = fields::reachable(pool)?;
    Ok(format!("{}{}", validation::emit(&requests)?, masks::emit(&requests)?))
}
