//! Taking rows back: employers that they entered are withdrawn, employers that they changed get
//! the facts from before.

use std::collections::HashMap;

use unionhall_kit::{
    fault::{Fault, Outcome},
    imports::{
        Actor, Effect, Undone,
        kinds::{CHANGED_SINCE, OUT_OF_SCOPE},
    },
    ledger::Entry,
    reasons,
    sheet::FaultKind,
};
use uuid::Uuid;

use super::{
    super::kinds::{AREA_CLOSED, HAS_OWN_UNION},
    write::stands,
};
use crate::{
    Register,
    api::employers::effect,
    rules::{
        area::{AreaPath, tree::AreaTree},
        employer::{EmployerFacts, address::Address},
        history::Dated,
    },
    store::{
        employers::{
            COLLECTION, EmployerRecord, facts_of, hold_areas, load, load_for_update, remove_many,
            save_many,
        },
        grounds,
        unions::with_own_union,
    },
};

pub(super) async fn undo(
    register: &Register,
    entry: &mut Entry,
    actor: &Actor,
    effects: &[Effect],
) -> Outcome<Vec<Undone>> {
    let (areas, held) = hold(entry, effects).await?;
    let ids: Vec<Uuid> = held.keys().copied().collect();
    let own = with_own_union(entry.conn(), &ids).await?;
    let mut undone = Vec::with_capacity(effects.len());
    let (mut withdrawn, mut restored) = (Vec::new(), Vec::new());
    for effect in effects {
        let record = id(effect).and_then(|id| held.get(&id));
        let Some(record) = record.filter(|record| record.version == effect.version_after) else {
            undone.push(Undone::Refused(&CHANGED_SINCE));
            continue;
        };
        if !actor.scope.sees(Some(record.area.path()), None) {
            undone.push(Undone::Refused(&OUT_OF_SCOPE));
            continue;
        }
        if effect.version_before == 0 && own.contains(&record.id) {
            undone.push(Undone::Refused(&HAS_OWN_UNION));
            continue;
        }
        if effect.version_before == 0 {
            undone.push(Undone::Done);
            withdrawn.push(record);
            continue;
        }
        let before = before(effect)?;
        match refusal(&before, &areas, actor) {
            Some(kind) => undone.push(Undone::Refused(kind)),
            None => {
                undone.push(Undone::Done);
                restored.push((record, before));
            }
        }
    }
    withdraw(register, entry, withdrawn).await?;
    restore(register, entry, restored).await?;
    Ok(undone)
}

/// Areas first, then employers, as in every write.
async fn hold(
    entry: &Entry,
    effects: &[Effect],
) -> Outcome<(AreaTree, HashMap<Uuid, EmployerRecord>)> {
    let ids: Vec<Uuid> = effects.iter().filter_map(id).collect();
    let seen = load(entry.conn(), &ids).await?;
    let mut wanted: Vec<AreaPath> = seen.values().flat_map(stands).cloned().collect();
    for effect in effects.iter().filter(|effect| effect.version_before > 0) {
        let addresses = before(effect)?.actual_addresses;
        wanted.extend(addresses.rows().iter().map(|row| row.value.area().clone()));
    }
    let areas = hold_areas(entry.conn(), &wanted).await?;
    let held = load_for_update(entry.conn(), &ids).await?;
    Ok((areas, held.into_iter().map(|record| (record.id, record)).collect()))
}

/// Why the facts from before cannot stand again: an area that they name ended meanwhile, so that
/// nobody would carry the employer out of it, or the last one is not the caller's.
fn refusal(before: &EmployerFacts, areas: &AreaTree, actor: &Actor) -> Option<&'static FaultKind> {
    let rows = before.actual_addresses.rows();
    let last = rows.last().map(|row| row.value.area().path());
    if !actor.scope.sees(last, None) {
        return Some(&OUT_OF_SCOPE);
    }
    let outlives = |row: &Dated<Address>| {
        let ends = areas.get(row.value.area()).and_then(|area| area.period.until());
        ends.is_some_and(|ends| row.period.until().is_none_or(|until| ends < until))
    };
    (before.closed_on().is_none() && rows.iter().any(outlives)).then_some(&AREA_CLOSED)
}

async fn withdraw(
    register: &Register,
    entry: &mut Entry,
    records: Vec<&EmployerRecord>,
) -> Outcome<()> {
    let removed = remove_many(entry.conn(), &records, entry.now()).await?;
    let facts = records.iter().map(|record| &record.facts);
    let grounds = grounds::held(entry.conn(), facts).await?;
    for (before, after) in records.iter().zip(&removed) {
        effect::note_removal(register, entry, before, after, &grounds).await?;
    }
    Ok(())
}

async fn restore(
    register: &Register,
    entry: &mut Entry,
    changes: Vec<(&EmployerRecord, EmployerFacts)>,
) -> Outcome<()> {
    let present: Vec<&EmployerRecord> = changes.iter().map(|(record, _)| *record).collect();
    let saved = save_many(entry.conn(), changes, entry.now()).await?;
    let saved = saved.map_err(|_| Fault::new(&reasons::CONFLICT))?;
    let facts = present.iter().map(|record| &record.facts);
    let grounds = grounds::held(entry.conn(), facts.chain(saved.iter().map(|r| &r.facts))).await?;
    let noted: Vec<_> = present.into_iter().map(Some).zip(&saved).collect();
    effect::note_many(register, entry, &noted, &grounds).await
}

fn id(effect: &Effect) -> Option<Uuid> {
    effect.record.strip_prefix(COLLECTION).and_then(|id| Uuid::parse_str(id).ok())
}

fn before(effect: &Effect) -> Outcome<EmployerFacts> {
    let text = std::str::from_utf8(&effect.before);
    facts_of(text.map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))?)
}
