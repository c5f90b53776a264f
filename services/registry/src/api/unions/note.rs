//! What a change of affiliation leaves in the books beside the union's own event.
//!
//! One pair of events stands for a union with everything below it: it left one path of the line and
//! came to another. It is given once, in the transaction in which the last record arrives. Nothing on the area line moves, so they name no area.

use std::collections::HashMap;

use prost::Message;
use unionhall_kit::{
    fault::Outcome,
    ledger::{Entry, Event, EventKind},
    path::{Path, nowhere},
};

use super::{
    effect::{self, SNAPSHOT},
    encode,
};
use crate::{
    rules::union::{UnionId, affiliation::AffiliationPath},
    store::{
        structure_changes::{Root, UnionChangeKind, UnionWork},
        unions::{self, Placed, UnionRecord},
    },
};

/// The union was affiliated to another one. With somebody still `following` its own event goes
/// alone: the pair comes when the last has arrived, for what was taken before would lack some.
pub(crate) fn affiliated(
    entry: &mut Entry,
    before: &UnionRecord,
    after: &UnionRecord,
    following: bool,
) {
    let moved = !following && before.affiliation != after.affiliation;
    entry.not_before(after.updated_at);
    if moved {
        left(entry, after, &before.affiliation);
    }
    entry.event(effect::event(after, entry.today()));
    if moved {
        entered(entry, after);
    }
}

/// The union ended by going into another one; whoever stands below it follows.
pub(super) fn ended(entry: &mut Entry, before: &Placed, after: &Placed) {
    let record = &after.record;
    entry.not_before(record.updated_at);
    entry.event(effect::event(record, entry.today()));
    let (old, new) = (&before.record.facts, &record.facts);
    entry.figures(effect::figures((old, &before.paths), (new, &after.paths)));
    entry.audit(effect::audit(record, old, "merged"));
}

/// The subtree of the union left this path.
fn left(entry: &mut Entry, record: &UnionRecord, path: &AffiliationPath) {
    entry.event(Event {
        affiliation: Some(path.path().clone()),
        ..subtree(record, EventKind::Left)
    });
}

/// The subtree of the union came to where it stands now.
fn entered(entry: &mut Entry, record: &UnionRecord) {
    let snapshot = encode::union(record, entry.today()).encode_to_vec();
    let event = subtree(record, EventKind::Entered);
    entry.event(Event { snapshot_type: SNAPSHOT, snapshot, ..event });
}

/// The last records of the subtrees have arrived. Answers where the change is noted.
pub(crate) async fn arrived(entry: &mut Entry, work: &UnionWork) -> Outcome<Path> {
    if work.kind == UnionChangeKind::Merged {
        return taken_over(entry, work).await;
    }
    let source = unions::load(entry.conn(), &work.sources).await?.into_values().next();
    let mut area = source.map(|record| record.area.path().clone());
    let mut held = held(entry, work.roots.iter().map(|root| root.union)).await?;
    for root in &work.roots {
        // A root is not withdrawn before everybody has followed.
        let Some(record) = held.remove(&root.union) else { continue };
        area.get_or_insert_with(|| record.area.path().clone());
        let Some(path) = stood(root) else { continue };
        let record = unions::touch(entry.conn(), &record, entry.now()).await?;
        entry.not_before(record.updated_at);
        left(entry, &record, path);
        entered(entry, &record);
    }
    Ok(area.unwrap_or_else(nowhere))
}

/// Who stood below the unions that ended stands below the one that took them in.
async fn taken_over(entry: &mut Entry, work: &UnionWork) -> Outcome<Path> {
    let ids = work.roots.iter().map(|root| root.union).chain(work.target);
    let mut held = held(entry, ids).await?;
    for root in &work.roots {
        let Some(record) = held.remove(&root.union) else { continue };
        let record = unions::touch(entry.conn(), &record, entry.now()).await?;
        entry.not_before(record.updated_at);
        left(entry, &record, &record.affiliation);
        // The union that ended stays where it stood.
        entry.event(effect::event(&record, entry.today()));
    }
    let target = work.target.and_then(|target| held.remove(&target));
    let Some(record) = target else { return Ok(nowhere()) };
    let record = unions::touch(entry.conn(), &record, entry.now()).await?;
    entry.not_before(record.updated_at);
    entered(entry, &record);
    Ok(record.area.path().clone())
}

/// Held all at once, those above first, as every writer does.
async fn held(
    entry: &Entry,
    ids: impl Iterator<Item = UnionId>,
) -> Outcome<HashMap<UnionId, UnionRecord>> {
    let ids: Vec<UnionId> = ids.collect();
    let held = unions::load_for_update(entry.conn(), &ids).await?;
    Ok(held.into_iter().map(|record| (record.id, record)).collect())
}

/// The path at which the root stood until the change, if it stands elsewhere now.
fn stood(root: &Root) -> Option<&AffiliationPath> {
    root.left.iter().find(|row| row.period.until().is_none()).map(|row| &row.value)
}

fn subtree(record: &UnionRecord, kind: EventKind) -> Event {
    Event {
        record: record.name(),
        version: record.version,
        kind,
        area: nowhere(),
        affiliation: Some(record.affiliation.path().clone()),
        snapshot_type: "",
        snapshot: Vec::new(),
    }
}
