//! Taking rows back: the employers get the facts from before, unless a union that covered them then
//! has ended meanwhile.

use std::collections::{BTreeSet, HashMap};

use unionhall_kit::{
    fault::{Fault, Outcome},
    imports::{
        Actor, Effect, Undone,
        kinds::{CHANGED_SINCE, OUT_OF_SCOPE},
    },
    ledger::Entry,
    reasons,
};
use uuid::Uuid;

use super::write::areas;
use crate::{
    Register,
    api::employers::effect,
    imports::kinds::COVERING_UNION_ENDED,
    rules::{
        area::AreaPath,
        employer::{EmployerFacts, cover::Cover},
        history::Dated,
        union::UnionId,
    },
    store::{
        employers::{
            COLLECTION, EmployerRecord, facts_of, hold_areas, load, load_for_update, save_many,
        },
        grounds,
        unions::{self, UnionRecord},
    },
};

pub(super) async fn undo(
    register: &Register,
    entry: &mut Entry,
    actor: &Actor,
    effects: &[Effect],
) -> Outcome<Vec<Undone>> {
    let mut former = Vec::with_capacity(effects.len());
    for effect in effects {
        former.push(before(effect)?);
    }
    let (unions, held) = hold(entry, effects, &former).await?;
    let mut undone = Vec::with_capacity(effects.len());
    let mut restored = Vec::new();
    for (effect, former) in effects.iter().zip(former) {
        let record = id(effect).and_then(|id| held.get(&id));
        let Some(record) = record.filter(|record| record.version == effect.version_after) else {
            undone.push(Undone::Refused(&CHANGED_SINCE));
            continue;
        };
        let affiliation = record.affiliation.as_ref().map(|path| path.path().clone());
        if !actor.scope.sees(Some(record.area.path()), affiliation.as_ref()) {
            undone.push(Undone::Refused(&OUT_OF_SCOPE));
        } else if former.covers.rows().iter().any(|row| outlives(row, &unions)) {
            undone.push(Undone::Refused(&COVERING_UNION_ENDED));
        } else {
            undone.push(Undone::Done);
            restored.push((record, former));
        }
    }
    restore(register, entry, restored).await?;
    Ok(undone)
}

/// Areas first, then the unions that covered, then employers, as in every write.
async fn hold(
    entry: &Entry,
    effects: &[Effect],
    former: &[EmployerFacts],
) -> Outcome<(HashMap<UnionId, UnionRecord>, HashMap<Uuid, EmployerRecord>)> {
    let ids: Vec<Uuid> = effects.iter().filter_map(id).collect();
    let seen = load(entry.conn(), &ids).await?;
    let wanted: Vec<AreaPath> = seen.values().flat_map(areas).cloned().collect();
    hold_areas(entry.conn(), &wanted).await?;
    let covering = former.iter().flat_map(|facts| facts.covers.rows());
    let covering: BTreeSet<UnionId> = covering.map(|row| row.value.union).collect();
    let covering: Vec<UnionId> = covering.into_iter().collect();
    let unions = unions::hold(entry.conn(), &covering).await?;
    let held = load_for_update(entry.conn(), &ids).await?;
    Ok((
        unions.into_iter().map(|record| (record.id, record)).collect(),
        held.into_iter().map(|record| (record.id, record)).collect(),
    ))
}

/// Whether a coverage would last longer than its union.
fn outlives(row: &Dated<Cover>, unions: &HashMap<UnionId, UnionRecord>) -> bool {
    let Some(union) = unions.get(&row.value.union) else { return true };
    let ended = union.facts.ended_on();
    ended.is_some_and(|ended| row.period.until().is_none_or(|until| ended < until))
}

async fn restore(
    register: &Register,
    entry: &mut Entry,
    changes: Vec<(&EmployerRecord, EmployerFacts)>,
) -> Outcome<()> {
    let present: Vec<&EmployerRecord> = changes.iter().map(|(record, _)| *record).collect();
    let saved = save_many(entry.conn(), changes, entry.now()).await?;
    let saved = saved.map_err(|taken| Fault::new(&reasons::INTERNAL).caused_by(taken))?;
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
