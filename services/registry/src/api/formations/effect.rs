//! What a change of cases leaves in the books: events and audit. No figure counts them.

use std::collections::BTreeSet;

use prost::Message;
use unionhall_kit::{
    ledger::{AuditNote, Entry, Event, EventKind},
    path::nowhere,
};

use super::encode;
use crate::store::formations::CaseRecord;

const SNAPSHOT: &str = "unionhall.registry.v1.FormationCase";

/// Notes a case that was entered, where there was none before, or changed.
pub(in crate::api) fn note(entry: &mut Entry, before: Option<&CaseRecord>, after: &CaseRecord) {
    entry.not_before(after.updated_at);
    let gone = before.and_then(|before| before.affiliation.as_ref());
    if let Some(path) = gone.filter(|path| after.affiliation.as_ref() != Some(*path)) {
        // Who follows the union that was to be above sees it no more.
        let left = Event {
            area: nowhere(),
            affiliation: Some(path.clone()),
            ..bare(after, EventKind::Left)
        };
        entry.event(left);
    }
    let kind = if after.version == 1 { EventKind::Created } else { EventKind::Updated };
    let snapshot = encode::case(after, entry.today()).encode_to_vec();
    entry.event(Event { snapshot_type: SNAPSHOT, snapshot, ..bare(after, kind) });
    let steps = before.map(|before| before.journal.steps()).unwrap_or_default();
    let new = after.journal.steps().iter().filter(|step| !steps.contains(step));
    let old = steps.iter().filter(|step| !after.journal.steps().contains(step));
    // Kinds of steps, never what they say.
    let kinds: BTreeSet<&str> = new.chain(old).map(|step| step.deed.name()).collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let detail = format!("steps: {}", kinds.join(", "));
    entry.audit(AuditNote { record: after.name(), area: after.area.clone(), detail });
}

fn bare(record: &CaseRecord, kind: EventKind) -> Event {
    Event {
        record: record.name(),
        version: record.version,
        kind,
        area: record.area.clone(),
        affiliation: record.affiliation.clone(),
        snapshot_type: "",
        snapshot: Vec::new(),
    }
}
