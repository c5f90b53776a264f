//! Decisions about who is above a union 隶属关系, after it was entered.

use unionhall_kit::civil::{CivilDate, Period};

use super::{
    UnionFacts, UnionId,
    affiliation::{AffiliationPath, Label, left},
    change::{SuperiorFault, Surroundings, UnionChange, UnionFault, amend},
};
use crate::rules::{area::tree::AreaTree, history::History};

/// A union that is to be above another one.
#[derive(Debug, Clone, Copy)]
pub struct Above<'a> {
    /// Its id.
    pub id: UnionId,
    /// Its facts.
    pub facts: &'a UnionFacts,
    /// Its path on every day.
    pub paths: &'a History<AffiliationPath>,
}

/// Affiliates the union to another one, or to none, from a day on, up to the next change of
/// affiliation that is recorded already.
pub fn affiliate(
    (id, facts): (UnionId, &UnionFacts),
    above: Option<Above<'_>>,
    (from, today): (CivilDate, CivilDate),
) -> Result<UnionFacts, UnionFault> {
    let areas = AreaTree::default();
    let around = Surroundings { today, areas: &areas, superior: above.map(|above| above.facts) };
    let change = [UnionChange::Superior(above.map(|above| above.id))];
    let affiliated = amend(facts, &change, from, around)?;
    let refused = |fault| Err(UnionFault::Superior(fault));
    if affiliated.superiors == facts.superiors {
        return refused(SuperiorFault::Unchanged);
    }
    let Some(above) = above else { return Ok(affiliated) };
    let row = affiliated.superiors.rows().iter().find(|row| row.period.covers(from));
    let lasts = row.map_or(Period::since(from), |row| row.period);
    let own = Label::of(id);
    let rows = above.paths.rows().iter().filter(|row| row.period.overlaps(lasts));
    // On no day may the union stand above the one that is to be above it.
    if above.id == id || rows.into_iter().any(|row| row.value.passes(&own)) {
        return refused(SuperiorFault::Below);
    }
    Ok(affiliated)
}

/// Whether whoever stands at `depth` at most below the union still fits when its paths become `new`.
pub fn fits(
    old: &History<AffiliationPath>,
    new: &History<AffiliationPath>,
    deepest: impl Fn(&AffiliationPath) -> usize,
) -> bool {
    left(old, new).iter().all(|row| {
        let below = deepest(&row.value).saturating_sub(row.value.depth());
        let comes = new.rows().iter().filter(|new| new.period.overlaps(row.period));
        comes.into_iter().all(|new| new.value.depth() + below <= super::affiliation::MAX_DEPTH)
    })
}

#[cfg(test)]
mod tests;
