//! The errors that the comments of methods name.

use std::collections::BTreeSet;

use prost_reflect::MethodDescriptor;

use super::{contract, reasons, upper_snake};

/// The comment before a method.
fn comment(method: &MethodDescriptor) -> String {
    let file = method.parent_file();
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let place = info.and_then(|info| info.location.iter().find(|at| at.path == method.path()));
    place.map(|place| place.leading_comments().to_owned()).unwrap_or_default()
}

/// The words of a list of errors: what follows `Errors:`, up to the end of the comment.
fn listed(comment: &str) -> Vec<String> {
    let list = comment.split_once("Errors:").map_or("", |(_, list)| list);
    let list = list.split_whitespace().collect::<Vec<_>>().join(" ");
    let list = list.trim_end_matches('.').replace(" and ", ", ");
    list.split(", ").map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

/// What is wrong with a list of errors. `sibling` knows the methods of the same service.
fn faults(words: &[String], sibling: impl Fn(&str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for word in words {
        if !seen.insert(word) {
            faults.push(format!("'{word}' twice"));
        }
        match word.strip_prefix("those of ") {
            Some(method) if sibling(method) => {}
            None if upper_snake(word) && reasons().any(|known| known.name == word) => {}
            _ => faults.push(format!("'{word}' is no reason")),
        }
    }
    faults
}

#[test]
fn every_error_that_a_method_names_is_a_reason() {
    let mut found = Vec::new();
    for method in contract::methods() {
        let service = method.parent_service();
        let words = listed(&comment(&method));
        let sibling = |name: &str| service.methods().any(|other| other.name() == name);
        let faults = faults(&words, sibling);
        found.extend(faults.into_iter().map(|fault| format!("{}: {fault}", method.full_name())));
    }
    super::clean(&found);
}

#[test]
fn every_reason_of_the_register_is_named_by_a_method() {
    let named: BTreeSet<_> = contract::methods().flat_map(|m| listed(&comment(&m))).collect();
    let all = unionhall_registry::rules::reasons::ALL;
    let silent = all.iter().filter(|reason| !named.contains(reason.name));
    super::clean(&silent.map(|reason| reason.name.to_owned()).collect::<Vec<_>>());
}

#[test]
fn a_wrong_list_is_seen() {
    let words =
        listed(" One area. Errors: NOT_FOUND, etag_mismatch,\n NO_SUCH and those of Get.\n");
    assert_eq!(words, ["NOT_FOUND", "etag_mismatch", "NO_SUCH", "those of Get"]);
    assert_eq!(faults(&words, |method| method == "Get").len(), 2);
    assert_eq!(faults(&words, |_| false).len(), 3);
    assert_eq!(faults(&["NOT_FOUND".into(), "NOT_FOUND".into()], |_| true).len(), 1);
    assert_eq!(faults(&["NOT_FOUND. More prose".into()], |_| true).len(), 1);
}
