//! What a change of employers leaves in the books: events, figures, audit.

use std::collections::BTreeSet;

use prost::Message;
use unionhall_kit::{
    civil::CivilDate,
    figures::Delta,
    ledger::{AuditNote, Event, EventKind},
};

use super::encode;
use crate::{
    rules::{
        contribution::{Step, contributions, difference},
        employer::EmployerFacts,
        quality::RuleSet,
    },
    store::employers::{EmployerRecord, rows},
};

const SNAPSHOT: &str = "unionhall.registry.v1.Employer";

/// The event of a record that was entered or changed; `today` is the day of the snapshot.
pub fn event(record: &EmployerRecord, today: CivilDate, rules: &RuleSet) -> Event {
    let kind = if record.version == 1 { EventKind::Created } else { EventKind::Updated };
    Event {
        record: record.name(),
        version: record.version,
        kind,
        area: record.area.path().clone(),
        affiliation: None,
        snapshot_type: SNAPSHOT,
        snapshot: encode::employer(record, today, rules).encode_to_vec(),
    }
}

/// The event of a record that was withdrawn; it has no snapshot.
pub fn removal(record: &EmployerRecord) -> Event {
    Event {
        record: record.name(),
        version: record.version,
        kind: EventKind::Removed,
        area: record.area.path().clone(),
        affiliation: None,
        snapshot_type: "",
        snapshot: Vec::new(),
    }
}

/// How figures move when the facts become `after`; no facts at all count nowhere.
pub fn figures(before: &EmployerFacts, after: &EmployerFacts, rules: &RuleSet) -> Vec<Delta> {
    let steps = difference(&contributions(before, rules), &contributions(after, rules));
    steps.iter().map(Step::to_delta).collect()
}

/// The audit entry: which fields changed, never their values.
pub fn audit(record: &EmployerRecord, before: &EmployerFacts, what: &str) -> AuditNote {
    let (old, new) = (rows(before), rows(&record.facts));
    let differing = old
        .iter()
        .filter(|row| !new.contains(row))
        .chain(new.iter().filter(|row| !old.contains(row)));
    let fields: BTreeSet<&str> = differing.map(|row| row.fact.field()).collect();
    let fields: Vec<&str> = fields.into_iter().collect();
    AuditNote {
        record: record.name(),
        area: record.area.path().clone(),
        detail: format!("{what}: {}", fields.join(", ")),
    }
}
