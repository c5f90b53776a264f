//! Taking rows back: unions that they entered are withdrawn while nobody relies on them, unions that
//! they changed get the facts from before.

use std::collections::HashMap;

use unionhall_kit::{
    fault::{Fault, Outcome},
    imports::{
        Actor, Effect, Undone,
        kinds::{CHANGED_SINCE, OUT_OF_SCOPE},
    },
    ledger::Entry,
    path::Line,
    reasons,
};
use uuid::Uuid;

use super::write::note;
use crate::{
    api::{members::follow as members, unions::effect},
    imports::kinds::{AREA_CLOSED, UNION_IN_USE},
    rules::{
        area::AreaPath,
        history::History,
        union::{UnionFacts, UnionId},
    },
    store::{
        dated,
        employers::hold_areas,
        unions::{self, COLLECTION, Fact, Placed, UnionRecord, facts},
    },
};

/// Effects come last row first, so that a union below goes before the one above.
pub(super) async fn undo(
    entry: &mut Entry,
    actor: &Actor,
    effects: &[Effect],
) -> Outcome<Vec<Undone>> {
    let ids: Vec<UnionId> = effects.iter().filter_map(id).collect();
    let mut areas: Vec<AreaPath> = Vec::new();
    for union in unions::load(entry.conn(), &ids).await?.values() {
        areas.extend(places(&union.facts));
    }
    for effect in effects.iter().filter(|effect| effect.version_before > 0) {
        areas.extend(places(&before(effect)?));
    }
    let open = hold_areas(entry.conn(), &areas).await?;
    let held = unions::load_for_update(entry.conn(), &ids).await?;
    let paths = unions::paths_of(entry.conn(), &ids).await?;
    let mut held: HashMap<UnionId, UnionRecord> =
        held.into_iter().map(|record| (record.id, record)).collect();
    // What a later row of the same union was before stands again as that version.
    let mut stands: HashMap<UnionId, i64> =
        held.iter().map(|(id, record)| (*id, record.version)).collect();
    let mut undone = Vec::with_capacity(effects.len());
    for effect in effects {
        let id = id(effect);
        let known = id.filter(|id| stands.get(id) == Some(&effect.version_after));
        let Some(record) = known.and_then(|id| held.get(&id)).cloned() else {
            undone.push(Undone::Refused(&CHANGED_SINCE));
            continue;
        };
        let scope = &actor.scope;
        if !scope.sees(Some(record.area.path()), Some(record.affiliation.path())) {
            undone.push(Undone::Refused(&OUT_OF_SCOPE));
            continue;
        }
        let id = record.id;
        let paths = paths.get(&id).cloned().unwrap_or_default();
        let placed = Placed { record, paths };
        undone.push(if effect.version_before == 0 {
            withdraw(entry, &placed).await?
        } else {
            let before = before(effect)?;
            let open_still =
                |area: AreaPath| open.get(&area).is_some_and(|fact| fact.period.until().is_none());
            let seat = places(&before).last();
            let admits = |area: &AreaPath| scope.covers(Line::Area, area.path());
            if !seat.as_ref().is_some_and(admits) {
                Undone::Refused(&OUT_OF_SCOPE)
            } else if seat.is_some_and(open_still) {
                held.insert(id, restore(entry, &placed, before).await?);
                stands.insert(id, effect.version_before);
                Undone::Done
            } else {
                Undone::Refused(&AREA_CLOSED)
            }
        });
    }
    Ok(undone)
}

async fn withdraw(entry: &mut Entry, placed: &Placed) -> Outcome<Undone> {
    let record = &placed.record;
    if unions::reliance(entry.conn(), record.id).await?.any() {
        return Ok(Undone::Refused(&UNION_IN_USE));
    }
    let after = unions::remove(entry.conn(), record, entry.now()).await?;
    entry.not_before(after.updated_at);
    entry.event(effect::removal(&after));
    let (no_facts, no_paths) = (UnionFacts::default(), History::default());
    entry.figures(effect::figures((&record.facts, &placed.paths), (&no_facts, &no_paths)));
    Ok(Undone::Done)
}

async fn restore(entry: &mut Entry, placed: &Placed, facts: UnionFacts) -> Outcome<UnionRecord> {
    let (paths, now) = (placed.paths.clone(), entry.now());
    let saved = unions::save(entry.conn(), placed, facts, paths, now).await?;
    let after = saved.map_err(|_| Fault::new(&reasons::CONFLICT))?;
    note(entry, Some(placed), &after);
    members::unions(entry, [(placed, &after)]).await?;
    Ok(after.record)
}

/// The areas of the seats, in order.
fn places(facts: &UnionFacts) -> impl Iterator<Item = AreaPath> + '_ {
    facts.seats.rows().iter().map(|row| row.value.area().clone())
}

fn id(effect: &Effect) -> Option<UnionId> {
    let id = effect.record.strip_prefix(COLLECTION);
    id.and_then(|id| Uuid::try_parse(id).ok()).map(UnionId)
}

fn before(effect: &Effect) -> Outcome<UnionFacts> {
    let text = std::str::from_utf8(&effect.before);
    let text = text.map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))?;
    facts(dated::read::<Fact>(text)?)
}
