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
    identity::{Identity, Known, identities},
};
use crate::{
    Register,
    api::employers::effect,
    columns,
    imports::{kinds::HAS_OWN_UNION, places::Places},
    rules::{
        area::{AreaPath, tree::AreaTree},
        contribution::Grounds,
        employer::{EmployerFacts, change::Surroundings},
    },
    store::{
        employers::{
            EmployerRecord, NewEmployer, facts_text, hold_areas, insert_many, load_for_update,
            save_many,
        },
        grounds,
        unions::with_own_union,
    },
};

/// What stands firm until the transaction ends.
struct Held<'a> {
    rows: &'a [Record],
    identities: Vec<Identity>,
    drafts: Vec<Draft>,
    known: Known,
    areas: AreaTree,
}

pub(super) async fn apply(
    register: &Register,
    places: &Places,
    entry: &mut Entry,
    actor: &Actor,
    rows: &[Record],
) -> Outcome<Vec<Applied>> {
    let held = hold(register, places, entry, actor, rows).await?;
    let mut work = Work::default();
    let around =
        Surroundings { today: entry.today(), areas: &held.areas, lists: register.reference };
    for (at, row) in held.rows.iter().enumerate() {
        let known = held.known.of(&held.identities[at]);
        match (decide(row, &held.drafts[at], known, around), known) {
            (Decision::Refused(faults), _) => work.applied.push(Applied::Refused(faults)),
            (Decision::Amend(facts), Some(record)) if held.known.ends_union(record, &facts) => {
                let fault = row.fault(columns::STATUS.key, &HAS_OWN_UNION);
                work.applied.push(Applied::Refused(vec![fault]));
            }
            (Decision::Amend(facts), Some(record)) => {
                work.changes.push((record, facts));
                work.applied.push(Applied::Unchanged);
                work.changed_at.push(at);
            }
            (Decision::Enter(facts), _) => {
                work.new.push(register.new_employer(facts));
                work.applied.push(Applied::Unchanged);
                work.entered_at.push(at);
            }
            (Decision::Unchanged | Decision::Amend(_), _) => work.applied.push(Applied::Unchanged),
        }
    }
    work.write(register, entry).await
}

/// Areas are held first, then employers, as every writer does. Which areas those are follows from
/// the employers, so that these are looked at before; should one have moved in between, the chunk
/// is tried again.
async fn hold<'a>(
    register: &Register,
    places: &Places,
    entry: &Entry,
    actor: &Actor,
    rows: &'a [Record],
) -> Outcome<Held<'a>> {
    let (conn, reference) = (entry.conn(), register.reference);
    let identities = identities(rows);
    let mut known = Known::read(conn, &identities).await?;
    let around = Around { reference, places, scope: &actor.scope, today: entry.today() };
    let drafts: Vec<Draft> = rows
        .iter()
        .zip(&identities)
        .map(|(row, identity)| draft(row, identity, known.of(identity), around))
        .collect();
    let named = drafts.iter().filter_map(|draft| draft.area.as_ref());
    let wanted: Vec<AreaPath> = named.chain(known.records().flat_map(stands)).cloned().collect();
    let areas = hold_areas(conn, &wanted).await?;
    let ids: Vec<Uuid> = known.records().map(|record| record.id).collect();
    if !ids.is_empty() {
        let held = load_for_update(conn, &ids).await?;
        let own = with_own_union(conn, &ids).await?;
        let stayed = held.iter().flat_map(stands).all(|area| areas.get(area).is_some());
        if !known.replace(held, own) || !stayed {
            return Err(Fault::new(&reasons::CONFLICT));
        }
    }
    Ok(Held { rows, identities, drafts, known, areas })
}

/// Every area at which the employer stands or stood.
pub(super) fn stands(record: &EmployerRecord) -> impl Iterator<Item = &AreaPath> {
    record.facts.actual_addresses.rows().iter().map(|row| row.value.area())
}

#[derive(Default)]
struct Work<'a> {
    applied: Vec<Applied>,
    new: Vec<NewEmployer>,
    entered_at: Vec<usize>,
    changes: Vec<(&'a EmployerRecord, EmployerFacts)>,
    changed_at: Vec<usize>,
}

impl Work<'_> {
    async fn write(mut self, register: &Register, entry: &mut Entry) -> Outcome<Vec<Applied>> {
        // Somebody else entered the employer meanwhile: the next try finds it.
        let taken = |_| Fault::new(&reasons::CONFLICT);
        let now = entry.now();
        if !self.new.is_empty() {
            let entered = insert_many(entry.conn(), &self.new, now).await?.map_err(taken)?;
            // Nobody is covered from the first moment.
            let grounds = Grounds::default();
            let noted: Vec<_> = entered.iter().map(|record| (None, record)).collect();
            effect::note_many(register, entry, &noted, &grounds).await?;
            for (at, record) in self.entered_at.into_iter().zip(&entered) {
                self.applied[at] = Applied::Changed(change(0, record, Vec::new()));
            }
        }
        if !self.changes.is_empty() {
            let before: HashMap<Uuid, &EmployerRecord> =
                self.changes.iter().map(|(record, _)| (record.id, *record)).collect();
            let changed = save_many(entry.conn(), self.changes, now).await?.map_err(taken)?;
            let facts = changed.iter().map(|record| &record.facts);
            let grounds = grounds::held(entry.conn(), facts).await?;
            let noted: Vec<_> =
                changed.iter().map(|record| (before.get(&record.id).copied(), record)).collect();
            effect::note_many(register, entry, &noted, &grounds).await?;
            for (at, record) in self.changed_at.into_iter().zip(&changed) {
                let Some(old) = before.get(&record.id) else { continue };
                let text = facts_text(&old.facts)?.into_bytes();
                self.applied[at] = Applied::Changed(change(old.version, record, text));
            }
        }
        Ok(self.applied)
    }
}

fn change(version_before: i64, record: &EmployerRecord, before: Vec<u8>) -> Effect {
    Effect { record: record.name(), version_before, version_after: record.version, before }
}
