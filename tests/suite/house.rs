//! The rules of the house that a compiler does not check.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// A file may have this many lines; most have fewer than 300.
const LINES: usize = 500;

fn root() -> PathBuf {
    // The tests crate lies one folder below the root.
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the root").to_path_buf()
}

/// Every tracked source below `folder`.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut open = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root()).expect("below the root").display();
                found.push((name.to_string(), fs::read_to_string(&path).expect("a text")));
            }
        }
    }
    assert!(!found.is_empty(), "nothing below {folder}");
    found
}

const FOLDERS: [&str; 5] = ["services", "gateway", "migrations", "proto", "tests"];

#[test]
fn services_meet_only_through_the_contract() -> Result<()> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let forbidden = |from: &str, to: &str| match from {
        // Nobody's but the tests' own.
        _ if to == "unionhall-finder" => false,
        // kit knows no service, the contract knows nobody.
        "unionhall-kit" => !matches!(to, "unionhall-proto" | "unionhall-migrations"),
        "unionhall-proto" | "unionhall-migrations" => true,
        // The one binary and the tests know everybody.
        "unionhall" | "unionhall-tests" => false,
        _ => !matches!(to, "unionhall-proto" | "unionhall-kit" | "unionhall-migrations"),
    };
    for package in metadata["packages"].as_array().context("packages")? {
        let from = package["name"].as_str().context("name")?;
        for dependency in package["dependencies"].as_array().context("dependencies")? {
            let to = dependency["name"].as_str().context("name")?;
            let for_tests = dependency["kind"] == "dev" || from == "unionhall-tests";
            ensure!(to != "unionhall-finder" || for_tests, "{from} uses {to} outside its tests");
            ensure!(!(to.starts_with("unionhall") && forbidden(from, to)), "{from} uses {to}");
        }
    }
    Ok(())
}

#[test]
fn rules_know_neither_database_nor_wire() {
    let outside = ["sea_orm", "sqlx", "async fn", "tonic::Request", "tokio::", "unionhall_proto"];
    let mut breaches = Vec::new();
    for (name, text) in sources("services/registry/src/rules") {
        breaches.extend(
            outside
                .iter()
                .filter(|word| text.contains(**word))
                .map(|word| format!("{name}: {word}")),
        );
    }
    assert!(breaches.is_empty(), "{breaches:#?}");
}

#[test]
fn only_the_store_knows_sql() {
    let sql = ["SELECT ", "INSERT INTO", "DELETE FROM", "UPDATE employer", "UPDATE area"];
    let mut breaches = Vec::new();
    for (name, text) in sources("services/registry/src") {
        if name.contains("/store/") || name.contains("test") || name.ends_with("store.rs") {
            continue;
        }
        breaches.extend(
            sql.iter().filter(|word| text.contains(**word)).map(|word| format!("{name}: {word}")),
        );
    }
    assert!(breaches.is_empty(), "{breaches:#?}");
}

#[test]
fn files_are_short_and_their_names_say_something() {
    let empty_names = ["mod.rs", "utils.rs", "util.rs", "helpers.rs", "helper.rs", "common.rs"];
    let mut breaches = Vec::new();
    for (name, text) in FOLDERS.iter().flat_map(|folder| sources(folder)) {
        let lines = text.lines().count();
        if lines > LINES {
            breaches.push(format!("{name}: {lines} lines"));
        }
        if empty_names.iter().any(|empty| name.ends_with(&format!("/{empty}"))) {
            breaches.push(format!("{name}: the name says nothing"));
        }
    }
    assert!(breaches.is_empty(), "{breaches:#?}");
}
