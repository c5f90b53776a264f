mod committees;
mod delegates;
mod filing;

use std::collections::BTreeSet;

use proptest::prelude::*;
use uuid::Uuid;

use super::{check::findings, *};
use crate::rules::{
    election_rules::{ElectionRules, Finding},
    employer::tests::day,
    office::{ElectionId, End, Office, OfficeFault, WayIn, WayOut},
    union::{
        Status, UnionFacts,
        kind::{UnionForm, UnionType},
        term::{BegunTerm, Term},
    },
};

fn rules() -> &'static ElectionRules {
    ElectionRules::shipped().unwrap()
}

fn approval() -> Approval {
    serde_json::from_str(r#"{"body": "某某总工会", "number": "1号"}"#).unwrap()
}

/// A joint basic union since 2010, in its second term since 2011 where `terms` says so.
fn union(terms: bool) -> UnionFacts {
    let mut facts = UnionFacts::default();
    let since = day("2010-01-01");
    facts.statuses.record(Some(Status::Active), since);
    facts.types.record(Some(UnionType::Joint), since);
    facts.forms.record(Some(UnionForm::JointCommittee), since);
    facts.levels.record(Some(UnionLevel::Basic), since);
    if terms {
        let number = NonZeroU16::new(2).unwrap();
        let term = Term::new(number, TermYears::Three);
        facts.terms.record(Some(term), day("2011-01-01"));
    }
    facts
}

fn contest(committee: Committee, position: Position, seats: u32) -> Contest {
    Contest { committee, position, standing: false, by_committee: false, seats }
}

fn plan(kind: ElectionKind) -> Plan {
    Plan {
        kind,
        assembly: Assembly::GeneralMeeting,
        planned_on: day("2014-02-27"),
        venue: Note::parse("多功能厅").unwrap(),
        approval: approval(),
        approved_on: day("2014-02-01"),
        contests: vec![contest(Committee::Union, Position::Member, 3)],
        removals: Vec::new(),
        term: None,
        own_accounts: false,
        proposal: None,
        postponement: None,
    }
}

fn called(kind: ElectionKind) -> Result<Plan, ElectionFault> {
    let founding = kind == ElectionKind::Founding;
    let years = kind.begins_term().then_some(TermYears::Three);
    call(plan(kind), years, &union(!founding), (false, day("2014-07-01")))
}

fn candidate(name: &str, votes: u32, elected: bool) -> Candidate {
    Candidate {
        name: Name::parse(name).unwrap(),
        votes,
        elected,
        full_time: false,
        recommended: false,
        bars: BTreeSet::new(),
    }
}

/// Sixty members, of whom forty came and all voted.
fn record() -> Record {
    let candidates = vec![
        candidate("甲某", 40, true),
        candidate("乙某", 38, true),
        candidate("丙某", 31, true),
        candidate("丁某", 11, false),
    ];
    Record {
        held_on: day("2014-02-27"),
        venue: Note::default(),
        members: 60,
        women: 20,
        delegates: None,
        lots: Vec::new(),
        turnout: Turnout { due: 60, present: 40 },
        posted_on: None,
        results: vec![ContestResult {
            turnout: None,
            papers: Papers { issued: 40, returned: 40, valid: 40 },
            candidates,
        }],
        removals: Vec::new(),
    }
}

fn held(kind: ElectionKind, record: Record) -> Election {
    Election { plan: called(kind).unwrap(), stage: Stage::Held(record) }
}

fn broken(election: &Election) -> BTreeSet<String> {
    let found = findings(election, &union(true), rules());
    found.into_iter().map(|finding| finding.rule.id).collect()
}

fn ids(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn filed(election: &Election, offices: &[(OfficeId, Office)]) -> Result<Outcome, ElectionFault> {
    let filing = Filing { approval: approval(), on: day("2014-03-10") };
    let founding = election.plan.kind == ElectionKind::Founding;
    let known = union(!founding);
    let id = ElectionId(Uuid::from_u128(9));
    file((id, election), filing, &known, offices, (rules(), day("2014-07-01")))
}

#[test]
fn an_election_at_the_very_edges_is_valid_and_one_vote_less_is_not() {
    assert_eq!(broken(&held(ElectionKind::ReElection, record())), ids(&[]));
    let mut absent = record();
    absent.turnout.present = 39;
    let absent = broken(&held(ElectionKind::ReElection, absent));
    assert_eq!(absent, ids(&["V01", "V23"]), "and one ballot too many was issued");
    let mut half = record();
    half.results[0].candidates[2].votes = 30;
    let half = held(ElectionKind::ReElection, half);
    assert_eq!(broken(&half), ids(&["V02"]));
    let found = findings(&half, &union(true), rules());
    assert_eq!(found[0].field, "record.results[0].candidates[2]");
    assert_eq!(found[0].figures, [("votes", 30), ("due", 60)]);
    assert!(found[0].rule.source.contains("2016-10-09") && found[0].mandatory());
}

#[test]
fn ballots_and_votes_are_counted() {
    let with = |change: fn(&mut Record)| {
        let mut record = record();
        change(&mut record);
        broken(&held(ElectionKind::ReElection, record))
    };
    assert_eq!(with(|record| record.results[0].papers.returned = 41), ids(&["V03"]));
    assert_eq!(with(|record| record.results[0].papers.returned = 39), ids(&["V04"]));
    assert_eq!(with(|record| record.results[0].candidates[3].votes = 12), ids(&["V05"]));
    assert_eq!(with(|record| record.turnout.present = 61), ids(&["V08"]));
    assert_eq!(
        with(|record| record.results[0].candidates[1].elected = false),
        ids(&["V07"]),
        "the second is passed over for the third"
    );
    let nobody = with(|record| {
        for candidate in &mut record.results[0].candidates {
            (candidate.elected, candidate.votes) = (false, 10);
        }
    });
    assert_eq!(nobody, ids(&["V09"]));
    let few = with(|record| {
        record.results[0].candidates.pop();
    });
    assert_eq!(few, ids(&["V10"]));
    let tie = with(|record| {
        record.results[0].candidates[2].votes = 31;
        record.results[0].candidates[3].votes = 31;
        record.turnout.present = 60;
        record.results[0].papers = Papers { issued: 60, returned: 60, valid: 60 };
    });
    assert_eq!(tie, ids(&["V07"]), "two have one number of votes and one seat");
    let four = with(|record| {
        record.results[0].candidates[3] = candidate("丁某", 31, true);
        record.turnout.present = 60;
        record.results[0].papers = Papers { issued: 60, returned: 60, valid: 60 };
    });
    assert_eq!(four, ids(&["V06"]));
}

#[test]
fn a_tie_for_the_last_seat_may_leave_it_vacant() {
    let with = |votes: [u32; 4], elected: usize| {
        let mut record = record();
        record.turnout.present = 60;
        record.results[0].papers = Papers { issued: 60, returned: 60, valid: 60 };
        let candidates = record.results[0].candidates.iter_mut().zip(votes);
        for (at, (candidate, votes)) in candidates.enumerate() {
            (candidate.votes, candidate.elected) = (votes, at < elected);
        }
        broken(&held(ElectionKind::ReElection, record))
    };
    assert_eq!(with([40, 38, 31, 31], 2), ids(&[]), "neither of two for one seat");
    assert_eq!(with([40, 31, 31, 31], 1), ids(&[]), "nor any of three for two");
    assert_eq!(with([40, 38, 31, 31], 1), ids(&["V07"]), "the second ties with nobody");
    assert_eq!(with([40, 31, 31, 30], 1), ids(&["V07"]), "both have seats");
}

#[test]
fn a_removal_that_fails_is_filed_and_ends_no_office() {
    let id = OfficeId(Uuid::from_u128(1));
    let mut removal = plan(ElectionKind::Removal);
    (removal.contests, removal.removals) = (Vec::new(), vec![id]);
    let plan = call(removal, None, &union(true), (false, day("2014-07-01"))).unwrap();
    let papers = Papers { issued: 40, returned: 40, valid: 40 };
    let removals = vec![RemovalResult { papers, votes: 30, removed: false }];
    let record = Record { results: Vec::new(), removals, ..record() };
    let election = Election { plan, stage: Stage::Held(record) };
    assert_eq!(broken(&election), ids(&[]));
    let outcome = filed(&election, &[(id, chair("甲某", "2011-01-01"))]).unwrap();
    assert!(outcome.ended.is_empty() && outcome.begun.is_empty());
}

fn chair(holder: &str, from: &str) -> Office {
    Office {
        holder: Name::parse(holder).unwrap(),
        committee: Committee::Union,
        position: Position::Chair,
        full_time: false,
        term: NonZeroU16::new(2),
        way_in: WayIn::Elected,
        bars: BTreeSet::new(),
        election: None,
        from: day(from),
        end: None,
    }
}

#[test]
fn ballots_are_tied_to_those_present_and_those_due_to_the_members() {
    let with = |change: fn(&mut Record)| {
        let mut record = record();
        change(&mut record);
        broken(&held(ElectionKind::ReElection, record))
    };
    assert_eq!(with(|record| record.results[0].papers.issued = 41), ids(&["V23"]));
    assert_eq!(with(|record| record.members = 59), ids(&["V25"]));
    assert_eq!(with(|record| record.members = 61), ids(&["V26"]), "one was not asked");
    assert_eq!(with(|record| record.members = 0), ids(&["V16", "V24", "V25"]));
    let empty = with(|record| record.turnout = Turnout { due: 0, present: 0 });
    assert!(empty.is_superset(&ids(&["V23", "V24"])), "{empty:?}");
    let congress = |delegates, committee: Option<Turnout>| {
        let mut record = Record { delegates: Some(delegates), ..record() };
        record.results[0].turnout = committee;
        broken(&held(ElectionKind::ReElection, record))
    };
    assert_eq!(congress(60, None), ids(&[]));
    assert_eq!(congress(59, None), ids(&["V25"]), "of a congress the delegates are due");
    // Where the committee votes, its own turnout bounds the ballots.
    assert_eq!(congress(60, Some(Turnout { due: 39, present: 39 })), ids(&["V23"]));
    let mut removal = plan(ElectionKind::Removal);
    removal.contests.clear();
    removal.removals = vec![OfficeId(Uuid::from_u128(1))];
    let plan = call(removal, None, &union(true), (false, day("2014-07-01"))).unwrap();
    let vote = |members, issued| {
        let papers = Papers { issued, returned: 1, valid: 1 };
        let removals = vec![RemovalResult { papers, votes: 1, removed: true }];
        let turnout = Turnout { due: 1, present: 1 };
        let record = self::record();
        let stage =
            Stage::Held(Record { members, turnout, results: Vec::new(), removals, ..record });
        broken(&Election { plan: plan.clone(), stage })
    };
    assert_eq!(vote(0, 1), ids(&["V24", "V25"]), "one vote of nobody removes nobody");
    assert_eq!(vote(1, 2), ids(&["V23"]));
}

#[test]
fn tables_follow_the_day_and_the_members() {
    let at = |held_on: &str, seats: u32, members: u32| {
        let mut record = Record { held_on: day(held_on), members, ..record() };
        record.results[0]
            .candidates
            .extend((0..30).map(|n| candidate(&format!("戊{n}"), 0, false)));
        let mut election = held(ElectionKind::ReElection, record);
        election.plan.contests[0].seats = seats;
        let tables = ids(&["V14", "V15", "V16", "V17"]);
        broken(&election).intersection(&tables).cloned().collect::<Vec<_>>()
    };
    assert_eq!(at("2014-02-27", 3, 25), ["V16"], "one chair or an organiser, no committee");
    assert!(at("2016-10-09", 3, 25).is_empty());
    assert!(at("2014-02-27", 7, 200).is_empty());
    assert_eq!(at("2014-02-27", 8, 200), ["V16"]);
    assert_eq!(at("2016-10-09", 8, 200), ["V17"]);
    let mut congress = held(ElectionKind::ReElection, record());
    congress.plan.assembly = Assembly::DelegateCongress;
    let delegates = |members, delegates, held_on: &str| {
        let mut congress = congress.clone();
        let held_on = day(held_on);
        congress.stage =
            Stage::Held(Record { members, delegates: Some(delegates), held_on, ..record() });
        broken(&congress)
    };
    assert!(!delegates(99, 40, "2014-02-27").contains("V14"), "no such rule yet");
    assert!(delegates(99, 40, "2019-01-15").contains("V14"));
    assert!(!delegates(100, 40, "2019-01-15").contains("V14"));
    assert!(delegates(100, 41, "2019-01-15").contains("V15"));
    assert!(!delegates(201, 41, "2019-01-15").contains("V15"));
}

#[test]
fn a_chair_is_posted_and_barred_persons_are_named_by_their_place() {
    let mut election = held(ElectionKind::ReElection, record());
    election.plan.contests.push(contest(Committee::Union, Position::Chair, 1));
    let mut with_chair = record();
    let mut result = with_chair.results[0].clone();
    result.candidates = vec![candidate("甲某", 40, true), candidate("戊某", 0, false)];
    with_chair.results.push(result);
    with_chair.posted_on = Some(day("2014-02-21"));
    election.stage = Stage::Held(with_chair.clone());
    assert_eq!(broken(&election), ids(&["V13"]));
    with_chair.posted_on = Some(day("2014-02-20"));
    with_chair.results[1].candidates[1].bars = BTreeSet::from([Bar::HeadOfHr]);
    election.stage = Stage::Held(with_chair.clone());
    assert_eq!(broken(&election), ids(&["B08"]));
    with_chair.results[1].candidates.pop();
    election.stage = Stage::Held(with_chair);
    assert_eq!(broken(&election), ids(&["V12"]));
}

#[test]
fn a_removal_needs_more_than_half_of_all_and_a_proposal_one_third() {
    let mut removal = plan(ElectionKind::Removal);
    removal.contests.clear();
    removal.removals = vec![OfficeId(Uuid::from_u128(1))];
    let removal = call(removal, None, &union(true), (false, day("2014-07-01"))).unwrap();
    let vote = |votes| {
        let papers = Papers { issued: 40, returned: 40, valid: 40 };
        let removals = vec![RemovalResult { papers, votes, removed: true }];
        let stage = Stage::Held(Record { results: Vec::new(), removals, ..record() });
        broken(&Election { plan: removal.clone(), stage })
    };
    assert_eq!(vote(31), ids(&[]));
    assert_eq!(vote(30), ids(&["V18"]), "of all, not of those who came");
    assert_eq!(vote(41), ids(&["V05"]));
    let asked = |proposal| {
        let plan = Plan { proposal: Some(proposal), ..plan(ElectionKind::Extraordinary) };
        let plan = call(plan, None, &union(true), (false, day("2014-07-01"))).unwrap();
        broken(&Election { plan, stage: Stage::Held(record()) })
    };
    assert_eq!(asked(Proposal::Members(20)), ids(&[]));
    assert_eq!(asked(Proposal::Members(19)), ids(&["V19"]));
    assert_eq!(asked(Proposal::Committee), ids(&[]));
}

#[test]
fn what_is_called_fits_together() {
    let today = day("2014-07-01");
    let refused =
        |plan: Plan, years, terms| call(plan, years, &union(terms), (false, today)).is_err();
    let three = Some(TermYears::Three);
    assert_eq!(called(ElectionKind::Founding).unwrap().term.map(|(n, _)| n.get()), Some(1));
    assert_eq!(called(ElectionKind::ReElection).unwrap().term.map(|(n, _)| n.get()), Some(3));
    assert_eq!(called(ElectionKind::ByElection).unwrap().term, None);
    assert!(refused(plan(ElectionKind::Founding), three, true), "a term is recorded");
    assert!(refused(plan(ElectionKind::ReElection), three, false), "none is recorded");
    assert!(refused(plan(ElectionKind::ReElection), None, true), "how many years?");
    assert!(refused(plan(ElectionKind::ByElection), three, true), "no term begins");
    assert!(refused(plan(ElectionKind::Removal), None, true), "whom?");
    assert!(refused(plan(ElectionKind::Extraordinary), None, true), "who asked?");
    let re_election = || plan(ElectionKind::ReElection);
    let late = Plan { approved_on: day("2014-07-02"), ..re_election() };
    assert!(refused(late, three, true));
    let early = Plan { planned_on: day("2014-01-31"), ..re_election() };
    assert!(refused(early, three, true));
    for contests in [
        vec![contest(Committee::Audit, Position::Member, 3)],
        vec![contest(Committee::Union, Position::Director, 3)],
        vec![contest(Committee::Union, Position::Chair, 2)],
        vec![contest(Committee::Union, Position::Member, 3); 2],
    ] {
        assert!(refused(Plan { contests, ..re_election() }, three, true));
    }
}

#[test]
fn all_contests_together_have_so_many_seats_that_one_filing_enters_them() {
    let called = |supervisors| {
        let audit = contest(Committee::Audit, Position::Member, 200);
        let members = contest(Committee::Union, Position::Member, 100);
        let others = contest(Committee::LabourSupervision, Position::Member, supervisors);
        let plan =
            Plan { contests: vec![members, audit, others], ..plan(ElectionKind::ReElection) };
        call(plan, Some(TermYears::Three), &union(true), (false, day("2014-07-01")))
    };
    assert!(called(100).is_ok());
    assert!(matches!(called(101), Err(ElectionFault::Content(..))));
}

#[test]
fn what_is_reported_belongs_to_what_was_called() {
    let election =
        Election { plan: called(ElectionKind::ReElection).unwrap(), stage: Stage::Planned };
    let reported = |record: Record| hold(&election, record, &union(true), day("2014-07-01"));
    assert!(reported(record()).is_ok());
    assert!(reported(Record { held_on: day("2014-07-02"), ..record() }).is_err());
    assert!(reported(Record { held_on: day("2014-01-31"), ..record() }).is_err());
    assert!(reported(Record { delegates: Some(30), ..record() }).is_err());
    assert!(reported(Record { results: Vec::new(), ..record() }).is_err());
    assert!(reported(Record { posted_on: Some(day("2014-02-28")), ..record() }).is_err());
    let mut twice = record();
    twice.results[0].candidates[1].name = Name::parse("甲某").unwrap();
    assert!(reported(twice).is_err());
    let again = reported(record()).unwrap();
    assert!(hold(&again, record(), &union(true), day("2014-07-01")).is_ok(), "a correction");
    let reason = || Note::parse("票数有误").unwrap();
    assert!(cancel(&again, day("2014-07-01"), reason()).is_err());
    let void = void(&again, day("2014-07-01"), reason()).unwrap();
    assert!(hold(&void, record(), &union(true), day("2014-07-01")).is_err());
    assert!(cancel(&election, day("2014-07-01"), reason()).is_ok());
}

proptest! {
    /// The oracle says the thresholds in other words: who is absent against who is present, votes
    /// for somebody against all others.
    #[test]
    fn thresholds_are_exact_whatever_the_numbers(
        (members, due, present) in (0_u32..45, 0_u32..40, 0_u32..45),
        (issued, returned, valid) in (0_u32..45, 0_u32..45, 0_u32..45),
        seats in 1_u32..4,
        candidates in prop::collection::vec((0_u32..45, any::<bool>()), 1..6)
    ) {
        let mut record = record();
        record.members = members;
        record.turnout = Turnout { due, present };
        record.results[0].papers = Papers { issued, returned, valid };
        record.results[0].candidates = candidates
            .iter()
            .zip('a'..)
            .map(|((votes, elected), name)| candidate(&name.to_string(), *votes, *elected))
            .collect();
        let mut election = held(ElectionKind::ReElection, record);
        election.plan.contests[0].seats = seats;
        let majority = |votes: u32| i64::from(votes) > i64::from(due) - i64::from(votes);
        let elected: Vec<u32> =
            candidates.iter().filter(|(_, elected)| *elected).map(|(votes, _)| *votes).collect();
        let all: u32 = candidates.iter().map(|(votes, _)| votes).sum();
        let passed_over = candidates.iter().any(|(votes, chosen)| {
            let before = candidates.iter().filter(|(other, _)| other > votes).count();
            let tied = candidates.iter().filter(|(other, _)| other == votes).count();
            let fits = before + tied <= seats as usize;
            !chosen && majority(*votes) && (fits || elected.iter().any(|other| other <= votes))
        });
        let absent = i64::from(due) - i64::from(present);
        let expected: BTreeSet<String> = [
            ("V01", 2 * i64::from(present) < 4 * absent),
            ("V02", elected.iter().any(|votes| !majority(*votes))),
            ("V03", returned > issued),
            ("V04", valid > returned),
            ("V05", all > valid * seats || candidates.iter().any(|(votes, _)| *votes > valid)),
            ("V06", elected.len() > seats as usize),
            ("V07", passed_over),
            ("V08", present > due),
            ("V09", elected.is_empty()),
            ("V23", issued > present),
            ("V24", due == 0 || members == 0),
            ("V25", due > members),
        ]
        .into_iter()
        .filter(|(_, broken)| *broken)
        .map(|(id, _)| id.to_owned())
        .collect();
        let mandatory: BTreeSet<String> = findings(&election, &union(true), rules())
            .into_iter()
            .filter(Finding::mandatory)
            .map(|finding| finding.rule.id)
            .collect();
        prop_assert_eq!(mandatory, expected);
    }
}
