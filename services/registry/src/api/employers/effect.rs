//! What a change of employers leaves in the books: events, figures, audit.

use std::collections::BTreeSet;

use prost::Message;
use unionhall_kit::{
    civil::CivilDate,
    fault::Outcome,
    figures::Delta,
    ledger::{AuditNote, Entry, Event, EventKind},
    path::nowhere,
};

use super::encode;
use crate::{
    Register,
    api::{formations::ended, members::follow},
    rules::{
        contribution::{Counting, Grounds, contributions},
        employer::EmployerFacts,
        quality::RuleSet,
        steps::{Step, difference},
        union::EmployerId,
    },
    store::{
        dated::FactValue,
        employers::{EmployerRecord, rows},
    },
};

/// A record before and after a change.
pub type Changed<'a> = (&'a EmployerRecord, &'a EmployerRecord);

const SNAPSHOT: &str = "unionhall.registry.v1.Employer";

/// Notes the events and the figures of a record that was entered, where there was none before, or
/// changed; and ends the formation cases for which that is the end.
pub async fn note(
    register: &Register,
    entry: &mut Entry,
    before: Option<&EmployerRecord>,
    after: &EmployerRecord,
    grounds: &Grounds,
) -> Outcome<()> {
    note_many(register, entry, &[(before, after)], grounds).await
}

/// The same of many distinct records, in few statements.
pub async fn note_many(
    register: &Register,
    entry: &mut Entry,
    noted: &[(Option<&EmployerRecord>, &EmployerRecord)],
    grounds: &Grounds,
) -> Outcome<()> {
    for (before, after) in noted {
        note_record(register, entry, *before, after, grounds).await?;
    }
    let changed: Vec<Changed<'_>> =
        noted.iter().filter_map(|(before, after)| Some(((*before)?, *after))).collect();
    let facts = changed.iter().map(|(before, after)| (*before, &after.facts));
    follow::employers(entry, facts).await?;
    ended::follow(entry, &changed).await
}

/// The same of a change that a formation case makes itself.
pub async fn note_alone(
    register: &Register,
    entry: &mut Entry,
    before: Option<&EmployerRecord>,
    after: &EmployerRecord,
    grounds: &Grounds,
) -> Outcome<()> {
    note_record(register, entry, before, after, grounds).await?;
    follow::employers(entry, before.map(|before| (before, &after.facts))).await
}

/// The events and the figures of the record itself.
async fn note_record(
    register: &Register,
    entry: &mut Entry,
    before: Option<&EmployerRecord>,
    after: &EmployerRecord,
    grounds: &Grounds,
) -> Outcome<()> {
    entry.not_before(after.updated_at);
    if let Some(before) = before {
        departures(before, after).for_each(|event| entry.event(event));
    }
    entry.event(event(after, entry.today(), &register.quality));
    let nothing = EmployerFacts::default();
    let old = before.map_or(&nothing, |before| &before.facts);
    let rules = register.rules_of(entry.conn(), after).await?;
    entry.figures(figures(old, &after.facts, Counting { rules: &rules, grounds }));
    Ok(())
}

/// Notes the event and the figures of a record that was withdrawn.
pub async fn note_removal(
    register: &Register,
    entry: &mut Entry,
    before: &EmployerRecord,
    after: &EmployerRecord,
    grounds: &Grounds,
) -> Outcome<()> {
    entry.not_before(after.updated_at);
    entry.event(bare(EventKind::Removed, after));
    let rules = register.rules_of(entry.conn(), before).await?;
    entry.figures(figures(&before.facts, &after.facts, Counting { rules: &rules, grounds }));
    ended::withdrawn(entry, EmployerId(before.id)).await?;
    follow::employers(entry, [(before, &after.facts)]).await
}

/// The event of a record that was entered or changed; `today` is the day of the snapshot.
fn event(record: &EmployerRecord, today: CivilDate, rules: &RuleSet) -> Event {
    let kind = if record.version == 1 { EventKind::Created } else { EventKind::Updated };
    let snapshot = encode::employer(record, today, rules).encode_to_vec();
    Event { snapshot_type: SNAPSHOT, snapshot, ..bare(kind, record) }
}

/// Tells those who follow an area or a union that the record left. They may not see it any more, so
/// nothing tells where it went. It comes before the event at the new place: who follows both ends
/// up with the record.
fn departures(before: &EmployerRecord, after: &EmployerRecord) -> impl Iterator<Item = Event> {
    let left = || bare(EventKind::Left, after);
    let area = (before.area != after.area).then(|| Event {
        area: before.area.path().clone(),
        affiliation: None,
        ..left()
    });
    let gone = before.affiliation.as_ref().filter(|_| before.affiliation != after.affiliation);
    let union = gone.map(|path| Event {
        area: nowhere(),
        affiliation: Some(path.path().clone()),
        ..left()
    });
    area.into_iter().chain(union)
}

/// An event without a snapshot.
fn bare(kind: EventKind, record: &EmployerRecord) -> Event {
    Event {
        record: record.name(),
        version: record.version,
        kind,
        area: record.area.path().clone(),
        affiliation: record.affiliation.as_ref().map(|path| path.path().clone()),
        snapshot_type: "",
        snapshot: Vec::new(),
    }
}

/// How figures move when the facts become `after`; no facts at all count nowhere. The rules are
/// those under which the record is counted.
pub fn figures(before: &EmployerFacts, after: &EmployerFacts, by: Counting<'_>) -> Vec<Delta> {
    let steps = difference(&contributions(before, by), contributions(after, by));
    steps.into_iter().map(Step::into_delta).collect()
}

/// How figures move when a record that was counted under `old` is counted under `new` rules.
pub fn recount(
    facts: &EmployerFacts,
    (old, new): (&RuleSet, &RuleSet),
    grounds: &Grounds,
) -> Vec<Delta> {
    moved(facts, Counting { rules: old, grounds }, Counting { rules: new, grounds })
}

/// How figures move when a record that was counted by `old` is counted by `new`.
pub fn moved(facts: &EmployerFacts, old: Counting<'_>, new: Counting<'_>) -> Vec<Delta> {
    let steps = difference(&contributions(facts, old), contributions(facts, new));
    steps.into_iter().map(Step::into_delta).collect()
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
