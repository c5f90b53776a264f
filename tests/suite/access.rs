//! Who is let in, and what those who are let in cannot see.

mod scope;
mod tokens;
