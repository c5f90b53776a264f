//! When a term is due: postponements, and orders to re-elect.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::CivilDate;

use super::BegunTerm;
use crate::rules::union::approval::Approval;

/// A postponement of the re-election 延期换届, with the approval of the union above. Usually at most
/// half a year after the term ran out; later days are let through.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Postponement {
    /// The new day.
    pub to: CivilDate,
    /// The day of the approval. Where nobody told it, it came in time.
    #[serde(default)]
    pub approved_on: Option<CivilDate>,
    /// Who approved; `None` where nobody told.
    #[serde(default)]
    pub approval: Option<Approval>,
}

impl Postponement {
    /// One of which the new day alone is told.
    pub fn told(to: CivilDate) -> Self {
        Self { to, approved_on: None, approval: None }
    }
}

/// An order of the union above to re-elect by a day 责令换届 (Beijing measures art. 13).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Order {
    /// The day of the order.
    pub ordered_on: CivilDate,
    /// The last day on which the re-election is held in time.
    pub due_by: CivilDate,
    /// Who ordered it, under which number.
    pub order: Approval,
}

impl BegunTerm {
    /// The day from which on a union that holds no election is overdue, as things stand.
    pub fn due_on(&self) -> CivilDate {
        self.term.postponements.last().map_or_else(|| self.ends_on(), |last| last.to)
    }

    /// The same as it stood on `day`: what was approved afterwards changes nothing then.
    pub fn due_as_of(&self, day: CivilDate) -> CivilDate {
        self.postponed_as_of(day).last().map_or_else(|| self.ends_on(), |last| last.to)
    }

    /// The postponements that were approved by `day`, in their order.
    pub fn postponed_as_of(&self, day: CivilDate) -> impl Iterator<Item = &Postponement> {
        let approved = self.approvals().take_while(move |(on, _)| on.is_none_or(|on| on <= day));
        approved.map(|(_, postponement)| postponement)
    }

    /// From when on each postponement holds: its approval, or where nobody told that the day on which
    /// the union would have been overdue again. The first such one held all along.
    fn approvals(&self) -> impl Iterator<Item = (Option<CivilDate>, &Postponement)> {
        let befores = std::iter::once(None);
        let befores = befores.chain(self.term.postponements.iter().map(|one| Some(one.to)));
        let of = |(one, before): (_, Option<CivilDate>)| {
            let one: &Postponement = one;
            (one.approved_on.or(before), one)
        };
        self.term.postponements.iter().zip(befores).map(of)
    }

    /// The order to re-elect that stands on `day`. A postponement that is approved afterwards takes
    /// its place.
    pub fn order_on(&self, day: CivilDate) -> Option<&Order> {
        self.order_known(|known| known <= day)
    }

    /// The order that stands now.
    pub fn standing_order(&self) -> Option<&Order> {
        self.order_known(|_| true)
    }

    fn order_known(&self, known: impl Fn(CivilDate) -> bool) -> Option<&Order> {
        let order = self.term.orders.iter().rfind(|order| known(order.ordered_on))?;
        let since = |on: CivilDate| order.ordered_on <= on && known(on);
        let postponed = self.approvals().any(|(on, _)| on.is_some_and(since));
        (!postponed).then_some(order)
    }

    /// Every day on which the term comes to be overdue, or no longer is.
    pub fn turning_days(&self) -> BTreeSet<CivilDate> {
        let mut days = BTreeSet::from([self.ends_on()]);
        for (on, postponement) in self.approvals() {
            days.extend(on);
            days.insert(postponement.to);
        }
        days
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use proptest::prelude::*;

    use super::*;
    use crate::rules::{
        employer::tests::day,
        union::term::{Term, TermYears},
    };

    fn approval() -> Approval {
        serde_json::from_str(r#"{"body": "某某总工会", "number": "1号"}"#).unwrap()
    }

    fn approved(on: &str, to: &str) -> Postponement {
        let approved_on = Some(day(on));
        Postponement { to: day(to), approved_on, approval: Some(approval()) }
    }

    /// The first term, from 2011-01-01 to 2014-01-01.
    fn term(postponements: Vec<Postponement>) -> BegunTerm {
        let term = Term { postponements, ..Term::new(NonZeroU16::MIN, TermYears::Three) };
        BegunTerm { term, begins_on: day("2011-01-01") }
    }

    fn overdue(term: &BegunTerm, on: &str) -> bool {
        term.due_as_of(day(on)) <= day(on)
    }

    #[test]
    fn what_was_approved_late_leaves_the_days_before_overdue() {
        let late = term(vec![approved("2014-02-10", "2014-06-30")]);
        for (on, is) in [
            ("2013-12-31", false),
            ("2014-01-01", true),
            ("2014-02-09", true),
            ("2014-02-10", false),
            ("2014-06-29", false),
            ("2014-06-30", true),
        ] {
            assert_eq!(overdue(&late, on), is, "{on}");
        }
        let days = ["2014-01-01", "2014-02-10", "2014-06-30"].map(day);
        assert_eq!(late.turning_days(), BTreeSet::from(days));
        let in_time = term(vec![approved("2013-12-01", "2014-06-30")]);
        assert!(!overdue(&in_time, "2014-01-01") && overdue(&in_time, "2014-06-30"));
    }

    #[test]
    fn a_second_postponement_keeps_the_first_gap() {
        let twice =
            term(vec![approved("2014-02-10", "2014-06-30"), approved("2014-07-10", "2014-12-31")]);
        for (on, is) in [
            ("2014-01-01", true),
            ("2014-02-09", true),
            ("2014-02-10", false),
            ("2014-06-30", true),
            ("2014-07-09", true),
            ("2014-07-10", false),
            ("2014-12-31", true),
        ] {
            assert_eq!(overdue(&twice, on), is, "{on}");
        }
        // Of the second the day alone is told: it was in time, and the first gap stays.
        let told =
            term(vec![approved("2014-02-10", "2014-06-30"), Postponement::told(day("2014-12-31"))]);
        assert!(overdue(&told, "2014-02-09") && !overdue(&told, "2014-06-30"));
        assert!(overdue(&told, "2014-12-31"));
    }

    #[test]
    fn an_order_stands_until_a_postponement_takes_its_place() {
        let order =
            |on: &str, by: &str| Order { ordered_on: day(on), due_by: day(by), order: approval() };
        let mut ordered = term(Vec::new());
        ordered.term.orders = vec![order("2014-03-01", "2014-05-31")];
        assert_eq!(ordered.order_on(day("2014-02-28")), None);
        assert_eq!(ordered.order_on(day("2014-03-01")), ordered.term.orders.first());
        ordered.term.orders.push(order("2014-06-10", "2014-08-31"));
        assert_eq!(ordered.order_on(day("2014-06-09")), ordered.term.orders.first());
        assert_eq!(ordered.order_on(day("2014-06-10")), ordered.term.orders.last());
        ordered.term.postponements = vec![approved("2014-06-20", "2014-09-30")];
        assert_eq!(ordered.order_on(day("2014-06-19")), ordered.term.orders.last());
        assert_eq!(ordered.order_on(day("2014-06-20")), None);
        ordered.term.postponements = vec![approved("2014-02-20", "2014-02-28")];
        assert!(ordered.order_on(day("2014-06-20")).is_some(), "it was postponed before");
    }

    #[test]
    fn a_term_of_before_is_read_as_postponed_in_time() {
        let old = r#"{"number": 1, "years": 3, "postponed_to": "2014-06-30"}"#;
        let term: Term = serde_json::from_str(old).unwrap();
        assert_eq!(term.postponements, [Postponement::told(day("2014-06-30"))]);
        let plain: Term =
            serde_json::from_str(r#"{"number": 1, "years": 3, "postponed_to": null}"#).unwrap();
        assert_eq!(plain, Term::new(NonZeroU16::MIN, TermYears::Three));
        let written = serde_json::to_string(&term).unwrap();
        assert_eq!(serde_json::from_str::<Term>(&written).unwrap(), term);
    }

    proptest! {
        /// A clerk goes through the days with the letters of approval and keeps one date on the wall.
        #[test]
        fn a_clerk_who_counts_day_by_day_comes_to_the_same(
            steps in prop::collection::vec((any::<bool>(), 0_i32..40, 1_i32..40), 0..5)
        ) {
            let ends = term(Vec::new()).ends_on().epoch_day();
            let at = |offset: i32| CivilDate::from_epoch_day(ends + offset).unwrap();
            // Each is approved after the one before, and leads beyond it and its own approval.
            let (mut approved_at, mut to) = (-30, 0);
            let mut postponements = Vec::new();
            for (dated, later, further) in &steps {
                approved_at += later;
                if *dated {
                    to = to.max(approved_at) + further;
                    let approved_on = Some(at(approved_at));
                    postponements.push(Postponement { to: at(to), approved_on, approval: None });
                } else {
                    approved_at = approved_at.max(to);
                    to += further;
                    postponements.push(Postponement::told(at(to)));
                }
            }
            let begun = term(postponements.clone());
            let mut wall = at(0);
            let mut before = false;
            let mut letters = postponements.into_iter().peekable();
            let turning = begun.turning_days();
            for offset in -40..(to + 40) {
                let today = at(offset);
                while let Some(letter) = letters.next_if(|letter| match letter.approved_on {
                    Some(on) => on == today,
                    None => wall == today || wall == at(0),
                }) {
                    wall = letter.to;
                }
                let overdue = today >= wall;
                prop_assert_eq!(begun.due_as_of(today) <= today, overdue, "{}", today);
                prop_assert!(overdue == before || turning.contains(&today), "{}", today);
                before = overdue;
            }
        }
    }
}
