use std::{collections::BTreeSet, num::NonZeroU16};

use uuid::Uuid;

use super::*;
use crate::rules::{
    employer::tests::day,
    name::Name,
    office::{End, WayIn},
    union::{
        Status,
        kind::{UnionLevel, UnionType},
        term::{Term, TermYears},
    },
};

/// A basic union since 2010, in its second term since 2012.
fn union(kind: UnionType) -> UnionFacts {
    let mut facts = UnionFacts::default();
    let since = day("2010-01-01");
    facts.statuses.record(Some(Status::Active), since);
    facts.types.record(Some(kind), since);
    facts.forms.record(Some(UnionForm::Committee), since);
    facts.levels.record(Some(UnionLevel::Basic), since);
    let term = Term::new(NonZeroU16::new(2).unwrap(), TermYears::Three);
    facts.terms.record(Some(term), day("2012-01-01"));
    facts
}

fn joint() -> UnionFacts {
    union(UnionType::Joint)
}

fn office(
    number: u128,
    position: Position,
    from: &str,
    end: Option<(&str, WayOut)>,
) -> (OfficeId, Office) {
    let committee = match position {
        Position::Director => Committee::Audit,
        _ => Committee::Union,
    };
    let office = Office {
        holder: Name::parse("某某").unwrap(),
        committee,
        position,
        full_time: false,
        term: None,
        way_in: WayIn::Elected,
        bars: BTreeSet::new(),
        election: None,
        from: day(from),
        end: end.map(|(on, way)| End { on: day(on), way, consent: None }),
    };
    (OfficeId(Uuid::from_u128(number)), office)
}

fn told(union: &UnionFacts, offices: &[(OfficeId, Office)], on: &str) -> Vec<(u128, String)> {
    let rules = ElectionRules::shipped().unwrap();
    let found = vacancies(union, offices, (rules, day(on)));
    let by = |vacancy: &Vacancy| vacancy.due.as_ref().map(|(rule, by)| format!("{} {by}", rule.id));
    found.iter().map(|one| (one.left.0.as_u128(), by(one).unwrap_or_default())).collect()
}

fn one(number: u128, due: &str) -> Vec<(u128, String)> {
    vec![(number, due.to_owned())]
}

#[test]
fn a_chair_is_to_be_followed_in_three_months_and_others_in_six() {
    let left = Some(("2014-03-31", WayOut::Resigned));
    let chair = office(1, Position::Chair, "2012-01-01", left);
    let member = office(2, Position::Member, "2012-01-01", left);
    let alone = |office: &(OfficeId, Office)| std::slice::from_ref(office).to_vec();
    assert_eq!(told(&joint(), &alone(&chair), "2014-03-30"), []);
    assert_eq!(told(&joint(), &alone(&chair), "2014-03-31"), one(1, "R07 2014-06-30"));
    assert_eq!(told(&joint(), &alone(&member), "2014-03-31"), one(2, "R08 2014-09-30"));
    let rules = ElectionRules::shipped().unwrap();
    let vacant = vacancies(&joint(), &alone(&chair), (rules, day("2014-07-01"))).remove(0);
    assert!(!vacant.overdue_on(day("2014-06-30")) && vacant.overdue_on(day("2014-07-01")));
    // The three months were made for unions of enterprises, from 2008 on.
    let workers = union(UnionType::CommunityWorkers);
    assert_eq!(told(&workers, &alone(&chair), "2014-07-01"), one(1, "R08 2014-09-30"));
    let mut early = joint();
    early.statuses.record(Some(Status::Active), day("2005-01-01"));
    early.types.record(Some(UnionType::Joint), day("2005-01-01"));
    early.levels.record(Some(UnionLevel::Basic), day("2005-01-01"));
    let before = office(3, Position::Chair, "2005-01-01", Some(("2008-07-24", WayOut::Death)));
    assert_eq!(told(&early, &[before], "2008-08-01"), one(3, "R08 2009-01-24"));
    let mut federation = joint();
    federation.levels.record(Some(UnionLevel::Subdistrict), day("2010-01-01"));
    assert_eq!(told(&federation, &alone(&chair), "2014-07-01"), one(1, ""), "no rule is known");
}

#[test]
fn who_follows_fills_the_office_that_was_left_first() {
    let member = |number, from, end| office(number, Position::Member, from, end);
    let offices = [
        member(1, "2012-01-01", Some(("2014-01-10", WayOut::Resigned))),
        member(2, "2012-01-01", Some(("2014-02-10", WayOut::Moved))),
        member(3, "2014-03-01", None),
        office(4, Position::Chair, "2012-01-01", Some(("2014-03-01", WayOut::Death))),
        office(5, Position::Organiser, "2014-03-01", None),
        office(6, Position::Director, "2012-01-01", Some(("2014-04-01", WayOut::Removed))),
        member(7, "2014-05-01", Some(("2014-05-01", WayOut::Corrected))),
    ];
    let vacant =
        |on| told(&joint(), &offices, on).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(vacant("2014-01-09"), [0_u128; 0]);
    assert_eq!(vacant("2014-02-10"), [1, 2]);
    assert_eq!(vacant("2014-03-01"), [2], "a member came, and the chair was followed that day");
    assert_eq!(vacant("2014-06-01"), [2, 6], "one entered in error fills nothing");
    let rules = ElectionRules::shipped().unwrap();
    assert_eq!(first_due(&joint(), &offices, rules), Some(day("2014-08-10")));
}

#[test]
fn the_end_of_a_term_or_of_the_union_leaves_nothing_to_be_filled() {
    let chair = |way| [office(1, Position::Chair, "2012-01-01", Some(("2014-03-01", way)))];
    for way in [WayOut::TermEnded, WayOut::Corrected] {
        assert_eq!(told(&joint(), &chair(way), "2014-07-01"), []);
    }
    for way in
        [WayOut::Resigned, WayOut::Moved, WayOut::Removed, WayOut::Death, WayOut::OtherPosition]
    {
        assert_eq!(told(&joint(), &chair(way), "2014-07-01").len(), 1, "{way:?}");
    }
    let resigned = chair(WayOut::Resigned);
    let mut elected = joint();
    let third = Term::new(NonZeroU16::new(3).unwrap(), TermYears::Three);
    elected.terms.record(Some(third), day("2014-06-01"));
    assert_eq!(told(&elected, &resigned, "2014-05-31").len(), 1);
    assert_eq!(told(&elected, &resigned, "2014-06-01"), [], "the next committee was elected");
    let mut ended = joint();
    ended.statuses.record(Some(Status::Dissolved), day("2014-06-01"));
    assert_eq!(told(&ended, &resigned, "2014-06-01"), []);
    let mut sent = joint();
    sent.forms.record(Some(UnionForm::WorkingCommittee), day("2010-01-01"));
    assert_eq!(told(&sent, &resigned, "2014-05-31"), [], "nobody elects it");
    let rules = ElectionRules::shipped().unwrap();
    assert_eq!(first_due(&elected, &resigned, rules), None);
    assert_eq!(first_due(&ended, &resigned, rules), None);
    assert_eq!(first_due(&joint(), &resigned, rules), Some(day("2014-06-01")));
}
