//! What a change of employers leaves in the books: events, figures, audit.

use std::collections::BTreeSet;

use prost::Message;
use unionhall_kit::{
    civil::CivilDate,
    fault::Outcome,
    figures::Delta,
    ledger::{AuditNote, Entry, Event, EventKind},
};

use super::encode;
use crate::{
    Register,
    rules::{
        area::AreaPath,
        contribution::{Step, contributions, difference},
        employer::EmployerFacts,
        quality::RuleSet,
    },
    store::employers::{EmployerRecord, rows},
};

const SNAPSHOT: &str = "unionhall.registry.v1.Employer";

/// Notes the events and the figures of a record that was entered, where there was none before, or
/// changed.
pub async fn note(
    register: &Register,
    entry: &mut Entry,
    before: Option<&EmployerRecord>,
    after: &EmployerRecord,
) -> Outcome<()> {
    entry.not_before(after.updated_at);
    if let Some(before) = before.filter(|before| before.area != after.area) {
        entry.event(departure(before, after));
    }
    entry.event(event(after, entry.today(), &register.quality));
    let nothing = EmployerFacts::default();
    let before = before.map_or(&nothing, |before| &before.facts);
    let rules = register.rules_of(entry.conn(), after).await?;
    entry.figures(figures(before, &after.facts, &rules));
    Ok(())
}

/// Notes the event and the figures of a record that was withdrawn.
pub async fn note_removal(
    register: &Register,
    entry: &mut Entry,
    before: &EmployerRecord,
    after: &EmployerRecord,
) -> Outcome<()> {
    entry.not_before(after.updated_at);
    entry.event(bare(EventKind::Removed, after, &after.area));
    let rules = register.rules_of(entry.conn(), before).await?;
    entry.figures(figures(&before.facts, &after.facts, &rules));
    Ok(())
}

/// The event of a record that was entered or changed; `today` is the day of the snapshot.
fn event(record: &EmployerRecord, today: CivilDate, rules: &RuleSet) -> Event {
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

/// Tells those who follow the area that the record left. They may not see it any more, so nothing
/// tells where it went. It comes before the event at the new area: who follows both ends up with
/// the record.
fn departure(before: &EmployerRecord, after: &EmployerRecord) -> Event {
    bare(EventKind::Left, after, &before.area)
}

/// An event without a snapshot.
fn bare(kind: EventKind, record: &EmployerRecord, area: &AreaPath) -> Event {
    Event {
        record: record.name(),
        version: record.version,
        kind,
        area: area.path().clone(),
        affiliation: None,
        snapshot_type: "",
        snapshot: Vec::new(),
    }
}

/// How figures move when the facts become `after`; no facts at all count nowhere. The rules are
/// those under which the record is counted.
pub fn figures(before: &EmployerFacts, after: &EmployerFacts, rules: &RuleSet) -> Vec<Delta> {
    let steps = difference(&contributions(before, rules), &contributions(after, rules));
    steps.iter().map(Step::to_delta).collect()
}

/// How figures move when a record that was counted under `old` is counted under `new` rules.
pub fn recount(facts: &EmployerFacts, old: &RuleSet, new: &RuleSet) -> Vec<Delta> {
    let steps = difference(&contributions(facts, old), &contributions(facts, new));
    steps.iter().map(Step::to_delta).collect()
}

/// The audit entry: which fields changed, never their values.
pub fn audit(before: Option<&EmployerRecord>, record: &EmployerRecord, what: &str) -> AuditNote {
    let old = before.map(|before| rows(&before.facts)).unwrap_or_default();
    let new = rows(&record.facts);
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
