//! Who is let in, and what those who are let in cannot see.

mod batches;
mod moves;
mod scope;
mod tokens;
