//! Employers without a union 未建会单位: since when, and until when the union above must help.

use unionhall_kit::civil::CivilDate;

use super::law::{Ask, Law};
use crate::rules::employer::EmployerFacts;

/// The first day of the time without a union that `day` lies in: when the last coverage before it
/// ended, or else when the employer was established. `None` where a union covers it on the day, or
/// nothing is known of it yet.
pub fn uncovered_from(facts: &EmployerFacts, day: CivilDate) -> Option<CivilDate> {
    if facts.covers.on(day).is_some() {
        return None;
    }
    let rows = facts.covers.rows().iter();
    let ended = rows.filter_map(|row| row.period.until()).filter(|until| *until <= day).max();
    let first = facts.first_day()?;
    let begun = ended.unwrap_or_else(|| facts.established_on.unwrap_or(first));
    (first <= day && begun <= day).then_some(begun)
}

/// As the facts stand, whatever the day; `None` where a union covers it to the end.
pub fn uncovered_from_now(facts: &EmployerFacts) -> Option<CivilDate> {
    let last = facts.covers.rows().last();
    match last.map(|row| row.period.until()) {
        Some(until) => until,
        None => facts.established_on.or_else(|| facts.first_day()),
    }
}

/// Days of the time without a union up to `day`, which is one of them like the first.
pub fn days_without(from: CivilDate, day: CivilDate) -> i32 {
    day.epoch_day() - from.epoch_day() + 1
}

/// From when on the union above must send people, by the rule of `day`; with the rule's id.
pub fn help_due(law: &Law, from: CivilDate, day: CivilDate) -> Option<(&str, CivilDate)> {
    law.asks(day).find_map(|(rule, ask)| match ask {
        Ask::HelpDue(months) => Some((rule.id.as_str(), from.plus_months(*months))),
        _ => None,
    })
}
