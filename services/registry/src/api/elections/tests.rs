//! The service on a register of its own. Names are made up.

mod orders;
mod postponing;
mod repeats;
mod vacancies;

use tonic::{Response, Status};
use tonic_types::StatusExt;
use unionhall_kit::{
    figures::{MetricId, read::Question},
    ids::{Ids, SystemRandomness},
    path::{Line, Path},
};
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        Address, Approval, CallElectionRequest, CancelElectionRequest, Candidate, CommitteeCounts,
        CommitteeKind, CommitteeReview, Contest, ContestResult, CreateUnionRequest, Election,
        ElectionRecord, FileElectionRequest, GetCommitteeReviewRequest, GetElectionRequest,
        GetUnionRequest, HoldElectionRequest, ListElectionsRequest, ListOfficersRequest,
        OfficePosition, PostponeElectionRequest, RemovalResult, Term, Union, VoidElectionRequest,
        committee_review::Standing,
        election::{Assembly, Kind, State},
        election_service_server::ElectionService,
        finding::Standing as RuleStanding,
        officer::{Bar, WayOut},
        officer_service_server::OfficerService,
        union_service_server::UnionService,
    },
};

use super::Elections;
use crate::{
    api::{officers::Officers, unions::Unions},
    testing::{Rig, call, call_within, rig},
};

const HOME: &str = "110102012004";
const ELSEWHERE: &str = "110102010";

struct Desk {
    rig: Rig,
    unions: Unions,
    officers: Officers,
    service: Elections,
}

async fn desk() -> Desk {
    let rig = rig().await;
    let unions = Unions::over(rig.register.clone());
    let officers = Officers::new(rig.register.clone());
    let service = Elections::new(rig.register.clone());
    Desk { rig, unions, officers, service }
}

impl Desk {
    async fn union(&self, term: Option<Term>) -> String {
        let union = Union {
            display_name: "北京某某联合工会".to_owned(),
            union_type: "JOINT".to_owned(),
            union_form: "JOINT_COMMITTEE".to_owned(),
            union_level: "BASIC".to_owned(),
            seat: Some(Address { area: format!("areas/{HOME}"), line: "某某街1号".to_owned() }),
            term,
            ..Default::default()
        };
        let message = CreateUnionRequest {
            union: Some(union),
            effective_date: date("2010-01-01"),
            ..Default::default()
        };
        inner(self.unions.create_union(call(message)).await).unwrap().name
    }

    async fn seen(&self, union: &str, day: &str) -> Union {
        let message = GetUnionRequest { name: union.to_owned(), day: date(day) };
        inner(self.unions.get_union(call(message)).await).unwrap()
    }

    async fn call(&self, union: &str, election: Election) -> Result<Election, Status> {
        inner(self.service.call_election(call(calling(union, election))).await)
    }

    async fn get(&self, name: &str) -> Election {
        let message = GetElectionRequest { name: name.to_owned() };
        inner(self.service.get_election(call(message)).await).unwrap()
    }

    async fn hold(&self, name: &str, record: ElectionRecord) -> Result<Election, Status> {
        let message = HoldElectionRequest {
            name: name.to_owned(),
            record: Some(record),
            ..Default::default()
        };
        inner(self.service.hold_election(call(message)).await)
    }

    async fn file(&self, name: &str, on: &str) -> Result<Election, Status> {
        inner(self.service.file_election(call(filing(name, on))).await)
    }

    /// Names and positions of those in office.
    async fn committee(&self, union: &str, day: &str) -> Vec<(String, OfficePosition)> {
        let message =
            ListOfficersRequest { parent: union.to_owned(), day: date(day), ..Default::default() };
        let page = inner(self.officers.list_officers(call(message)).await).unwrap();
        let mut found: Vec<_> = page
            .officers
            .into_iter()
            .map(|officer| (officer.display_name.clone(), officer.position()))
            .collect();
        found.sort();
        found
    }

    async fn overdue_terms(&self, on: &str) -> i64 {
        self.rig.sequencer.drain().await.unwrap();
        let question = Question {
            metric: MetricId(74),
            line: Line::Area,
            node: Path::parse(HOME).unwrap(),
            day: crate::testing::day(on),
        };
        let db = self.rig.register.ledger.db();
        unionhall_kit::figures::read::values(db, &[question]).await.unwrap()[0]
    }
}

fn calling(union: &str, election: Election) -> CallElectionRequest {
    CallElectionRequest { parent: union.to_owned(), election: Some(election), ..Default::default() }
}

fn filing(name: &str, on: &str) -> FileElectionRequest {
    FileElectionRequest {
        name: name.to_owned(),
        approval: approval(),
        filed_on: date(on),
        ..Default::default()
    }
}

fn approval() -> Option<Approval> {
    Some(Approval { body: "某某总工会".to_owned(), number: "〔2014〕1号".to_owned() })
}

fn contest(position: OfficePosition, seat_count: i32) -> Contest {
    Contest {
        committee: CommitteeKind::Union.into(),
        position: position.into(),
        seat_count,
        ..Default::default()
    }
}

fn election(kind: Kind) -> Election {
    let begins = matches!(kind, Kind::Founding | Kind::ReElection);
    Election {
        kind: kind.into(),
        assembly: Assembly::GeneralMeeting.into(),
        planned_on: date("2014-02-27"),
        venue: "多功能厅".to_owned(),
        plan_approval: approval(),
        plan_approved_on: date("2014-02-01"),
        contests: vec![contest(OfficePosition::Member, 3), contest(OfficePosition::Chair, 1)],
        term_years: if begins { 3 } else { 0 },
        ..Default::default()
    }
}

fn candidate(name: &str, vote_count: i32, elected: bool) -> Candidate {
    Candidate { display_name: name.to_owned(), vote_count, elected, ..Default::default() }
}

fn result(candidates: Vec<Candidate>) -> ContestResult {
    ContestResult {
        issued_count: 40,
        returned_count: 40,
        valid_count: 40,
        candidates,
        ..Default::default()
    }
}

/// Sixty members, of whom forty came and all voted.
fn record() -> ElectionRecord {
    let members = vec![
        candidate("甲某", 40, true),
        candidate("乙某", 38, true),
        candidate("丙某", 31, true),
        candidate("丁某", 11, false),
    ];
    let chairs = vec![candidate("甲某", 31, true), candidate("乙某", 9, false)];
    ElectionRecord {
        held_on: date("2014-02-27"),
        member_count: 60,
        women_count: 20,
        due_count: 60,
        present_count: 40,
        candidates_posted_on: date("2014-02-18"),
        results: vec![result(members), result(chairs)],
        ..Default::default()
    }
}

fn term(number: i32, begins_on: &str) -> Option<Term> {
    Some(Term { number, years: 3, begins_on: date(begins_on), ..Default::default() })
}

fn inner<T>(answer: Result<Response<T>, Status>) -> Result<T, Status> {
    answer.map(Response::into_inner)
}

fn date(text: &str) -> Option<Date> {
    Some(crate::testing::day(text).into())
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let status = answer.unwrap_err();
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

#[tokio::test]
async fn a_founding_congress_gives_a_union_its_first_term_and_its_officers() {
    let desk = desk().await;
    let union = desk.union(None).await;
    let called = desk.call(&union, election(Kind::Founding)).await.unwrap();
    assert_eq!((called.state(), called.term_number), (State::Planned, 1));
    let again = desk.call(&union, election(Kind::Founding)).await;
    assert_eq!(refused(again), "ELECTION_OPEN");
    assert_eq!(refused(desk.file(&called.name, "2014-03-10").await), "ELECTION_STATE_INVALID");
    let held = desk.hold(&called.name, record()).await.unwrap();
    assert_eq!((held.state(), held.findings.len()), (State::Held, 0));
    assert_eq!(held.record.clone().unwrap().venue, "多功能厅", "as planned");
    assert!(desk.committee(&union, "2014-07-01").await.is_empty(), "not before it is filed");

    let filed = desk.file(&called.name, "2014-03-10").await.unwrap();
    assert_eq!((filed.state(), filed.etag.as_str()), (State::Filed, "3"));
    let term = desk.seen(&union, "2014-02-27").await.term.unwrap();
    assert_eq!((term.number, term.begins_on), (1, date("2014-02-27")));
    let (chair, member) = (OfficePosition::Chair, OfficePosition::Member);
    let named = |list: &[(&str, OfficePosition)]| -> Vec<(String, OfficePosition)> {
        list.iter().map(|(name, position)| ((*name).to_owned(), *position)).collect()
    };
    let mut expected = named(&[("甲某", chair), ("乙某", member), ("丙某", member)]);
    expected.sort();
    assert_eq!(desk.committee(&union, "2014-02-27").await, expected);
    assert!(desk.committee(&union, "2014-02-26").await.is_empty());
    // The end of the term is known from now on.
    assert_eq!(desk.overdue_terms("2017-02-26").await, 0);
    assert_eq!(desk.overdue_terms("2017-02-27").await, 1);
    let events = desk.rig.events().await;
    let of = |kind: &str| events.iter().filter(|event| event.snapshot_type.ends_with(kind)).count();
    assert_eq!((of(".Officer"), of(".Election"), of(".Union")), (3, 3, 2));
    assert_eq!(refused(desk.hold(&called.name, record()).await), "ELECTION_STATE_INVALID");
}

#[tokio::test]
async fn a_re_election_replaces_the_committee_and_a_removal_empties_a_chair() {
    let desk = desk().await;
    let union = desk.union(term(2, "2010-01-01")).await;
    let first = desk.call(&union, election(Kind::ReElection)).await.unwrap();
    assert_eq!(first.term_number, 3);
    desk.hold(&first.name, record()).await.unwrap();
    desk.file(&first.name, "2014-03-01").await.unwrap();
    assert_eq!(desk.overdue_terms("2014-02-26").await, 1);
    assert_eq!(desk.overdue_terms("2014-02-27").await, 0);

    let all = ListOfficersRequest { parent: union.clone(), ..Default::default() };
    let officers = inner(desk.officers.list_officers(call(all.clone())).await).unwrap().officers;
    let chair = officers.iter().find(|one| one.position() == OfficePosition::Chair).unwrap();
    assert_eq!((chair.term_number, chair.election.as_str()), (3, first.name.as_str()));
    let removal = Election {
        contests: Vec::new(),
        removals: vec![chair.name.clone()],
        planned_on: date("2014-06-01"),
        ..election(Kind::Removal)
    };
    let removal = desk.call(&union, removal).await.unwrap();
    let vote = |vote_count| ElectionRecord {
        held_on: date("2014-06-01"),
        results: Vec::new(),
        removal_results: vec![RemovalResult {
            issued_count: 40,
            returned_count: 40,
            valid_count: 40,
            vote_count,
            removed: true,
        }],
        ..record()
    };
    let short = desk.hold(&removal.name, vote(30)).await.unwrap();
    assert_eq!(short.findings[0].rule, "V18");
    assert_eq!(short.findings[0].standing(), RuleStanding::Assumed, "of before 2022");
    assert_eq!(refused(desk.file(&removal.name, "2014-06-10").await), "ELECTION_INVALID");
    desk.hold(&removal.name, vote(31)).await.unwrap();
    desk.file(&removal.name, "2014-06-10").await.unwrap();
    let ended = ListOfficersRequest { show_ended: true, ..all };
    let officers = inner(desk.officers.list_officers(call(ended)).await).unwrap().officers;
    let chair = officers.iter().find(|one| one.position() == OfficePosition::Chair).unwrap();
    assert_eq!((chair.way_out(), chair.valid_until), (WayOut::Removed, date("2014-06-01")));
    assert_eq!(desk.committee(&union, "2014-06-01").await.len(), 2);

    let by_election = Election {
        contests: vec![contest(OfficePosition::Chair, 1)],
        planned_on: date("2014-06-15"),
        ..election(Kind::ByElection)
    };
    let by_election = desk.call(&union, by_election).await.unwrap();
    let outsider = Candidate { recommended: true, ..candidate("戊某", 31, true) };
    let chosen = ElectionRecord {
        held_on: date("2014-06-15"),
        results: vec![result(vec![outsider, candidate("己某", 9, false)])],
        ..record()
    };
    desk.hold(&by_election.name, chosen).await.unwrap();
    desk.file(&by_election.name, "2014-06-20").await.unwrap();
    assert_eq!(desk.committee(&union, "2014-06-15").await.len(), 3);
    assert_eq!(desk.seen(&union, "2014-07-01").await.term.unwrap().number, 3);
    let list = ListElectionsRequest { parent: union, page_size: 2, ..Default::default() };
    let page = inner(desk.service.list_elections(call(list.clone())).await).unwrap();
    let names: Vec<_> = page.elections.iter().map(|one| one.name.clone()).collect();
    assert_eq!(names, [by_election.name, removal.name]);
    let list = ListElectionsRequest { page_token: page.next_page_token, ..list };
    let page = inner(desk.service.list_elections(call(list)).await).unwrap();
    assert_eq!((page.elections.len(), page.next_page_token.as_str()), (1, ""));
}

#[tokio::test]
async fn a_refusal_lists_every_broken_rule_and_no_name() {
    let desk = desk().await;
    let union = desk.union(None).await;
    let called = desk.call(&union, election(Kind::Founding)).await.unwrap();
    let mut flawed = record();
    flawed.present_count = 39;
    flawed.results[0].candidates[2].vote_count = 30;
    flawed.results[1].candidates[1].bars = vec![Bar::HeadOfHr.into()];
    flawed.candidates_posted_on = None;
    let held = desk.hold(&called.name, flawed).await.unwrap();
    let rules: Vec<(&str, bool)> =
        held.findings.iter().map(|one| (one.rule.as_str(), one.mandatory)).collect();
    let ballots = [("V23", true); 2];
    let around = [("V01", true), ("V02", true), ("B08", true), ("V13", false)];
    assert_eq!(rules, [&around[..2], &ballots, &around[2..]].concat());
    let figures: Vec<(&str, i64)> =
        held.findings[0].figures.iter().map(|one| (one.name.as_str(), one.value)).collect();
    assert_eq!(figures, [("present", 39), ("due", 60)]);
    let status = desk.file(&called.name, "2014-03-10").await.unwrap_err();
    assert!(status.message().contains("V01, V02, V23, B08"), "{}", status.message());
    let details = status.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    assert_eq!(violations.len(), 5);
    let text = format!("{status:?}");
    assert!(!text.contains("甲某") && !text.contains("乙某"));
    assert_eq!(desk.seen(&union, "2014-07-01").await.term, None);

    let reason = "选票多于应到人数".to_owned();
    let void = VoidElectionRequest { name: called.name.clone(), reason, ..Default::default() };
    let void = inner(desk.service.void_election(call(void)).await).unwrap();
    assert_eq!((void.state(), void.ended_on), (State::Void, date("2014-07-01")));
    let next = desk.call(&union, election(Kind::Founding)).await.unwrap();
    let reason = "改期".to_owned();
    let cancel = CancelElectionRequest { name: next.name, reason, ..Default::default() };
    let cancelled = inner(desk.service.cancel_election(call(cancel)).await).unwrap();
    assert_eq!((cancelled.state(), cancelled.end_reason.as_str()), (State::Cancelled, "改期"));
}

#[tokio::test]
async fn requests_are_checked_before_anything_is_written() {
    let desk = desk().await;
    let union = desk.union(term(2, "2011-03-01")).await;
    let given = || election(Kind::ReElection);
    for (wrong, reason) in [
        (Election { kind: 0, ..given() }, "INVALID_FIELD"),
        (Election { planned_on: None, ..given() }, "INVALID_FIELD"),
        (Election { term_years: 4, ..given() }, "TERM_INVALID"),
        (Election { term_years: 0, ..given() }, "ELECTION_CONTENT_INVALID"),
        (Election { contests: Vec::new(), ..given() }, "ELECTION_CONTENT_INVALID"),
        (Election { planned_on: date("2014-01-31"), ..given() }, "UNION_DATE_INVALID"),
        (Election { proposing_member_count: 3, ..given() }, "INVALID_FIELD"),
        (election(Kind::Founding), "ELECTION_CONTENT_INVALID"),
    ] {
        assert_eq!(refused(desk.call(&union, wrong.clone()).await), reason, "{wrong:?}");
    }
    let elsewhere = desk.union(None).await;
    let office = format!("{elsewhere}/officers/01a204d5-25b9-7d7e-9853-7563e6b3ca98");
    let foreign = Election {
        contests: Vec::new(),
        removals: vec![office.clone()],
        ..election(Kind::Removal)
    };
    assert_eq!(refused(desk.call(&union, foreign.clone()).await), "INVALID_FIELD");
    assert_eq!(refused(desk.call(&elsewhere, foreign).await), "NOT_FOUND");
    let outside = desk.service.call_election(call_within(ELSEWHERE, calling(&union, given())));
    assert_eq!(refused(inner(outside.await)), "NOT_FOUND");
    let only = CallElectionRequest { validate_only: true, ..calling(&union, given()) };
    inner(desk.service.call_election(call(only)).await).unwrap();
    let list = ListElectionsRequest { parent: union.clone(), ..Default::default() };
    let page = inner(desk.service.list_elections(call(list.clone())).await).unwrap();
    assert!(page.elections.is_empty());

    let called = desk.call(&union, given()).await.unwrap();
    let hidden = desk.service.list_elections(call_within(ELSEWHERE, list)).await;
    assert_eq!(refused(inner(hidden)), "NOT_FOUND");
    let short = ElectionRecord { results: Vec::new(), ..record() };
    assert_eq!(refused(desk.hold(&called.name, short).await), "ELECTION_CONTENT_INVALID");
    desk.hold(&called.name, record()).await.unwrap();
    assert_eq!(refused(desk.file(&called.name, "2014-02-26").await), "UNION_DATE_INVALID");
    let hidden =
        desk.service.file_election(call_within(ELSEWHERE, filing(&called.name, "2014-03-10")));
    assert_eq!(refused(inner(hidden.await)), "NOT_FOUND");
    let only = FileElectionRequest { validate_only: true, ..filing(&called.name, "2014-03-10") };
    let only = inner(desk.service.file_election(call(only)).await).unwrap();
    assert_eq!(only.state(), State::Filed);
    assert_eq!(desk.get(&called.name).await.state(), State::Held, "nothing was written");
    assert!(desk.committee(&union, "2014-07-01").await.is_empty());
}

#[tokio::test]
async fn a_review_takes_the_numbers_of_the_last_filed_election() {
    let desk = desk().await;
    let union = desk.union(None).await;
    let asked = |day: &str| GetCommitteeReviewRequest {
        name: union.clone(),
        day: date(day),
        ..Default::default()
    };
    let review =
        async |request| inner(desk.officers.get_committee_review(call(request)).await).unwrap();
    let standing = |review: &CommitteeReview, rule: &str| {
        review.items.iter().find(|item| item.rule == rule).map(|item| item.standing())
    };
    let bare = review(asked("2014-02-26")).await;
    assert_eq!((bare.counts, bare.counts_election.as_str()), (None, ""));
    assert_eq!(standing(&bare, "R01"), Some(Standing::NotMet));
    assert_eq!(standing(&bare, "R02"), Some(Standing::Unknown));
    let of = |id: &str| bare.items.iter().find(|item| item.rule == id).unwrap();
    assert_eq!(of("R01").rule_standing(), RuleStanding::Assumed);
    assert_eq!(of("R04A").rule_standing(), RuleStanding::Unknown, "of before 2016");
    assert_eq!(of("R04A").standing(), Standing::Unknown);
    let called = desk.call(&union, election(Kind::Founding)).await.unwrap();
    desk.hold(&called.name, record()).await.unwrap();
    desk.file(&called.name, "2014-03-10").await.unwrap();
    let filed = review(asked("2014-02-27")).await;
    assert_eq!(filed.counts_election, called.name);
    assert_eq!(filed.counts.map(|counts| counts.member_count), Some(60));
    assert_eq!(standing(&filed, "R01"), Some(Standing::Met));
    assert_eq!(standing(&filed, "V16"), Some(Standing::Met));
    // A by-election afterwards counts nobody, and says nothing of women and accounts.
    let by_election = Election {
        contests: vec![contest(OfficePosition::ViceChair, 1)],
        planned_on: date("2014-06-15"),
        ..election(Kind::ByElection)
    };
    let by_election = desk.call(&union, by_election).await.unwrap();
    let chosen = ElectionRecord {
        held_on: date("2014-06-15"),
        women_count: 0,
        results: vec![result(vec![candidate("己某", 31, true)])],
        ..record()
    };
    desk.hold(&by_election.name, chosen).await.unwrap();
    desk.file(&by_election.name, "2014-06-20").await.unwrap();
    let later = review(asked("2014-06-20")).await;
    assert_eq!(later.counts_election, called.name);
    assert_eq!(later.counts.map(|counts| counts.women_count), Some(20));
    let counts = Some(CommitteeCounts { member_count: 2_000, women_count: 30, own_accounts: true });
    let given = review(GetCommitteeReviewRequest { counts, ..asked("2016-02-27") }).await;
    assert_eq!(standing(&given, "V16"), Some(Standing::NotMet));
    let women = given.items.iter().find(|item| item.rule == "R04").unwrap();
    assert_eq!((women.standing(), women.mandatory), (Standing::NotMet, true));
    assert!(women.source.contains("art. 9") && women.next_step.is_some());
    let outside = desk.officers.get_committee_review(call_within(ELSEWHERE, asked("2014-02-27")));
    assert_eq!(refused(inner(outside.await)), "NOT_FOUND");
}
