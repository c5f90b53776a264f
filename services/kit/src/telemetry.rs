//! Logs, traces and metrics of a process, set up once and flushed once.
//!
//! A log line names the method, code, duration, request id and client id of a call, never a value
//! from a record.

mod metrics;
mod trace;

pub(crate) use metrics::code_name;
pub use metrics::{RpcMetrics, Shed};
pub(crate) use trace::call_span;
pub use trace::{inject_context, record_client};
