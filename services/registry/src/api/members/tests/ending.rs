//! Members of unions and employers that end.

use unionhall_proto::registry::v1::{
    DissolveUnionRequest, GetUnionRequest, lineage::Kind, membership_outcome::Outcome,
    structure_change::State as ChangeState, union::EndReason,
};

use super::{
    following::{end, merger, outcome, steps},
    *,
};

#[tokio::test]
async fn a_union_with_members_ends_only_when_it_is_said_what_becomes_of_them() {
    let desk = desk().await;
    let (home, keeper) = (desk.union("第一", HOME).await, desk.union("第二", NEIGHBOUR).await);
    let member = desk.admitted(0, &home, "").await;
    let applied = CreateMemberRequest {
        way_in: WayIn::Applied.into(),
        ..Desk::entry(person(1), &home, "2014-04-01")
    };
    let applicant = inner(desk.service.create_member(call(applied)).await).unwrap().name;
    let coming = desk.admitted(2, &keeper, "").await;
    let wish = TransferMemberRequest {
        name: coming.clone(),
        union: home.clone(),
        effective_date: date("2014-04-10"),
        ..Default::default()
    };
    desk.service.transfer_member(call(wish)).await.unwrap();
    let other = EndReason::Other;
    assert_eq!(refused(desk.dissolve(end(&home, other, None)).await), "UNION_NOT_EMPTY");
    let kept = outcome(Outcome::Retained, &keeper);
    let odd = end(&home, EndReason::NoMembers, kept.clone());
    assert_eq!(refused(desk.dissolve(odd).await), "UNION_NOT_EMPTY", "it has members");
    let message = end(&home, other, kept);
    let trial = DissolveUnionRequest { validate_only: true, ..message.clone() };
    assert_eq!(desk.dissolve(trial).await.unwrap().following_member_count, 3);
    assert_eq!(desk.stands(&member).await.0, State::Active);
    let ended = desk.dissolve(message).await.unwrap();
    assert_eq!(ended.following_member_count, 3);
    let shown = GetUnionRequest { name: home.clone(), day: None };
    let shown = inner(desk.unions.get_union(call(shown)).await).unwrap();
    assert_eq!(shown.following_member_count, 0);
    assert_eq!(refused(desk.resume(&member).await), "CONFLICT");
    desk.carry().await;
    let change = desk.last_change().await;
    assert_eq!((change.kind(), change.state()), (Kind::UnionDissolved, ChangeState::Done));
    assert_eq!((change.target.as_str(), change.moved_member_count), (keeper.as_str(), 3));
    let expected = steps(&["ADMITTED", "CARRIED", "RETAINED"]);
    assert_eq!(desk.stands(&member).await, (State::Retained, keeper.clone(), expected));
    assert_eq!(desk.stands(&applicant).await.2, steps(&["APPLIED", "REFUSED"]));
    let called_off = steps(&["ADMITTED", "TRANSFER_ASKED", "TRANSFER_CANCELLED"]);
    assert_eq!(desk.stands(&coming).await.2, called_off);
    desk.books().await.agree().await;
}

#[tokio::test]
async fn members_leave_with_a_union_that_leaves_the_register() {
    let desk = desk().await;
    let home = desk.union("第一", HOME).await;
    let member = desk.admitted(0, &home, "").await;
    let gone = end(&home, EndReason::MergedElsewhere, outcome(Outcome::ToSuccessor, ""));
    desk.dissolve(gone).await.unwrap();
    desk.carry().await;
    let stands = desk.stands(&member).await;
    assert_eq!((stands.0, stands.2), (State::Former, steps(&["ADMITTED", "TRANSFERRED_OUT"])));
    desk.books().await.agree().await;
}

#[tokio::test]
async fn members_of_an_employer_that_ended_are_retained_with_its_own_union_alone() {
    let desk = desk().await;
    let joint = desk.union("第一", HOME).await;
    let (alone, among) = (desk.employer(1, HOME).await, desk.employer(2, HOME).await);
    let own = desk.own_union(&alone).await;
    desk.cover(&among, &joint).await;
    let member = desk.admitted(0, &own, &alone).await;
    let other = desk.admitted(1, &joint, &among).await;
    assert_eq!(desk.close(&alone, true).await.unwrap().following_member_count, 1);
    assert_eq!(desk.close(&alone, false).await.unwrap().following_member_count, 1);
    assert_eq!(desk.close(&among, false).await.unwrap().following_member_count, 0);
    desk.books().await.agree().await;
    desk.carry().await;
    let retained = desk.get_as("11", &member).await.unwrap();
    assert_eq!(retained.state(), State::Retained);
    assert_eq!(retained.passages[1].kind, "RETAINED");
    assert_eq!(desk.stands(&member).await.1, own, "where it was");
    assert_eq!(desk.stands(&other).await, (State::Active, joint.clone(), steps(&["ADMITTED"])));
    desk.books().await.agree().await;
    assert_eq!(refused(desk.take_back(&member).await), "MEMBERSHIP_UNION_INVALID");
    assert_eq!(refused(desk.resume(&member).await), "MEMBERSHIP_UNION_INVALID");
    // The report to the union above says later who keeps the membership.
    let report = end(&own, EndReason::EmployerEnded, outcome(Outcome::Retained, &joint));
    assert_eq!(desk.dissolve(report).await.unwrap().following_member_count, 1);
    desk.carry().await;
    assert_eq!(desk.stands(&member).await.0, State::Retained);
    assert_eq!(desk.stands(&member).await.1, joint);
    desk.books().await.agree().await;
    let back = desk.resume(&member).await.unwrap();
    assert_eq!((back.state(), back.membership.unwrap().union), (State::Active, joint));
    desk.books().await.agree().await;
}

#[tokio::test]
async fn a_union_that_ended_in_error_is_entered_anew_and_accepts_its_members() {
    let desk = desk().await;
    let alone = desk.employer(1, HOME).await;
    let own = desk.own_union(&alone).await;
    let member = desk.admitted(0, &own, &alone).await;
    desk.close(&alone, false).await.unwrap();
    desk.carry().await;
    let again = desk.union("第二", HOME).await;
    let wish = Desk::transfer(&member, &again, "2014-06-01");
    desk.service.transfer_member(wish).await.unwrap();
    let accept = Desk::decision("110102012", &member, TransferOutcome::Accepted, "2014-06-02");
    MembershipService::decide_transfer(&desk.service, accept).await.unwrap();
    assert_eq!(desk.stands(&member).await.0, State::Active);
    assert_eq!(desk.stands(&member).await.1, again);
    desk.books().await.agree().await;
}

#[tokio::test]
async fn a_federation_takes_no_members_over() {
    let desk = desk().await;
    let home = desk.union("第一", HOME).await;
    let above = Union {
        display_name: "北京某某联合会".to_owned(),
        union_type: "AREA_FEDERATION".to_owned(),
        union_form: "FEDERATION".to_owned(),
        union_level: "BASIC".to_owned(),
        seat: Some(Address { area: format!("areas/{HOME}"), line: "某某街1号".to_owned() }),
        ..Default::default()
    };
    let message = CreateUnionRequest {
        union: Some(above),
        effective_date: date("2000-01-01"),
        ..Default::default()
    };
    let above = inner(desk.unions.create_union(call(message)).await).unwrap().name;
    desk.admitted(0, &home, "").await;
    assert_eq!(refused(desk.merge(merger(&above, &[&home])).await), "UNION_MERGE_INVALID");
    let kept = end(&home, EndReason::Other, outcome(Outcome::Retained, &above));
    assert_eq!(refused(desk.dissolve(kept).await), "UNION_DECISION_INVALID");
}
