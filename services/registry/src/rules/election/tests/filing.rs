//! What a filed result does to term and offices.

use super::*;

#[test]
fn a_filed_re_election_begins_the_term_and_ends_the_offices_before() {
    let mut election = held(ElectionKind::ReElection, record());
    election.plan.contests.push(contest(Committee::Union, Position::Chair, 1));
    election.plan.contests[1].by_committee = true;
    let Stage::Held(record) = &mut election.stage else { unreachable!() };
    record.results.push(ContestResult {
        turnout: Some(Turnout { due: 3, present: 3 }),
        papers: Papers { issued: 3, returned: 3, valid: 3 },
        candidates: vec![candidate("乙某", 2, true), candidate("甲某", 1, false)],
    });
    let office = |committee, position, from| Office {
        holder: Name::parse("甲某").unwrap(),
        committee,
        position,
        full_time: false,
        term: NonZeroU16::new(2),
        way_in: WayIn::Elected,
        bars: BTreeSet::new(),
        election: None,
        from: day(from),
        end: None,
    };
    let offices = [
        (OfficeId(Uuid::from_u128(1)), office(Committee::Union, Position::Chair, "2011-01-01")),
        (OfficeId(Uuid::from_u128(2)), office(Committee::Audit, Position::Director, "2011-01-01")),
    ];
    let outcome = filed(&election, &offices).unwrap();
    let term = outcome.union.term_on(day("2014-02-27")).unwrap();
    assert_eq!((term.term.number.get(), term.begins_on), (3, day("2014-02-27")));
    let ended: Vec<OfficeId> = outcome.ended.iter().map(|(id, _)| *id).collect();
    assert_eq!(ended, [offices[0].0], "the audit committee was not elected anew");
    let end = outcome.ended[0].1.end.clone().unwrap();
    assert_eq!((end.way, end.on), (WayOut::TermEnded, day("2014-02-27")));
    let begun: Vec<(&str, Position)> =
        outcome.begun.iter().map(|office| (office.holder.as_str(), office.position)).collect();
    let (chair, member) = (Position::Chair, Position::Member);
    assert_eq!(begun, [("乙某", chair), ("丙某", member), ("甲某", member)]);
    assert!(outcome.begun.iter().all(|office| office.term == NonZeroU16::new(3)));
    assert_eq!(outcome.election.stage.code(), "FILED");
    let twice = filed(&outcome.election, &offices);
    assert_eq!(twice, Err(ElectionFault::Stage("file", "FILED")));
}

#[test]
fn an_election_that_breaks_rules_is_not_filed_and_all_are_told() {
    let mut record = record();
    record.turnout.present = 39;
    record.results[0].candidates[2].votes = 30;
    record.results[0].candidates.pop();
    let refused = filed(&held(ElectionKind::ReElection, record), &[]);
    let Err(ElectionFault::Invalid(found)) = refused else { panic!("{refused:?}") };
    let told: Vec<&str> = found.iter().map(|finding| finding.rule.id.as_str()).collect();
    assert_eq!(told, ["V01", "V02", "V23"], "too few candidates is custom and holds nothing up");
    assert!(found.iter().all(Finding::mandatory));
}

#[test]
fn a_by_election_fills_what_is_vacant_only() {
    let mut election = held(ElectionKind::ByElection, record());
    election.plan.contests = vec![contest(Committee::Union, Position::Chair, 1)];
    let Stage::Held(record) = &mut election.stage else { unreachable!() };
    record.results[0].candidates.truncate(1);
    let outcome = filed(&election, &[]).unwrap();
    assert_eq!(outcome.union, union(true));
    assert_eq!(outcome.begun[0].way_in, WayIn::ByElection);
    assert_eq!(outcome.begun[0].term, NonZeroU16::new(2));
    let chair = Office { from: day("2011-01-01"), ..outcome.begun[0].clone() };
    let taken = filed(&election, &[(OfficeId(Uuid::from_u128(1)), chair)]);
    let taken_since = OfficeFault::Taken(Committee::Union, day("2011-01-01"));
    assert_eq!(taken, Err(ElectionFault::Office(taken_since)));
}

/// A re-election of the chair and three members, held on 2014-02-27.
fn whole_committee() -> Election {
    let mut election = held(ElectionKind::ReElection, record());
    election.plan.contests.push(contest(Committee::Union, Position::Chair, 1));
    let Stage::Held(record) = &mut election.stage else { unreachable!() };
    record.results.push(ContestResult {
        turnout: None,
        papers: Papers { issued: 40, returned: 40, valid: 40 },
        candidates: vec![candidate("甲某", 31, true), candidate("乙某", 9, false)],
    });
    election
}

#[test]
fn what_was_recorded_before_a_late_filing_is_not_lost() {
    let (first, second) = (OfficeId(Uuid::from_u128(1)), OfficeId(Uuid::from_u128(2)));
    let left = |office: Office| {
        let way = WayOut::Resigned;
        Office { end: Some(End { on: day("2014-04-01"), way, consent: None }), ..office }
    };
    let member = |holder| Office { position: Position::Member, ..chair(holder, "2011-01-01") };
    let election = whole_committee();
    // The chair was elected again, and resigned before the result was filed.
    let again = [(first, left(chair("甲某", "2011-01-01"))), (second, left(member("庚某")))];
    let outcome = filed(&election, &again).unwrap();
    let ended: Vec<_> =
        outcome.ended.iter().map(|(id, office)| (*id, office.end.clone())).collect();
    let with_term = End { on: day("2014-02-27"), way: WayOut::TermEnded, consent: None };
    assert_eq!(ended, [(first, Some(with_term))], "the end of another's office stays as recorded");
    let new = outcome.begun.iter().find(|office| office.position == Position::Chair).unwrap();
    assert_eq!(new.end, again[0].1.end, "who resigned is not in office again");
    // Another chair stayed on beside the one who was elected, or was entered since.
    let gone = filed(&election, &[(first, left(chair("辛某", "2011-01-01")))]);
    assert_eq!(gone, Err(ElectionFault::Between(first)));
    let acting = (second, chair("壬某", "2014-04-01"));
    let both = [again[0].clone(), acting.clone()];
    assert_eq!(filed(&election, &both), Err(ElectionFault::Between(second)));
    let member = (second, Office { position: Position::Member, ..acting.1.clone() });
    let alone = filed(&election, std::slice::from_ref(&member));
    assert_eq!(alone, Err(ElectionFault::Between(second)));
    // Corrected offices and other committees stand against nothing.
    let end = Some(End { on: day("2014-04-01"), way: WayOut::Corrected, consent: None });
    assert!(filed(&election, &[(second, Office { end, ..acting.1 })]).is_ok());
    let audit = Office { committee: Committee::Audit, ..member.1 };
    assert!(filed(&election, &[(second, audit)]).is_ok());
}

#[test]
fn who_wins_a_by_election_leaves_the_lower_office_of_that_committee() {
    let mut election = held(ElectionKind::ByElection, record());
    election.plan.contests = vec![contest(Committee::Union, Position::Chair, 1)];
    let Stage::Held(record) = &mut election.stage else { unreachable!() };
    record.results[0].candidates.truncate(1);
    let (first, second) = (OfficeId(Uuid::from_u128(1)), OfficeId(Uuid::from_u128(2)));
    let member = Office { position: Position::Member, ..chair("甲某", "2011-01-01") };
    let audit = Office { committee: Committee::Audit, ..member.clone() };
    let other = Office { holder: Name::parse("乙某").unwrap(), ..member.clone() };
    let third = OfficeId(Uuid::from_u128(3));
    let outcome = filed(&election, &[(first, member), (second, audit), (third, other)]).unwrap();
    let ended: Vec<_> =
        outcome.ended.iter().map(|(id, office)| (*id, office.end.clone())).collect();
    let end = End { on: day("2014-02-27"), way: WayOut::OtherPosition, consent: None };
    assert_eq!(ended, [(first, Some(end))]);
    assert_eq!((outcome.begun.len(), outcome.begun[0].position), (1, Position::Chair));
    assert_eq!(outcome.begun[0].end, None);
}

#[test]
fn a_founding_election_begins_with_the_union() {
    let mut election = held(ElectionKind::Founding, record());
    let outcome = filed(&election, &[]).unwrap();
    assert_eq!(outcome.union.term_on(day("2014-02-27")).unwrap().term.number.get(), 1);
    // The congress met before the union was established.
    let mut known = union(false);
    known.statuses = crate::rules::history::History::default();
    known.statuses.record(Some(Status::Active), day("2014-03-05"));
    election.plan.approved_on = day("2014-02-01");
    let filing = Filing { approval: approval(), on: day("2014-03-05") };
    let id = ElectionId(Uuid::from_u128(9));
    let outcome = file((id, &election), filing, &known, &[], (rules(), day("2014-07-01"))).unwrap();
    assert_eq!(outcome.begun[0].from, day("2014-03-05"));
}

/// A union whose first term is recorded since 2014-03-05, as one that a case established.
fn formed() -> UnionFacts {
    let mut facts = union(false);
    facts.statuses = crate::rules::history::History::default();
    facts.statuses.record(Some(Status::Active), day("2014-03-05"));
    let term = Term::new(NonZeroU16::MIN, TermYears::Five);
    facts.terms.record(Some(term), day("2014-03-05"));
    facts
}

#[test]
fn the_congress_that_founded_a_union_is_tied_to_its_first_term() {
    let today = day("2014-07-01");
    let called =
        |years, founded| call(plan(ElectionKind::Founding), years, &formed(), (founded, today));
    let plan = called(None, false).unwrap();
    assert_eq!(plan.term, Some((NonZeroU16::MIN, TermYears::Five)), "as it is recorded");
    assert!(called(Some(TermYears::Five), false).is_ok());
    assert!(called(Some(TermYears::Three), false).is_err(), "other years");
    assert!(called(None, true).is_err(), "it has its founding election");
    let election = Election { plan, stage: Stage::Held(record()) };
    let of_founding = |holder| Office { term: NonZeroU16::new(1), ..chair(holder, "2014-03-05") };
    let (first, second) = (OfficeId(Uuid::from_u128(1)), OfficeId(Uuid::from_u128(2)));
    let member = Office { position: Position::Member, ..of_founding("甲某") };
    let audit = Office { committee: Committee::Audit, ..of_founding("庚某") };
    let audit = Office { position: Position::Director, ..audit };
    let filing = || Filing { approval: approval(), on: day("2014-03-05") };
    let id = ElectionId(Uuid::from_u128(9));
    let offices = [(first, member), (second, audit)];
    let outcome = file((id, &election), filing(), &formed(), &offices, (rules(), today)).unwrap();
    assert_eq!(outcome.union, formed(), "first day, number and years stay");
    let begun = outcome.begun.iter().map(|one| (one.from, one.term));
    assert!(begun.eq(vec![(day("2014-03-05"), NonZeroU16::new(1)); 3]));
    let ended: Vec<_> = outcome.ended.iter().map(|(id, one)| (*id, one.end.clone())).collect();
    let end = End { on: day("2014-03-05"), way: WayOut::Corrected, consent: None };
    assert_eq!(ended, [(first, Some(end))], "who was entered by hand gives way");
    // A congress after the first day of the term elects from its own day on.
    let late = Record { held_on: day("2014-03-20"), ..record() };
    let late = Election { stage: Stage::Held(late), ..election };
    let filing = Filing { approval: approval(), on: day("2014-03-20") };
    let outcome = file((id, &late), filing, &formed(), &offices, (rules(), today)).unwrap();
    assert_eq!(outcome.union, formed());
    assert!(outcome.begun.iter().all(|one| one.from == day("2014-03-20")));
    let way = outcome.ended[0].1.end.clone().map(|end| end.way);
    assert_eq!(way, Some(WayOut::TermEnded), "who was in office until then");
}

#[test]
fn a_first_term_that_begins_later_than_the_union_is_when_its_officers_enter() {
    let mut facts = formed();
    facts.statuses.record(Some(Status::Active), day("2014-03-01"));
    let plan =
        call(plan(ElectionKind::Founding), None, &facts, (false, day("2014-07-01"))).unwrap();
    let election = Election { plan, stage: Stage::Held(record()) };
    let filing = Filing { approval: approval(), on: day("2014-03-05") };
    let id = ElectionId(Uuid::from_u128(9));
    let outcome = file((id, &election), filing, &facts, &[], (rules(), day("2014-07-01"))).unwrap();
    assert!(outcome.begun.iter().all(|one| one.from == day("2014-03-05")));
    assert!(outcome.begun.iter().all(|one| one.term == NonZeroU16::new(1)));
}

#[test]
fn a_result_is_filed_between_its_day_and_today_while_the_union_exists() {
    let election = held(ElectionKind::ReElection, record());
    let filed_on = |on: &str, facts: &UnionFacts| {
        let filing = Filing { approval: approval(), on: day(on) };
        let id = ElectionId(Uuid::from_u128(9));
        file((id, &election), filing, facts, &[], (rules(), day("2014-07-01")))
    };
    let refused = |on: &str| matches!(filed_on(on, &union(true)), Err(ElectionFault::Day(..)));
    assert!(refused("2014-02-26") && refused("2014-07-02"));
    assert!(filed_on("2014-02-27", &union(true)).is_ok());
    assert!(filed_on("2014-07-01", &union(true)).is_ok());
    let mut ended = union(true);
    ended.statuses.record(Some(Status::Dissolved), day("2014-02-27"));
    let gone = filed_on("2014-03-10", &ended);
    assert_eq!(gone, Err(ElectionFault::UnionEnded(day("2014-02-27"))));
}

#[test]
fn a_chair_who_wins_a_seat_of_the_committee_stays_chair() {
    let mut election = held(ElectionKind::ByElection, record());
    election.plan.contests = vec![contest(Committee::Union, Position::Member, 1)];
    let Stage::Held(record) = &mut election.stage else { unreachable!() };
    record.results[0].candidates.truncate(1);
    let outcome =
        filed(&election, &[(OfficeId(Uuid::from_u128(1)), chair("甲某", "2011-01-01"))]).unwrap();
    assert!(outcome.ended.is_empty());
}

#[test]
fn a_union_that_is_founded_is_judged_by_the_type_that_it_comes_to_have() {
    let candidate =
        Candidate { bars: BTreeSet::from([Bar::HeadOfHr]), ..candidate("甲某", 40, true) };
    let mut held = record();
    held.posted_on = Some(day("2014-02-18"));
    held.results[0].candidates = vec![candidate, self::candidate("乙某", 0, false)];
    let mut election = self::held(ElectionKind::Founding, held);
    election.plan.contests = vec![contest(Committee::Union, Position::Chair, 1)];
    let told = |kind| {
        let mut facts = formed();
        facts.types = crate::rules::history::History::default();
        facts.types.record(Some(kind), day("2014-03-05"));
        let found = findings(&election, &facts, rules());
        found.iter().any(|finding| finding.rule.id == "B08")
    };
    assert!(told(UnionType::Joint));
    assert!(!told(UnionType::CommunityWorkers), "made for the unions of enterprises");
}

#[test]
fn a_re_election_is_postponed_with_its_term() {
    let election =
        Election { plan: called(ElectionKind::ReElection).unwrap(), stage: Stage::Planned };
    let put_off = |election: &Election, approved: &str, to: &str| {
        let (to, approved_on, approval) = (day(to), Some(day(approved)), Some(approval()));
        let postponement = Postponement { to, approved_on, approval };
        postpone(election, postponement, &union(true), day("2014-07-01"))
    };
    let to = |to: &str| put_off(&election, "2014-02-20", to);
    assert!(to("2014-02-27").is_err(), "not after the planned day");
    for (approved, to) in
        [("2014-07-02", "2014-08-01"), ("2014-01-31", "2014-06-30"), ("2014-06-30", "2014-06-30")]
    {
        let refused = put_off(&election, approved, to);
        assert!(matches!(refused, Err(ElectionFault::Day(..))), "{approved}");
    }
    let (first, term) = to("2014-06-30").unwrap();
    assert_eq!(first.plan.planned_on, day("2014-06-30"));
    let term = term.unwrap();
    assert_eq!(term.due_on(), day("2014-06-30"));
    assert!(put_off(&first, "2014-02-19", "2014-09-30").is_err(), "before the first one");
    let mut facts = union(true);
    facts.terms = Default::default();
    facts.terms.record(Some(term.term.clone()), day("2011-01-01"));
    let again = Postponement {
        approved_on: Some(day("2014-06-25")),
        ..Postponement::told(day("2014-09-30"))
    };
    let (_, second) = postpone(&first, again, &facts, day("2014-07-01")).unwrap();
    assert_eq!(second.unwrap().term.postponements.len(), 2, "the first is kept");
    let overdue = |term: &BegunTerm, on: &str| term.due_as_of(day(on)) <= day(on);
    assert!(overdue(&term, "2014-02-19") && !overdue(&term, "2014-02-20"), "approved late");
    let put_off = first;
    assert_eq!(broken(&put_off), ids(&[]), "the term ended on 2014-01-01");
    let (long, _) = to("2014-07-02").unwrap();
    assert_eq!(broken(&long), ids(&["V22"]));
    let by_election =
        Election { plan: called(ElectionKind::ByElection).unwrap(), stage: Stage::Planned };
    let postponement = Postponement::told(day("2014-06-30"));
    assert!(postpone(&by_election, postponement, &union(true), day("2014-07-01")).is_err());
}
