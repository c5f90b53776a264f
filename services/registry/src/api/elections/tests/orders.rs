//! The union above orders a union whose term has run out to re-elect.

use unionhall_proto::registry::v1::{ListUnionsRequest, OrderReElectionRequest};

use super::*;

fn order(union: &str, ordered_on: &str, due_by: &str) -> OrderReElectionRequest {
    OrderReElectionRequest {
        name: union.to_owned(),
        ordered_on: date(ordered_on),
        due_by: date(due_by),
        order: approval(),
        ..Default::default()
    }
}

impl Desk {
    async fn order(&self, message: OrderReElectionRequest) -> Result<Union, Status> {
        inner(self.service.order_re_election(call(message)).await)
    }

    pub(super) async fn found(&self, filter: &str) -> Vec<String> {
        let message = ListUnionsRequest { filter: filter.to_owned(), ..Default::default() };
        let page = inner(self.unions.list_unions(call(message)).await).unwrap();
        page.unions.into_iter().map(|union| union.name).collect()
    }
}

#[tokio::test]
async fn an_order_stands_on_the_term_until_an_election_fulfils_it() {
    let desk = desk().await;
    let union = desk.union(term(2, "2011-02-27")).await;
    let other = desk.union(term(2, "2012-01-01")).await;
    assert_eq!(
        refused(desk.order(order(&other, "2014-06-01", "2014-06-20")).await),
        "TERM_NOT_OVERDUE"
    );
    let early = desk.order(order(&union, "2014-02-26", "2014-06-20")).await;
    assert_eq!(refused(early), "TERM_NOT_OVERDUE");
    let ordered = desk.order(order(&union, "2014-06-01", "2014-06-20")).await.unwrap();
    let standing = ordered.term.unwrap().re_election_order.unwrap();
    assert_eq!((standing.due_by, standing.order), (date("2014-06-20"), approval()));
    assert!(standing.missed, "today is 2014-07-01");
    let on = async |day: &str| desk.seen(&union, day).await.term.unwrap().re_election_order;
    assert_eq!(on("2014-05-31").await, None);
    assert_eq!(on("2014-06-20").await.map(|order| order.missed), Some(false));
    assert_eq!(on("2014-06-21").await.map(|order| order.missed), Some(true));
    assert_eq!(desk.found("re_election_order_missed = true").await, std::slice::from_ref(&union));
    assert_eq!(desk.found("re_election_order_missed = false").await, std::slice::from_ref(&other));
    assert_eq!(desk.found("re_election_order_due_by = 2014-06-19").await, [""; 0]);
    assert_eq!(
        desk.found("re_election_order_due_by = 2014-06-20").await,
        std::slice::from_ref(&union)
    );
    let again = desk.order(order(&union, "2014-06-25", "2014-07-31")).await.unwrap();
    assert!(!again.term.unwrap().re_election_order.unwrap().missed);
    assert_eq!(desk.found("re_election_order_missed = true").await, [""; 0]);

    let called = Election { planned_on: date("2014-06-28"), ..election(Kind::ReElection) };
    let called = desk.call(&union, called).await.unwrap();
    let held = ElectionRecord { held_on: date("2014-06-28"), ..record() };
    desk.hold(&called.name, held).await.unwrap();
    assert_eq!(
        desk.found("re_election_order_due_by = 2014-12-31").await,
        std::slice::from_ref(&union)
    );
    desk.file(&called.name, "2014-07-01").await.unwrap();
    assert_eq!(desk.found("re_election_order_due_by = 2014-12-31").await, [""; 0], "fulfilled");
    assert_eq!(on("2014-06-28").await, None);
    assert!(on("2014-06-27").await.is_some(), "what was ordered stays told");
    assert_eq!(
        refused(desk.order(order(&union, "2014-06-30", "2014-07-31")).await),
        "TERM_NOT_OVERDUE"
    );
}

#[tokio::test]
async fn orders_are_checked_and_have_one_effect() {
    let desk = desk().await;
    let union = desk.union(term(2, "2011-02-27")).await;
    let given = || order(&union, "2014-06-01", "2014-07-31");
    for (wrong, reason) in [
        (OrderReElectionRequest { ordered_on: None, ..given() }, "INVALID_FIELD"),
        (OrderReElectionRequest { due_by: None, ..given() }, "INVALID_FIELD"),
        (OrderReElectionRequest { order: None, ..given() }, "INVALID_FIELD"),
        (order(&union, "2014-07-02", "2014-07-31"), "UNION_DATE_INVALID"),
        (order(&union, "2014-06-01", "2014-06-01"), "UNION_DATE_INVALID"),
        (OrderReElectionRequest { etag: "7".into(), ..given() }, "ETAG_MISMATCH"),
        (
            order("unions/01a204d5-25b9-7d7e-9853-7563e6b3ca98", "2014-06-01", "2014-07-31"),
            "NOT_FOUND",
        ),
    ] {
        assert_eq!(refused(desk.order(wrong.clone()).await), reason, "{wrong:?}");
    }
    let outside = desk.service.order_re_election(call_within(ELSEWHERE, given())).await;
    assert_eq!(refused(inner(outside)), "NOT_FOUND");
    let only = OrderReElectionRequest { validate_only: true, ..given() };
    let only = desk.order(only).await.unwrap();
    assert!(only.term.unwrap().re_election_order.is_some());
    assert_eq!(desk.seen(&union, "2014-07-01").await.term.unwrap().re_election_order, None);
    let ids = Ids::new(desk.rig.clock.clone(), std::sync::Arc::new(SystemRandomness));
    let message = OrderReElectionRequest { request_id: ids.fresh().to_string(), ..given() };
    for _ in 0..2 {
        let ordered = desk.order(message.clone()).await.unwrap();
        assert_eq!(ordered.etag, "2");
    }
    let events = desk.rig.events().await;
    assert_eq!(events.iter().filter(|event| event.record == union).count(), 2);
    assert_eq!(refused(desk.order(given()).await), "UNION_DATE_INVALID", "one a day");
}
