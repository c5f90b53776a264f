//! Taking rows back: members whom they entered are withdrawn, members whom they changed get the
//! facts from before.

use std::collections::HashMap;

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

use super::write::{BEFORE, changed, sees};
use crate::{
    Register,
    api::members::{desk::Desk, effect},
    imports::kinds::MEMBER_EMPLOYER_ENDED,
    rules::{
        history::History,
        member::{MemberFacts, MemberId, sealed::SealedNumber},
    },
    store::members::{
        COLLECTION, Changed, Held, MemberRecord, Numbers, Wanted, facts_of, hold_grounds, keys_of,
        load, load_for_update, owner, remove_many, save_many,
    },
};

/// A member with what is restored, and the numbers that come and go with it.
struct Former {
    facts: MemberFacts,
    numbers: Numbers,
}

pub(in crate::imports) async fn undo(
    register: &Register,
    entry: &mut Entry,
    actor: &Actor,
    effects: &[Effect],
) -> Outcome<Vec<Undone>> {
    let ids: Vec<MemberId> = effects.iter().filter_map(id).collect();
    let mut former = formers(register, entry, (effects, &ids)).await?;
    let (members, held) = hold(entry, &ids, &former).await?;
    let mut undone = Vec::with_capacity(effects.len());
    let (mut withdrawn, mut restored): (_, Vec<Changed<'_>>) = (Vec::new(), Vec::new());
    for effect in effects {
        let record = id(effect).and_then(|id| members.get(&id));
        let Some(record) = record.filter(|record| record.version == effect.version_after) else {
            undone.push(Undone::Refused(&CHANGED_SINCE));
            continue;
        };
        if !sees(&actor.scope, &record.stand) {
            undone.push(Undone::Refused(&OUT_OF_SCOPE));
        } else if effect.version_before == 0 {
            undone.push(Undone::Done);
            withdrawn.push(record);
        } else {
            match former.remove(&record.id) {
                Some(Former { facts, .. }) if works_for_none(&facts, &record.facts, &held) => {
                    undone.push(Undone::Refused(&MEMBER_EMPLOYER_ENDED));
                }
                Some(Former { facts, numbers }) => {
                    undone.push(Undone::Done);
                    restored.push(changed(record, facts, numbers, &held));
                }
                // What is erased is not restored.
                None => undone.push(Undone::Refused(&CHANGED_SINCE)),
            }
        }
    }
    withdraw(entry, &withdrawn, &held).await?;
    restore(entry, restored, &held).await?;
    Ok(undone)
}

/// Whether the facts would let the person work for an employer that has closed since the row took
/// them away from there.
fn works_for_none(before: &MemberFacts, now: &MemberFacts, held: &Held) -> bool {
    let last = |facts: &MemberFacts| {
        let row = facts.employments.rows().last().filter(|row| row.period.until().is_none());
        row.and_then(|row| row.value.employer)
    };
    let employer = last(before).filter(|employer| last(now) != Some(*employer));
    let record = employer.and_then(|employer| held.employers.get(&employer));
    record.is_some_and(|record| record.facts.closed_on().is_some())
}

/// What the changed members were, by the effects; without those who were erased.
async fn formers(
    register: &Register,
    entry: &Entry,
    (effects, ids): (&[Effect], &[MemberId]),
) -> Outcome<HashMap<MemberId, Former>> {
    let changed = effects.iter().filter(|effect| effect.version_before > 0);
    let changed: Vec<(MemberId, &Effect)> =
        changed.filter_map(|effect| Some((id(effect)?, effect))).collect();
    if changed.is_empty() {
        return Ok(HashMap::new());
    }
    let keys = keys_of(entry.conn(), ids).await?;
    let now = load(entry.conn(), ids).await?;
    let mut former = HashMap::with_capacity(changed.len());
    for (id, effect) in changed {
        let (Some(sealed), Some(record)) = (keys.get(&id), now.get(&id)) else { continue };
        let key = register.vault.open_data_key(owner(&id), Some(sealed.as_slice()))?;
        let facts = facts_of(&key.open(BEFORE, &effect.before)?)?;
        let desk = Desk { vault: &register.vault, key: &key, today: entry.today() };
        let numbers = mobiles(&desk, &record.facts.mobiles, &facts.mobiles)?;
        former.insert(id, Former { facts, numbers });
    }
    Ok(former)
}

/// By which mobile numbers the person is found no more, and once again.
fn mobiles(
    desk: &Desk<'_>,
    now: &History<SealedNumber>,
    before: &History<SealedNumber>,
) -> Outcome<Numbers> {
    let last = |history: &History<SealedNumber>| history.rows().last().map(|row| row.value.clone());
    let (now, before) = (last(now), last(before));
    let mut numbers = Numbers::default();
    if now != before {
        numbers.old_mobiles.extend(now.map(|held| desk.kept_mobile(&held)).transpose()?);
        numbers.mobiles.extend(before.map(|held| desk.kept_mobile(&held)).transpose()?);
    }
    Ok(numbers)
}

/// Unions and employers first, then members, as in every write.
async fn hold(
    entry: &Entry,
    ids: &[MemberId],
    former: &HashMap<MemberId, Former>,
) -> Outcome<(HashMap<MemberId, MemberRecord>, Held)> {
    let seen = load(entry.conn(), ids).await?;
    let mut wanted = Wanted::of(seen.values().map(|record| &record.facts));
    former.values().for_each(|former| wanted.add(&former.facts));
    let held = hold_grounds(entry.conn(), &wanted).await?;
    let members = load_for_update(entry.conn(), ids).await?;
    if wanted.covers(&Wanted::of(members.iter().map(|record| &record.facts))) {
        Ok((members.into_iter().map(|record| (record.id, record)).collect(), held))
    } else {
        Err(Fault::new(&reasons::CONFLICT))
    }
}

async fn withdraw(entry: &mut Entry, records: &[&MemberRecord], held: &Held) -> Outcome<()> {
    let removed = remove_many(entry.conn(), records, entry.now()).await?;
    effect::forget_snapshots(entry, &removed).await?;
    let both = records.iter().copied().zip(&removed);
    effect::note_removals(entry, both, &held.grounds);
    Ok(())
}

async fn restore(entry: &mut Entry, changes: Vec<Changed<'_>>, held: &Held) -> Outcome<()> {
    let present: Vec<&MemberRecord> = changes.iter().map(|changed| changed.before).collect();
    let saved = save_many(entry.conn(), changes, entry.now()).await?;
    let saved = saved.map_err(|_| Fault::new(&reasons::CONFLICT))?;
    let both = present.into_iter().map(Some).zip(&saved);
    effect::note_many(entry, both, &held.grounds);
    Ok(())
}

fn id(effect: &Effect) -> Option<MemberId> {
    let id = effect.record.strip_prefix(COLLECTION);
    id.and_then(|id| Uuid::try_parse(id).ok()).map(MemberId)
}
