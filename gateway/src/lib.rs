//! The single front door: one port for all packages of the suite.
//!
//! Calls are routed by the proto package in their path. Messages are never decoded: their bytes
//! flow through as they are, held back by whoever reads slowest.

mod catalogue;
mod forward;
mod gateway;
mod headers;
mod health;
mod meter;
mod retry;
mod route;
mod upstream;

pub use gateway::{BuildError, Builder, Gateway, MESSAGE_LIMIT};
pub use upstream::{Local, PoolSettings, Remote, Upstream};
