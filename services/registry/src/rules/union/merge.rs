//! Decisions about mergers 合并: unions end, and another one takes over.

use unionhall_kit::civil::{CivilDate, Period};

use super::{
    Status, UnionFacts, UnionId,
    affiliation::{AffiliationPath, Label},
    change::{MergeFault, Surroundings, UnionChange, UnionFault, amend},
    ending::Ending,
    kind::CoverKind,
    superior::Above,
};
use crate::rules::{
    area::tree::AreaTree,
    history::{Dated, History},
};

/// The union that takes over: [`Above`] says what is known of it.
pub type Successor<'a> = Above<'a>;

/// Ends the union on a day, by going into another one. Its credit code is given free.
pub fn merge(
    (id, facts): (UnionId, &UnionFacts),
    into: Successor<'_>,
    ending: Ending<'_>,
    (from, today): (CivilDate, CivilDate),
) -> Result<UnionFacts, UnionFault> {
    let refused = |fault| Err(UnionFault::Merge(fault));
    if id == into.id {
        return refused(MergeFault::Itself);
    }
    let areas = AreaTree::default();
    let around = Surroundings { today, areas: &areas, superior: None };
    let above = [facts, into.facts].map(|facts| facts.superiors.on(from).copied());
    let mut changes = vec![UnionChange::Status(Status::Merged(into.id))];
    if facts.codes.on(from).is_some() {
        changes.push(UnionChange::Code(None));
    }
    // Whether it may end at all is told before what is wrong with the decision.
    amend(facts, &changes, from, around)?;
    changes.extend(ending.changes(id, &above, (from, today))?);
    let merged = amend(facts, &changes, from, around)?;
    if !into.facts.active_on(from) || into.facts.ended_on().is_some() {
        return refused(MergeFault::NotActive);
    }
    match (facts.levels.on(from), into.facts.levels.on(from)) {
        (Some(own), Some(other)) if !own.may_answer_to(*other) => {
            return refused(MergeFault::Lower);
        }
        _ => {}
    }
    let own = Label::of(id);
    let mut rows = into.paths.rows().iter().filter(|row| row.period.overlaps(Period::since(from)));
    if rows.any(|row| row.value.passes(&own)) {
        return refused(MergeFault::Below);
    }
    Ok(merged)
}

/// How a union covers the employers that it takes over on a day.
pub fn takes_over(facts: &UnionFacts, from: CivilDate) -> Result<CoverKind, UnionFault> {
    let stays = facts.types.days().all(|day| day <= from);
    let kind = facts.types.on(from).and_then(|kind| kind.cover()).filter(|_| stays);
    kind.ok_or(UnionFault::Merge(MergeFault::CoversNobody))
}

/// The paths of a union from a day on: what those below it leave when they go elsewhere.
pub fn paths_since(
    paths: &History<AffiliationPath>,
    from: CivilDate,
) -> Vec<Dated<AffiliationPath>> {
    let rows = paths.rows().iter().filter(|row| row.period.overlaps(Period::since(from)));
    let since = |row: &Dated<AffiliationPath>| {
        let period = Period::new(row.period.from().max(from), row.period.until())?;
        Some(Dated { value: row.value.clone(), period })
    };
    rows.filter_map(since).collect()
}

/// The facts of a union below ones that ended: whatever day from `from` on it answered to them, it
/// answers to `into`. A second time changes nothing, so a broken-off job can begin again.
#[must_use]
pub fn below(
    facts: &UnionFacts,
    sources: &[UnionId],
    into: UnionId,
    from: CivilDate,
) -> UnionFacts {
    let mut moved = facts.clone();
    let since = Period::since(from);
    for row in facts.superiors.rows() {
        if sources.contains(&row.value) && row.period.overlaps(since) {
            moved.superiors.record(Some(into), row.period.from().max(from));
        }
    }
    moved
}
