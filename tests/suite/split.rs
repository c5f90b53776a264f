//! The gateway apart from the register: what passes, and what happens when the register is away.

mod passing;
mod tools;
mod upstream;
