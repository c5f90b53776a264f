//! The documents say what the program does: each is held against the code and the contract.

mod contract;
mod coverage;
mod errors;
mod method_comments;

use std::{fs, path::PathBuf};

use unionhall_kit::fault::Reason;

/// A file of the repository.
fn path(relative: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(relative)
}

/// The text of a file of the repository.
fn text(relative: &str) -> String {
    fs::read_to_string(path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

/// Every reason that the suite gives, service by service.
fn reasons() -> impl Iterator<Item = &'static Reason> {
    let all = [unionhall_kit::reasons::ALL, unionhall_registry::rules::reasons::ALL];
    all.into_iter().flatten().copied()
}

/// Whether a word is UPPER_SNAKE.
fn upper_snake(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// What stands in single backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// No fault was found.
#[track_caller]
fn clean(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
