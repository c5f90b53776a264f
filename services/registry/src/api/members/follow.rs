//! How the figures of members follow when a union or an employer stands elsewhere, rests, ends or is
//! covered: the members' own facts stay, what they count by does not.

use std::collections::HashMap;

use unionhall_kit::{fault::Outcome, figures::Delta, ledger::Entry};
use uuid::Uuid;

use super::effect::figures;
use crate::{
    jobs::summed,
    rules::{
        employer::EmployerFacts,
        member::contribution::{Grounds, UnionGround},
        union::{EmployerId, UnionId},
    },
    store::{
        employers::EmployerRecord,
        members::{self, MemberRecord, Wanted, hold_grounds, of_units},
        unions::Placed,
    },
};

/// Members that are in memory at a time.
const MEMBERS_A_SLICE: u64 = 500;

/// The figures follow employers that were saved in this transaction, each as it was and with what
/// became of its facts.
pub async fn employers<'a>(
    entry: &mut Entry,
    changed: impl IntoIterator<Item = (&'a EmployerRecord, &'a EmployerFacts)>,
) -> Outcome<()> {
    let moved = |(before, after): &(&EmployerRecord, &EmployerFacts)| {
        let old = &before.facts;
        old.actual_addresses != after.actual_addresses
            || old.statuses != after.statuses
            || old.covers != after.covers
    };
    let ground = |(before, _): (&EmployerRecord, _)| (EmployerId(before.id), before.facts.clone());
    let employers: HashMap<_, _> = changed.into_iter().filter(moved).map(ground).collect();
    if employers.is_empty() {
        return Ok(());
    }
    follow(entry, Grounds { employers, ..Grounds::default() }).await
}

/// The figures follow unions that were saved in this transaction.
pub async fn unions<'a>(
    entry: &mut Entry,
    changed: impl IntoIterator<Item = (&'a Placed, &'a Placed)>,
) -> Outcome<()> {
    let moved = |(before, after): &(&Placed, &Placed)| {
        before.paths != after.paths || before.record.facts.seats != after.record.facts.seats
    };
    let ground = |(before, _): (&Placed, &Placed)| {
        let (seats, paths) = (before.record.facts.seats.clone(), before.paths.clone());
        (before.record.id, UnionGround { seats, paths })
    };
    let unions = changed.into_iter().filter(moved).map(ground).collect();
    follow(entry, Grounds { unions, ..Grounds::default() }).await
}

/// The figures of everybody who counts by one of these, of which `before` tells what they were.
async fn follow(entry: &mut Entry, before: Grounds) -> Outcome<()> {
    let unions: Vec<Uuid> = before.unions.keys().map(|UnionId(id)| *id).collect();
    let employers: Vec<Uuid> = before.employers.keys().map(|EmployerId(id)| *id).collect();
    let (mut after, mut deltas): (_, Vec<Delta>) = (None, Vec::new());
    loop {
        let place = (after, MEMBERS_A_SLICE);
        let ids = of_units(entry.conn(), (&unions, &employers), place).await?;
        let Some(last) = ids.last() else { break };
        after = Some(*last);
        let records: Vec<MemberRecord> =
            members::load(entry.conn(), &ids).await?.into_values().collect();
        let wanted = Wanted::of(records.iter().map(|record| &record.facts));
        let new = hold_grounds(entry.conn(), &wanted).await?.grounds;
        let mut old = new.clone();
        old.unions.extend(before.unions.clone());
        old.employers.extend(before.employers.clone());
        let moved =
            records.iter().flat_map(|record| figures((&record.facts, &old), (&record.facts, &new)));
        // Many members move few figures.
        deltas = summed(deltas.into_iter().chain(moved).collect()).collect();
    }
    entry.figures(deltas);
    Ok(())
}
