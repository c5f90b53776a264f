//! Figures: what one member contributes to each metric, node and day, on both lines.
//!
//! Members count where their employer actually works, while it is active, else at the seat of their
//! union; on the line of affiliation at their union. [`worth`] is a function of the facts and a day;
//! [`contributions`] writes the same down as signed steps.

use std::collections::{BTreeSet, HashMap};

use unionhall_kit::{civil::CivilDate, figures::MetricId, path::Line};

use super::{
    MemberFacts,
    confirmation::Span,
    membership::{Membership, Relation, Standing},
    metric::{MemberMetric as M, group_id},
    passage::Step as Passed,
};
use crate::rules::{
    employer::{EmployerFacts, address::Address},
    history::History,
    person::code::Sex,
    steps::{Leaf, Step, Sums},
    union::{EmployerId, UnionId, affiliation::AffiliationPath},
};

/// What a union adds to where its members count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnionGround {
    /// Its seats.
    pub seats: History<Address>,
    /// Its paths.
    pub paths: History<AffiliationPath>,
}

/// What figures of members follow from beside their own facts.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    /// At least the unions that the members name.
    pub unions: HashMap<UnionId, UnionGround>,
    /// At least the employers that the members name.
    pub employers: HashMap<EmployerId, EmployerFacts>,
}

impl Grounds {
    /// Where somebody counts who belongs to the union and works for the employer. A union that ends
    /// on the day is asked where it stood before.
    fn leaves(&self, union: UnionId, employer: Option<EmployerId>, day: CivilDate) -> Vec<Leaf> {
        let employer = employer.and_then(|id| self.employers.get(&id));
        let union = self.unions.get(&union);
        let before = day.previous();
        let seat = || {
            let seats = &union?.seats;
            seats.on(day).or_else(|| seats.on(before)).map(Address::area)
        };
        let area = employer.and_then(|facts| facts.counted_at(day)).or_else(seat);
        let path = union.and_then(|known| known.paths.on(day).or_else(|| known.paths.on(before)));
        let area = area.map(|area| Leaf { line: Line::Area, node: area.path().clone() });
        let path = path.map(|path| Leaf { line: Line::Affiliation, node: path.path().clone() });
        area.into_iter().chain(path).collect()
    }
}

/// What the member is worth to `metric` on `day`, and at which leaves; empty where it does not
/// count.
pub fn worth(
    metric: M,
    facts: &MemberFacts,
    grounds: &Grounds,
    day: CivilDate,
) -> Vec<(Leaf, i64)> {
    let id = metric.id();
    if metric.is_flow() {
        let until = flows(facts, grounds).into_iter().filter(|flow| flow.on <= day);
        let of = until.filter(|flow| flow.metrics.contains(&id));
        return of.flat_map(|flow| flow.leaves).map(|leaf| (leaf, 1)).collect();
    }
    let level = level(facts, grounds, &facts.passages.memberships(), day);
    if level.metrics.contains(&id) {
        level.leaves.into_iter().map(|leaf| (leaf, 1)).collect()
    } else {
        Vec::new()
    }
}

/// What the member adds to the figure of `metric` at the leaf itself on a day; for a flow, less what
/// it added up to the day before the period.
pub fn share(
    metric: M,
    facts: &MemberFacts,
    grounds: &Grounds,
    (line, node): (Line, &str),
    (day, before): (CivilDate, Option<CivilDate>),
) -> i64 {
    let at = |day| -> i64 {
        let there = worth(metric, facts, grounds, day).into_iter();
        let there = there.filter(|(leaf, _)| leaf.line == line && leaf.node.as_str() == node);
        there.map(|(_, value)| value).sum()
    };
    at(day) - before.filter(|_| metric.is_flow()).map_or(0, at)
}

/// What the member contributes: its steps, ascending by metric, leaf and day.
pub fn contributions(facts: &MemberFacts, grounds: &Grounds) -> Vec<Step> {
    let mut sums = Sums::default();
    let memberships = facts.passages.memberships();
    let mut before = Level::default();
    for day in turning_days(facts, grounds, &memberships) {
        let now = level(facts, grounds, &memberships, day);
        for (side, other, sign) in [(&before, &now, -1), (&now, &before, 1)] {
            for (metric, leaf) in side.cells().filter(|cell| !other.has(*cell)) {
                sums.add(metric, leaf, day, sign);
            }
        }
        before = now;
    }
    for flow in flows(facts, grounds) {
        for metric in &flow.metrics {
            for leaf in &flow.leaves {
                sums.add(*metric, leaf, flow.on, 1);
            }
        }
    }
    sums.steps()
}

/// What counts on a day, and where.
#[derive(Debug, Default, PartialEq, Eq)]
struct Level {
    metrics: Vec<MetricId>,
    leaves: Vec<Leaf>,
}

impl Level {
    fn cells(&self) -> impl Iterator<Item = (MetricId, &Leaf)> {
        self.metrics.iter().flat_map(|metric| self.leaves.iter().map(move |leaf| (*metric, leaf)))
    }

    fn has(&self, (metric, leaf): (MetricId, &Leaf)) -> bool {
        self.metrics.contains(&metric) && self.leaves.contains(leaf)
    }
}

fn level(
    facts: &MemberFacts,
    grounds: &Grounds,
    memberships: &History<Membership>,
    day: CivilDate,
) -> Level {
    let Some(membership) = memberships.on(day) else { return Level::default() };
    let employer = facts.employer_on(day);
    let leaves = grounds.leaves(membership.union, employer, day);
    let mut metrics = Vec::with_capacity(8);
    if membership.relation == Relation::Retained {
        metrics.push(M::Retained.id());
        return Level { metrics, leaves };
    }
    metrics.push(M::Members.id());
    if facts.sexes.on(day) == Some(&Sex::Female) {
        metrics.push(M::Women.id());
    }
    if facts.migrants.on(day) == Some(&true) {
        metrics.push(M::Migrants.id());
    }
    let works = employer.and_then(|id| grounds.employers.get(&id));
    if let Some(works) = works.filter(|works| works.counted_at(day).is_some()) {
        metrics.push(M::Employed.id());
        if works.covers.on(day).is_some() {
            metrics.push(M::EmployedInCovered.id());
        }
    }
    metrics.extend(facts.worker_groups.on(day).map(|group| group_id(*group)));
    for span in Span::ALL {
        if facts.confirmations.within(span, day) {
            metrics.push(M::Confirmed(span).id());
        }
    }
    Level { metrics, leaves }
}

/// Every day on which some level can change, while there is a membership.
fn turning_days(
    facts: &MemberFacts,
    grounds: &Grounds,
    memberships: &History<Membership>,
) -> BTreeSet<CivilDate> {
    let mut days: BTreeSet<CivilDate> = memberships.days().collect();
    days.extend(facts.employments.days());
    days.extend(facts.sexes.days());
    days.extend(facts.migrants.days());
    days.extend(facts.worker_groups.days());
    for day in facts.confirmations.days() {
        days.insert(*day);
        days.extend(Span::ALL.map(|span| span.next_first_day(*day)));
    }
    for row in memberships.rows() {
        if let Some(union) = grounds.unions.get(&row.value.union) {
            days.extend(union.seats.days());
            days.extend(union.paths.days());
        }
    }
    for row in facts.employments.rows() {
        let employer = row.value.employer.and_then(|id| grounds.employers.get(&id));
        if let Some(employer) = employer {
            days.extend(employer.actual_addresses.days());
            days.extend(employer.statuses.days());
            days.extend(employer.covers.days());
        }
    }
    let Some(first) = memberships.first_day() else { return BTreeSet::new() };
    days.split_off(&first)
}

/// Something that happened once, and where it counts.
struct Flow {
    on: CivilDate,
    metrics: Vec<MetricId>,
    leaves: Vec<Leaf>,
}

fn flows(facts: &MemberFacts, grounds: &Grounds) -> Vec<Flow> {
    let mut flows = Vec::new();
    let mut before = Standing::Nobody;
    for ((on, after), passage) in facts.passages.standings().zip(facts.passages.all()) {
        let at = |union| grounds.leaves(union, facts.employer_on(on), on);
        let side = |standing: Standing| standing.membership();
        match (side(before), side(after)) {
            (old, Some(new)) if came(old, new) => {
                let metrics = vec![M::Joined.id(), way_in(&passage.step, after).id()];
                flows.push(Flow { on, metrics, leaves: at(new.union) });
            }
            _ => {}
        }
        match (side(before), side(after)) {
            (Some(old), new) if went(old, new) => {
                let metrics = vec![M::Left.id(), way_out(&passage.step).id()];
                flows.push(Flow { on, metrics, leaves: at(old.union) });
            }
            (Some(old), None) => {
                flows.push(Flow {
                    on,
                    metrics: vec![M::RetainedEnded.id()],
                    leaves: at(old.union),
                });
            }
            _ => {}
        }
        before = after;
    }
    flows
}

/// Whether an active membership begins at a union.
fn came(old: Option<Membership>, new: Membership) -> bool {
    let was = old.is_some_and(|old| old.relation == Relation::Active && old.union == new.union);
    new.relation == Relation::Active && !was
}

/// Whether an active membership ends at a union.
fn went(old: Membership, new: Option<Membership>) -> bool {
    let is = new.is_some_and(|new| new.relation == Relation::Active && new.union == old.union);
    old.relation == Relation::Active && !is
}

fn way_in(step: &Passed, after: Standing) -> M {
    match step {
        Passed::Admitted(_) if after.number() > 1 => M::Readmitted,
        Passed::TransferredIn(..) => M::TransferredIn,
        Passed::TransferAccepted | Passed::Carried(_) => M::MovedIn,
        Passed::Resumed => M::Resumed,
        _ => M::New,
    }
}

fn way_out(step: &Passed) -> M {
    match step {
        Passed::TransferAccepted | Passed::Carried(_) => M::MovedOut,
        Passed::TransferredOut(_) => M::TransferredOut,
        Passed::DeemedWithdrawn => M::DeemedWithdrawn,
        Passed::Expelled(_) => M::Expelled,
        Passed::Deceased => M::Deceased,
        Passed::Retained(_) => M::NewlyRetained,
        _ => M::Withdrawn,
    }
}
