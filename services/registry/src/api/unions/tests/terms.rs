//! Terms: begun, corrected, postponed, overdue.

use unionhall_kit::figures::{MetricId, read::Question};
use unionhall_proto::registry::v1::{ListUnionFactsRequest, ListUnionsRequest, Term};

use super::*;

fn term(number: i32, years: i32, begins_on: &str) -> Option<Term> {
    Some(Term { number, years, begins_on: date(begins_on), ..Default::default() })
}

impl Desk {
    async fn with_term(&self, serial: u32, superior: &str, term: Option<Term>) -> Union {
        let given = Union { term, ..joint(serial, superior) };
        self.create(given, "2005-01-01").await.unwrap()
    }

    async fn listed(&self, filter: &str) -> Vec<String> {
        let message = ListUnionsRequest { filter: filter.to_owned(), ..Default::default() };
        let page = inner(self.service.list_unions(call(message)).await).unwrap();
        page.unions.into_iter().map(|union| union.name).collect()
    }

    /// The figure of the sub-district.
    async fn overdue_terms(&self, on: &str) -> i64 {
        let question = Question {
            metric: MetricId(74),
            line: unionhall_kit::path::Line::Area,
            node: unionhall_kit::path::Path::parse(SUBDISTRICT).unwrap(),
            day: crate::testing::day(on),
        };
        let db = self.rig.register.ledger.db();
        unionhall_kit::figures::read::values(db, &[question]).await.unwrap()[0]
    }
}

#[tokio::test]
async fn a_running_term_is_taken_over_and_runs_out_by_itself() {
    let desk = desk().await;
    let above = desk.federation().await;
    assert_eq!(above.term, None, "nothing is known of its term");
    let union = desk.with_term(1, &above.name, term(2, 3, "2012-03-01")).await;
    let shown = union.term.clone().unwrap();
    assert_eq!((shown.number, shown.ends_on, shown.overdue), (2, date("2015-03-01"), false));
    let later = desk.get_on(&union.name, "2015-03-01").await.term.unwrap();
    assert!(later.overdue);
    assert_eq!(desk.get_on(&union.name, "2012-02-29").await.term, None);
    // The step was taken when the term was entered; nothing happens on the day itself.
    desk.rig.sequencer.drain().await.unwrap();
    assert_eq!(desk.overdue_terms("2015-02-28").await, 0);
    assert_eq!(desk.overdue_terms("2015-03-01").await, 1);

    let next = Union { term: term(3, 5, "2014-06-01"), ..union.clone() };
    let next = desk.update(next, &["term"], "2014-07-01").await.unwrap();
    assert_eq!(next.term.unwrap().begins_on, date("2014-06-01"), "its day, not that of the change");
    desk.rig.sequencer.drain().await.unwrap();
    assert_eq!(desk.overdue_terms("2015-03-01").await, 0);
    assert_eq!(desk.overdue_terms("2019-06-01").await, 1);
    let message = ListUnionFactsRequest { parent: union.name.clone(), ..Default::default() };
    let page = inner(desk.service.list_union_facts(call(message)).await).unwrap();
    let terms = page.union_facts.iter().filter(|fact| fact.field == "term");
    assert_eq!(terms.count(), 3, "the second term open, closed, and the third");
}

#[tokio::test]
async fn what_is_due_is_listed_by_its_day() {
    let desk = desk().await;
    let above = desk.federation().await.name;
    let run_out = desk.with_term(1, &above, term(1, 3, "2011-06-30")).await;
    let due = desk.with_term(2, &above, term(1, 5, "2009-12-31")).await;
    let mut postponed = term(1, 3, "2011-06-30");
    postponed.as_mut().unwrap().postponed_to = date("2014-12-30");
    let postponed = desk.with_term(3, &above, postponed).await;
    assert_eq!(desk.listed("term_overdue = true").await, std::slice::from_ref(&run_out.name));
    let mut by = desk.listed("term_due_by = 2014-12-31").await;
    by.sort();
    let mut all = vec![run_out.name.clone(), due.name, postponed.name];
    all.sort();
    assert_eq!(by, all);
    assert_eq!(desk.listed("term_overdue = false").await.len(), 3, "and the federation");
    desk.dissolve(&run_out.name, "2014-06-30").await.unwrap();
    assert!(desk.listed("term_overdue = true").await.is_empty());
    desk.rig.sequencer.drain().await.unwrap();
    assert_eq!(desk.overdue_terms("2014-07-01").await, 0);
}

#[tokio::test]
async fn a_term_that_cannot_be_is_refused() {
    let desk = desk().await;
    let above = desk.federation().await;
    let union = desk.with_term(1, &above.name, term(2, 3, "2012-03-01")).await;
    let given = |term| Union { term, etag: String::new(), ..union.clone() };
    let update = async |term: Option<Term>| desk.update(given(term), &["term"], "2014-07-01").await;
    assert_eq!(refused(update(term(4, 3, "2014-06-01")).await), "TERM_INVALID");
    assert_eq!(refused(update(term(3, 4, "2014-06-01")).await), "TERM_INVALID");
    assert_eq!(refused(update(term(3, 3, "2014-07-02")).await), "UNION_DATE_INVALID");
    assert_eq!(refused(update(term(2, 3, "2004-12-31")).await), "UNION_DATE_INVALID");
    assert_eq!(refused(update(term(0, 3, "2014-06-01")).await), "INVALID_FIELD");
    let mut early = term(2, 3, "2012-03-01");
    early.as_mut().unwrap().postponed_to = date("2014-12-31");
    assert_eq!(refused(update(early).await), "TERM_INVALID");
    let mut nested = given(term(2, 3, "2012-03-01"));
    nested.term.as_mut().unwrap().years = 5;
    let five = desk.update(nested, &["term.years"], "2014-07-01").await.unwrap();
    assert_eq!(five.term.unwrap().ends_on, date("2017-03-01"));
    let taken_back = update(None).await.unwrap();
    assert_eq!(taken_back.term, None);
    assert_eq!(taken_back.etag, "3");
}
