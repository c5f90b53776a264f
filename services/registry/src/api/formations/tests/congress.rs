//! The congress that founded a union is recorded after the case that formed it.

use unionhall_proto::registry::v1::{
    CallElectionRequest, Candidate, CommitteeKind, Contest, ContestResult, DelegateLot, Election,
    ElectionRecord, FileElectionRequest, GetFormationGuidanceRequest, GetUnionRequest,
    HoldElectionRequest, ListOfficersRequest, OfficePosition,
    election::{Assembly, Kind, State as ElectionState},
    election_service_server::ElectionService,
    officer_service_server::OfficerService,
};

use super::*;
use crate::{
    api::{elections::Elections, officers::Officers},
    testing::call_on_both_lines,
};

fn contest(committee: CommitteeKind, position: OfficePosition, seat_count: i32) -> Contest {
    Contest {
        committee: committee.into(),
        position: position.into(),
        seat_count,
        ..Default::default()
    }
}

fn result(names: &[&str], seats: usize) -> ContestResult {
    let candidate = |(at, name): (usize, &&str)| Candidate {
        display_name: (*name).to_owned(),
        vote_count: if at < seats { 95 } else { 1 },
        elected: at < seats,
        ..Default::default()
    };
    ContestResult {
        issued_count: 96,
        returned_count: 96,
        valid_count: 96,
        candidates: names.iter().enumerate().map(candidate).collect(),
        ..Default::default()
    }
}

fn founding() -> Election {
    Election {
        kind: Kind::Founding.into(),
        assembly: Assembly::DelegateCongress.into(),
        planned_on: date("2014-03-05"),
        plan_approval: approval(2),
        plan_approved_on: date("2014-03-04"),
        contests: vec![
            contest(CommitteeKind::Union, OfficePosition::Member, 2),
            contest(CommitteeKind::Union, OfficePosition::Chair, 1),
            contest(CommitteeKind::Audit, OfficePosition::Director, 1),
        ],
        own_accounts: true,
        ..Default::default()
    }
}

/// 98 delegates, 96 of them present, from two communities and an office.
fn record() -> ElectionRecord {
    let lot = |constituency: &str, allotted_count, elected_count| DelegateLot {
        constituency: constituency.to_owned(),
        allotted_count,
        elected_count,
    };
    ElectionRecord {
        held_on: date("2014-03-05"),
        member_count: 460,
        women_count: 10,
        delegate_count: 98,
        due_count: 98,
        present_count: 96,
        candidates_posted_on: date("2014-02-20"),
        results: vec![
            result(&["甲某", "乙某", "丙某"], 2),
            result(&["甲某", "乙某"], 1),
            result(&["丁某"], 1),
        ],
        delegate_lots: vec![
            lot("areas/110102010002", 50, 50),
            lot("areas/110102012004", 41, 40),
            lot("街道机关", 8, 8),
        ],
        ..Default::default()
    }
}

async fn call_election(service: &Elections, union: &str) -> Result<Election, Status> {
    let message = CallElectionRequest {
        parent: union.to_owned(),
        election: Some(founding()),
        ..Default::default()
    };
    inner(service.call_election(call(message)).await)
}

async fn hold(service: &Elections, name: &str, record: ElectionRecord) -> Result<Election, Status> {
    let message =
        HoldElectionRequest { name: name.to_owned(), record: Some(record), ..Default::default() };
    inner(service.hold_election(call(message)).await)
}

#[tokio::test]
async fn a_case_formed_union_records_the_congress_that_founded_it_once() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    desk.lead(&case.name, 30).await;
    let done = desk.establish(&case.name, "2014-04-01").await.unwrap();
    let union = done.union;
    let elections = Elections::new(desk.rig.register.clone());
    let message = GetFormationGuidanceRequest { name: case.name.clone(), day: None };
    let before = inner(desk.service.get_formation_guidance(call(message)).await).unwrap();
    assert_eq!(before.founding_election, "");
    let called = call_election(&elections, &union).await.unwrap();
    assert_eq!((called.term_number, called.term_years), (1, 3), "those of the first term");
    let mut nowhere = record();
    nowhere.delegate_lots[0].constituency = "areas/110102010999".to_owned();
    assert_eq!(refused(hold(&elections, &called.name, nowhere).await), "AREA_NOT_OPEN");
    let mut short = record();
    short.delegate_lots[1].elected_count = 39;
    let short = hold(&elections, &called.name, short).await.unwrap();
    assert_eq!(short.findings[0].rule, "V27");
    let held = hold(&elections, &called.name, record()).await.unwrap();
    assert!(held.findings.iter().all(|finding| !finding.mandatory), "{:?}", held.findings);
    assert_eq!(held.record.unwrap().delegate_lots, record().delegate_lots);
    let message = GetFormationGuidanceRequest { name: case.name.clone(), day: None };
    let guide =
        async || inner(desk.service.get_formation_guidance(call(message.clone())).await).unwrap();
    assert_eq!(guide().await.founding_election, called.name, "under way");
    let filing = FileElectionRequest {
        name: called.name.clone(),
        approval: approval(4),
        filed_on: date("2014-04-01"),
        ..Default::default()
    };
    let filed = inner(elections.file_election(call(filing)).await).unwrap();
    assert_eq!(filed.state(), ElectionState::Filed);
    assert_eq!(guide().await.founding_election, called.name, "filed");
    let message = call_on_both_lines(ELSEWHERE, &desk.above.affiliation, message.clone());
    let above = inner(desk.service.get_formation_guidance(message).await).unwrap();
    assert_eq!(above.founding_election, called.name, "who sees the union sees it");
    let message = GetUnionRequest { name: union.clone(), day: date("2014-04-01") };
    let seen = inner(desk.service.unions.get_union(call(message)).await).unwrap();
    let term = seen.term.unwrap();
    assert_eq!((term.number, term.begins_on), (1, date("2014-04-01")), "its first day is kept");
    assert_eq!(seen.etag, "1", "nothing of the union changed");
    let officers = Officers::new(desk.rig.register.clone());
    let message = ListOfficersRequest {
        parent: union.clone(),
        day: date("2014-04-01"),
        ..Default::default()
    };
    let seated = inner(officers.list_officers(call(message)).await).unwrap().officers;
    assert_eq!(seated.len(), 3, "chair, member and the director of the audit committee");
    assert!(seated.iter().all(|one| one.term_number == 1 && one.election == called.name));
    let twice = call_election(&elections, &union).await;
    assert_eq!(refused(twice), "ELECTION_CONTENT_INVALID", "a union is founded once");
}

#[tokio::test]
async fn custom_that_a_founding_assembly_breaks_is_told() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    for (content, day) in path(30).into_iter().take(4).zip(1..) {
        desk.record(&case.name, content, &format!("2014-03-{day:02}")).await.unwrap();
    }
    let meeting = |due_count| {
        let kind = AssemblyKind::GeneralMeeting.into();
        let held =
            FoundingAssembly { kind, due_count, present_count: due_count, ..Default::default() };
        Content::Election(held)
    };
    let many = desk.record(&case.name, meeting(31), "2014-03-09").await;
    assert_eq!(refused(many), "FORMATION_RULE_BROKEN", "thirty were recruited");
    desk.record(&case.name, meeting(29), "2014-03-09").await.unwrap();
    let message = GetFormationGuidanceRequest { name: case.name, day: date("2014-04-01") };
    let told = inner(desk.service.get_formation_guidance(call(message)).await).unwrap();
    let rules: Vec<(&str, bool)> =
        told.assembly_findings.iter().map(|one| (one.rule.as_str(), one.mandatory)).collect();
    assert_eq!(rules, [("V26", false)]);
}

#[tokio::test]
async fn what_a_founding_assembly_elected_is_refused_or_told_by_the_rules_of_its_day() {
    let desk = desk().await;
    let employer = desk.employer(1, HOME).await;
    let case = desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap();
    for (content, day) in path(30).into_iter().take(4).zip(1..) {
        desk.record(&case.name, content, &format!("2014-03-{day:02}")).await.unwrap();
    }
    let Content::Election(held) = path(30).swap_remove(4) else { unreachable!() };
    let held = FoundingAssembly {
        committee_count: 9,
        own_accounts: true,
        candidate_count: Some(9),
        elected_count: Some(9),
        ..held
    };
    let unaudited = desk.record(&case.name, Content::Election(held.clone()), "2014-03-09").await;
    let status = unaudited.unwrap_err();
    let info = status.get_error_details().error_info().unwrap().clone();
    assert_eq!((info.reason.as_str(), &*info.metadata["rule"]), ("FORMATION_RULE_BROKEN", "V20"));
    let audited = FoundingAssembly { audit_committee: true, ..held };
    let content = Content::Election(audited.clone());
    let recorded = desk.record(&case.name, content, "2014-03-09").await.unwrap();
    let kept = recorded.path.iter().find_map(|step| match &step.content {
        Some(Content::Election(kept)) => Some(kept),
        _ => None,
    });
    assert_eq!(kept, Some(&audited));
    let message = GetFormationGuidanceRequest { name: case.name, day: date("2014-04-01") };
    let told = inner(desk.service.get_formation_guidance(call(message)).await).unwrap();
    let rules: Vec<&str> = told.assembly_findings.iter().map(|one| one.rule.as_str()).collect();
    assert_eq!(rules, ["V10", "V16"], "nine of nine candidates, and at most seven seats");
}
