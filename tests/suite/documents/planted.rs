//! `docs/planted-bugs.md` tells of every planted bug, and each can still be planted.

use std::{fs, path::Path, process::Command};

use super::{clean, path, text};

/// What is wrong with a patch.
fn faults(patch: &Path, document: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let git = Command::new("git")
        .args(["apply", "--check"])
        .arg(fs::canonicalize(patch).unwrap())
        .current_dir(path(""))
        .output()
        .unwrap();
    if !git.status.success() {
        faults.push(String::from_utf8_lossy(&git.stderr).trim().to_owned());
    }
    let name = patch.file_name().unwrap().to_str().unwrap();
    let patch = fs::read_to_string(patch).unwrap();
    let named = |start| patch.lines().filter_map(move |line| line.strip_prefix(start));
    if named("Test: ").count() == 0 || named("Test: ").count() != named("Red: ").count() {
        faults.push("each test stands before what it says".to_owned());
    }
    let told = named("Test: ").chain([name]);
    let untold = told.filter(|what| !document.contains(&format!("`{what}`")));
    faults.extend(untold.map(|what| format!("the document does not tell of {what}")));
    faults.into_iter().map(|fault| format!("{name}: {fault}")).collect()
}

#[test]
fn planted_bugs_apply_and_are_documented() {
    let document = text("docs/planted-bugs.md");
    let files = fs::read_dir(path("tests/planted")).unwrap().map(|entry| entry.unwrap().path());
    let patches: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|end| end == "patch")).collect();
    assert!(patches.len() >= 2, "{patches:?}");
    clean(&patches.iter().flat_map(|patch| faults(patch, &document)).collect::<Vec<_>>());
}
