//! What the register does by itself, and resumes by itself after a crash.

pub mod structure;
