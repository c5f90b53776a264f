//! What a change of the tree leaves in the books.

use prost::Message;
use unionhall_kit::ledger::{AuditNote, Entry, Event, EventKind};

use super::view;
use crate::{
    rules::area::AreaPath,
    store::{areas::Recorded, structure_changes::AreaWork},
};

const SNAPSHOT: &str = "unionhall.registry.v1.Area";

/// An area was entered.
pub(crate) fn created(entry: &mut Entry, recorded: &Recorded, path: &AreaPath) {
    event(entry, recorded, path, EventKind::Created);
    audit(entry, path, "created");
}

/// The event of one area, with its record as it stands now.
pub(crate) fn event(entry: &mut Entry, recorded: &Recorded, path: &AreaPath, kind: EventKind) {
    if let Some(mark) = recorded.marks.get(path) {
        entry.not_before(mark.updated_at);
    }
    let area = view::area(recorded, path, entry.today());
    entry.event(Event {
        record: view::name(path),
        version: recorded.version(path),
        kind,
        area: path.path().clone(),
        affiliation: None,
        snapshot_type: SNAPSHOT,
        snapshot: area.unwrap_or_default().encode_to_vec(),
    });
}

/// The audit entry of one area.
pub(crate) fn audit(entry: &mut Entry, path: &AreaPath, detail: impl Into<String>) {
    entry.audit(AuditNote {
        record: view::name(path),
        area: path.path().clone(),
        detail: detail.into(),
    });
}

/// The areas of a change whose employers and unions are still to follow.
pub(crate) fn changed(entry: &mut Entry, recorded: &Recorded, work: &AreaWork) {
    for path in work.sources.iter().chain([&work.target]) {
        let new = recorded.version(path) == 1;
        let kind = if new { EventKind::Created } else { EventKind::Updated };
        event(entry, recorded, path, kind);
    }
}

/// One pair of events stands for a whole subtree that went elsewhere, when everybody is there:
/// whoever follows it takes its snapshot again. The area that closed stays where it was.
pub(crate) fn subtrees(entry: &mut Entry, recorded: &Recorded, work: &AreaWork) {
    for source in &work.sources {
        left(entry, recorded, source);
        event(entry, recorded, source, EventKind::Updated);
    }
    event(entry, recorded, &work.target, EventKind::Entered);
}

fn left(entry: &mut Entry, recorded: &Recorded, path: &AreaPath) {
    entry.event(Event {
        record: view::name(path),
        version: recorded.version(path),
        kind: EventKind::Left,
        area: path.path().clone(),
        affiliation: None,
        snapshot_type: "",
        snapshot: Vec::new(),
    });
}
