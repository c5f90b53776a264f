//! Members of unions that are merged or split.

use unionhall_proto::registry::v1::{
    Approval, CloseEmployerRequest, CoverEmployerRequest, CreateEmployerRequest,
    DissolveUnionRequest, Employer, GetStructureChangeRequest, ListStructureChangesRequest,
    MembershipOutcome, MergeUnionsRequest, SplitUnionRequest, StructureChange, UnionDecision,
    UnionPart, area_service_server::AreaService, coverage_service_server::CoverageService,
    employer_service_server::EmployerService, membership_outcome::Outcome,
    structure_change::State as ChangeState, union::EndReason,
};

use super::*;
use crate::{
    api::{areas::Areas, employers::Employers},
    jobs::structure::Carrier,
    rules::credit_code::CreditCode,
};

const DAY: &str = "2014-05-01";

pub(super) fn decision() -> Option<UnionDecision> {
    Some(UnionDecision {
        approval: Some(Approval {
            body: "北京市西城区某某街道总工会".to_owned(),
            number: "某工发〔2014〕3号".to_owned(),
        }),
        decided_on: date("2014-04-20"),
        ..Default::default()
    })
}

pub(super) fn outcome(outcome: Outcome, union: &str) -> Option<MembershipOutcome> {
    Some(MembershipOutcome { outcome: outcome.into(), union: union.to_owned() })
}

pub(super) fn merger(target: &str, sources: &[&str]) -> MergeUnionsRequest {
    MergeUnionsRequest {
        name: target.to_owned(),
        sources: sources.iter().map(|name| (*name).to_owned()).collect(),
        decision: decision(),
        effective_date: date(DAY),
        ..Default::default()
    }
}

pub(super) fn end(
    union: &str,
    reason: EndReason,
    membership: Option<MembershipOutcome>,
) -> DissolveUnionRequest {
    DissolveUnionRequest {
        name: union.to_owned(),
        effective_date: date(DAY),
        reason: reason.into(),
        decision: decision(),
        membership,
        ..Default::default()
    }
}

impl Desk {
    pub(super) async fn employer(&self, serial: u32, area: &str) -> String {
        let employers = Employers::over(self.rig.register.clone());
        let code = CreditCode::compose('9', '1', "110102", &format!("{serial:08}")).unwrap();
        let employer = Employer {
            display_name: format!("北京某某第{serial}商店"),
            credit_code: code.to_string(),
            ownership: "57".to_owned(),
            actual_address: Some(Address {
                area: format!("areas/{area}"),
                line: "某某街1号".to_owned(),
            }),
            ..Default::default()
        };
        let message = CreateEmployerRequest {
            employer: Some(employer),
            effective_date: date("2013-01-01"),
            ..Default::default()
        };
        inner(employers.create_employer(call(message)).await).unwrap().name
    }

    pub(super) async fn cover(&self, employer: &str, union: &str) {
        let employers = Employers::over(self.rig.register.clone());
        let message = CoverEmployerRequest {
            name: employer.to_owned(),
            union: union.to_owned(),
            effective_date: date("2013-01-01"),
            ..Default::default()
        };
        inner(employers.cover_employer(call(message)).await).unwrap();
    }

    /// The own union of an employer, since 2013, which covers it.
    pub(super) async fn own_union(&self, employer: &str) -> String {
        let union = Union {
            display_name: "北京某某商店工会".to_owned(),
            union_type: "SINGLE_EMPLOYER".to_owned(),
            union_form: "COMMITTEE".to_owned(),
            union_level: "BASIC".to_owned(),
            employer: employer.to_owned(),
            seat: Some(Address { area: format!("areas/{HOME}"), line: "某某街1号".to_owned() }),
            ..Default::default()
        };
        let message = CreateUnionRequest {
            union: Some(union),
            effective_date: date("2013-01-01"),
            ..Default::default()
        };
        let name = inner(self.unions.create_union(call(message)).await).unwrap().name;
        self.cover(employer, &name).await;
        name
    }

    /// A person, admitted in 2013, who works for the employer if one is named.
    pub(super) async fn admitted(&self, at: usize, union: &str, employer: &str) -> String {
        let given = Member { employer: employer.to_owned(), ..person(at) };
        self.create(given, union, "2013-06-01").await.unwrap().name
    }

    pub(super) async fn merge(
        &self,
        message: MergeUnionsRequest,
    ) -> Result<StructureChange, Status> {
        inner(self.unions.merge_unions(call(message)).await)
    }

    pub(super) async fn dissolve(&self, message: DissolveUnionRequest) -> Result<Union, Status> {
        inner(self.unions.dissolve_union(call(message)).await)
    }

    pub(super) async fn close(&self, name: &str, validate_only: bool) -> Result<Employer, Status> {
        let employers = Employers::over(self.rig.register.clone());
        let message = CloseEmployerRequest {
            name: name.to_owned(),
            effective_date: date(DAY),
            validate_only,
            ..Default::default()
        };
        inner(employers.close_employer(call(message)).await)
    }

    pub(super) async fn carry(&self) {
        let carrier = Carrier::new(self.rig.register.clone());
        while carrier.step().await.unwrap() {}
    }

    async fn change(&self, name: &str) -> StructureChange {
        let areas = Areas::new(self.rig.register.clone());
        let message = GetStructureChangeRequest { name: name.to_owned() };
        inner(areas.get_structure_change(call(message)).await).unwrap()
    }

    pub(super) async fn last_change(&self) -> StructureChange {
        let areas = Areas::new(self.rig.register.clone());
        let message = ListStructureChangesRequest::default();
        let page = inner(areas.list_structure_changes(call(message)).await).unwrap();
        page.structure_changes.into_iter().next().unwrap()
    }

    /// State, union and steps of a person.
    pub(super) async fn stands(&self, name: &str) -> (State, String, Vec<String>) {
        let member = self.get_as("11", name).await.unwrap();
        let kinds = member.passages.iter().map(|passage| passage.kind.clone()).collect();
        (member.state(), member.membership.unwrap_or_default().union, kinds)
    }

    pub(super) async fn take_back(&self, name: &str) -> Result<Member, Status> {
        let message = TakeBackPassageRequest { name: name.to_owned(), ..Default::default() };
        inner(self.service.take_back_passage(call(message)).await)
    }

    pub(super) async fn resume(&self, name: &str) -> Result<Member, Status> {
        let message = ResumeMembershipRequest { name: name.to_owned(), ..Default::default() };
        inner(self.service.resume_membership(call(message)).await)
    }
}

pub(super) fn steps(kinds: &[&str]) -> Vec<String> {
    kinds.iter().map(|kind| (*kind).to_owned()).collect()
}

#[tokio::test]
async fn members_of_merged_unions_pass_to_the_one_that_takes_over() {
    let desk = desk().await;
    let (home, other) = (desk.union("第一", HOME).await, desk.union("第二", NEIGHBOUR).await);
    let third = desk.union("第三", HOME).await;
    let active = desk.admitted(0, &home, "").await;
    let retired = desk.admitted(1, &home, "").await;
    let retain = RetainMembershipRequest {
        name: retired.clone(),
        cause: RetentionCause::Retired.into(),
        effective_date: date("2014-01-01"),
        ..Default::default()
    };
    inner(desk.service.retain_membership(call(retain)).await).unwrap();
    let applied = CreateMemberRequest {
        way_in: WayIn::Applied.into(),
        ..Desk::entry(person(2), &home, "2014-04-01")
    };
    let applicant = inner(desk.service.create_member(call(applied)).await).unwrap().name;
    let coming = desk.admitted(3, &third, "").await;
    desk.service.transfer_member(Desk::transfer(&coming, &home, "2014-04-10")).await.unwrap();
    let gone = desk.admitted(4, &home, "").await;
    desk.end(&gone, WayOut::Withdrawn, "2014-04-30").await.unwrap();
    desk.books().await.agree().await;
    let events = desk.rig.events().await.len();

    let trial = MergeUnionsRequest { validate_only: true, ..merger(&other, &[&home]) };
    let trial = desk.merge(trial).await.unwrap();
    assert_eq!((trial.state(), trial.member_count), (ChangeState::Preview, 4));
    assert_eq!(desk.rig.events().await.len(), events, "nothing is written");
    let change = desk.merge(merger(&other, &[&home])).await.unwrap();
    assert_eq!((change.state(), change.member_count), (ChangeState::Applying, 4));

    // Until the job comes, every step waits; what is no step goes on.
    let withdrawal = desk.end(&active, WayOut::Withdrawn, "2014-05-10").await;
    assert_eq!(refused(withdrawal), "CONFLICT");
    assert_eq!(refused(desk.take_back(&coming).await), "CONFLICT", "its wish is to be redirected");
    let renamed =
        Member { name: active.clone(), display_name: "甲乙".to_owned(), ..Default::default() };
    desk.update(renamed, &["display_name"], "2014-06-01").await.unwrap();
    desk.books().await.agree().await;
    // Nobody comes to a union that ended, on whatever day.
    let late = desk.create(
        Member { documents: vec![document("110104188703150026")], ..person(0) },
        &home,
        "2014-04-01",
    );
    assert_eq!(refused(late.await), "MEMBERSHIP_UNION_INVALID");

    desk.carry().await;
    let done = desk.change(&change.name).await;
    assert_eq!((done.state(), done.moved_member_count), (ChangeState::Done, 4));
    let there = other.clone();
    let told = desk.stands(&active).await;
    assert_eq!(told, (State::Active, there.clone(), steps(&["ADMITTED", "CARRIED"])));
    assert_eq!(desk.stands(&retired).await.0, State::Retained);
    assert_eq!(desk.stands(&retired).await.1, there);
    let asked = desk.get_as("11", &applicant).await.unwrap();
    assert_eq!((asked.state(), asked.applied_to.as_str()), (State::Applicant, other.as_str()));
    let redirected = desk.get_as("11", &coming).await.unwrap().membership.unwrap();
    assert_eq!((redirected.union.as_str(), redirected.transfer_to.as_str()), (&*third, &*other));
    assert_eq!(desk.stands(&gone).await.0, State::Former);
    assert_eq!(desk.get_on(&active, "2014-04-30").await.membership.unwrap().union, home);
    desk.books().await.agree().await;
    // Who follows the old area is told that they left; who follows the new one has them.
    let told = desk.rig.events().await;
    let of = told.iter().filter(|event| event.record == active).collect::<Vec<_>>();
    assert_eq!(of.iter().filter(|event| event.kind == EventKind::Left as i16).count(), 1);
    // The union that they came from is no more, so that they do not go back.
    assert_eq!(refused(desk.take_back(&active).await), "MEMBERSHIP_UNION_INVALID");
    desk.end(&active, WayOut::Withdrawn, "2014-06-10").await.unwrap();
    desk.books().await.agree().await;
}

#[tokio::test]
async fn a_merger_retains_where_the_decision_says_so() {
    let desk = desk().await;
    let (home, other) = (desk.union("第一", HOME).await, desk.union("第二", NEIGHBOUR).await);
    let keeper = desk.union("第三", NEIGHBOUR).await;
    let member = desk.admitted(0, &home, "").await;
    let message = MergeUnionsRequest {
        membership: outcome(Outcome::Retained, &keeper),
        ..merger(&other, &[&home])
    };
    desk.merge(message).await.unwrap();
    desk.carry().await;
    let expected = steps(&["ADMITTED", "CARRIED", "RETAINED"]);
    assert_eq!(desk.stands(&member).await, (State::Retained, keeper.clone(), expected));
    desk.books().await.agree().await;
    let back = desk.resume(&member).await.unwrap();
    assert_eq!(back.membership.unwrap().union, keeper);
    desk.books().await.agree().await;
}

#[tokio::test]
async fn a_split_divides_the_members_and_a_merger_takes_it_back() {
    let desk = desk().await;
    let home = desk.union("第一", HOME).await;
    let (goes, stays) = (desk.employer(1, HOME).await, desk.employer(2, NEIGHBOUR).await);
    desk.cover(&goes, &home).await;
    desk.cover(&stays, &home).await;
    let leaver = desk.admitted(0, &home, &goes).await;
    let stayer = desk.admitted(1, &home, &stays).await;
    let alone = desk.admitted(2, &home, "").await;
    let part = Union {
        display_name: "北京某某分立联合工会".to_owned(),
        union_type: "JOINT".to_owned(),
        union_form: "JOINT_COMMITTEE".to_owned(),
        union_level: "BASIC".to_owned(),
        seat: Some(Address {
            area: format!("areas/{NEIGHBOUR}"), line: "某某街2号".to_owned()
        }),
        ..Default::default()
    };
    let split = |ends: bool, employers: &[&str], on: &str| SplitUnionRequest {
        name: home.clone(),
        parts: vec![UnionPart {
            union: Some(part.clone()),
            employers: employers.iter().map(|name| (*name).to_owned()).collect(),
            unions: Vec::new(),
        }],
        ends,
        decision: decision(),
        effective_date: date(on),
        ..Default::default()
    };
    let trial = SplitUnionRequest { validate_only: true, ..split(false, &[&goes], DAY) };
    let trial = inner(desk.unions.split_union(call(trial)).await).unwrap();
    assert_eq!((trial.state(), trial.member_count), (ChangeState::Preview, 1));
    let change = inner(desk.unions.split_union(call(split(false, &[&goes], DAY))).await).unwrap();
    let made = change.parts[0].clone();
    desk.carry().await;
    assert_eq!(desk.change(&change.name).await.moved_member_count, 1);
    assert_eq!(desk.stands(&leaver).await.1, made);
    assert_eq!(desk.stands(&stayer).await, (State::Active, home.clone(), steps(&["ADMITTED"])));
    assert_eq!(desk.stands(&alone).await.1, home);
    desk.books().await.agree().await;
    // One who was put on the wrong side goes back, for the union goes on.
    let back = desk.take_back(&leaver).await.unwrap();
    assert_eq!(back.membership.unwrap().union, home);
    desk.books().await.agree().await;
    // The whole is taken back by a merger.
    desk.merge(MergeUnionsRequest {
        effective_date: date("2014-06-01"),
        ..merger(&home, &[&made])
    })
    .await
    .unwrap();
    desk.carry().await;
    desk.books().await.agree().await;
    // Now it ends by a split: who has no part is retained with it.
    let all = split(true, &[&goes, &stays], "2014-06-15");
    let change = inner(desk.unions.split_union(call(all)).await).unwrap();
    desk.carry().await;
    let made = change.parts[0].clone();
    for name in [&leaver, &stayer] {
        assert_eq!(desk.stands(name).await.1, made);
    }
    assert_eq!(desk.stands(&alone).await.0, State::Retained);
    assert_eq!(desk.stands(&alone).await.1, home);
    desk.books().await.agree().await;
    let refusal = desk.resume(&alone).await;
    assert_eq!(refused(refusal), "MEMBERSHIP_UNION_INVALID", "its union is no more");
}

/// The way back from an end that was decided in error.
/// A job that is broken off begins where it was, and one chunk does not reach everybody.
#[tokio::test]
async fn another_process_goes_on_where_one_ended() {
    let desk = desk().await;
    let (home, other) = (desk.union("第一", HOME).await, desk.union("第二", NEIGHBOUR).await);
    for serial in 0..300_u64 {
        let given = Member {
            display_name: "某某".to_owned(),
            documents: vec![IdentityDocument {
                document_type: "414".to_owned(),
                number: format!("E{serial:08}"),
                issued_on: date("2010-01-01"),
                expires_on: date("2020-01-01"),
                ..Default::default()
            }],
            birth_date: date("1888-08-08"),
            sex: "1".to_owned(),
            ..Default::default()
        };
        desk.create(given, &home, "2013-06-01").await.unwrap();
    }
    desk.merge(merger(&other, &[&home])).await.unwrap();
    let carrier = Carrier::new(desk.rig.register.clone());
    assert!(carrier.step().await.unwrap());
    let amid = desk.last_change().await;
    assert_eq!((amid.member_count, amid.moved_member_count), (300, 250));
    desk.books().await.agree().await;
    let next = Carrier::new(desk.rig.another_process().await);
    while next.step().await.unwrap() {}
    let done = desk.last_change().await;
    assert_eq!((done.state(), done.moved_member_count), (ChangeState::Done, 300));
    desk.books().await.agree().await;
}
