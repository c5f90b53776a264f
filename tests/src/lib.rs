//! What the end-to-end tests stand on: databases, server processes, clients and faults.
//!
//! A test body is written once and runs on both engines and in both layouts:
//!
//! ```text
//! unionhall_tests::on_both_engines!(keeps_what_it_acknowledged);
//!
//! async fn keeps_what_it_acknowledged(engine: Engine) -> anyhow::Result<()> {
//!     let mut suite = Suite::start(engine, Layout::All).await?;
//!     let client = suite.connect().await?;
//!     // write ...
//!     suite.kill().await?;
//!     suite.start_again().await?;
//!     // ... and read it back
//!     Ok(())
//! }
//! ```
//!
//! `tests/run` sets what this crate reads from the environment; see [`tools`].

pub mod answers;
pub mod books;
pub mod client;
pub mod cluster;
pub mod engine;
pub mod faults;
pub mod grpcurl;
pub mod imports;
pub mod lanes;
pub mod own_cluster;
pub mod patience;
pub mod policy;
pub mod refusals;
pub mod runbook;
pub mod samples;
pub mod soak;
pub mod suite;
pub mod tools;
pub mod wire;
