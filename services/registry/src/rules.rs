//! The registry's domain as plain values and functions: no async, no database, no wire.
//!
//! What can be decided from values is decided here. Each module returns its own small fault;
//! every fault is a [`Refusal`], which `api` turns into the status that travels.

pub mod area;
pub mod base_register;
pub mod committee_review;
pub mod contribution;
pub mod credit_code;
pub mod duplicates;
pub mod election;
pub mod election_rules;
pub mod employer;
pub mod filter;
pub mod formation;
pub mod history;
pub mod member;
pub mod name;
pub mod office;
pub mod organisation_code;
pub mod person;
pub mod purpose;
pub mod quality;
pub mod reasons;
pub mod refusal;
pub mod retention;
pub mod standing;
pub mod steps;
pub mod subject_request;
pub mod union;

pub use refusal::Refusal;
