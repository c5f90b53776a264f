//! Figures: what one employer contributes to each metric, node and day, on both lines.
//!
//! A metric is a function of the facts of one record and a day. [`worth`] is that function, and
//! everything else follows from it: [`contributions`] writes it down as signed steps on the leaves,
//! and their difference is what a change of the facts adds to the figures.

use std::collections::{BTreeSet, HashMap};

use unionhall_kit::{
    civil::CivilDate,
    figures::MetricId,
    path::{Line, Path},
};

use super::{
    area::AreaPath,
    base_register::contribution::{Listing, Listings, listed_at},
    employer::{
        EmployerFacts,
        cover::{Cover, beginnings},
    },
    history::History,
    quality::RuleSet,
    steps::{self, Leaf, Step},
    union::{UnionId, affiliation::AffiliationPath},
};

/// A figure of employers. All count where the employer actually works and, while a union covers
/// it, at that union's place on the line of affiliation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Active employers on the day.
    Employers,
    /// Their employees by the last headcount on or before the day.
    Employees,
    /// Those without a failed mandatory quality rule on the day (F180).
    ValidRecords,
    /// Employers that have counted on some day up to this one; the difference of two days is how
    /// many were new between. Each stays where it counted first.
    NewEmployers,
    /// Active employers that a union covers on the day (F011).
    CoveredEmployers,
    /// Those that have their own union (F031).
    CoveredByOwn,
    /// Those that a joint union covers (F032).
    CoveredByJoint,
    /// Employees of the covered ones.
    CoveredEmployees,
    /// How often employers have passed from uncovered to covered up to the day (F029). Each stays
    /// where the employer was covered.
    NewlyCovered,
    /// Those by their own union (F031).
    NewlyCoveredByOwn,
    /// Those by a joint union (F032).
    NewlyCoveredByJoint,
    /// Covered employers that the base register lists, each where it is listed: the numerator of
    /// the establishment rate (F027).
    ListedCovered,
}

use Metric as M;

impl Metric {
    /// Every metric, in the order of its definition.
    pub const ALL: [Self; 12] = [
        M::Employers,
        M::Employees,
        M::ValidRecords,
        M::NewEmployers,
        M::CoveredEmployers,
        M::CoveredByOwn,
        M::CoveredByJoint,
        M::CoveredEmployees,
        M::NewlyCovered,
        M::NewlyCoveredByOwn,
        M::NewlyCoveredByJoint,
        M::ListedCovered,
    ];

    /// The name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            M::Employers => "employers",
            M::Employees => "employees",
            M::ValidRecords => "valid_records",
            M::NewEmployers => "new_employers",
            M::CoveredEmployers => "covered_employers",
            M::CoveredByOwn => "covered_by_own_union",
            M::CoveredByJoint => "covered_by_joint_union",
            M::CoveredEmployees => "covered_employees",
            M::NewlyCovered => "new_union_organisations",
            M::NewlyCoveredByOwn => "newly_covered_by_own_union",
            M::NewlyCoveredByJoint => "newly_covered_by_joint_union",
            M::ListedCovered => "listed_covered_enterprises",
        }
    }

    /// The metric with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// The number under which its values are kept. Numbers are never given anew.
    pub fn id(self) -> MetricId {
        MetricId(match self {
            M::Employers => 1,
            M::Employees => 2,
            M::ValidRecords => 3,
            M::NewEmployers => 4,
            M::CoveredEmployers => 5,
            M::CoveredByOwn => 6,
            M::CoveredByJoint => 7,
            M::CoveredEmployees => 8,
            M::NewlyCovered => 9,
            M::NewlyCoveredByOwn => 10,
            M::NewlyCoveredByJoint => 11,
            M::ListedCovered => 12,
        })
    }

    /// The metric with this number.
    pub fn of_id(id: MetricId) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.id() == id)
    }

    /// Whether it is read as a flow: the difference of two days.
    pub fn is_flow(self) -> bool {
        matches!(
            self,
            M::NewEmployers | M::NewlyCovered | M::NewlyCoveredByOwn | M::NewlyCoveredByJoint
        )
    }

    /// Whether coverage of this kind counts.
    fn wants(self, cover: Cover) -> bool {
        match self {
            M::CoveredByOwn | M::NewlyCoveredByOwn => !cover.kind.is_joint(),
            M::CoveredByJoint | M::NewlyCoveredByJoint => cover.kind.is_joint(),
            _ => true,
        }
    }
}

/// Where unions stand on the line of affiliation, by union.
pub type Paths = HashMap<UnionId, History<AffiliationPath>>;

/// What figures of employers follow from beside their own facts.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    /// At least the paths of the unions that cover the employers or covered them.
    pub paths: Paths,
    /// At least the listings of the employers that a union covers or covered.
    pub listings: Listings,
}

/// What figures are counted by.
#[derive(Debug, Clone, Copy)]
pub struct Counting<'a> {
    /// The rules of quality.
    pub rules: &'a RuleSet,
    /// At least those of the record.
    pub grounds: &'a Grounds,
}

/// What the record is worth to `metric` on `day`, and at which leaves of both lines; empty where it
/// does not count.
pub fn worth(
    metric: Metric,
    facts: &EmployerFacts,
    by: Counting<'_>,
    day: CivilDate,
) -> Vec<(Leaf, i64)> {
    let present = |value: i64| match facts.counted_at(day) {
        Some(area) if value != 0 => leaves(facts, by, (area, day), value),
        _ => Vec::new(),
    };
    let covered = || facts.covers.on(day).is_some_and(|cover| metric.wants(*cover));
    let employees = || facts.workforce_on(day).map_or(0, |(_, count)| i64::from(count.employees()));
    match metric {
        M::Employers => present(1),
        M::Employees => present(employees()),
        M::ValidRecords => {
            present(i64::from(facts.counted_at(day).is_some() && by.rules.passes(facts, day)))
        }
        M::CoveredEmployers | M::CoveredByOwn | M::CoveredByJoint => present(i64::from(covered())),
        M::CoveredEmployees => present(if covered() { employees() } else { 0 }),
        M::ListedCovered => {
            let leaves = listings(facts, by).filter_map(|listing| listed(facts, listing, day));
            leaves.map(|leaf| (leaf, 1)).collect()
        }
        M::NewEmployers => {
            let first = first_counted(facts).filter(|(first, _)| *first <= day);
            first.map(|(_, area)| vec![(on_area(area), 1)]).unwrap_or_default()
        }
        M::NewlyCovered | M::NewlyCoveredByOwn | M::NewlyCoveredByJoint => {
            beginnings(&facts.covers)
                .filter(|(begun, cover)| *begun <= day && metric.wants(*cover))
                .filter_map(|(begun, _)| Some((facts.actual_area_on(begun)?, begun)))
                .flat_map(|(area, begun)| leaves(facts, by, (area, begun), 1))
                .collect()
        }
    }
}

/// The listings of an employer that a union covers or covered.
fn listings<'a>(facts: &EmployerFacts, by: Counting<'a>) -> impl Iterator<Item = &'a Listing> {
    let code = facts.organisation_code().filter(|_| !facts.covers.rows().is_empty());
    code.and_then(|code| by.grounds.listings.get(&code)).into_iter().flatten()
}

/// The leaves at which something of a day counts: the area and, if a union covers the employer on
/// that day, the union.
fn leaves(
    facts: &EmployerFacts,
    by: Counting<'_>,
    (area, day): (&AreaPath, CivilDate),
    value: i64,
) -> Vec<(Leaf, i64)> {
    let cover = facts.covers.on(day).and_then(|cover| by.grounds.paths.get(&cover.union)?.on(day));
    let union = cover.map(|path| Leaf { line: Line::Affiliation, node: path.path().clone() });
    std::iter::once(on_area(area)).chain(union).map(|leaf| (leaf, value)).collect()
}

fn on_area(area: &AreaPath) -> Leaf {
    Leaf { line: Line::Area, node: area.path().clone() }
}

/// What the record adds to the figure of `metric` at `leaf` itself on `day`; for a flow, less what
/// it added on `before`, the day before the period.
pub fn share(
    metric: Metric,
    facts: &EmployerFacts,
    by: Counting<'_>,
    leaf: (Line, &str),
    (day, before): (CivilDate, Option<CivilDate>),
) -> i64 {
    let value = |day| -> i64 {
        let there = worth(metric, facts, by, day).into_iter();
        let there = there.filter(|(at, _)| at.line == leaf.0 && at.node.as_str() == leaf.1);
        there.map(|(_, value)| value).sum()
    };
    value(day) - before.map_or(0, value)
}

/// The first day on which the employer counts, and where.
fn first_counted(facts: &EmployerFacts) -> Option<(CivilDate, &AreaPath)> {
    let days: BTreeSet<_> = facts.statuses.days().chain(facts.actual_addresses.days()).collect();
    days.into_iter().find_map(|day| facts.counted_at(day).map(|area| (day, area)))
}

/// What the record contributes: its steps, ascending by metric, leaf and day. Days on which it
/// will become worth less without a change of facts are among them, in the future too.
pub fn contributions(facts: &EmployerFacts, by: Counting<'_>) -> Vec<Step> {
    let days = turning_days(facts, by);
    let metrics = Metric::ALL.into_iter().map(Metric::id);
    steps::steps(metrics, &days, |id, day| match Metric::of_id(id) {
        Some(metric) => worth(metric, facts, by, day),
        None => Vec::new(),
    })
}

/// What a listing of the record alone contributes, as if there were no other.
pub fn listed_contributions(facts: &EmployerFacts, listing: &Listing) -> Vec<Step> {
    let mut days: BTreeSet<CivilDate> = facts.statuses.days().collect();
    days.extend(facts.actual_addresses.days());
    days.extend(facts.covers.days());
    days.extend(listing.days());
    steps::steps([M::ListedCovered.id()], &days, |_, day| {
        listed(facts, listing, day).map(|leaf| (leaf, 1)).into_iter().collect()
    })
}

/// Where the record counts by a listing on `day`: while it is active and covered.
fn listed(facts: &EmployerFacts, listing: &Listing, day: CivilDate) -> Option<Leaf> {
    let counts = facts.counted_at(day).is_some() && facts.covers.on(day).is_some();
    listed_at(listing, day).filter(|_| counts)
}

/// Every day on which some worth can change.
fn turning_days(facts: &EmployerFacts, by: Counting<'_>) -> BTreeSet<CivilDate> {
    let mut days: BTreeSet<CivilDate> = by.rules.turning_days(facts).into_iter().collect();
    days.extend(facts.names.days());
    days.extend(facts.identifiers.days());
    days.extend(facts.ownerships.days());
    days.extend(facts.economic_types.days());
    days.extend(facts.industries.days());
    days.extend(facts.registered_addresses.days());
    days.extend(facts.actual_addresses.days());
    days.extend(facts.phones.days());
    days.extend(facts.statuses.days());
    days.extend(facts.headcounts.keys());
    days.extend(facts.covers.days());
    let unions =
        facts.covers.rows().iter().filter_map(|row| by.grounds.paths.get(&row.value.union));
    days.extend(unions.flat_map(History::days));
    days.extend(listings(facts, by).flat_map(History::days));
    days
}

/// The figure of `metric` at `node` on `day`: all steps at or below the node up to the day.
pub fn value_on<'a>(
    steps: impl IntoIterator<Item = &'a Step>,
    (line, node): (Line, &Path),
    metric: Metric,
    day: CivilDate,
) -> i64 {
    let counts = |step: &&Step| {
        step.metric == metric.id()
            && step.day <= day
            && step.leaf.line == line
            && step.leaf.node.within(node)
    };
    steps.into_iter().filter(counts).map(|step| step.delta).sum()
}

#[cfg(test)]
mod tests;
