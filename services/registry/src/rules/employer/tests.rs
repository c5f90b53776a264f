use proptest::prelude::*;

use super::{
    change::{EmployerChange, EmployerFault, Surroundings, amend, enter, relocate},
    code::{CodeLists, IndustryCode, IndustryEdition, List},
    *,
};
use crate::rules::{
    Refusal,
    area::{
        plan::{NewArea, plan_close, plan_create},
        tree::{AreaTree, Lineage, LineageKind},
    },
    credit_code::CreditCode,
};

/// Lists that have every code but `00`.
pub(in crate::rules) struct AnyCode;

impl CodeLists for AnyCode {
    fn has(&self, _: List, code: &str, _: CivilDate) -> bool {
        code != "00"
    }
}

pub(in crate::rules) fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

pub(in crate::rules) const TODAY: &str = "2020-06-01";
pub(in crate::rules) const COMMUNITIES: [&str; 3] =
    ["110102010001", "110102010002", "110102012001"];

pub(in crate::rules) fn path(label: &str) -> AreaPath {
    AreaPath::parse(label).unwrap()
}

/// Two sub-districts and their communities since 1900.
pub(in crate::rules) fn areas() -> AreaTree {
    let mut tree = AreaTree::default();
    let labels = ["11", "1101", "110102", "110102010", "110102012"].into_iter().chain(COMMUNITIES);
    for label in labels {
        let wish = NewArea {
            path: path(label),
            name: Name::parse(label).unwrap(),
            from: day("1900-01-01"),
            history_unknown: true,
        };
        let plan = plan_create(&tree, wish, day(TODAY)).unwrap();
        tree.apply(&plan);
    }
    tree
}

pub(in crate::rules) fn around(areas: &AreaTree) -> Surroundings<'_> {
    Surroundings { today: day(TODAY), areas, lists: &AnyCode }
}

pub(in crate::rules) fn address(label: &str) -> Address {
    Address::new(path(label), "裕民路8号").unwrap()
}

pub(in crate::rules) fn credit(text: &str) -> Identifier {
    Identifier::Credit(CreditCode::parse(text).unwrap())
}

fn organisation(text: &str) -> Identifier {
    Identifier::Organisation(OrganisationCode::parse(text).unwrap())
}

/// The changes with which a complete employer is entered.
pub(in crate::rules) fn complete() -> Vec<EmployerChange> {
    vec![
        EmployerChange::Name(Name::parse("北京华彩印务有限公司").unwrap()),
        EmployerChange::Identifier(credit("91110102T0000001XJ")),
        EmployerChange::Ownership(OwnershipCode::parse("57").unwrap()),
        EmployerChange::ActualAddress(address(COMMUNITIES[0])),
    ]
}

fn entered(from: &str) -> EmployerFacts {
    enter(&complete(), day(from), around(&areas())).unwrap()
}

fn amended(
    facts: &EmployerFacts,
    change: EmployerChange,
    from: &str,
) -> Result<EmployerFacts, EmployerFault> {
    amend(facts, &[change], day(from), around(&areas()))
}

#[test]
fn an_employer_is_active_from_its_first_day_and_unknown_before() {
    let facts = entered("2014-01-01");
    assert_eq!(facts.status_on(day("2013-12-31")), None);
    assert_eq!(facts.status_on(day("2014-01-01")), Some(Status::Active));
    assert_eq!(facts.actual_area_on(day("2014-01-01")), Some(&path(COMMUNITIES[0])));
    assert_eq!(facts.workforce_on(day(TODAY)), None);
}

#[test]
fn before_the_credit_code_the_organisation_code_identifies() {
    let facts = entered("2014-01-01");
    let code = |text| facts.identifiers.on(day(text)).unwrap().to_string();
    assert_eq!(code("2015-09-30"), "T0000001X");
    assert_eq!(code("2015-10-01"), "91110102T0000001XJ");
    // An employer entered by its organisation code gets a credit code that must contain it.
    let mut changes = complete();
    changes[1] = EmployerChange::Identifier(organisation("T0000001-X"));
    let facts = enter(&changes, day("2014-01-01"), around(&areas())).unwrap();
    let given = |text| amended(&facts, EmployerChange::Identifier(credit(text)), "2016-03-01");
    assert_eq!(
        given("91110102T00000028J"),
        Err(EmployerFault::CodesDiffer(organisation("T0000001X"), credit("91110102T00000028J")))
    );
    let facts = given("91110102T0000001XJ").unwrap();
    assert_eq!(facts.identifiers.rows().len(), 2);
    assert_eq!(facts.organisation_code().unwrap().as_str(), "T0000001X");
}

#[test]
fn a_wrong_code_is_corrected_from_its_first_day() {
    let facts = entered("2014-01-01");
    let right = EmployerChange::Identifier(credit("91110102T00000028J"));
    assert!(amended(&facts, right.clone(), "2016-01-01").is_err(), "the wrong one would remain");
    let facts = amended(&facts, right, "2014-01-01").unwrap();
    assert_eq!(facts.organisation_code().unwrap().as_str(), "T00000028");
}

#[test]
fn entering_asks_for_what_every_employer_has() {
    let areas = areas();
    let without = |at: usize| {
        let mut changes = complete();
        changes.remove(at);
        enter(&changes, day("2014-01-01"), around(&areas)).unwrap_err()
    };
    assert_eq!(without(0), EmployerFault::Incomplete("display_name"));
    assert_eq!(without(1), EmployerFault::NotIdentified);
    assert_eq!(without(2), EmployerFault::Incomplete("ownership"));
    assert_eq!(without(3), EmployerFault::Incomplete("actual_address"));
    assert_eq!(
        enter(&complete(), day("2020-06-02"), around(&areas)),
        Err(EmployerFault::InFuture(day("2020-06-02")))
    );
}

#[test]
fn dates_contradict_neither_establishment_nor_record() {
    let facts = entered("2014-01-01");
    let established = |text| EmployerChange::EstablishedOn(Some(day(text)));
    assert_eq!(
        amended(&facts, established("2014-01-02"), "2014-05-01"),
        Err(EmployerFault::BeforeEstablishment(day("2014-01-01"), day("2014-01-02")))
    );
    let facts = amended(&facts, established("2014-01-01"), "2014-05-01").unwrap();
    assert_eq!(
        amended(&facts, EmployerChange::Status(Status::Suspended), "2013-12-31"),
        Err(EmployerFault::BeforeRecord(day("2013-12-31"), day("2014-01-01")))
    );
    let count = Headcount::new(5, None, None).unwrap();
    let early = EmployerChange::Headcount(day("2013-12-31"), count);
    assert!(amended(&facts, early, "2014-05-01").is_err(), "counted before it was established");
    let late = EmployerChange::Headcount(day("2020-06-02"), count);
    assert_eq!(
        amended(&facts, late, "2014-05-01"),
        Err(EmployerFault::InFuture(day("2020-06-02")))
    );
}

#[test]
fn the_last_headcount_up_to_the_day_holds() {
    let mut facts = entered("2014-01-01");
    for (counted_on, employees) in [("2014-06-30", 12), ("2013-12-31", 10), ("2014-06-30", 11)] {
        let count = Headcount::new(employees, Some(4), None).unwrap();
        let change = EmployerChange::Headcount(day(counted_on), count);
        facts = amended(&facts, change, "2014-06-30").unwrap();
    }
    let employees = |text| facts.workforce_on(day(text)).map(|(_, count)| count.employees());
    assert_eq!(employees("2013-12-30"), None);
    assert_eq!(employees("2014-06-29"), Some(10));
    assert_eq!(employees("2014-06-30"), Some(11));
}

#[test]
fn nothing_follows_the_end() {
    let facts = entered("2014-01-01");
    let status = EmployerChange::Status;
    let rested = amended(&facts, status(Status::Suspended), "2015-03-01").unwrap();
    assert_eq!(
        amended(&rested, status(Status::Closed), "2015-02-01"),
        Err(EmployerFault::BeforeLaterStatus(day("2015-02-01"), day("2015-03-01")))
    );
    let ended = amended(&rested, status(Status::Closed), "2016-01-01").unwrap();
    assert_eq!(ended.closed_on(), Some(day("2016-01-01")));
    assert_eq!(
        amended(&ended, status(Status::Active), "2016-01-01"),
        Err(EmployerFault::Closed(day("2016-01-01")))
    );
    let resumed = amended(&ended, status(Status::Active), "2015-06-01").unwrap();
    assert_eq!(resumed.status_on(day("2015-12-31")), Some(Status::Active));
    assert_eq!(resumed.status_on(day("2016-01-01")), Some(Status::Closed));
    let late = EmployerChange::Headcount(day("2016-01-01"), Headcount::new(1, None, None).unwrap());
    assert_eq!(amended(&ended, late, "2015-12-31"), Err(EmployerFault::Closed(day("2016-01-01"))));
}

#[test]
fn an_address_lies_in_an_area_as_long_as_it_holds() {
    let mut areas = areas();
    let plan = plan_close(&areas, &path(COMMUNITIES[2]), None, 0, day("2016-01-01"), day(TODAY));
    areas.apply(&plan.unwrap());
    let facts = entered("2014-01-01");
    let moved = |facts: &EmployerFacts, label, from: &str| {
        let change = EmployerChange::ActualAddress(address(label));
        amend(facts, &[change], day(from), around(&areas))
    };
    for from in ["2015-01-01", "2016-01-01"] {
        assert_eq!(
            moved(&facts, COMMUNITIES[2], from),
            Err(EmployerFault::AreaNotOpen(path(COMMUNITIES[2]), day(from)))
        );
    }
    let facts = moved(&facts, COMMUNITIES[1], "2015-07-01").unwrap();
    let facts = moved(&facts, COMMUNITIES[2], "2015-01-01").unwrap();
    assert_eq!(facts.actual_area_on(day("2015-06-30")), Some(&path(COMMUNITIES[2])));
    assert_eq!(facts.actual_area_on(day("2015-07-01")), Some(&path(COMMUNITIES[1])));
}

#[test]
fn an_employer_follows_its_area_once() {
    let lineage = Lineage {
        kind: LineageKind::Merged,
        predecessor: path(COMMUNITIES[0]),
        successor: path(COMMUNITIES[1]),
        on: day("2015-01-01"),
    };
    let facts = entered("2014-01-01");
    let away = EmployerChange::ActualAddress(address(COMMUNITIES[2]));
    let facts = amended(&facts, away, "2015-07-01").unwrap();
    let back = EmployerChange::ActualAddress(address(COMMUNITIES[0]));
    let facts = amended(&facts, back, "2016-01-01").unwrap();
    let ended = EmployerChange::Status(Status::Closed);
    let facts = amended(&facts, ended, "2017-01-01").unwrap();
    let relocated = relocate(&facts, &lineage);
    for (on, label) in [
        ("2014-12-31", COMMUNITIES[0]),
        ("2015-01-01", COMMUNITIES[1]),
        ("2015-07-01", COMMUNITIES[2]),
        ("2016-01-01", COMMUNITIES[1]),
        ("2018-01-01", COMMUNITIES[1]),
    ] {
        assert_eq!(relocated.actual_area_on(day(on)), Some(&path(label)), "{on}");
    }
    assert_eq!(relocate(&relocated, &lineage), relocated);
}

#[test]
fn codes_are_looked_up_in_their_lists() {
    let facts = entered("2014-01-01");
    let industry =
        Industry { edition: IndustryEdition::Gb2011, code: IndustryCode::parse("00").unwrap() };
    for (change, list) in [
        (EmployerChange::Ownership(OwnershipCode::parse("00").unwrap()), "ownership"),
        (
            EmployerChange::EconomicType(Some(EconomicTypeCode::parse("00").unwrap())),
            "economic_type",
        ),
        (EmployerChange::Industry(Some(industry)), "industry_2011"),
    ] {
        assert_eq!(
            amended(&facts, change, "2014-05-01"),
            Err(EmployerFault::CodeUnknown(list, "00".to_owned(), day("2014-05-01")))
        );
    }
}

#[test]
fn every_refusal_fills_its_texts() {
    let on = day(TODAY);
    for fault in [
        EmployerFault::NotIdentified,
        EmployerFault::CodesDiffer(organisation("T0000001X"), credit("91110102T00000028J")),
        EmployerFault::Incomplete("ownership"),
        EmployerFault::CodeUnknown("ownership", "00".to_owned(), on),
        EmployerFault::AreaNotOpen(path("11"), on),
        EmployerFault::InFuture(on),
        EmployerFault::BeforeRecord(on, on),
        EmployerFault::BeforeEstablishment(on, on),
        EmployerFault::BeforeLaterStatus(on, on),
        EmployerFault::Closed(on),
    ] {
        let refusal = fault.to_fault();
        assert!(!refusal.english().contains('{'), "{refusal}");
        assert!(!refusal.chinese().contains('{'), "{refusal}");
    }
}

/// An edit drawn from small sets, so that edits meet; many are refused, which is part of the test.
pub(in crate::rules) fn edit() -> impl Strategy<Value = (EmployerChange, CivilDate)> {
    let industry = |edition| {
        EmployerChange::Industry(Some(Industry {
            edition,
            code: IndustryCode::parse("83").unwrap(),
        }))
    };
    let change = prop_oneof![
        (0_usize..3).prop_map(|at| EmployerChange::ActualAddress(address(COMMUNITIES[at]))),
        Just(EmployerChange::ActualAddress(Address::new(path("110102012"), "").unwrap())),
        prop_oneof![Just(Status::Active), Just(Status::Suspended), Just(Status::Closed)]
            .prop_map(EmployerChange::Status),
        (0_i32..1500, 0_u32..50).prop_map(|(offset, employees)| {
            let count = Headcount::new(employees, None, None).unwrap();
            EmployerChange::Headcount(offset_day(offset), count)
        }),
        Just(industry(IndustryEdition::Gb2011)),
        Just(industry(IndustryEdition::Gb2017)),
        Just(EmployerChange::Industry(None)),
        Just(EmployerChange::Phone(Some(Phone::parse("010-88881234").unwrap()))),
        Just(EmployerChange::Phone(None)),
        Just(EmployerChange::Ownership(OwnershipCode::parse("10").unwrap())),
        Just(EmployerChange::Ownership(OwnershipCode::parse("57").unwrap())),
        Just(EmployerChange::Name(Name::parse("华彩").unwrap())),
        Just(EmployerChange::Identifier(credit("81110102T0000001XK"))),
        Just(EmployerChange::Identifier(credit("91110102T0000001XJ"))),
    ];
    (change, (0_i32..1500).prop_map(offset_day))
}

/// Days between 2014-06-01 and 2018-07-10, around the turning days of the rules.
fn offset_day(offset: i32) -> CivilDate {
    CivilDate::from_epoch_day(day("2014-06-01").epoch_day() + offset).unwrap()
}

/// Every version of an employer through a history of edits, refused ones left out.
pub(in crate::rules) fn versions(edits: Vec<(EmployerChange, CivilDate)>) -> Vec<EmployerFacts> {
    let areas = areas();
    let mut changes = complete();
    // Without these the record would hardly ever be valid.
    changes.extend([
        EmployerChange::Phone(Some(Phone::parse("010-88881234").unwrap())),
        EmployerChange::Industry(Some(Industry {
            edition: IndustryEdition::Gb2011,
            code: IndustryCode::parse("22").unwrap(),
        })),
        EmployerChange::Headcount(day("2014-05-31"), Headcount::new(12, None, None).unwrap()),
    ]);
    let mut versions = vec![enter(&changes, day("2014-06-01"), around(&areas)).unwrap()];
    for (change, from) in edits {
        let last = versions.last().unwrap();
        if let Ok(next) = amend(last, &[change], from, around(&areas)) {
            versions.push(next);
        }
    }
    versions
}
