//! Figures: what one employer contributes to each metric, area and day.
//!
//! A metric is a function of the facts of one record and a day. [`worth`] is that function, and
//! everything else follows from it: [`contributions`] writes it down as signed steps on the leaf
//! area, and [`difference`] is what a change of the facts adds to the figures.

use std::collections::{BTreeMap, BTreeSet};

use unionhall_kit::{
    civil::CivilDate,
    figures::{Delta, MetricId},
    path::Line,
};

use super::{area::AreaPath, employer::EmployerFacts, quality::RuleSet};

/// A figure of employers. All count where the employer actually works.
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
}

impl Metric {
    /// Every metric, in the order of its definition.
    pub const ALL: [Self; 4] =
        [Self::Employers, Self::Employees, Self::ValidRecords, Self::NewEmployers];

    /// The name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Employers => "employers",
            Self::Employees => "employees",
            Self::ValidRecords => "valid_records",
            Self::NewEmployers => "new_employers",
        }
    }

    /// The metric with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// The number under which its values are kept. Numbers are never given anew.
    pub fn id(self) -> MetricId {
        MetricId(match self {
            Self::Employers => 1,
            Self::Employees => 2,
            Self::ValidRecords => 3,
            Self::NewEmployers => 4,
        })
    }

    /// The metric with this number.
    pub fn of_id(id: MetricId) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.id() == id)
    }

    /// Whether it is read as a flow: the difference of two days.
    pub fn is_flow(self) -> bool {
        self == Self::NewEmployers
    }
}

/// From `day` on, the figure of `metric` at `area` and above is higher by `delta`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// The figure.
    pub metric: Metric,
    /// The area of the actual address.
    pub area: AreaPath,
    /// The first day.
    pub day: CivilDate,
    /// How much, never zero.
    pub delta: i64,
}

impl Step {
    /// The step as the books take it.
    pub fn to_delta(&self) -> Delta {
        Delta {
            metric: self.metric.id(),
            line: Line::Area,
            node: self.area.path().clone(),
            day: self.day,
            delta: self.delta,
        }
    }
}

/// What the record is worth to `metric` on `day`, and where; `None` where it does not count.
pub fn worth<'a>(
    metric: Metric,
    facts: &'a EmployerFacts,
    rules: &RuleSet,
    day: CivilDate,
) -> Option<(&'a AreaPath, i64)> {
    let area = facts.counted_at(day);
    let value = match metric {
        Metric::NewEmployers => {
            return first_counted(facts).filter(|(first, _)| *first <= day).map(|(_, at)| (at, 1));
        }
        Metric::Employers => 1,
        Metric::Employees => {
            facts.workforce_on(day).map_or(0, |(_, count)| i64::from(count.employees()))
        }
        Metric::ValidRecords => i64::from(area.is_some() && rules.passes(facts, day)),
    };
    area.map(|area| (area, value)).filter(|(_, value)| *value != 0)
}

/// What the record adds to the figure of `metric` at `area` itself on `day`; for a flow, less what
/// it added on `before`, the day before the period.
pub fn share(
    metric: Metric,
    facts: &EmployerFacts,
    rules: &RuleSet,
    area: &str,
    (day, before): (CivilDate, Option<CivilDate>),
) -> i64 {
    let there = |day| worth(metric, facts, rules, day).filter(|(at, _)| at.as_str() == area);
    let value = |day| there(day).map_or(0, |(_, value)| value);
    value(day) - before.map_or(0, value)
}

/// The first day on which the employer counts, and where.
fn first_counted(facts: &EmployerFacts) -> Option<(CivilDate, &AreaPath)> {
    let days: BTreeSet<_> = facts.statuses.days().chain(facts.actual_addresses.days()).collect();
    days.into_iter().find_map(|day| facts.counted_at(day).map(|area| (day, area)))
}

/// What the record contributes: its steps, ascending by metric, area and day. Days on which it
/// will become worth less without a change of facts are among them, in the future too.
pub fn contributions(facts: &EmployerFacts, rules: &RuleSet) -> Vec<Step> {
    let mut steps = BTreeMap::new();
    let days = turning_days(facts, rules);
    for metric in Metric::ALL {
        let mut before = None;
        for day in &days {
            let now = worth(metric, facts, rules, *day);
            if now == before {
                continue;
            }
            for (side, sign) in [(before, -1), (now, 1)] {
                if let Some((area, value)) = side {
                    *steps.entry((metric, area, *day)).or_insert(0) += sign * value;
                }
            }
            before = now;
        }
    }
    canonical(
        steps.into_iter().map(|((metric, area, day), delta)| ((metric, area.clone(), day), delta)),
    )
}

/// Every day on which some worth can change.
fn turning_days(facts: &EmployerFacts, rules: &RuleSet) -> BTreeSet<CivilDate> {
    let mut days: BTreeSet<CivilDate> = rules.turning_days(facts).into_iter().collect();
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
    days
}

/// What a change adds to the figures: the steps of `new` less those of `old`.
pub fn difference(old: &[Step], new: &[Step]) -> Vec<Step> {
    let mut steps = BTreeMap::new();
    for (side, sign) in [(old, -1), (new, 1)] {
        for step in side {
            let key = (step.metric, step.area.clone(), step.day);
            *steps.entry(key).or_insert(0) += sign * step.delta;
        }
    }
    canonical(steps)
}

fn canonical(steps: impl IntoIterator<Item = ((Metric, AreaPath, CivilDate), i64)>) -> Vec<Step> {
    let nonzero = |(_, delta): &(_, i64)| *delta != 0;
    let step = |((metric, area, day), delta)| Step { metric, area, day, delta };
    steps.into_iter().filter(nonzero).map(step).collect()
}

/// The figure of `metric` at `node` on `day`: all steps at or below the node up to the day.
pub fn value_on<'a>(
    steps: impl IntoIterator<Item = &'a Step>,
    node: &AreaPath,
    metric: Metric,
    day: CivilDate,
) -> i64 {
    let counts = |step: &&Step| step.metric == metric && step.day <= day && step.area.within(node);
    steps.into_iter().filter(counts).map(|step| step.delta).sum()
}

#[cfg(test)]
mod tests;
