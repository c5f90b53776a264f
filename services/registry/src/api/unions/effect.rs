//! What a change of unions leaves in the books: events, figures, audit.

use std::collections::BTreeSet;

use prost::Message;
use unionhall_kit::{
    civil::CivilDate,
    figures::Delta,
    ledger::{AuditNote, Entry, Event, EventKind},
};

use super::encode;
use crate::{
    rules::{
        history::History,
        steps::{self, Step},
        union::{UnionFacts, affiliation::AffiliationPath, contribution::contributions},
    },
    store::{
        dated::FactValue,
        unions::{Placed, UnionRecord, rows},
    },
};

pub(super) const SNAPSHOT: &str = "unionhall.registry.v1.Union";

/// Notes the events, the figures and the audit entry of a union that was entered, where there was
/// none before, or changed. One that stayed as it was leaves nothing.
pub fn note(entry: &mut Entry, before: Option<&Placed>, after: &Placed, what: &str) {
    let (no_facts, no_paths) = (UnionFacts::default(), History::default());
    let old = before.map_or((&no_facts, &no_paths), |old| (&old.record.facts, &old.paths));
    let record = &after.record;
    entry.not_before(record.updated_at);
    if *old.0 == record.facts {
        return;
    }
    let departure = before.and_then(|old| departure(&old.record, record));
    departure.into_iter().for_each(|event| entry.event(event));
    entry.event(event(record, entry.today()));
    entry.figures(figures(old, (&record.facts, &after.paths)));
    entry.audit(audit(record, old.0, what));
}

/// The event of a record that was entered or changed; `today` is the day of the snapshot.
pub fn event(record: &UnionRecord, today: CivilDate) -> Event {
    let kind = if record.version == 1 { EventKind::Created } else { EventKind::Updated };
    let snapshot = encode::union(record, today).encode_to_vec();
    Event { snapshot_type: SNAPSHOT, snapshot, ..bare(record, kind) }
}

/// The event of a record that was withdrawn; it has no snapshot.
pub fn removal(record: &UnionRecord) -> Event {
    bare(record, EventKind::Removed)
}

/// At the area where the record stood before, if it stands elsewhere now: the record left.
pub fn departure(before: &UnionRecord, after: &UnionRecord) -> Option<Event> {
    let area = before.area.path().clone();
    let left = Event { area, affiliation: None, ..bare(after, EventKind::Left) };
    (before.area != after.area).then_some(left)
}

fn bare(record: &UnionRecord, kind: EventKind) -> Event {
    Event {
        record: record.name(),
        version: record.version,
        kind,
        area: record.area.path().clone(),
        affiliation: Some(record.affiliation.path().clone()),
        snapshot_type: "",
        snapshot: Vec::new(),
    }
}

/// A union's facts and paths: what figures follow from.
pub type Counted<'a> = (&'a UnionFacts, &'a History<AffiliationPath>);

/// How figures move when a union becomes `after`; no facts at all count nowhere.
pub fn figures(before: Counted<'_>, after: Counted<'_>) -> Vec<Delta> {
    let (old, new) = (contributions(before.0, before.1), contributions(after.0, after.1));
    steps::difference(&old, new).into_iter().map(Step::into_delta).collect()
}

/// The audit entry: which fields changed, never their values.
pub fn audit(record: &UnionRecord, before: &UnionFacts, what: &str) -> AuditNote {
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
