//! What a change of the base register leaves in the books. Its entries are no records of the feed:
//! who follows it takes them again when an edition is activated.

use prost::Message;
use unionhall_kit::ledger::{Entry, Event, EventKind};

use super::encode;
use crate::store::base_registers::BaseRegisterRecord;

const SNAPSHOT: &str = "unionhall.registry.v1.BaseRegister";

/// An edition was entered, or changed.
pub fn changed(entry: &mut Entry, record: &BaseRegisterRecord) {
    let kind = if record.version == 1 { EventKind::Created } else { EventKind::Updated };
    let snapshot = encode::whole(record, entry.today()).encode_to_vec();
    event(entry, record, (kind, SNAPSHOT, snapshot));
}

/// A draft was withdrawn.
pub(super) fn removed(entry: &mut Entry, record: &BaseRegisterRecord) {
    event(entry, record, (EventKind::Removed, "", Vec::new()));
}

fn event(
    entry: &mut Entry,
    record: &BaseRegisterRecord,
    (kind, snapshot_type, snapshot): (EventKind, &'static str, Vec<u8>),
) {
    entry.not_before(record.updated_at);
    entry.event(Event {
        record: record.name(),
        version: record.version,
        kind,
        area: record.register.area.path().clone(),
        affiliation: None,
        snapshot_type,
        snapshot,
    });
}
