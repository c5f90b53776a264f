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

/// That the union above must send people, and from when on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Help<'a> {
    /// The rule that says so.
    pub rule: &'a str,
    /// From when on; without a wish the earliest day.
    pub due: CivilDate,
    /// The day by which the workers had made it known that they want a union; `None` where that is
    /// not recorded.
    pub wish: Option<CivilDate>,
}

impl Help<'_> {
    /// Whether help is due on `day`; without a wish, if the workers are willing.
    pub fn is_due(&self, day: CivilDate) -> bool {
        self.due <= day
    }

    /// The same in words, in English and Chinese.
    pub fn words(&self) -> (String, String) {
        let due = self.due;
        match self.wish {
            Some(wish) => (
                format!("help is due from {due} on: the workers made their wish known by {wish}"),
                format!("职工已于{wish}要求建会，上级工会应自{due}起派员帮助和指导"),
            ),
            None => (
                format!(
                    "help is due from {due} on at the earliest, if the workers are willing: their \
                     wish is not recorded; record it as the step wish of the case"
                ),
                format!(
                    "尚无职工要求建会的记录；职工愿意的，上级工会最早应自{due}起派员帮助和指导，\
                     请在建会事项中记录（步骤 wish）"
                ),
            ),
        }
    }
}

/// From when on the union above must send people, by the rule of `day`, to an employer without a union
/// since `from` whose workers made their wish known by a day.
pub fn help_due(
    law: &Law,
    from: CivilDate,
    wish: Option<CivilDate>,
    day: CivilDate,
) -> Option<Help<'_>> {
    law.asks(day).find_map(|(rule, ask)| match ask {
        Ask::HelpDue(months) => {
            let due = help_day(from, *months, wish);
            Some(Help { rule: rule.id.as_str(), due, wish })
        }
        _ => None,
    })
}

/// So many months after the opening, and not before the workers want it.
pub(super) fn help_day(from: CivilDate, months: u32, wish: Option<CivilDate>) -> CivilDate {
    let earliest = from.plus_months(months);
    wish.map_or(earliest, |wish| wish.max(earliest))
}
