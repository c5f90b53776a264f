//! Vacant offices 空缺: which, since when, and by when a by-election 补选 is to fill them.
//!
//! An office is vacant when somebody left it during the term and nobody took it since. With the term
//! its vacancies end: the next committee is elected anew. The day by which it is to be filled follows
//! from the rules of the day on which it was left.

use std::collections::{BTreeMap, VecDeque};

use unionhall_kit::civil::CivilDate;

use super::{Committee, Office, OfficeId, Position, WayOut};
use crate::rules::{
    election::is_basic,
    election_rules::{Check, ElectionRules, Rule},
    union::{UnionFacts, kind::UnionForm},
};

/// A vacant office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vacancy {
    /// The office that was left last.
    pub left: OfficeId,
    /// The committee.
    pub committee: Committee,
    /// The position of who left.
    pub position: Position,
    /// The first day without somebody.
    pub since: CivilDate,
    /// The rule that asks for a by-election, and the last day on which it is held in time.
    pub due: Option<(Rule, CivilDate)>,
}

impl Vacancy {
    /// Whether it should have been filled before `day`.
    pub fn overdue_on(&self, day: CivilDate) -> bool {
        self.due.as_ref().is_some_and(|(_, by)| *by < day)
    }
}

/// The offices of the union that are vacant on `day`, the longest vacant first. Nobody elects a
/// working committee; who was sent there is followed by who is sent next.
pub fn vacancies(
    union: &UnionFacts,
    offices: &[(OfficeId, Office)],
    (rules, day): (&ElectionRules, CivilDate),
) -> Vec<Vacancy> {
    if !union.active_on(day) || union.forms.on(day) == Some(&UnionForm::WorkingCommittee) {
        return Vec::new();
    }
    let term = |day| union.term_on(day).map(|term| term.term.number);
    // Leaving comes before entering, so that who follows on the same day fills the office.
    let mut turns: Vec<(CivilDate, bool, OfficeId, &Office)> = Vec::new();
    for (id, office) in offices {
        let ended = office.ended(union);
        if ended.is_some_and(|(on, _)| on <= office.from) {
            continue;
        }
        turns.push((office.from, true, *id, office));
        if let Some((on, way)) = ended.filter(|(on, _)| *on <= day && term(*on) == term(day))
            && vacates(way)
        {
            turns.push((on, false, *id, office));
        }
    }
    turns.retain(|(on, ..)| *on <= day);
    turns.sort_by_key(|(on, enters, id, _)| (*on, *enters, *id));
    let mut empty: BTreeMap<Seat, VecDeque<Vacancy>> = BTreeMap::new();
    for (on, enters, left, office) in turns {
        let (committee, position) = (office.committee, office.position);
        let seats = empty.entry(Seat::of(office)).or_default();
        if enters {
            seats.pop_front();
        } else {
            let due = due(union, position, on, rules);
            seats.push_back(Vacancy { left, committee, position, since: on, due });
        }
    }
    let mut vacant: Vec<Vacancy> = empty.into_values().flatten().collect();
    vacant.sort_by_key(|vacancy| (vacancy.since, vacancy.left));
    vacant
}

/// By when the first of the union's offices that are vacant now is to be filled.
pub fn first_due(
    union: &UnionFacts,
    offices: &[(OfficeId, Office)],
    rules: &ElectionRules,
) -> Option<CivilDate> {
    let days = offices.iter().flat_map(|(_, office)| {
        [Some(office.from), office.end.as_ref().map(|end| end.on)].into_iter().flatten()
    });
    let days = days.chain(union.terms.days()).chain(union.statuses.days());
    let vacant = vacancies(union, offices, (rules, days.max()?));
    vacant.into_iter().filter_map(|vacancy| Some(vacancy.due?.1)).min()
}

/// What one takes after the other: of the heads of a committee each follows any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seat {
    Head(Committee),
    Other(Committee, Position),
}

impl Seat {
    fn of(office: &Office) -> Self {
        match office.position.is_head() {
            true => Self::Head(office.committee),
            false => Self::Other(office.committee, office.position),
        }
    }
}

/// Whether the office is to be filled again before the next committee is elected.
fn vacates(way: WayOut) -> bool {
    match way {
        WayOut::Resigned
        | WayOut::Moved
        | WayOut::Removed
        | WayOut::Death
        | WayOut::OtherPosition => true,
        WayOut::TermEnded | WayOut::UnionEnded | WayOut::Corrected => false,
    }
}

/// The strictest rule of the day: it asks basic unions.
fn due(
    union: &UnionFacts,
    position: Position,
    on: CivilDate,
    rules: &ElectionRules,
) -> Option<(Rule, CivilDate)> {
    union.levels.on(on).filter(|level| is_basic(**level))?;
    let kind = union.types.on(on).copied();
    let asked = rules.on(on).filter(|rule| rule.judges(kind)).filter_map(|rule| {
        let Check::VacancyMonths(of, months) = &rule.check else { return None };
        of.is_none_or(|of| of == position).then(|| (rule.clone(), on.plus_months(*months)))
    });
    asked.min_by_key(|(_, by)| *by)
}

#[cfg(test)]
mod tests;
