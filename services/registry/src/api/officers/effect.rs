//! What a change of offices leaves in the books. No name gets into the audit.

use prost::Message;
use unionhall_kit::{
    fault::Outcome,
    ledger::{AuditNote, Event, EventKind},
};

use super::encode;
use crate::store::{officers::OfficeRecord, unions::UnionRecord};

const SNAPSHOT: &str = "unionhall.registry.v1.Officer";

/// The event of an office, which stands where its union stands.
pub(in crate::api) fn event(record: &OfficeRecord, union: &UnionRecord) -> Outcome<Event> {
    let kind = if record.version == 1 { EventKind::Created } else { EventKind::Updated };
    Ok(Event {
        record: record.name(),
        version: record.version,
        kind,
        area: union.area.path().clone(),
        affiliation: Some(union.affiliation.path().clone()),
        snapshot_type: SNAPSHOT,
        snapshot: encode::officer(record, &union.facts)?.encode_to_vec(),
    })
}

/// The audit entry: which office, never who.
pub(in crate::api) fn audit(record: &OfficeRecord, union: &UnionRecord, what: &str) -> AuditNote {
    let office = &record.office;
    let (committee, position) = (office.committee.code(), office.position.code());
    AuditNote {
        record: record.name(),
        area: union.area.path().clone(),
        detail: format!("{what}: {committee} {position}"),
    }
}
