//! Terms 届 of a union's committee: numbered, of three or five years, each begun by an election.
//!
//! A term is a dated fact whose first day is the term's first day; it stands until the next one
//! begins. So a union is overdue 届期逾期 when the last day of its term has passed and the term
//! still stands. Of a union without a recorded term nothing is known; it is not overdue. What was
//! approved late leaves the days before the approval as overdue as they were.

mod due;

use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::CivilDate;

pub use self::due::{Order, Postponement};
use super::{UnionFacts, change::UnionFault, kind::UnionLevel};
use crate::rules::{
    formation::law::Law,
    history::{Dated, History},
};

/// A term 届.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Term {
    /// Its number 届次, from 1.
    pub number: NonZeroU16,
    /// How long it lasts.
    pub years: TermYears,
    /// The postponements 延期换届, each to a later day than the one before.
    pub postponements: Vec<Postponement>,
    /// The orders to re-elect 责令换届, each given later than the one before.
    pub orders: Vec<Order>,
}

/// A term as it is written; of the postponements once the last day alone was kept.
#[derive(Deserialize)]
struct Stored {
    number: NonZeroU16,
    years: TermYears,
    postponed_to: Option<CivilDate>,
    #[serde(default)]
    postponements: Vec<Postponement>,
    #[serde(default)]
    orders: Vec<Order>,
}

impl From<Stored> for Term {
    fn from(stored: Stored) -> Self {
        let Stored { number, years, postponed_to, mut postponements, orders } = stored;
        if postponements.is_empty() {
            postponements.extend(postponed_to.map(Postponement::told));
        }
        Self { number, years, postponements, orders }
    }
}

impl Term {
    /// A term that nobody postponed.
    pub fn new(number: NonZeroU16, years: TermYears) -> Self {
        Self { number, years, postponements: Vec::new(), orders: Vec::new() }
    }

    /// The term as a correction gives it beside what is known of the one that it corrects. Orders stay,
    /// for no correction names them. A day to which it was postponed is told without the approvals
    /// that led there: those up to that day stay.
    fn correcting(mut self, known: &Self) -> Self {
        if self.orders.is_empty() {
            self.orders.clone_from(&known.orders);
        }
        let [told] = self.postponements.as_slice() else { return self };
        if told.approved_on.is_some() {
            return self;
        }
        let told = told.clone();
        let kept = known.postponements.iter().filter(|one| one.to <= told.to).cloned();
        self.postponements = kept.collect();
        if self.postponements.last().is_none_or(|last| last.to < told.to) {
            self.postponements.push(told);
        }
        self
    }
}

/// The length of a term (Trade Union Law art. 16, Beijing art. 13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum TermYears {
    /// Three years.
    Three,
    /// Five years.
    Five,
}

/// No term has so many years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a term has 3 or 5 years")]
pub struct NotTermYears;

impl TermYears {
    /// The number of years.
    pub fn count(self) -> u8 {
        match self {
            Self::Three => 3,
            Self::Five => 5,
        }
    }

    /// Whether the committee of a union of this level is elected for so long, by the rules of the day.
    /// Where the level is not known, or no rule of the day speaks of it, nothing is against it.
    pub fn lawful(
        self,
        law: &Law,
        level: Option<UnionLevel>,
        day: CivilDate,
    ) -> Result<(), TermFault> {
        let asked = level.and_then(|level| law.term_years(level, day));
        match asked.filter(|(_, years)| !years.contains(&self)) {
            Some((rule, _)) => {
                Err(TermFault::Law { en: rule.text_en.clone(), zh: rule.text_zh.clone() })
            }
            None => Ok(()),
        }
    }
}

impl TryFrom<u8> for TermYears {
    type Error = NotTermYears;

    fn try_from(years: u8) -> Result<Self, Self::Error> {
        match years {
            3 => Ok(Self::Three),
            5 => Ok(Self::Five),
            _ => Err(NotTermYears),
        }
    }
}

impl From<TermYears> for u8 {
    fn from(years: TermYears) -> Self {
        years.count()
    }
}

/// A term and its first day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunTerm {
    /// The term.
    pub term: Term,
    /// Its first day.
    pub begins_on: CivilDate,
}

impl BegunTerm {
    /// The term of a row.
    pub fn of(row: &Dated<Term>) -> Self {
        Self { term: row.value.clone(), begins_on: row.period.from() }
    }

    /// The first day after the years of the term.
    pub fn ends_on(&self) -> CivilDate {
        self.begins_on.plus_years(u32::from(self.term.years.count()))
    }
}

/// Why a term cannot be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermFault {
    /// The number of years is not 3 or 5.
    #[error("the committee is elected for 3 or 5 years")]
    Years,
    /// A rule of the day on which the term begins speaks against its years, in these words.
    #[error("{en}")]
    Law {
        /// English.
        en: String,
        /// Chinese.
        zh: String,
    },
    /// The numbers of terms that follow each other do not.
    #[error("term {0} begins on {1}, and the terms beside it are not numbered in their order")]
    Order(u16, CivilDate),
    /// The re-election was not put off but brought forward.
    #[error("a re-election is postponed to a day after {0}, when the term ends")]
    Postponed(CivilDate),
    /// The union has no term to take back.
    #[error("no term is recorded for {0}")]
    Absent(CivilDate),
}

impl TermFault {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Years => "工会委员会每届任期三年或五年".to_owned(),
            Self::Law { zh, .. } => zh.clone(),
            Self::Order(number, day) => {
                format!("第{number}届自{day}起，与前后各届的届次顺序不符")
            }
            Self::Postponed(day) => format!("延期换届日期应晚于任期届满日{day}"),
            Self::Absent(day) => format!("{day}没有届次记录"),
        }
    }
}

/// Whether each term that a change brought, or gave other years or another first day, has the years
/// that the rules of its first day give to its level.
pub fn lawful(law: &Law, before: &UnionFacts, after: &UnionFacts) -> Result<(), UnionFault> {
    let begun = |row: &Dated<Term>| (row.value.years, row.period.from());
    let known: Vec<_> = before.terms.rows().iter().map(begun).collect();
    let new = after.terms.rows().iter().map(begun).filter(|begun| !known.contains(begun));
    for (years, from) in new {
        years.lawful(law, after.levels.on(from).copied(), from)?;
    }
    Ok(())
}

/// The terms with this one among them: a term of the same number is corrected, first day and all.
pub fn with_term(terms: &History<Term>, begun: BegunTerm) -> Result<History<Term>, TermFault> {
    let BegunTerm { term, begins_on } = begun;
    let known = terms.rows().iter().map(BegunTerm::of);
    let (same, mut all): (Vec<_>, Vec<_>) =
        known.partition(|known| known.term.number == term.number);
    let term = match same.first() {
        Some(known) => term.correcting(&known.term),
        None => term,
    };
    let begun = BegunTerm { term, begins_on };
    let ends_on = begun.ends_on();
    if begun.term.postponements.iter().any(|one| one.to <= ends_on) {
        return Err(TermFault::Postponed(ends_on));
    }
    all.push(begun);
    in_order(all, begins_on)
}

/// The terms without the one that stands on `day`; the one before stands on.
pub fn without_term(terms: &History<Term>, day: CivilDate) -> Result<History<Term>, TermFault> {
    let standing = terms.on(day).ok_or(TermFault::Absent(day))?;
    let known = terms.rows().iter().map(BegunTerm::of);
    in_order(known.filter(|known| known.term.number != standing.number).collect(), day)
}

/// Each term stands until the next begins.
fn in_order(mut terms: Vec<BegunTerm>, concerned: CivilDate) -> Result<History<Term>, TermFault> {
    terms.sort_by_key(|term| term.begins_on);
    let mut history = History::default();
    for pair in terms.windows(2) {
        let next = pair[0].term.number.checked_add(1);
        if next != Some(pair[1].term.number) || pair[0].begins_on == pair[1].begins_on {
            return Err(TermFault::Order(pair[1].term.number.get(), concerned));
        }
    }
    for BegunTerm { term, begins_on } in terms {
        history.record(Some(term), begins_on);
    }
    Ok(history)
}

impl UnionFacts {
    /// The term that stands on `day`, whether or not its years have passed.
    pub fn term_on(&self, day: CivilDate) -> Option<BegunTerm> {
        self.terms.rows().iter().find(|row| row.period.covers(day)).map(BegunTerm::of)
    }

    /// Whether the union exists on `day` and its term has run out without a new one.
    pub fn overdue_on(&self, day: CivilDate) -> bool {
        self.active_on(day) && self.term_on(day).is_some_and(|term| term.due_as_of(day) <= day)
    }

    /// Whether the union exists on `day` and the day has passed by which it was ordered to re-elect.
    pub fn order_missed_on(&self, day: CivilDate) -> bool {
        let missed = |term: BegunTerm| term.order_on(day).is_some_and(|order| order.due_by < day);
        self.active_on(day) && self.term_on(day).is_some_and(missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{employer::tests::day, union::Status};

    fn term(number: u16, years: u8, begins_on: &str) -> BegunTerm {
        let number = NonZeroU16::new(number).unwrap();
        let years = TermYears::try_from(years).unwrap();
        BegunTerm { term: Term::new(number, years), begins_on: day(begins_on) }
    }

    fn basic(terms: &History<Term>, begun: BegunTerm) -> Result<History<Term>, TermFault> {
        with_term(terms, begun)
    }

    fn facts(terms: History<Term>) -> UnionFacts {
        let mut facts = UnionFacts { terms, ..UnionFacts::default() };
        facts.statuses.record(Some(Status::Active), day("2000-01-01"));
        facts
    }

    #[test]
    fn a_term_is_overdue_from_the_day_on_which_its_years_have_passed() {
        let terms = basic(&History::default(), term(1, 3, "2011-02-27")).unwrap();
        let mut facts = facts(terms);
        assert!(!facts.overdue_on(day("2011-02-26")), "no term, nothing known");
        assert!(!facts.overdue_on(day("2014-02-26")));
        assert!(facts.overdue_on(day("2014-02-27")));
        facts.terms = basic(&facts.terms, term(2, 5, "2014-06-01")).unwrap();
        assert!(facts.overdue_on(day("2014-05-31")) && !facts.overdue_on(day("2014-06-01")));
        facts.statuses.record(Some(Status::Dissolved), day("2014-03-01"));
        assert!(facts.overdue_on(day("2014-02-28")) && !facts.overdue_on(day("2014-03-01")));
        // A year that lacks the day takes the last of the month.
        assert_eq!(term(1, 3, "2012-02-29").ends_on(), day("2015-02-28"));
    }

    #[test]
    fn a_postponement_moves_the_day_and_comes_after_the_end() {
        let mut begun = term(1, 3, "2011-02-27");
        begun.term.postponements = vec![Postponement::told(day("2014-02-27"))];
        let early = basic(&History::default(), begun.clone());
        assert_eq!(early, Err(TermFault::Postponed(day("2014-02-27"))));
        begun.term.postponements = vec![Postponement::told(day("2014-08-27"))];
        let facts = facts(basic(&History::default(), begun).unwrap());
        assert!(!facts.overdue_on(day("2014-08-26")) && facts.overdue_on(day("2014-08-27")));
    }

    #[test]
    fn a_day_that_is_told_again_keeps_the_approvals_that_led_there() {
        let approved = |on: &str, to: &str| Postponement {
            approved_on: Some(day(on)),
            ..Postponement::told(day(to))
        };
        let kept = vec![approved("2014-03-10", "2014-06-30"), approved("2014-07-10", "2014-12-31")];
        let mut known = term(1, 3, "2011-02-27");
        known.term.postponements.clone_from(&kept);
        let terms = basic(&History::default(), known).unwrap();
        let told = |to: Option<&str>| {
            let mut given = term(1, 3, "2011-02-27");
            given.term.postponements.extend(to.map(|to| Postponement::told(day(to))));
            let terms = basic(&terms, given).unwrap();
            terms.rows()[0].value.postponements.clone()
        };
        assert_eq!(told(Some("2014-12-31")), kept);
        assert_eq!(told(Some("2014-06-30")), kept[..1]);
        let later = [kept[0].clone(), kept[1].clone(), Postponement::told(day("2015-03-31"))];
        assert_eq!(told(Some("2015-03-31")), later);
        assert_eq!(told(None), [], "taken back");
    }

    #[test]
    fn numbers_follow_each_other_and_a_number_given_again_corrects() {
        let terms = basic(&History::default(), term(3, 3, "2008-01-01")).unwrap();
        let terms = basic(&terms, term(4, 3, "2011-01-01")).unwrap();
        let order = |number, at| Err(TermFault::Order(number, day(at)));
        assert_eq!(basic(&terms, term(6, 3, "2014-01-01")), order(6, "2014-01-01"));
        assert_eq!(basic(&terms, term(2, 3, "2009-01-01")), order(2, "2009-01-01"));
        assert_eq!(basic(&terms, term(5, 3, "2011-01-01")), order(5, "2011-01-01"));
        assert_eq!(basic(&terms, term(4, 3, "2007-01-01")), order(3, "2007-01-01"));
        let moved = basic(&terms, term(4, 5, "2011-03-01")).unwrap();
        let days: Vec<_> = moved.rows().iter().map(|row| row.period.from()).collect();
        assert_eq!(days, [day("2008-01-01"), day("2011-03-01")]);
        let earlier = basic(&moved, term(2, 3, "2005-01-01")).unwrap();
        assert_eq!(earlier.rows().len(), 3);
        assert_eq!(without_term(&earlier, day("2009-01-01")), order(4, "2009-01-01"));
        let taken_back = without_term(&earlier, day("2012-01-01")).unwrap();
        assert_eq!(taken_back.rows().len(), 2);
        assert_eq!(taken_back.on(day("2012-01-01")).map(|term| term.number.get()), Some(3));
        let nothing = without_term(&History::default(), day("2012-01-01"));
        assert_eq!(nothing, Err(TermFault::Absent(day("2012-01-01"))));
    }

    #[test]
    fn three_years_are_for_unions_below_the_district() {
        let law = Law::shipped().unwrap();
        let of = |level, terms: &[BegunTerm]| {
            let all = terms.iter().cloned();
            let terms = all.fold(History::default(), |all, term| basic(&all, term).unwrap());
            let mut facts = facts(terms);
            facts.levels.record(Some(level), day("2000-01-01"));
            facts
        };
        let nothing = UnionFacts::default();
        let three = [term(1, 3, "2011-01-01")];
        for level in [UnionLevel::District, UnionLevel::DistrictIndustry] {
            let refused = lawful(&law, &nothing, &of(level, &three));
            let Err(UnionFault::Term(TermFault::Law { en, zh })) = refused else {
                panic!("{level:?}")
            };
            assert!(
                en.contains("five years") && zh.contains("五年"),
                "the words of the rule: {en}"
            );
            // What stands since another day is nobody's fault now, what is added is.
            let later = of(level, &[term(1, 3, "2011-01-01"), term(2, 5, "2014-01-01")]);
            assert_eq!(lawful(&law, &of(level, &three), &later), Ok(()));
            let again = of(level, &[term(1, 3, "2011-01-01"), term(2, 3, "2014-01-01")]);
            assert!(lawful(&law, &of(level, &three), &again).is_err());
            assert_eq!(lawful(&law, &nothing, &of(level, &[term(1, 5, "2011-01-01")])), Ok(()));
        }
        for level in [UnionLevel::Subdistrict, UnionLevel::Basic] {
            assert_eq!(lawful(&law, &nothing, &of(level, &three)), Ok(()), "{level:?}");
        }
        let terms = basic(&History::default(), three[0].clone()).unwrap();
        assert_eq!(lawful(&law, &nothing, &facts(terms)), Ok(()), "of no known level");
    }

    #[test]
    fn the_law_that_is_given_decides() {
        let text = include_str!("../../../data/formation_rules.csv");
        let law = Law::parse(&text.replace(",ASSUMED,5,", ",ASSUMED,3,")).unwrap();
        let (level, day) = (Some(UnionLevel::District), day("2014-02-27"));
        assert_eq!(TermYears::Three.lawful(&law, level, day), Ok(()));
        assert!(TermYears::Five.lawful(&law, level, day).is_err());
    }
}
