//! Writing a chunk of rows.

use std::collections::HashMap;

use unionhall_kit::{
    fault::{Fault, Outcome},
    imports::{Actor, Applied, Effect},
    ledger::Entry,
    reasons,
    sheet::Record,
};
use uuid::Uuid;

use super::{
    decide::{Decision, decide},
    draft::{Around, Draft, draft},
    known::Known,
};
use crate::{
    Register,
    api::employers::effect,
    imports::places::Places,
    rules::area::AreaPath,
    store::{
        employers::{self, EmployerRecord, facts_text, hold_areas, save_many},
        grounds, unions,
    },
};

pub(super) async fn apply(
    register: &Register,
    places: &Places,
    entry: &mut Entry,
    actor: &Actor,
    rows: &[Record],
) -> Outcome<Vec<Applied>> {
    let around = Around { places, scope: &actor.scope, today: entry.today() };
    let drafts: Vec<Draft> = rows.iter().map(|row| draft(row, around)).collect();
    let known = hold(entry, &drafts).await?;
    let (mut applied, mut changes, mut changed_at) = (Vec::new(), Vec::new(), Vec::new());
    for (at, (row, draft)) in rows.iter().zip(&drafts).enumerate() {
        applied.push(match decide(row, draft, &known, around) {
            Decision::Refused(faults) => Applied::Refused(faults),
            Decision::Unchanged => Applied::Unchanged,
            Decision::Change(record, facts) => {
                changes.push((record, *facts));
                changed_at.push(at);
                Applied::Unchanged
            }
        });
    }
    let before: HashMap<Uuid, &EmployerRecord> =
        changes.iter().map(|(record, _)| (record.id, *record)).collect();
    let saved = save_many(entry.conn(), changes, entry.now()).await?;
    // Coverage takes no code from anybody.
    let saved = saved.map_err(|taken| Fault::new(&reasons::INTERNAL).caused_by(taken))?;
    let old = before.values().map(|record| &record.facts);
    let all = old.chain(saved.iter().map(|record| &record.facts));
    let grounds = grounds::held(entry.conn(), all).await?;
    let noted: Vec<_> = saved.iter().map(|after| (before.get(&after.id).copied(), after)).collect();
    effect::note_many(register, entry, &noted, &grounds).await?;
    for (at, after) in changed_at.into_iter().zip(&saved) {
        let Some(old) = before.get(&after.id) else { continue };
        applied[at] = Applied::Changed(Effect {
            record: after.name(),
            version_before: old.version,
            version_after: after.version,
            before: facts_text(&old.facts)?.into_bytes(),
        });
    }
    Ok(applied)
}

/// Areas are held first, then the unions that rows name, then employers, as every writer does. Which
/// those are is looked at before; should it change in between, the chunk is tried again.
async fn hold(entry: &Entry, drafts: &[Draft]) -> Outcome<Known> {
    let conn = entry.conn();
    let mut known = Known::read(conn, drafts).await?;
    let wanted: Vec<AreaPath> = known.employers().flat_map(areas).cloned().collect();
    hold_areas(conn, &wanted).await?;
    let unions = unions::hold(conn, &known.union_ids()).await?;
    known.hold_unions(unions);
    let mut ids: Vec<Uuid> = known.employers().map(|record| record.id).collect();
    ids.sort_unstable();
    let held = employers::load_for_update(conn, &ids).await?;
    let stayed = held.iter().flat_map(areas).all(|area| wanted.contains(area));
    if held.len() != ids.len() || !stayed {
        return Err(Fault::new(&reasons::CONFLICT));
    }
    known.hold(held);
    Ok(known)
}

/// Every area at which the employer stands or stood.
pub(super) fn areas(record: &EmployerRecord) -> impl Iterator<Item = &AreaPath> {
    record.facts.actual_addresses.rows().iter().map(|row| row.value.area())
}
