//! Every test that needs a running suite, in one binary. Started by `tests/run`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]

mod access;
mod admission;
mod audit;
mod backup;
mod bad_input;
mod canary;
mod commands;
mod documents;
mod formation;
mod golden_year;
mod house;
mod kills;
mod member_import;
mod merges;
mod overload;
mod resume;
mod rotation;
mod split;
mod storage;
mod storage_faults;
