//! Unions that are dissolved, and what is not withdrawn.

use unionhall_proto::registry::v1::{
    AppointOfficerRequest, AssetAudit, CommitteeKind, DeleteUnionRequest, EndOfficeRequest,
    MembershipOutcome, OfficePosition, Officer, UnionDecision,
    membership_outcome::Outcome,
    officer::{WayIn, WayOut},
    officer_service_server::OfficerService,
    union::{EndReason, State},
};

use super::{merging::decision, *};
use crate::api::officers::Officers;

fn ending(union: &Union, reason: EndReason) -> DissolveUnionRequest {
    DissolveUnionRequest {
        name: union.name.clone(),
        effective_date: date("2014-02-01"),
        reason: reason.into(),
        decision: decision("2014-01-15"),
        ..Default::default()
    }
}

impl Desk {
    async fn end(&self, message: DissolveUnionRequest) -> Result<Union, Status> {
        inner(self.service.dissolve_union(call(message)).await)
    }

    /// What stands in the way of a withdrawal, as the refusal counts it.
    async fn in_the_way(&self, union: &str) -> Vec<(String, String)> {
        let message = DeleteUnionRequest { name: union.to_owned(), ..Default::default() };
        let refusal = self.service.delete_union(call(message)).await.unwrap_err();
        let info = refusal.get_error_details().error_info().cloned().unwrap();
        assert_eq!(info.reason, "UNION_NOT_EMPTY");
        let counts = info.metadata.into_iter().filter(|(key, value)| key != "day" && value != "0");
        let mut counts: Vec<_> = counts.collect();
        counts.sort();
        counts
    }
}

#[tokio::test]
async fn a_union_is_dissolved_by_the_decision_of_the_union_above() {
    let desk = desk().await;
    let top = desk.federation().await;
    let union = desk.create(joint(1, &top.name), "2010-01-01").await.unwrap();
    let reason = EndReason::NoMembers;
    let bare = DissolveUnionRequest { decision: None, ..ending(&union, reason) };
    assert_eq!(refused(desk.end(bare).await), "UNION_DECISION_INVALID", "nobody approved");
    let late = DissolveUnionRequest { decision: decision("2014-02-02"), ..ending(&union, reason) };
    assert_eq!(refused(desk.end(late).await), "UNION_DECISION_INVALID", "approved afterwards");
    let employer = ending(&union, EndReason::EmployerEnded);
    assert_eq!(refused(desk.end(employer).await), "UNION_DECISION_INVALID", "it has no employer");
    let outcome = |outcome: Outcome, union: &str| {
        Some(MembershipOutcome { outcome: outcome.into(), union: union.to_owned() })
    };
    let with = |membership| DissolveUnionRequest { membership, ..ending(&union, reason) };
    let passed = with(outcome(Outcome::ToSuccessor, ""));
    assert_eq!(refused(desk.end(passed).await), "UNION_DECISION_INVALID", "there is none");
    let nobody = "unions/00000000-0000-7000-8000-000000000001";
    let nowhere = with(outcome(Outcome::Retained, nobody));
    assert_eq!(refused(desk.end(nowhere).await), "NOT_FOUND");
    let odd = DissolveUnionRequest { reason: 99, ..ending(&union, reason) };
    assert_eq!(refused(desk.end(odd).await), "INVALID_FIELD");

    let decided = UnionDecision {
        asset_audit: Some(AssetAudit {
            number: "审〔2014〕1号".to_owned(),
            audited_on: date("2014-01-10"),
        }),
        approver: top.name.clone(),
        ..decision("2014-01-15").unwrap()
    };
    let kept = outcome(Outcome::Retained, &top.name);
    let mut other = decided.clone();
    other.approval.as_mut().unwrap().body = "北京市西城区别某街道总工会".to_owned();
    let other = DissolveUnionRequest { decision: Some(other), ..with(kept.clone()) };
    assert_eq!(refused(desk.end(other).await), "UNION_DECISION_INVALID", "another one's document");
    let message = DissolveUnionRequest { decision: Some(decided.clone()), ..with(kept.clone()) };
    let trial = DissolveUnionRequest { validate_only: true, ..message.clone() };
    assert_eq!(desk.end(trial).await.unwrap().state(), State::Dissolved);
    assert_eq!(desk.get(&union.name).await.unwrap(), union, "nothing was written");
    let request_id = "00000000-0000-7000-8000-0000000000ad".to_owned();
    let message = DissolveUnionRequest { request_id, ..message };
    let ended = desk.end(message.clone()).await.unwrap();
    assert_eq!(desk.end(message).await.unwrap().etag, ended.etag, "the same request");
    assert_eq!((ended.state(), ended.end_reason()), (State::Dissolved, reason));
    assert_eq!((ended.decision, ended.membership), (Some(decided), kept));
    let before = desk.get_on(&union.name, "2014-01-31").await;
    assert_eq!(before.end_reason(), EndReason::Unspecified);
    assert_eq!(before.decision, None);
    // It decided, and keeps the members: it was there.
    let below = ("unions".to_owned(), "3".to_owned());
    assert!(desk.in_the_way(&top.name).await.contains(&below));
}

#[tokio::test]
async fn a_union_with_officers_is_not_withdrawn_until_they_are_corrected_away() {
    let desk = desk().await;
    let top = desk.federation().await;
    let union = desk.create(joint(1, &top.name), "2010-01-01").await.unwrap();
    let officers = Officers::new(desk.rig.register.clone());
    let officer = Officer {
        display_name: "甲某".to_owned(),
        committee: CommitteeKind::Union.into(),
        position: OfficePosition::Chair.into(),
        way_in: WayIn::Recommended.into(),
        valid_from: date("2013-01-01"),
        ..Default::default()
    };
    let message = AppointOfficerRequest {
        parent: union.name.clone(),
        officer: Some(officer),
        ..Default::default()
    };
    let officer = inner(officers.appoint_officer(call(message)).await).unwrap();
    assert_eq!(desk.in_the_way(&union.name).await, [("officers".to_owned(), "1".to_owned())]);
    let message = EndOfficeRequest {
        name: officer.name,
        way_out: WayOut::Corrected.into(),
        effective_date: date("2013-01-01"),
        ..Default::default()
    };
    inner(officers.end_office(call(message)).await).unwrap();
    let message = DeleteUnionRequest { name: union.name.clone(), ..Default::default() };
    inner(desk.service.delete_union(call(message)).await).unwrap();
    assert_eq!(refused(desk.get(&union.name).await), "NOT_FOUND");
}

#[tokio::test]
async fn whom_a_split_made_and_who_made_it_are_not_withdrawn() {
    let desk = desk().await;
    let top = desk.federation().await;
    let union = desk.create(joint(1, &top.name), "2010-01-01").await.unwrap();
    let part = desk.split_off(&union, 9).await;
    let split = [("splits".to_owned(), "1".to_owned())];
    assert_eq!(desk.in_the_way(&union.name).await, split);
    assert_eq!(desk.in_the_way(&part).await, split);
}
