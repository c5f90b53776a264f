//! Who is let in, and what those who are let in cannot see.

mod batches;
mod denials;
mod moves;
mod scope;
mod tokens;
