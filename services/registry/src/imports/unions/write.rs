//! Writing a chunk of rows, one after the other: a row may stand below the union of the row before.

use std::collections::BTreeSet;

use unionhall_kit::{
    fault::{Fault, Outcome},
    imports::{Actor, Applied, Effect},
    ledger::Entry,
    path::Scope,
    reasons,
    sheet::Record,
};
use uuid::Uuid;

use super::{
    decide::{Decision, decide},
    draft::{Around, Draft},
    drafted,
    known::Known,
    place::place_taken,
};
use crate::{
    Register,
    api::members::follow as members,
    api::unions::{effect, settled},
    imports::places::Places,
    rules::{
        area::{AreaPath, tree::AreaTree},
        history::History,
        union::{UnionFacts, UnionId, place::holdings},
    },
    store::{
        dated,
        employers::{self, hold_areas},
        unions::{self, NewUnion, Placed, Taken, rows},
    },
};

pub(super) async fn apply(
    register: &Register,
    places: &Places,
    entry: &mut Entry,
    actor: &Actor,
    records: &[Record],
) -> Outcome<Vec<Applied>> {
    let around = Around { register, places, scope: &actor.scope, today: entry.today() };
    let nothing = Known::default();
    let (drafts, _) = drafted(entry.conn(), records, around, &nothing).await?;
    let (areas, mut known) = hold(entry, &drafts).await?;
    let mut applied = Vec::with_capacity(records.len());
    for (row, draft) in records.iter().zip(&drafts) {
        applied.push(match decide(row, draft, &known, around, &areas) {
            Decision::Refused(faults) => Applied::Refused(faults),
            Decision::Unchanged => Applied::Unchanged,
            Decision::Enter(new) => enter(entry, (row, *new), &mut known, &actor.scope).await?,
            Decision::Amend(id, facts) => {
                let held = known.get(id).ok_or_else(|| Fault::new(&reasons::INTERNAL))?;
                let record = held.record.clone().ok_or_else(|| Fault::new(&reasons::INTERNAL))?;
                let before = Placed { record, paths: held.paths.clone() };
                let (paths, now) = (before.paths.clone(), entry.now());
                let saved = unions::save(entry.conn(), &before, *facts, paths, now).await?;
                let placed = saved.map_err(|_| Fault::new(&reasons::CONFLICT))?;
                note(entry, Some(&before), &placed);
                members::unions(entry, [(&before, &placed)]).await?;
                known.replace(&placed);
                let text = dated::written(rows(&before.record.facts))?.into_bytes();
                Applied::Changed(change(before.record.version, &placed, text))
            }
        });
    }
    Ok(applied)
}

/// Enters the union of a row; refuses the row where another one had the area on one of its days.
async fn enter(
    entry: &mut Entry,
    (row, new): (&Record, NewUnion),
    known: &mut Known,
    scope: &Scope,
) -> Outcome<Applied> {
    let places = holdings(&new.facts);
    match unions::insert(entry.conn(), new, entry.now()).await? {
        Ok(placed) => {
            note(entry, None, &placed);
            known.replace(&placed);
            Ok(Applied::Changed(change(0, &placed, Vec::new())))
        }
        // Who has it now was known before the row was decided on, for places are locked by then.
        Err(Taken::Place(Some(rival))) => {
            let fault = place_taken(entry.conn(), row, &places, (rival, scope)).await?;
            Ok(Applied::Refused(vec![fault]))
        }
        // Somebody else took its code or its employer meanwhile: the next try finds it.
        Err(_) => Err(Fault::new(&reasons::CONFLICT)),
    }
}

/// Areas are held first, then the unions that rows name, the places that rows take and employers, as
/// every writer does. Which those are is looked at before; should it change in between, or should one
/// of the unions be on its way to another place, the chunk is tried again.
async fn hold(entry: &Entry, drafts: &[Draft]) -> Outcome<(AreaTree, Known)> {
    let conn = entry.conn();
    let seen = Known::read(conn, drafts).await?;
    let ids: BTreeSet<UnionId> = seen.unions().map(|union| union.id).collect();
    let ids: Vec<UnionId> = ids.into_iter().collect();
    let mut areas: Vec<AreaPath> =
        drafts.iter().flat_map(|draft| draft.areas.iter().cloned()).collect();
    for union in seen.unions() {
        areas.extend(union.facts.seats.rows().iter().map(|row| row.value.area().clone()));
        areas.extend(union.facts.territories.rows().iter().map(|row| row.value.clone()));
    }
    let held = hold_areas(conn, &areas).await?;
    unions::share_affiliation(conn).await?;
    unions::load_for_update(conn, &ids).await?;
    if drafts.iter().any(|draft| draft.place.is_some()) {
        unions::lock_places(conn).await?;
    }
    let bodies = drafts.iter().filter_map(|draft| draft.employer.as_ref());
    let mut employers: Vec<Uuid> =
        bodies.filter_map(|code| seen.employer(code).map(|(id, _)| *id)).collect();
    employers.sort_unstable();
    employers::load_for_update(conn, &employers).await?;
    let known = Known::read(conn, drafts).await?;
    settled(entry, known.unions().map(|union| &union.paths), &[]).await?;
    if known.unions().all(|union| ids.binary_search(&union.id).is_ok()) {
        Ok((held, known))
    } else {
        Err(Fault::new(&reasons::CONFLICT))
    }
}

/// Notes the events and the figures of a union that was entered, where there was none before, or
/// changed.
pub(super) fn note(entry: &mut Entry, before: Option<&Placed>, after: &Placed) {
    let (no_facts, no_paths) = (UnionFacts::default(), History::default());
    let old = before.map_or((&no_facts, &no_paths), |old| (&old.record.facts, &old.paths));
    entry.not_before(after.record.updated_at);
    let departure = before.and_then(|old| effect::departure(&old.record, &after.record));
    departure.into_iter().for_each(|event| entry.event(event));
    entry.event(effect::event(&after.record, entry.today()));
    entry.figures(effect::figures(old, (&after.record.facts, &after.paths)));
}

fn change(version_before: i64, placed: &Placed, before: Vec<u8>) -> Effect {
    let record = &placed.record;
    Effect { record: record.name(), version_before, version_after: record.version, before }
}
