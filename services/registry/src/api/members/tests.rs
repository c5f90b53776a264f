//! The services on a register of their own. Names are made up, persons are born 1880-1899.

use tonic::{Request, Response, Status};
use tonic_types::StatusExt;
use unionhall_kit::ledger::EventKind;
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        Address, AdmitMemberRequest, ApplicationOutcome, ApplyForMembershipRequest,
        CreateMemberRequest, CreateUnionRequest, DecideApplicationRequest, DecideTransferRequest,
        DeleteMemberRequest, EndMembershipRequest, GetMemberRequest, IdentityDocument,
        ListMemberFactsRequest, ListMembersRequest, LookupMembersRequest, Member,
        ResumeMembershipRequest, RetainMembershipRequest, RetentionCause, TakeBackPassageRequest,
        TransferMemberRequest, TransferOutcome, Union, UpdateMemberRequest, WayIn, WayOut,
        member::State, member_service_server::MemberService,
        membership_service_server::MembershipService, union_service_server::UnionService,
    },
};

use super::Members;
use crate::{
    api::unions::Unions,
    testing::{Rig, call, call_within, rig},
};

mod confirmations;
mod correct;
mod documents;
mod ending;
mod erase;
mod figures;
mod following;
mod lists;
mod merge;
mod rates;
mod recount;
mod reveal;
mod rotation;
mod subject;

const HOME: &str = "110102012004";
const NEIGHBOUR: &str = "110102010002";
/// Synthetic numbers of the domain reference.
const NUMBERS: [&str; 5] = [
    "110102188808080017",
    "110102188808080025",
    "110104188703150034",
    "110104188703150042",
    "110101188505010058",
];

/// Ascending, as lists show them.
const NAMES: [&str; 5] = ["丁某", "丙某", "乙某", "戊某", "甲某"];

struct Desk {
    rig: Rig,
    service: Members,
    unions: Unions,
}

async fn desk() -> Desk {
    let rig = rig().await;
    let service = Members::over(rig.register.clone());
    let unions = Unions::over(rig.register.clone());
    Desk { rig, service, unions }
}

fn inner<T>(answer: Result<Response<T>, Status>) -> Result<T, Status> {
    answer.map(Response::into_inner)
}

fn date(text: &str) -> Option<Date> {
    Some(crate::testing::day(text).into())
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let status = answer.unwrap_err();
    let info = status.get_error_details().error_info().map(|info| info.reason.clone());
    info.unwrap_or_else(|| status.to_string())
}

fn document(number: &str) -> IdentityDocument {
    IdentityDocument {
        document_type: "111".to_owned(),
        number: number.to_owned(),
        ..Default::default()
    }
}

fn person(at: usize) -> Member {
    Member {
        display_name: NAMES[at].to_owned(),
        documents: vec![document(NUMBERS[at])],
        mobile: format!("1380000000{at}"),
        ethnicity: "01".to_owned(),
        ..Default::default()
    }
}

impl Desk {
    /// A joint union with its seat in the area, since 2000.
    async fn union(&self, name: &str, area: &str) -> String {
        let union = Union {
            display_name: format!("北京某某{name}联合工会"),
            union_type: "JOINT".to_owned(),
            union_form: "JOINT_COMMITTEE".to_owned(),
            union_level: "BASIC".to_owned(),
            seat: Some(Address { area: format!("areas/{area}"), line: "某某街1号".to_owned() }),
            ..Default::default()
        };
        let message = CreateUnionRequest {
            union: Some(union),
            effective_date: date("2000-01-01"),
            ..Default::default()
        };
        inner(self.unions.create_union(call(message)).await).unwrap().name
    }

    fn entry(member: Member, union: &str, on: &str) -> CreateMemberRequest {
        CreateMemberRequest {
            member: Some(member),
            union: union.to_owned(),
            way_in: WayIn::Admitted.into(),
            effective_date: date(on),
            ..Default::default()
        }
    }

    async fn create(&self, member: Member, union: &str, on: &str) -> Result<Member, Status> {
        inner(self.service.create_member(call(Self::entry(member, union, on))).await)
    }

    async fn get_as(&self, area: &str, name: &str) -> Result<Member, Status> {
        let message = GetMemberRequest { name: name.to_owned(), day: None };
        inner(self.service.get_member(call_within(area, message)).await)
    }

    async fn get_on(&self, name: &str, day: &str) -> Member {
        let message = GetMemberRequest { name: name.to_owned(), day: date(day) };
        inner(self.service.get_member(call(message)).await).unwrap()
    }

    async fn update(&self, member: Member, mask: &[&str], on: &str) -> Result<Member, Status> {
        let paths = mask.iter().map(|path| (*path).to_owned()).collect();
        let message = UpdateMemberRequest {
            member: Some(member),
            update_mask: Some(prost_types::FieldMask { paths }),
            effective_date: date(on),
            ..Default::default()
        };
        inner(self.service.update_member(call(message)).await)
    }

    async fn end(&self, name: &str, way_out: WayOut, on: &str) -> Result<Member, Status> {
        let message = EndMembershipRequest {
            name: name.to_owned(),
            way_out: way_out.into(),
            effective_date: date(on),
            ..Default::default()
        };
        inner(self.service.end_membership(call(message)).await)
    }

    async fn lookup_as(&self, area: &str, number: &str) -> Vec<Member> {
        let message =
            LookupMembersRequest { document: Some(document(number)), ..Default::default() };
        inner(self.service.lookup_members(call_within(area, message)).await).unwrap().members
    }

    fn transfer(name: &str, union: &str, on: &str) -> Request<TransferMemberRequest> {
        call_within(
            "110102012",
            TransferMemberRequest {
                name: name.to_owned(),
                union: union.to_owned(),
                effective_date: date(on),
                ..Default::default()
            },
        )
    }

    fn decision(
        area: &str,
        name: &str,
        outcome: TransferOutcome,
        on: &str,
    ) -> Request<DecideTransferRequest> {
        call_within(
            area,
            DecideTransferRequest {
                name: name.to_owned(),
                outcome: outcome.into(),
                effective_date: date(on),
                note: "人员已离职".to_owned(),
                ..Default::default()
            },
        )
    }
}

#[tokio::test]
async fn a_person_is_entered_once_and_comes_out_masked() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let entered = desk.create(person(0), &union, "2014-02-27").await.unwrap();
    assert_eq!(entered.state(), State::Active);
    assert_eq!((entered.sex.as_str(), entered.birth_date), ("1", date("1888-08-08")));
    assert_eq!(entered.masked_mobile, "138******00");
    assert!(entered.mobile.is_empty() && entered.documents[0].number.is_empty());
    let shown = format!("{entered:?}");
    assert!(!shown.contains(NUMBERS[0]) && !shown.contains("13800000000"), "{shown}");
    let membership = entered.membership.clone().unwrap();
    assert_eq!((membership.union.as_str(), membership.number), (union.as_str(), 1));
    assert_eq!(membership.joined_on, date("2014-02-27"));
    assert_eq!(desk.get_as("11", &entered.name).await.unwrap(), entered);
    // The day before, nothing was known.
    assert_eq!(desk.get_on(&entered.name, "2014-02-26").await.state(), State::Unknown);

    let again =
        desk.create(Member { display_name: "乙".to_owned(), ..person(0) }, &union, "2014-03-01");
    let refusal = again.await.unwrap_err();
    let info = refusal.get_error_details().error_info().cloned().unwrap();
    assert_eq!((info.reason.as_str(), &info.metadata["member"]), ("MEMBER_EXISTS", &entered.name));
    assert!(!format!("{refusal:?}").contains(NUMBERS[0]));
}

#[tokio::test]
async fn a_request_has_one_effect_and_a_check_has_none() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let message = Desk::entry(person(0), &union, "2014-02-27");
    let check = CreateMemberRequest { validate_only: true, ..message.clone() };
    inner(desk.service.create_member(call(check)).await).unwrap();
    assert!(desk.lookup_as("11", NUMBERS[0]).await.is_empty());
    let request_id = "6f1ed002-ab59-4dd6-a1d0-8c5c1c0e2a31".to_owned();
    let message = CreateMemberRequest { request_id, ..message };
    let first = inner(desk.service.create_member(call(message.clone())).await).unwrap();
    let second = inner(desk.service.create_member(call(message)).await).unwrap();
    assert_eq!(first, second);
    assert_eq!(desk.rig.events().await.iter().filter(|e| e.record == first.name).count(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_refused_by_name() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let wrong = |change: fn(&mut Member)| {
        let mut member = person(0);
        change(&mut member);
        desk.create(member, &union, "2014-02-27")
    };
    assert_eq!(refused(wrong(|m| m.documents.clear()).await), "MEMBER_INCOMPLETE");
    let check_character = |m: &mut Member| m.documents[0].number = "110102188808080010".to_owned();
    assert_eq!(refused(wrong(check_character).await), "DOCUMENT_INVALID");
    assert_eq!(refused(wrong(|m| m.sex = "2".to_owned()).await), "DOCUMENT_CONTRADICTED");
    assert_eq!(refused(wrong(|m| m.mobile = "12345".to_owned()).await), "MOBILE_INVALID");
    assert_eq!(refused(wrong(|m| m.ethnicity = "77".to_owned()).await), "CODE_UNKNOWN");
    assert_eq!(refused(wrong(|m| m.worker_group = "PILOT".to_owned()).await), "CODE_UNKNOWN");
    let unknown = "employers/01a204d5-25b9-7d7e-9853-7563e6b3ca98";
    let answer =
        desk.create(Member { employer: unknown.to_owned(), ..person(0) }, &union, "2014-02-27");
    assert_eq!(refused(answer.await), "NOT_FOUND");
    assert_eq!(refused(desk.create(person(0), &union, "2014-07-02").await), "MEMBER_DATE_INVALID");
    assert_eq!(
        refused(desk.create(person(0), &union, "1999-12-31").await),
        "MEMBERSHIP_UNION_INVALID"
    );
    let outside = call_within("110101", Desk::entry(person(0), &union, "2014-02-27"));
    assert_eq!(refused(desk.service.create_member(outside).await), "MEMBERSHIP_UNION_INVALID");
}

#[tokio::test]
async fn outside_the_scope_nobody_exists() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let entered = desk.create(person(0), &union, "2014-02-27").await.unwrap();
    assert_eq!(desk.get_as("110102012", &entered.name).await.unwrap().name, entered.name);
    assert_eq!(refused(desk.get_as("110102010", &entered.name).await), "NOT_FOUND");
    assert!(desk.lookup_as("110102010", NUMBERS[0]).await.is_empty());
    assert_eq!(desk.lookup_as("110102012", NUMBERS[0]).await[0].name, entered.name);
    // Entered again by one who does not see the holder: told, but not by whom.
    let neighbour = desk.union("第二", NEIGHBOUR).await;
    let message = call_within("110102010", Desk::entry(person(0), &neighbour, "2014-03-01"));
    let refusal = desk.service.create_member(message).await.unwrap_err();
    assert_eq!(refusal.get_error_details().error_info().unwrap().metadata["member"], "-");
}

#[tokio::test]
async fn facts_change_from_a_day_on_and_history_stays() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let entered = desk.create(person(0), &union, "2014-02-27").await.unwrap();
    let change = Member {
        name: entered.name.clone(),
        display_name: "甲乙".to_owned(),
        mobile: "13900000000".to_owned(),
        worker_group: "COURIER".to_owned(),
        documents: vec![IdentityDocument {
            document_type: "414".to_owned(),
            number: "E00000017".to_owned(),
            expires_on: date("2020-01-01"),
            ..Default::default()
        }],
        ..Default::default()
    };
    let mask = ["display_name", "mobile", "worker_group", "documents"];
    let changed = desk.update(change.clone(), &mask, "2014-06-01").await.unwrap();
    assert_eq!(changed.documents.len(), 2);
    assert_eq!(changed.etag, "2");
    let before = desk.get_on(&entered.name, "2014-05-31").await;
    assert_eq!(
        (before.display_name.as_str(), before.masked_mobile.as_str()),
        ("丁某", "138******00")
    );
    // Both documents and the new mobile number find the person, the old number no more.
    assert_eq!(desk.lookup_as("11", NUMBERS[0]).await.len(), 1);
    for (mobile, found) in [("13900000000", 1), ("13800000000", 0)] {
        let message = LookupMembersRequest { mobile: mobile.to_owned(), ..Default::default() };
        let answer = inner(desk.service.lookup_members(call(message)).await).unwrap();
        assert_eq!(answer.members.len(), found, "{mobile}");
    }
    let facts = ListMemberFactsRequest { parent: entered.name.clone(), ..Default::default() };
    let facts = inner(desk.service.list_member_facts(call(facts)).await).unwrap().member_facts;
    let names: Vec<_> = facts.iter().filter(|fact| fact.field == "display_name").collect();
    assert_eq!(names.len(), 3, "the first name was recorded without end, then with one");
    assert!(names.iter().filter(|fact| fact.supersede_time.is_some()).count() == 1);
    let stale =
        UpdateMemberRequest { member: Some(change), etag: "1".to_owned(), ..Default::default() };
    assert_eq!(refused(desk.service.update_member(call(stale)).await), "ETAG_MISMATCH");
}

#[tokio::test]
async fn an_application_is_decided_by_its_union() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let applied = CreateMemberRequest {
        way_in: WayIn::Applied.into(),
        ..Desk::entry(person(0), &union, "2014-02-01")
    };
    let applied = inner(desk.service.create_member(call(applied)).await).unwrap();
    assert_eq!((applied.state(), applied.applied_to.as_str()), (State::Applicant, union.as_str()));
    let decide = |outcome: ApplicationOutcome, note: &str| {
        call(DecideApplicationRequest {
            name: applied.name.clone(),
            outcome: outcome.into(),
            effective_date: date("2014-02-20"),
            note: note.to_owned(),
            ..Default::default()
        })
    };
    let unfounded = MembershipService::decide_application(
        &desk.service,
        decide(ApplicationOutcome::Refused, ""),
    );
    assert_eq!(refused(unfounded.await), "INVALID_FIELD");
    let telling =
        decide(ApplicationOutcome::Refused, "与１１０１０２ １８８８０８０８００２５ 重复");
    let telling = MembershipService::decide_application(&desk.service, telling);
    assert_eq!(refused(telling.await), "MEMBER_TEXT_INVALID");
    let refusal = decide(ApplicationOutcome::Refused, "非本单位职工");
    let answer =
        inner(MembershipService::decide_application(&desk.service, refusal).await).unwrap();
    assert_eq!(answer.state(), State::Former);
    let again = ApplyForMembershipRequest {
        name: applied.name.clone(),
        union: union.clone(),
        effective_date: date("2014-03-01"),
        ..Default::default()
    };
    inner(desk.service.apply_for_membership(call(again)).await).unwrap();
    let admit = DecideApplicationRequest {
        name: applied.name.clone(),
        outcome: ApplicationOutcome::Admitted.into(),
        effective_date: date("2014-03-10"),
        ..Default::default()
    };
    let admitted =
        inner(MembershipService::decide_application(&desk.service, call(admit)).await).unwrap();
    assert_eq!((admitted.state(), admitted.membership.unwrap().number), (State::Active, 1));
}

#[tokio::test]
async fn a_transfer_waits_for_the_other_union() {
    let desk = desk().await;
    let (home, other) = (desk.union("第一", HOME).await, desk.union("第二", NEIGHBOUR).await);
    let name = desk.create(person(0), &home, "2014-02-27").await.unwrap().name;
    let moving = Desk::transfer(&name, &other, "2014-05-01");
    let asked = inner(desk.service.transfer_member(moving).await).unwrap();
    assert_eq!(asked.membership.unwrap().transfer_to, other);
    // The other union sees the person and may decide, but change nothing else.
    assert_eq!(desk.get_as("110102010", &name).await.unwrap().name, name);
    let expulsion = EndMembershipRequest {
        name: name.clone(),
        way_out: WayOut::Withdrawn.into(),
        ..Default::default()
    };
    let meddling = desk.service.end_membership(call_within("110102010", expulsion)).await;
    assert_eq!(refused(meddling), "NOT_FOUND");
    // The union that asked does not accept in the other one's place.
    let own = Desk::decision("110102012", &name, TransferOutcome::Accepted, "2014-05-10");
    assert_eq!(refused(MembershipService::decide_transfer(&desk.service, own).await), "NOT_FOUND");
    let refusal = Desk::decision("110102010", &name, TransferOutcome::Refused, "2014-05-10");
    MembershipService::decide_transfer(&desk.service, refusal).await.unwrap();
    assert_eq!(refused(desk.get_as("110102010", &name).await), "NOT_FOUND");
    desk.service.transfer_member(Desk::transfer(&name, &other, "2014-06-01")).await.unwrap();
    let accept = Desk::decision("110102010", &name, TransferOutcome::Accepted, "2014-06-02");
    let accepted = inner(MembershipService::decide_transfer(&desk.service, accept).await).unwrap();
    let membership = accepted.membership.unwrap();
    assert_eq!((membership.union, membership.number), (other, 1));
    assert_eq!(membership.joined_on, date("2014-02-27"));
    assert_eq!(refused(desk.get_as("110102012", &name).await), "NOT_FOUND");
    let kinds: Vec<String> = accepted.passages.into_iter().map(|passage| passage.kind).collect();
    let expected =
        ["ADMITTED", "TRANSFER_ASKED", "TRANSFER_REFUSED", "TRANSFER_ASKED", "TRANSFER_ACCEPTED"];
    assert_eq!(kinds, expected);
    // Who follows the old area is told that the person left.
    let events = desk.rig.events().await;
    let of = events.iter().filter(|event| event.record == name);
    let left = of.filter(|event| event.kind == EventKind::Left as i16).count();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn a_membership_is_retained_resumed_ended_and_begun_again() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let name = desk.create(person(0), &union, "2014-01-10").await.unwrap().name;
    let retain = RetainMembershipRequest {
        name: name.clone(),
        cause: RetentionCause::Unemployed.into(),
        effective_date: date("2014-02-01"),
        ..Default::default()
    };
    let retained = inner(desk.service.retain_membership(call(retain)).await).unwrap();
    assert_eq!(retained.state(), State::Retained);
    let resume = ResumeMembershipRequest {
        name: name.clone(),
        effective_date: date("2014-03-01"),
        ..Default::default()
    };
    inner(desk.service.resume_membership(call(resume)).await).unwrap();
    assert_eq!(refused(desk.end(&name, WayOut::Expelled, "2014-04-01").await), "INVALID_FIELD");
    assert_eq!(
        refused(desk.end(&name, WayOut::Withdrawn, "2014-02-15").await),
        "MEMBER_DATE_INVALID"
    );
    let former = desk.end(&name, WayOut::Withdrawn, "2014-04-01").await.unwrap();
    assert_eq!((former.state(), former.membership), (State::Former, None));
    assert_eq!(
        refused(desk.end(&name, WayOut::Withdrawn, "2014-04-02").await),
        "MEMBERSHIP_STEP_INVALID"
    );
    let admit = AdmitMemberRequest {
        name: name.clone(),
        union: union.clone(),
        effective_date: date("2014-05-01"),
        ..Default::default()
    };
    let back = inner(desk.service.admit_member(call(admit)).await).unwrap();
    assert_eq!(back.membership.unwrap().number, 2);
    // The last step was a slip: it is taken back, and the person is a former member again.
    let slip = TakeBackPassageRequest { name: name.clone(), ..Default::default() };
    let mended = inner(desk.service.take_back_passage(call(slip)).await).unwrap();
    assert_eq!(mended.state(), State::Former);
    assert_eq!(desk.get_on(&name, "2014-02-10").await.state(), State::Retained);
}

#[tokio::test]
async fn who_was_entered_in_error_leaves_the_document_free() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let wrong = desk.create(person(0), &union, "2014-02-27").await.unwrap();
    let message = DeleteMemberRequest { name: wrong.name.clone(), ..Default::default() };
    inner(desk.service.delete_member(call(message)).await).unwrap();
    assert_eq!(refused(desk.get_as("11", &wrong.name).await), "NOT_FOUND");
    let right = desk.create(person(0), &union, "2014-02-27").await.unwrap();
    assert_ne!(right.name, wrong.name);
}
