//! What a step of an election leaves in the books. No name gets into the audit.

use prost::Message;
use unionhall_kit::{
    fault::{Fault, Outcome},
    ledger::{AuditNote, Entry, Event, EventKind},
    reasons,
};

use super::encode;
use crate::{
    api::unions::effect,
    rules::union::UnionFacts,
    store::{
        elections::ElectionRecord,
        unions::{self, Placed, UnionRecord, paths_of},
    },
};

const SNAPSHOT: &str = "unionhall.registry.v1.Election";

/// The event of an election, which stands where its union stands.
pub(super) fn event(record: &ElectionRecord, union: &UnionRecord) -> Outcome<Event> {
    let kind = if record.version == 1 { EventKind::Created } else { EventKind::Updated };
    Ok(Event {
        record: record.name(),
        version: record.version,
        kind,
        area: union.area.path().clone(),
        affiliation: Some(union.affiliation.path().clone()),
        snapshot_type: SNAPSHOT,
        snapshot: encode::election(record, &union.facts)?.encode_to_vec(),
    })
}

/// The audit entry: which step, and whether rules were broken.
pub(super) fn audit(record: &ElectionRecord, union: &UnionRecord, what: &str) -> AuditNote {
    AuditNote {
        record: record.name(),
        area: union.area.path().clone(),
        detail: format!("{what}: {}", record.election.plan.kind.code()),
    }
}

/// Saves a change of the union's terms, with its event, figures and audit. Terms take nothing from
/// another union.
pub(super) async fn keep_terms(
    entry: &mut Entry,
    before: &UnionRecord,
    facts: UnionFacts,
    what: &str,
) -> Outcome<UnionRecord> {
    if facts == before.facts {
        return Ok(before.clone());
    }
    let broken = || Fault::new(&reasons::INTERNAL);
    let paths =
        paths_of(entry.conn(), &[before.id]).await?.remove(&before.id).ok_or_else(broken)?;
    let placed = Placed { record: before.clone(), paths: paths.clone() };
    let saved = unions::save(entry.conn(), &placed, facts, paths.clone(), entry.now()).await?;
    let after = saved.map_err(|taken| broken().caused_by(taken))?;
    let today = entry.today();
    entry.not_before(after.record.updated_at);
    entry.event(effect::event(&after.record, today));
    entry.figures(effect::figures((&before.facts, &paths), (&after.record.facts, &after.paths)));
    entry.audit(effect::audit(&after.record, &before.facts, what));
    Ok(after.record)
}
