//! Cases that end by themselves, in the transaction in which what they are about comes to an end.

use std::collections::HashMap;

use unionhall_kit::{
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::Entry,
    reasons,
};
use uuid::Uuid;

use super::effect;
use crate::{
    api::employers::effect::Changed,
    rules::{
        area::AreaPath,
        employer::EmployerFacts,
        formation::{CaseId, step::Outcome as End},
        union::{EmployerId, UnionId},
    },
    store::formations::{self, CaseRecord},
};

/// Ends the cases of employers that came under a union, ended, or are no more.
pub(in crate::api) async fn follow(entry: &mut Entry, changed: &[Changed<'_>]) -> Outcome<()> {
    let end = |(before, after): &Changed<'_>| {
        Some((EmployerId(after.id), end_of(&before.facts, &after.facts)?))
    };
    let ends: HashMap<EmployerId, _> = changed.iter().filter_map(end).collect();
    if ends.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = ends.keys().map(|EmployerId(id)| *id).collect();
    for case in formations::of_employers(entry.conn(), &ids).await? {
        let why = case.subject.employer().and_then(|employer| ends.get(&employer));
        if let Some((why, day)) = why {
            self::end(entry, case.id, *why, *day).await?;
        }
    }
    Ok(())
}

/// Ends the cases of an employer that was withdrawn.
pub(in crate::api) async fn withdrawn(
    entry: &mut Entry,
    EmployerId(id): EmployerId,
) -> Outcome<()> {
    let (why, day) = ((End::EmployerWithdrawn, None), entry.today());
    for case in formations::of_employers(entry.conn(), &[id]).await? {
        end(entry, case.id, why, day).await?;
    }
    Ok(())
}

/// Ends the case that had come to a union, which ended before it worked.
pub(in crate::api) async fn union_ended(
    entry: &mut Entry,
    id: UnionId,
    day: CivilDate,
) -> Outcome<()> {
    for case in formations::come_to(entry.conn(), id).await? {
        end(entry, case, (End::UnionEnded, Some(id)), day).await?;
    }
    Ok(())
}

/// Ends the cases of an area that goes into another one which has a case of the type, and carries
/// them along.
pub(in crate::api) async fn outdone(
    entry: &mut Entry,
    (from, to): (&AreaPath, &AreaPath),
    day: CivilDate,
) -> Outcome<()> {
    for case in formations::outdone(entry.conn(), (from, to)).await? {
        let day = day.min(entry.today());
        end(entry, case, (End::OtherCaseGoesOn, None), day).await?;
        let now = entry.now();
        formations::carry(entry.conn(), case, to, now).await?;
        let carried = formations::load(entry.conn(), &[case]).await?.remove(&case);
        let carried = carried.ok_or_else(|| Fault::new(&reasons::INTERNAL))?;
        effect::note(entry, Some(&carried), &carried);
    }
    Ok(())
}

/// What ended, seen from the employer's cases.
fn end_of(
    before: &EmployerFacts,
    after: &EmployerFacts,
) -> Option<((End, Option<UnionId>), CivilDate)> {
    if let (None, Some(closed)) = (before.closed_on(), after.closed_on()) {
        return Some(((End::EmployerEnded, None), closed));
    }
    let open = |facts: &EmployerFacts| {
        let last = facts.covers.rows().last().filter(|row| row.period.until().is_none());
        last.map(|row| (row.value.union, row.period.from()))
    };
    // From one union to another it stays covered: its case is about that change.
    match (open(before), open(after)) {
        (None, Some((union, day))) => Some(((End::CoveredElsewhere, Some(union)), day)),
        _ => None,
    }
}

async fn end(
    entry: &mut Entry,
    id: CaseId,
    why: (End, Option<UnionId>),
    day: CivilDate,
) -> Outcome<()> {
    let Some(before) = formations::load_for_update(entry.conn(), id).await? else { return Ok(()) };
    let Some(journal) = before.journal.end(why, day) else { return Ok(()) };
    let saved = formations::save(entry.conn(), &before, &journal, entry.now()).await?;
    // What ends takes no place.
    let after: CaseRecord =
        saved.map_err(|taken| Fault::new(&reasons::INTERNAL).caused_by(taken))?;
    effect::note(entry, Some(&before), &after);
    Ok(())
}
