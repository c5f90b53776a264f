//! The union above orders a union whose term has run out to re-elect 责令换届.

use unionhall_kit::civil::CivilDate;

use super::ElectionFault;
use crate::rules::union::{
    UnionFacts,
    term::{BegunTerm, Order},
};

/// The term of the union with the order: it stands where the union is overdue on the day, and is
/// fulfilled by the term that follows.
pub fn order_re_election(
    union: &UnionFacts,
    order: Order,
    today: CivilDate,
) -> Result<BegunTerm, ElectionFault> {
    let day = |on, en, zh| Err(ElectionFault::Day(on, en, zh));
    let on = order.ordered_on;
    if on > today {
        return day(on, "it is after today", "晚于今日");
    }
    if order.due_by <= on {
        return day(order.due_by, "it is not after the order", "不晚于责令日期");
    }
    if let Some(ended) = union.ended_on().filter(|ended| *ended <= on) {
        return Err(ElectionFault::UnionEnded(ended));
    }
    let Some(mut term) = union.term_on(on).filter(|_| union.overdue_on(on)) else {
        return Err(ElectionFault::NotOverdue(on));
    };
    if term.term.orders.iter().any(|before| on <= before.ordered_on) {
        return day(on, "it is not after the order before", "不晚于上一次责令日期");
    }
    term.term.orders.push(order);
    Ok(term)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;
    use crate::rules::{
        employer::tests::day,
        union::{
            Status,
            change::with_begun,
            term::{Term, TermYears},
        },
    };

    fn overdue() -> UnionFacts {
        let mut facts = UnionFacts::default();
        facts.statuses.record(Some(Status::Active), day("2010-01-01"));
        facts.terms.record(Some(Term::new(NonZeroU16::MIN, TermYears::Three)), day("2011-01-01"));
        facts
    }

    fn order(on: &str, by: &str) -> Order {
        let order = serde_json::from_str(r#"{"body": "某某总工会", "number": "1号"}"#).unwrap();
        Order { ordered_on: day(on), due_by: day(by), order }
    }

    fn ordered(facts: &UnionFacts, on: &str, by: &str) -> Result<UnionFacts, ElectionFault> {
        let today = day("2014-07-01");
        let term = order_re_election(facts, order(on, by), today)?;
        Ok(with_begun(facts, term, today)?)
    }

    #[test]
    fn an_overdue_union_is_ordered_and_the_next_term_fulfils_it() {
        let facts = overdue();
        let early = ordered(&facts, "2013-12-31", "2014-03-01");
        assert_eq!(early, Err(ElectionFault::NotOverdue(day("2013-12-31"))));
        for (on, by) in [("2014-07-02", "2014-08-01"), ("2014-02-01", "2014-02-01")] {
            assert!(matches!(ordered(&facts, on, by), Err(ElectionFault::Day(..))), "{on}");
        }
        let facts = ordered(&facts, "2014-02-01", "2014-05-31").unwrap();
        assert!(!facts.order_missed_on(day("2014-05-31")));
        assert!(facts.order_missed_on(day("2014-06-01")));
        assert!(ordered(&facts, "2014-02-01", "2014-08-31").is_err(), "twice on one day");
        let again = ordered(&facts, "2014-06-10", "2014-08-31").unwrap();
        assert!(again.order_missed_on(day("2014-06-09")));
        assert!(!again.order_missed_on(day("2014-06-10")), "the second one stands");
        let second = NonZeroU16::new(2).unwrap();
        let next = Term::new(second, TermYears::Three);
        let next = BegunTerm { term: next, begins_on: day("2014-06-20") };
        let elected = with_begun(&facts, next, day("2014-07-01")).unwrap();
        assert!(elected.order_missed_on(day("2014-06-19")));
        assert!(!elected.order_missed_on(day("2014-06-20")), "it is fulfilled");
        let orders = |facts: &UnionFacts| facts.terms.rows()[0].value.orders.len();
        // A correction of the term names no orders, and takes none back.
        let corrected = Term::new(NonZeroU16::MIN, TermYears::Three);
        let corrected = BegunTerm { term: corrected, begins_on: day("2010-12-01") };
        let corrected = with_begun(&again, corrected, day("2014-07-01")).unwrap();
        assert_eq!((orders(&again), orders(&corrected)), (2, 2));
        let mut ended = overdue();
        ended.statuses.record(Some(Status::Dissolved), day("2014-02-01"));
        let late = ordered(&ended, "2014-02-01", "2014-05-31");
        assert_eq!(late, Err(ElectionFault::UnionEnded(day("2014-02-01"))));
    }
}
