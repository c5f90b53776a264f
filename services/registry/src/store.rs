//! The only place that knows the register's SQL.

pub mod employers;
