//! What the register knows of a person 自然人, value by value: documents, name, mobile number, and
//! the codes that describe somebody.
//!
//! Numbers of documents and of telephones are protected. They pass through here once, on their way
//! to the vault; none of these types shows its number in `Debug`, `Display` or `Serialize`.

pub mod code;
pub mod consistency;
pub mod document;
pub mod mobile;
pub mod name;
pub mod not_collected;
pub mod slip;
pub mod validity;
