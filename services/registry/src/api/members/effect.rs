//! What a change of members leaves in the books: events, figures, audit. Nothing of it is personal
//! but the event's snapshot, which shows what Get shows.

use std::collections::BTreeSet;

use prost::Message;
use unionhall_kit::{
    civil::CivilDate,
    fault::Outcome,
    figures::Delta,
    ledger::{AuditNote, Entry, Event, EventKind},
    path::{Path, nowhere},
};
use unionhall_proto::registry::v1::Member;

use super::encode;
use crate::{
    rules::{
        member::{
            MemberFacts,
            contribution::{Grounds, contributions},
        },
        steps::{Step, difference},
    },
    store::members::{MemberRecord, Stand, rows},
};

const SNAPSHOT: &str = "unionhall.registry.v1.Member";

/// Notes the events and the figures of a member who was entered, where there was none before, or
/// changed.
pub fn note(
    entry: &mut Entry,
    before: Option<&MemberRecord>,
    after: &MemberRecord,
    grounds: &Grounds,
) {
    note_many(entry, [(before, after)], grounds);
}

/// The same of many members, whose figures mostly fall on the same days and nodes.
pub fn note_many<'a>(
    entry: &mut Entry,
    changed: impl IntoIterator<Item = (Option<&'a MemberRecord>, &'a MemberRecord)>,
    grounds: &Grounds,
) {
    let nothing = MemberFacts::default();
    let mut deltas = Vec::new();
    for (before, after) in changed {
        entry.not_before(after.updated_at);
        if let Some(before) = before {
            departures(before, after).into_iter().for_each(|event| entry.event(event));
        }
        entry.event(event(after, entry.today()));
        let old = before.map_or(&nothing, |before| &before.facts);
        deltas.extend(figures((old, grounds), (&after.facts, grounds)));
    }
    entry.figures(deltas);
}

/// Notes the events and the figures of members who were withdrawn.
pub fn note_removals<'a>(
    entry: &mut Entry,
    removed: impl IntoIterator<Item = (&'a MemberRecord, &'a MemberRecord)>,
    grounds: &Grounds,
) {
    let mut deltas = Vec::new();
    for (before, after) in removed {
        entry.not_before(after.updated_at);
        entry.event(bare(after, EventKind::Removed));
        deltas.extend(figures((&before.facts, grounds), (&after.facts, grounds)));
    }
    entry.figures(deltas);
}

/// Notes the event and the figures of a member who was withdrawn.
pub fn note_removal(
    entry: &mut Entry,
    before: &MemberRecord,
    after: &MemberRecord,
    grounds: &Grounds,
) {
    note_removals(entry, [(before, after)], grounds);
}

/// Leaves of the snapshots of members who were withdrawn nothing but whose they are.
pub async fn forget_snapshots<'a>(
    entry: &Entry,
    removed: impl IntoIterator<Item = &'a MemberRecord>,
) -> Outcome<()> {
    let stub = |record: &MemberRecord| {
        let stub = Member { name: record.name(), ..Member::default() };
        (record.name(), stub.encode_to_vec())
    };
    entry.overwrite_events(removed.into_iter().map(stub).collect()).await
}

/// The event of a member who was entered or changed; `today` is the day of the snapshot.
pub fn event(record: &MemberRecord, today: CivilDate) -> Event {
    let kind = if record.version == 1 { EventKind::Created } else { EventKind::Updated };
    let snapshot = encode::member(record, today).encode_to_vec();
    Event { snapshot_type: SNAPSHOT, snapshot, ..bare(record, kind) }
}

/// Tells those who follow the union's area or path that the member left it.
fn departures(before: &MemberRecord, after: &MemberRecord) -> Vec<Event> {
    let (Some(old), new) = (&before.stand, after.stand.as_ref()) else { return Vec::new() };
    let left = |area: Path, affiliation: Option<Path>| Event {
        area,
        affiliation,
        ..bare(after, EventKind::Left)
    };
    let mut events = Vec::new();
    if new.map(|stand| &stand.area) != Some(&old.area) {
        events.push(left(old.area.path().clone(), None));
    }
    if new.map(|stand| &stand.affiliation) != Some(&old.affiliation) {
        events.push(left(nowhere(), Some(old.affiliation.path().clone())));
    }
    events
}

fn bare(record: &MemberRecord, kind: EventKind) -> Event {
    let stand = record.stand.as_ref();
    Event {
        record: record.name(),
        version: record.version,
        kind,
        area: area(stand),
        affiliation: stand.map(|stand| stand.affiliation.path().clone()),
        snapshot_type: "",
        snapshot: Vec::new(),
    }
}

pub(super) fn area(stand: Option<&Stand>) -> Path {
    stand.map_or_else(nowhere, |stand| stand.area.path().clone())
}

/// A member's facts and what they are counted by.
pub type Counted<'a> = (&'a MemberFacts, &'a Grounds);

/// How figures move when a member becomes `after`; no facts at all count nowhere.
pub fn figures(before: Counted<'_>, after: Counted<'_>) -> Vec<Delta> {
    let (old, new) = (contributions(before.0, before.1), contributions(after.0, after.1));
    difference(&old, new).into_iter().map(Step::into_delta).collect()
}

/// The audit entry: which fields changed, never their values.
pub fn audit(before: Option<&MemberRecord>, record: &MemberRecord, what: &str) -> AuditNote {
    let nothing = MemberFacts::default();
    let fields = differing(before.map_or(&nothing, |before| &before.facts), &record.facts);
    let detail =
        if fields.is_empty() { what.to_owned() } else { format!("{what}: {}", fields.join(", ")) };
    AuditNote { record: record.name(), area: area(record.stand.as_ref()), detail }
}

/// The fields in which facts differ, ascending; confirmations are no field.
pub(super) fn differing(one: &MemberFacts, other: &MemberFacts) -> Vec<&'static str> {
    let (old, new) = (rows(one), rows(other));
    let differing = old
        .iter()
        .filter(|row| !new.contains(row))
        .chain(new.iter().filter(|row| !old.contains(row)));
    let fields: BTreeSet<&str> = differing.map(|row| row.fact.field()).collect();
    fields.into_iter().collect()
}
