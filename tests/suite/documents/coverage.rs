//! `docs/coverage.md`: every row of the domain reference once, and nothing named that is not there.

use unionhall_registry::{
    reference::{ReferenceBook, shipped_areas},
    rules::{
        base_register::contribution::LISTED_ENTERPRISES_NAME, contribution::Metric,
        member::metric::MemberMetric, quality::RuleSet, union::contribution::UnionMetric,
    },
};

use super::{clean, contract, path, quoted, text, upper_snake};

const DOCUMENT: &str = "docs/coverage.md";
/// The domain reference numbers what the source says from F001 on.
const ROWS: usize = 195;
/// Rows that the suite covers now, and rows that issues plan.
const COVERED: [&str; 3] = ["SUITE", "UNIONS", "MEMBERS"];
const PLANNED: [&str; 3] = ["STATION", "ASSESSMENT", "CARD"];
/// A row that no system can cover.
const NOT_A_MATTER: &str = "none";

/// One line of the tables.
struct Row<'a> {
    id: &'a str,
    states: Vec<&'a str>,
    by: &'a str,
}

fn rows(document: &str) -> Vec<Row<'_>> {
    let cells = |line| <[&str; 4]>::try_from(cells(line)).ok();
    let lines = document.lines().filter(|line| line.starts_with("| F"));
    let row = |line| {
        let [id, _, states, by] = cells(line).unwrap_or_else(|| panic!("four cells: {line}"));
        Row { id, states: states.split(", ").collect(), by }
    };
    lines.map(row).collect()
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// What is wrong with the document.
fn faults(document: &str) -> Vec<String> {
    let rows = rows(document);
    let ids: Vec<_> = rows.iter().map(|row| row.id.to_owned()).collect();
    let expected: Vec<_> = (1..=ROWS).map(|number| format!("F{number:03}")).collect();
    let mut faults = Vec::new();
    if ids != expected {
        let missing = expected.iter().filter(|id| !ids.contains(id));
        faults.push(format!("{} rows, missing {:?}", ids.len(), missing.collect::<Vec<_>>()));
    }
    for row in &rows {
        faults.extend(state_fault(row).map(|fault| format!("{}: {fault}", row.id)));
    }
    let absent = quoted(document).filter(|name| !exists(name));
    faults.extend(absent.map(|name| format!("'{name}' is nowhere")));
    faults
}

fn state_fault(row: &Row<'_>) -> Option<String> {
    let known = |state: &&str| COVERED.contains(state) || PLANNED.contains(state);
    let none = row.states == [NOT_A_MATTER];
    if !none && !row.states.iter().all(known) {
        return Some(format!("states {:?}", row.states));
    }
    let covered = row.states.iter().any(|state| COVERED.contains(state));
    if covered != quoted(row.by).next().is_some() {
        return Some("a covered row, and no other, names what covers it".into());
    }
    row.by.is_empty().then(|| "not a word".into())
}

/// Whether something of this name is in the tree, the contract or the shipped data.
fn exists(name: &str) -> bool {
    let (collection, id) = name.split_once('/').unwrap_or(("", name));
    match collection {
        "areas" => shipped_areas().unwrap().iter().any(|area| area.label.as_str() == id),
        "codeLists" => ReferenceBook::shipped().unwrap().by_resource_id(id).is_some(),
        "metrics" => {
            Metric::parse(id).is_some()
                || UnionMetric::all().any(|(.., name)| name == id)
                || MemberMetric::all().any(|(.., name)| name == id)
                || id == LISTED_ENTERPRISES_NAME
        }
        "" if is_quality_rule(name) => true,
        "" if upper_snake(name) => contract::has_enum_value(name) || is_code(name),
        "" => contract::has(name),
        _ => path(name).is_file(),
    }
}

/// Whether a shipped list has the code.
fn is_code(name: &str) -> bool {
    let book = ReferenceBook::shipped().unwrap();
    book.lists().iter().any(|list| list.find(name).is_some())
}

fn is_quality_rule(id: &str) -> bool {
    RuleSet::shipped().unwrap().rules().iter().any(|rule| rule.id == id)
}

#[test]
fn every_row_stands_once_and_names_what_exists() {
    clean(&faults(&text(DOCUMENT)));
}

#[test]
fn a_wrong_table_is_seen() {
    let document = text(DOCUMENT);
    for (find, replace) in [
        ("| F002 |", "| F001 |"),
        ("| F195 |", "| G195 |"),
        ("| none | a quality", "| none, SUITE | a quality"),
        ("| none | a quality", "| SUITE | a quality"),
        ("| none | a quality", "| LATER | a quality"),
        ("`metrics/valid_records`", "`metrics/valid`"),
        ("`codeLists/ownership`; panels", "`codeLists/owner`; panels"),
        ("`Employer.validity`", "`Employer.grade`"),
        ("`Metrics.Explain`", "`Metrics.Explained`"),
        ("rules/quality.rs`", "rules/qualities.rs`"),
        ("`Q11`", "`Q99`"),
        ("`AREA_LEVEL_SUBDISTRICT`", "`AREA_LEVEL_GRID`"),
    ] {
        assert_eq!(document.matches(find).count(), 1, "'{find}' stands once");
        let found = faults(&document.replace(find, replace));
        assert_eq!(found.len(), 1, "after '{find}' became '{replace}': {found:?}");
    }
}
