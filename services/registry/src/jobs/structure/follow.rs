//! What follows when a union's path changes: its own figures, and those of whom it covers.
//!
//! A union and everybody whom it covers or covered go in one transaction, so that whoever holds an
//! employer finds the paths by which that one is counted.

use unionhall_kit::{
    fault::{Fault, Outcome},
    figures::Delta,
    ledger::Entry,
    reasons,
};
use uuid::Uuid;

use crate::{
    api::{employers::effect, members::follow as members, unions::effect as union_effect},
    jobs::summed,
    register::Register,
    rules::{
        Refusal,
        contribution::{Counting, Grounds},
        union::{
            UnionFacts, UnionId,
            affiliation::{left, paths},
            change::{SuperiorFault, UnionFault},
        },
    },
    store::{
        employers::{self, EmployerRecord},
        grounds,
        unions::{self, Placed, UnionRecord, paths_of},
    },
};

/// Employers that are in memory at a time.
const EMPLOYERS_A_SLICE: u64 = 500;

/// A union as it was, and as it is now.
pub(crate) struct Step {
    pub(crate) before: Placed,
    pub(crate) after: Placed,
}

/// What went along.
pub(crate) struct Followed {
    /// The unions, those above first.
    pub(crate) unions: Vec<Step>,
    /// How many employers.
    pub(crate) employers: i64,
}

/// Puts unions, given with those above first, where the unions above them stand now, and notes the
/// figures. `change` may alter their facts besides. Those that were withdrawn are passed over.
pub(crate) async fn follow(
    register: &Register,
    entry: &mut Entry,
    ids: &[UnionId],
    change: impl Fn(&UnionRecord) -> UnionFacts,
) -> Outcome<Followed> {
    let mut steps = Vec::with_capacity(ids.len());
    for before in held(entry, ids).await? {
        steps.push(put(entry, before, &change).await?);
    }
    let figures = |step: &Step| {
        let (before, after) = (&step.before, &step.after);
        let old = (&before.record.facts, &before.paths);
        union_effect::figures(old, (&after.record.facts, &after.paths))
    };
    let mut deltas: Vec<Delta> = steps.iter().flat_map(figures).collect();
    let employers = covered(register, entry, &steps, &mut deltas).await?;
    entry.figures(deltas);
    members::unions(entry, steps.iter().map(|step| (&step.before, &step.after))).await?;
    Ok(Followed { unions: steps, employers })
}

/// The unions with their paths, held one after the other in this order.
async fn held(entry: &Entry, ids: &[UnionId]) -> Outcome<Vec<Placed>> {
    let mut records = Vec::with_capacity(ids.len());
    for id in ids {
        records.extend(unions::load_for_update(entry.conn(), &[*id]).await?);
    }
    let mut paths = paths_of(entry.conn(), ids).await?;
    let placed = |record: UnionRecord| {
        let paths = paths.remove(&record.id).ok_or_else(|| Fault::new(&reasons::INTERNAL))?;
        Ok(Placed { record, paths })
    };
    records.into_iter().map(placed).collect()
}

async fn put(
    entry: &Entry,
    before: Placed,
    change: impl Fn(&UnionRecord) -> UnionFacts,
) -> Outcome<Step> {
    let conn = entry.conn();
    let id = before.record.id;
    let facts = change(&before.record);
    let above: Vec<UnionId> = facts.superiors.rows().iter().map(|row| row.value).collect();
    let known = paths_of(conn, &above).await?;
    let too_deep = |_| UnionFault::Superior(SuperiorFault::TooDeep).to_fault();
    let paths = paths(id, &facts, |above| known.get(&above)).map_err(too_deep)?;
    let saved = unions::save(conn, &before, facts, paths, entry.now()).await?;
    // Nothing that only one union has changes hands.
    let after = saved.map_err(|taken| Fault::new(&reasons::INTERNAL).caused_by(taken))?;
    if after.record.affiliation != before.record.affiliation {
        employers::affiliate_covered(conn, id, &after.record.affiliation).await?;
    }
    Ok(Step { before, after })
}

/// Adds what the figures of employers gain and lose by the steps; answers how many employers go
/// along with their last union.
async fn covered(
    register: &Register,
    entry: &Entry,
    steps: &[Step],
    deltas: &mut Vec<Delta>,
) -> Outcome<i64> {
    let moved = |step: &&Step| step.before.paths != step.after.paths;
    let ids: Vec<UnionId> = steps.iter().filter(moved).map(|step| step.after.record.id).collect();
    let rows = steps.iter().flat_map(|step| left(&step.before.paths, &step.after.paths));
    let Some(from) = rows.map(|row| row.period.from()).min() else { return Ok(0) };
    let (mut after, mut count) = (None, 0);
    loop {
        let place = (after, EMPLOYERS_A_SLICE);
        let some: Vec<Uuid> = employers::covered_since(entry.conn(), &ids, from, place).await?;
        let Some(last) = some.last() else { return Ok(count) };
        after = Some(*last);
        let records = employers::load_for_update(entry.conn(), &some).await?;
        let counted = records.iter().filter(|record| last_covered_by(record, &ids)).count();
        count += i64::try_from(counted).unwrap_or(i64::MAX);
        // Many employers move few figures.
        let moved = recounted(register, entry, steps, &records).await?;
        *deltas = summed(deltas.drain(..).chain(moved).collect()).collect();
    }
}

/// Whether one of the unions is the last that covers the employer: so each is told of once.
pub(super) fn last_covered_by(record: &EmployerRecord, ids: &[UnionId]) -> bool {
    record.facts.covers.rows().last().is_some_and(|row| ids.contains(&row.value.union))
}

async fn recounted(
    register: &Register,
    entry: &Entry,
    steps: &[Step],
    records: &[EmployerRecord],
) -> Outcome<Vec<Delta>> {
    let new = grounds::held(entry.conn(), records.iter().map(|record| &record.facts)).await?;
    let mut old: Grounds = new.clone();
    for Step { before, .. } in steps {
        if let Some(paths) = old.paths.get_mut(&before.record.id) {
            paths.clone_from(&before.paths);
        }
    }
    let mut deltas = Vec::new();
    for record in records {
        let rules = register.rules_of(entry.conn(), record).await?;
        let by = |grounds| Counting { rules: &rules, grounds };
        deltas.extend(effect::moved(&record.facts, by(&old), by(&new)));
    }
    Ok(deltas)
}
