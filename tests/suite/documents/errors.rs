//! `docs/errors`: a page for every reason, a reason for every page, and a line in the index.

use std::collections::BTreeSet;
use std::fs;

use tonic::Code;
use unionhall_kit::{fault::Reason, sheet::FaultKind};
use unionhall_tests::runbook;

use super::{clean, contract, fault_kinds, path, quoted, reasons, text, upper_snake};

const FOLDER: &str = "docs/errors";
const INDEX: &str = "docs/errors/README.md";
const IMPORT_FAULTS: &str = "docs/errors/import-faults.md";
/// A page is read by someone whom something has just stopped.
const MAX_LINES: usize = 25;

/// The name that gRPC's documents use, from that of Rust.
fn code_name(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

/// The `{key}` places of a text.
fn places(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(key, _)| key)
}

/// The line of a page that begins so, without its beginning.
fn line<'a>(page: &'a str, beginning: &str) -> &'a str {
    page.lines().find_map(|line| line.strip_prefix(beginning)).unwrap_or_default()
}

/// What is wrong with the page of a reason.
fn faults(reason: &Reason, page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |holds: bool, what: String| {
        if !holds {
            faults.push(format!("{}: {what}", reason.name));
        }
    };
    let code = code_name(reason.code);
    expect(page.lines().next() == Some(&format!("# {}", reason.name)), "another heading".into());
    expect(line(page, "- gRPC code: ") == format!("`{code}`"), format!("the code is {code}"));
    let declared: BTreeSet<_> = places(reason.en).chain(places(reason.zh)).collect();
    let stated: BTreeSet<_> = quoted(line(page, "- Metadata: ")).collect();
    expect(declared == stated, format!("metadata {declared:?}, on the page {stated:?}"));
    for part in ["中文：", "- Given when ", "- Retry: ", "1. "] {
        expect(!line(page, part).is_empty(), format!("no line '{part}'"));
    }
    let lines = page.lines().count();
    expect(lines <= MAX_LINES, format!("{lines} lines"));
    faults
}

#[test]
fn every_reason_has_its_page() {
    let page = |reason: &Reason| text(&format!("{FOLDER}/{}.md", reason.name));
    let faults: Vec<_> = reasons().flat_map(|reason| faults(reason, &page(reason))).collect();
    clean(&faults);
}

#[test]
fn every_page_has_its_reason() {
    let pages: BTreeSet<_> = fs::read_dir(path(FOLDER))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()) && name != "README.md")
        .collect();
    let expected: BTreeSet<_> = reasons().map(|reason| format!("{}.md", reason.name)).collect();
    let odd: Vec<_> = pages.symmetric_difference(&expected).cloned().collect();
    clean(&odd);
}

#[test]
fn the_index_has_every_reason_once_with_its_code() {
    let index = text(INDEX);
    let rows: Vec<_> = index.lines().filter(|line| line.starts_with("| [")).collect();
    let faults = reasons().filter_map(|reason| {
        let beginning = format!("| [{0}]({0}.md) | `{1}` | ", reason.name, code_name(reason.code));
        let count = rows.iter().filter(|row| row.starts_with(&beginning)).count();
        (count != 1).then(|| format!("{count} lines begin with {beginning}"))
    });
    clean(&faults.collect::<Vec<_>>());
    assert_eq!(rows.len(), reasons().count());
}

#[test]
fn reasons_are_upper_snake_and_declared_once() {
    let names: Vec<_> = reasons().map(|reason| reason.name).collect();
    assert!(names.iter().all(|name| upper_snake(name) && name.len() <= 63), "{names:?}");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

#[test]
fn the_commands_of_the_pages_fit_the_contract() {
    let mut faults = Vec::new();
    let mut calls = 0;
    for reason in reasons() {
        let page = text(&format!("{FOLDER}/{}.md", reason.name));
        for step in runbook::steps(&page, "grpcurl") {
            calls += 1;
            let faulty = |fault| format!("{}: {fault}", reason.name);
            faults.extend(command_faults(&step.text).into_iter().map(faulty));
        }
    }
    assert!(calls >= 20, "only {calls} commands were looked at");
    clean(&faults);
}

/// What is wrong with a command that calls or describes something of the suite.
fn command_faults(command: &str) -> Vec<String> {
    let last = command.split_whitespace().last().unwrap_or_default();
    let Some(name) = last.strip_prefix("unionhall.registry.v1.") else { return Vec::new() };
    if !name.contains('/') {
        return if contract::has(name) { Vec::new() } else { vec![format!("no {name}")] };
    }
    let Some(method) = contract::method_at(last) else { return vec![format!("no method {last}")] };
    let body = command.split("-d '").nth(1).and_then(|rest| rest.split('\'').next());
    match serde_json::from_str(body.unwrap_or("{}")) {
        Ok(json) => contract::misfits(&method.input(), &json),
        Err(error) => vec![format!("{last}: {error}")],
    }
}

#[test]
fn the_table_of_import_faults_repeats_the_remedies() {
    let table = text(IMPORT_FAULTS);
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with("| `")).collect();
    let faults = fault_kinds().filter_map(|kind| {
        let FaultKind { code, en, zh } = kind;
        let told = |row: &&&str| {
            row.starts_with(&format!("| `{code}` | "))
                && row.ends_with(&format!(" | {en} | {zh} |"))
        };
        let count = rows.iter().filter(told).count();
        (count != 1).then(|| format!("{count} lines for {code}"))
    });
    clean(&faults.collect::<Vec<_>>());
    assert_eq!(rows.len(), fault_kinds().count());
}

#[test]
fn a_wrong_page_is_seen() {
    let reason = &unionhall_kit::reasons::NOT_FOUND;
    let page = text("docs/errors/NOT_FOUND.md");
    assert_eq!(faults(reason, &page), Vec::<String>::new());
    for (find, replace) in [
        ("# NOT_FOUND", "# NOT FOUND"),
        ("`NOT_FOUND`", "`UNKNOWN`"),
        ("`name` (", "`label` ("),
        ("中文：", ""),
        ("- Given when ", "- "),
        ("- Retry: ", "- "),
        ("1. ", "- "),
        ("## Remedy\n", &"\n".repeat(MAX_LINES)),
    ] {
        assert_eq!(faults(reason, &page.replace(find, replace)).len(), 1, "without '{find}'");
    }
}

#[test]
fn a_wrong_command_is_seen() {
    let call = |body: &str, method: &str| {
        command_faults(&format!("grpcurl -d '{body}' here unionhall.registry.v1.{method}")).len()
    };
    assert_eq!(call("{\"name\": \"areas/11\"}", "AreaService/GetArea"), 0);
    assert_eq!(call("{\"name\": \"areas/11\"}", "AreaService/GetAreas"), 1);
    assert_eq!(call("{\"names\": \"areas/11\"}", "AreaService/GetArea"), 1);
    assert_eq!(call("{name}", "AreaService/GetArea"), 1);
    assert_eq!(command_faults("grpcurl here describe unionhall.registry.v1.Employers").len(), 1);
}
