//! A re-election is put off.

use super::*;

#[tokio::test]
async fn a_postponed_re_election_moves_the_end_of_the_term() {
    let desk = desk().await;
    let union = desk.union(term(2, "2011-03-01")).await;
    let called = desk.call(&union, election(Kind::ReElection)).await.unwrap();
    assert_eq!(desk.overdue_terms("2014-03-01").await, 1);
    let to = |day: &str, etag: &str| PostponeElectionRequest {
        name: called.name.clone(),
        postponed_to: date(day),
        approval: approval(),
        approved_on: date("2014-06-10"),
        etag: etag.to_owned(),
        ..Default::default()
    };
    let stale = desk.service.postpone_election(call(to("2014-09-01", "7"))).await;
    assert_eq!(refused(inner(stale)), "ETAG_MISMATCH");
    let put_off = desk.service.postpone_election(call(to("2014-09-01", "1"))).await;
    let put_off = inner(put_off).unwrap();
    assert_eq!(
        (put_off.planned_on, put_off.postponed_to),
        (date("2014-09-01"), date("2014-09-01"))
    );
    assert!(put_off.findings.is_empty());
    // It was approved late: the days until then stay as overdue as they were.
    for (on, overdue) in [
        ("2014-02-28", 0),
        ("2014-03-01", 1),
        ("2014-06-09", 1),
        ("2014-06-10", 0),
        ("2014-08-31", 0),
        ("2014-09-01", 1),
    ] {
        assert_eq!(desk.overdue_terms(on).await, overdue, "{on}");
        assert_eq!(i64::from(desk.seen(&union, on).await.term.unwrap().overdue), overdue, "{on}");
    }
    assert_eq!(put_off.postponement_approved_on, date("2014-06-10"));
    let term = desk.seen(&union, "2014-07-01").await.term.unwrap();
    assert_eq!(term.postponed_to, date("2014-09-01"));
    let kept: Vec<_> =
        term.postponements.iter().map(|one| (one.approved_on, one.approval.clone())).collect();
    assert_eq!(kept, [(date("2014-06-10"), approval())]);
    let before = desk.seen(&union, "2014-06-09").await.term.unwrap();
    assert_eq!((before.postponed_to, before.postponements.len()), (None, 0), "not known then");
    let late = desk.service.postpone_election(call(to("2014-09-02", ""))).await;
    assert_eq!(inner(late).unwrap().findings[0].rule, "V22");
    let term = desk.seen(&union, "2014-07-01").await.term.unwrap();
    assert_eq!(term.postponements.len(), 2, "both are kept");
    assert_eq!(
        (desk.overdue_terms("2014-06-09").await, desk.overdue_terms("2014-09-01").await),
        (1, 0)
    );
    for (approved_on, reason) in [
        (None, "INVALID_FIELD"),
        (date("2014-07-02"), "UNION_DATE_INVALID"),
        (date("2014-06-09"), "UNION_DATE_INVALID"),
    ] {
        let wrong = PostponeElectionRequest { approved_on, ..to("2014-12-01", "") };
        assert_eq!(refused(inner(desk.service.postpone_election(call(wrong)).await)), reason);
    }
    let early = desk.service.postpone_election(call(to("2014-03-01", ""))).await;
    assert_eq!(refused(inner(early)), "UNION_DATE_INVALID");
}
