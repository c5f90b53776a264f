//! The documents say what the program does: each is held against the code and the contract.

mod contract;
mod coverage;
mod errors;
mod method_comments;
mod planted;
mod readme;

use std::{fs, path::PathBuf};

use unionhall_kit::{fault::Reason, sheet::FaultKind};

/// A file of the repository.
fn path(relative: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(relative)
}

/// The text of a file of the repository.
fn text(relative: &str) -> String {
    fs::read_to_string(path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

/// Every list of reasons, and the file that declares it.
const REASONS: [(&str, &[&Reason]); 2] = [
    ("services/kit/src/reasons.rs", unionhall_kit::reasons::ALL),
    ("services/registry/src/rules/reasons.rs", unionhall_registry::rules::reasons::ALL),
];

/// Every list of the faults of imports, and the file that declares it.
const FAULT_KINDS: [(&str, &[&FaultKind]); 3] = [
    ("services/kit/src/imports/kinds.rs", unionhall_kit::imports::kinds::ALL),
    ("services/kit/src/sheet/kinds.rs", unionhall_kit::sheet::kinds::ALL),
    ("services/registry/src/imports/kinds.rs", unionhall_registry::imports::kinds::ALL),
];

/// Every reason that the suite gives.
fn reasons() -> impl Iterator<Item = &'static Reason> {
    REASONS.iter().flat_map(|(_, all)| *all).copied()
}

/// Every kind of fault that an import reports.
fn fault_kinds() -> impl Iterator<Item = &'static FaultKind> {
    FAULT_KINDS.iter().flat_map(|(_, all)| *all).copied()
}

/// The source files below `folder` that call `macro_name`, ascending.
fn callers_of(macro_name: &str, folder: &str) -> Vec<String> {
    let opening = format!("::{macro_name}! {{");
    let mut found = Vec::new();
    for entry in fs::read_dir(path(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{folder}/{}", entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            found.extend(callers_of(macro_name, &name));
        } else if name.ends_with(".rs") && text(&name).lines().any(|l| l.ends_with(&opening)) {
            found.push(name);
        }
    }
    found.sort();
    found
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

#[test]
fn no_list_of_reasons_or_faults_is_overlooked() {
    let files = |macro_name| {
        let folders = ["gateway/src", "services"];
        folders.into_iter().flat_map(|folder| callers_of(macro_name, folder)).collect::<Vec<_>>()
    };
    assert_eq!(files("reasons"), REASONS.map(|(file, _)| file));
    assert_eq!(files("fault_kinds"), FAULT_KINDS.map(|(file, _)| file));
}
