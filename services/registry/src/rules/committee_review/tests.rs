//! Reviews on both sides of each boundary.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::*;
use crate::rules::{
    credit_code::CreditCode,
    employer::tests::day,
    name::Name,
    office::{Bar, WayIn},
    union::{
        Status,
        approval::{Approval, DocumentNumber},
        kind::UnionLevel,
        term::{Term, TermYears},
    },
};

fn union(form: UnionForm) -> UnionFacts {
    let mut facts = UnionFacts::default();
    let since = day("2010-01-01");
    facts.statuses.record(Some(Status::Active), since);
    facts.forms.record(Some(form), since);
    facts.levels.record(Some(UnionLevel::Basic), since);
    let number = std::num::NonZeroU16::MIN;
    let term = Term::new(number, TermYears::Three);
    facts.terms.record(Some(term), day("2014-01-01"));
    facts
}

fn office(number: u128, committee: Committee, position: Position) -> (OfficeId, Office) {
    let office = Office {
        holder: Name::parse("甲某").unwrap(),
        committee,
        position,
        full_time: false,
        term: None,
        way_in: WayIn::Elected,
        bars: BTreeSet::new(),
        election: None,
        from: day("2014-01-01"),
        end: None,
    };
    (OfficeId(Uuid::from_u128(number)), office)
}

fn standings(
    union: &UnionFacts,
    offices: &[(OfficeId, Office)],
    counts: Option<Counts>,
    on: &str,
) -> Vec<(String, Standing)> {
    let rules = ElectionRules::shipped().unwrap();
    let items = review(union, offices, (counts, Covered::default(), &[]), (rules, day(on)));
    items.into_iter().map(|item| (item.rule.id, item.standing)).collect()
}

fn of(rule: &str, standings: &[(String, Standing)]) -> Option<Standing> {
    standings.iter().find(|(id, _)| id == rule).map(|(_, standing)| *standing)
}

const COUNTS: Counts = Counts { members: 60, women: 25, own_accounts: Some(true) };

#[test]
fn what_is_missing_is_told_with_the_rules_of_the_day() {
    let union = union(UnionForm::Committee);
    let bare = standings(&union, &[], Some(COUNTS), "2016-06-01");
    for rule in ["R01", "R04", "R06", "V16"] {
        assert_eq!(of(rule, &bare), Some(Standing::NotMet), "{rule}");
    }
    assert_eq!(of("R02", &bare), Some(Standing::Met));
    assert_eq!(of("R05", &bare), Some(Standing::NotApplicable));
    let before = standings(&union, &[], Some(COUNTS), "2015-12-31");
    assert_eq!((of("R04", &before), of("R04A", &before)), (None, Some(Standing::Unknown)));
    let overdue = standings(&union, &[], Some(COUNTS), "2017-01-01");
    assert_eq!(of("R02", &overdue), Some(Standing::NotMet));
    assert_eq!((of("V16", &overdue), of("V17", &overdue)), (None, Some(Standing::NotMet)));
    let offices = [
        office(1, Committee::Union, Position::Chair),
        office(2, Committee::Union, Position::Member),
        office(3, Committee::Union, Position::Member),
        office(4, Committee::Women, Position::Director),
        office(5, Committee::Audit, Position::Director),
        office(6, Committee::LabourSupervision, Position::Director),
        office(7, Committee::LabourSupervision, Position::Member),
        office(8, Committee::LabourSupervision, Position::Member),
    ];
    let whole = standings(&union, &offices, Some(COUNTS), "2016-06-01");
    assert!(whole.iter().all(|(_, standing)| *standing != Standing::NotMet), "{whole:?}");
    assert!(standings(&union, &offices, Some(COUNTS), "2009-12-31").is_empty());
}

#[test]
fn what_nobody_counted_is_unknown_and_what_does_not_apply_is_not_missed() {
    let union_ = union(UnionForm::Committee);
    let unknown = standings(&union_, &[], None, "2016-06-01");
    for rule in ["R04", "R05", "R06", "V16"] {
        assert_eq!(of(rule, &unknown), Some(Standing::Unknown), "{rule}");
    }
    let counted = Some(Counts { own_accounts: None, ..COUNTS });
    let counted = standings(&union_, &[], counted, "2016-06-01");
    assert_eq!(
        (of("R04", &counted), of("R06", &counted)),
        (Some(Standing::NotMet), Some(Standing::Unknown))
    );
    let few = Counts { women: 24, own_accounts: Some(false), ..COUNTS };
    let few = standings(&union_, &[], Some(few), "2016-06-01");
    assert_eq!(of("R04", &few), Some(Standing::NotApplicable));
    assert_eq!(of("R05", &few), Some(Standing::NotMet));
    assert_eq!(of("R06", &few), Some(Standing::NotApplicable));
    let dispatched = union(UnionForm::WorkingCommittee);
    let dispatched = standings(&dispatched, &[], Some(COUNTS), "2016-06-01");
    assert!(dispatched.iter().all(|(_, standing)| *standing == Standing::NotApplicable));
}

#[test]
fn the_committee_for_labour_law_supervision_is_advised_and_composed() {
    let union = union(UnionForm::Committee);
    let supervision = Committee::LabourSupervision;
    let named = |mut office: (OfficeId, Office), name: &str| {
        office.1.holder = Name::parse(name).unwrap();
        office
    };
    let told = |offices: &[(OfficeId, Office)], counts: Option<Counts>| {
        let found = standings(&union, offices, counts, "2014-06-01");
        ["R09", "R10", "R11"].map(|rule| of(rule, &found).unwrap())
    };
    use Standing::{Met, NotApplicable, NotMet, Unknown};
    let none = NotApplicable;
    assert_eq!(told(&[], Some(COUNTS)), [NotMet, none, none]);
    assert_eq!(told(&[], None), [Unknown, none, none]);
    assert_eq!(told(&[], Some(Counts { members: 25, ..COUNTS })), [NotMet, none, none]);
    assert_eq!(told(&[], Some(Counts { members: 24, ..COUNTS })), [none, none, none]);
    let supervisor = office(1, supervision, Position::Member);
    assert_eq!(told(std::slice::from_ref(&supervisor), None), [Met, none, none]);
    let director = named(office(2, supervision, Position::Director), "乙某");
    let two = [supervisor, director];
    assert_eq!(told(&two, Some(COUNTS)), [Met, NotMet, NotMet], "two, and an outsider");
    let third = named(office(3, supervision, Position::Member), "丙某");
    let seat = named(office(4, Committee::Union, Position::Member), "乙某");
    let [first, second] = two;
    let whole = [first.clone(), second, third.clone(), seat];
    assert_eq!(told(&whole, Some(COUNTS)), [Met, Met, Met]);
    assert_eq!(told(&[first, third], Some(COUNTS)), [Met, NotMet, NotMet], "nobody heads it");
    let dispatched =
        standings(&self::union(UnionForm::WorkingCommittee), &whole, None, "2014-06-01");
    assert_eq!(of("R10", &dispatched), Some(NotApplicable));
}

#[test]
fn a_full_time_chair_is_told_from_200_employees_on() {
    let mut own = union(UnionForm::Committee);
    own.types.record(Some(UnionType::SingleEmployer), day("2010-01-01"));
    let mut full = office(1, Committee::Union, Position::ViceChair);
    full.1.full_time = true;
    let told = |union: &UnionFacts, full_time: bool, employees, on: &str| {
        let mut office = full.clone();
        office.1.full_time = full_time;
        let rules = ElectionRules::shipped().unwrap();
        let known = (None, Covered { employees, ..Covered::default() }, [].as_slice());
        let items = review(union, &[office], known, (rules, day(on)));
        let found = items.into_iter().find(|item| item.rule.id.starts_with("R12")).unwrap();
        (found.rule.id, found.standing)
    };
    use Standing::{Met, NotApplicable, NotMet, Unknown};
    let of_2014 = |full_time, employees| told(&own, full_time, employees, "2014-06-01").1;
    assert_eq!(of_2014(true, Some(199)), NotMet);
    assert_eq!(of_2014(true, Some(200)), Met);
    assert_eq!((of_2014(false, Some(200)), of_2014(false, Some(199))), (Met, NotApplicable));
    assert_eq!((of_2014(true, None), of_2014(false, None)), (Unknown, NotApplicable));
    assert_eq!(told(&own, true, Some(199), "2021-12-31"), ("R12".to_owned(), NotMet));
    assert_eq!(told(&own, true, Some(199), "2022-01-01"), ("R12B".to_owned(), NotMet));
    let mut joint = own.clone();
    joint.types.record(Some(UnionType::Joint), day("2010-01-01"));
    assert_eq!(told(&joint, true, Some(199), "2014-06-01").1, NotApplicable);
}

#[test]
fn the_code_of_a_basic_union_and_that_of_a_general_federation_begin_as_they_must() {
    let told = |kind, code: &str| {
        let mut union = union(UnionForm::Committee);
        union.types.record(Some(kind), day("2010-01-01"));
        if let Ok(code) = CreditCode::parse(code) {
            union.codes.record(UnionCode::try_from(code).ok(), day("2016-01-01"));
        }
        of("R13", &standings(&union, &[], None, "2016-06-01")).unwrap()
    };
    let (basic, other) = ("81110102T0000001XK", "89110102T0000001XT");
    use Standing::{Met, NotApplicable, NotMet};
    for kind in [UnionType::SingleEmployer, UnionType::Joint] {
        assert_eq!((told(kind, basic), told(kind, other)), (Met, NotMet), "{kind:?}");
    }
    for kind in [UnionType::DistrictFederation, UnionType::MunicipalFederation] {
        assert_eq!((told(kind, basic), told(kind, other)), (NotMet, Met), "{kind:?}");
    }
    // Community unions are registered like basic ones; which of the two is not certain.
    let community = UnionType::CommunityJoint;
    let either = (told(community, basic), told(community, other));
    assert_eq!(either, (NotApplicable, NotApplicable));
    assert_eq!(told(UnionType::SingleEmployer, ""), NotApplicable, "no code yet");
}

#[test]
fn a_joint_committee_unites_two_employers() {
    let told = |kind, form, employers, on: &str| {
        let mut union = union(form);
        union.types.record(Some(kind), day("2010-01-01"));
        let rules = ElectionRules::shipped().unwrap();
        let known = (None, Covered { employers, ..Covered::default() }, [].as_slice());
        let items = review(&union, &[], known, (rules, day(on)));
        let found = items.into_iter().find(|item| item.rule.id.starts_with("R14")).unwrap();
        (found.rule.id, found.standing)
    };
    use Standing::{Met, NotApplicable, NotMet};
    let (joint, committee) = (UnionForm::JointCommittee, UnionForm::Committee);
    for (on, id) in [("2021-12-31", "R14"), ("2022-01-01", "R14B")] {
        let of = |employers| told(UnionType::CommunityJoint, joint, employers, on);
        assert_eq!(of(1), (id.to_owned(), NotMet));
        assert_eq!(of(2), (id.to_owned(), Met));
    }
    let persons = UnionType::FlexibleEmploymentJoint;
    assert_eq!(told(persons, joint, 0, "2014-06-01").1, NotApplicable);
    assert_eq!(told(UnionType::Joint, committee, 1, "2014-06-01").1, NotApplicable);
}

#[test]
fn who_approved_was_above_on_the_first_day() {
    let name = |text: &str| Name::parse(text).unwrap();
    let told = |bodies: &[(&str, &str)], above: &[&str], on: &str| {
        let mut union = union(UnionForm::Committee);
        for (body, from) in bodies {
            let number = DocumentNumber::parse("1号").unwrap();
            union.approvals.record(Some(Approval { body: name(body), number }), day(from));
        }
        let above: Vec<Name> = above.iter().map(|above| name(above)).collect();
        let rules = ElectionRules::shipped().unwrap();
        let known = (None, Covered::default(), above.as_slice());
        let items = review(&union, &[], known, (rules, day(on)));
        let found = items.into_iter().find(|item| item.rule.id.starts_with("R15")).unwrap();
        (found.rule.id, found.standing)
    };
    use Standing::{Met, NotMet, Unknown};
    let (first, above) = ("2010-01-01", ["某街道总工会", "某区总工会"]);
    for (body, standing) in [(above[0], Met), (above[1], Met), ("别区总工会", NotMet)] {
        for (on, id) in [("2021-12-31", "R15"), ("2022-01-01", "R15B")] {
            assert_eq!(told(&[(body, first)], &above, on), (id.to_owned(), standing), "{body}");
        }
    }
    let on = "2014-06-01";
    assert_eq!(told(&[], &above, on).1, Unknown, "no approval is recorded");
    assert_eq!(told(&[("别区总工会", first)], &[], on).1, Unknown, "nobody is above");
    // Of the first day and of a later one the first counts; one that was recorded later is still of it.
    let later = ("别区总工会", "2012-01-01");
    assert_eq!(told(&[(above[0], first), later], &above, on).1, Met);
    assert_eq!(told(&[later], &above, on).1, NotMet);
    assert_eq!(told(&[later], &above, "2011-12-31").1, Unknown);
}

#[test]
fn who_came_to_be_barred_is_named() {
    let mut member = office(7, Committee::Union, Position::Member);
    member.1.bars = BTreeSet::from([Bar::PersonnelManager]);
    let union = union(UnionForm::Committee);
    let rules = ElectionRules::shipped().unwrap();
    let on = |on: &str| {
        let known = (None, Covered::default(), [].as_slice());
        let items = review(&union, std::slice::from_ref(&member), known, (rules, day(on)));
        items.into_iter().filter_map(|item| item.office).collect::<Vec<_>>()
    };
    assert!(on("2015-12-31").is_empty());
    assert_eq!(on("2016-01-01"), [member.0]);
}
