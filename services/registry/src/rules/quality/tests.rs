use super::*;
use crate::rules::{
    area::AreaPath,
    employer::{
        address::{Address, Phone},
        change::EmployerChange,
        code::{EconomicTypeCode, Industry, IndustryCode, IndustryEdition, OwnershipCode},
        headcount::Headcount,
        tests::{areas, around, complete, credit, day},
    },
    name::Name,
};

fn rules() -> &'static RuleSet {
    RuleSet::shipped().unwrap()
}

/// A record of 2014 without a failed rule.
fn sound() -> Vec<EmployerChange> {
    let industry =
        Industry { edition: IndustryEdition::Gb2011, code: IndustryCode::parse("22").unwrap() };
    let registered = Address::new(AreaPath::parse("1101").unwrap(), "某路1号").unwrap();
    let mut changes = complete();
    changes.extend([
        EmployerChange::Industry(Some(industry)),
        EmployerChange::EconomicType(Some(EconomicTypeCode::parse("170").unwrap())),
        EmployerChange::RegisteredAddress(Some(registered)),
        EmployerChange::Phone(Some(Phone::parse("010-88881234").unwrap())),
        EmployerChange::EstablishedOn(Some(day("2014-02-27"))),
        headcount("2014-02-27", 12),
    ]);
    changes
}

fn headcount(counted_on: &str, employees: u32) -> EmployerChange {
    EmployerChange::Headcount(day(counted_on), Headcount::new(employees, None, None).unwrap())
}

fn facts(changes: &[EmployerChange]) -> EmployerFacts {
    let areas = areas();
    crate::rules::employer::change::enter(changes, day("2014-02-27"), around(&areas)).unwrap()
}

fn failed(facts: &EmployerFacts, on: &str) -> Vec<&'static str> {
    rules().assess(facts, day(on)).iter().map(|failed| failed.rule.id.as_str()).collect()
}

#[test]
fn the_shipped_table_is_read_and_a_sound_record_passes() {
    assert_eq!((rules().rules().len(), rules().revision()), (18, 1));
    let facts = facts(&sound());
    assert_eq!(failed(&facts, "2014-02-27"), [""; 0]);
    assert!(rules().passes(&facts, day("2014-02-27")));
}

#[test]
fn each_rule_finds_its_fault() {
    let address = |label: &str, line: &str| {
        EmployerChange::ActualAddress(Address::new(AreaPath::parse(label).unwrap(), line).unwrap())
    };
    let industry = |edition| {
        EmployerChange::Industry(Some(Industry {
            edition,
            code: IndustryCode::parse("83").unwrap(),
        }))
    };
    let name = |text| EmployerChange::Name(Name::parse(text).unwrap());
    let nature = |code| EmployerChange::Ownership(OwnershipCode::parse(code).unwrap());
    let code = |text| EmployerChange::Identifier(credit(text));
    for (change, on, expected) in [
        (code("81110102T0000001XK"), "2016-01-01", vec!["Q02", "Q04", "Q09"]),
        (nature("10"), "2016-01-01", vec!["Q04", "Q09"]),
        // Before the credit codes there is nothing to compare with.
        (nature("10"), "2014-03-01", vec![]),
        // A nature that the table does not list goes with any code.
        (nature("82"), "2016-01-01", vec!["Q09"]),
        (EmployerChange::Industry(None), "2014-03-01", vec!["Q05"]),
        (industry(IndustryEdition::Gb2017), "2014-03-01", vec!["Q07"]),
        (headcount("2014-02-27", 0), "2014-03-01", vec!["Q10"]),
        (address("110102010", "裕民路8号"), "2014-03-01", vec!["Q11"]),
        (address("110102010001", ""), "2014-03-01", vec!["Q12"]),
        (EmployerChange::RegisteredAddress(None), "2014-03-01", vec!["Q13"]),
        (EmployerChange::EconomicType(None), "2014-03-01", vec!["Q14"]),
        (EmployerChange::EstablishedOn(None), "2014-03-01", vec!["Q15"]),
        (EmployerChange::Phone(None), "2014-03-01", vec!["Q16"]),
        (name("华彩"), "2014-03-01", vec!["Q17"]),
        (name("HUACAI"), "2014-03-01", vec!["Q18"]),
    ] {
        let mut changes = sound();
        changes.push(change.clone());
        assert_eq!(failed(&facts(&changes), on), expected, "{change:?}");
    }
    let mut uncounted = sound();
    uncounted.pop();
    assert_eq!(failed(&facts(&uncounted), "2016-01-01"), ["Q08"]);
}

#[test]
fn an_unknown_category_is_an_advice() {
    let code = crate::rules::credit_code::CreditCode::compose('9', '4', "110102", "T0000001");
    let identifier = crate::rules::employer::identifier::Identifier::Credit(code.unwrap());
    let mut changes = sound();
    changes.push(EmployerChange::Identifier(identifier));
    changes.push(EmployerChange::Ownership(OwnershipCode::parse("99").unwrap()));
    changes.push(headcount("2016-01-01", 12));
    let facts = facts(&changes);
    assert_eq!(failed(&facts, "2016-01-01"), ["Q03"]);
    assert!(rules().passes(&facts, day("2016-01-01")), "advice does not decide");
}

#[test]
fn a_headcount_is_stale_after_its_twelfth_month() {
    let mut changes = sound();
    changes.push(headcount("2016-02-29", 12));
    let facts = facts(&changes);
    // Within twelve months includes the last day; 2017 has no 29 February.
    assert_eq!(failed(&facts, "2017-02-28"), [""; 0]);
    assert_eq!(failed(&facts, "2017-03-01"), ["Q09"]);
    assert!(rules().turning_days(&facts).contains(&day("2017-03-01")));
    // The count of 2014 grew old in 2015, where the rule begins to judge; before the new one.
    assert_eq!(failed(&facts, "2015-02-27"), [""; 0]);
    assert_eq!(failed(&facts, "2015-02-28"), ["Q09"]);
}

#[test]
fn no_rule_judges_days_before_its_own() {
    let mut changes = sound();
    changes[1] = EmployerChange::Identifier(
        crate::rules::employer::identifier::Identifier::Organisation("T0000001X".parse().unwrap()),
    );
    changes.push(headcount("2017-12-31", 12));
    let facts = facts(&changes);
    assert_eq!(failed(&facts, "2017-12-31"), [""; 0]);
    assert_eq!(failed(&facts, "2018-01-01"), ["Q01"]);
    assert_eq!(failed(&facts, "2018-10-01"), ["Q01", "Q06"]);
}

#[test]
fn every_rule_names_its_remedy_in_both_languages() {
    for rule in rules().rules() {
        assert!(rule.remedy_en.is_ascii() || rule.remedy_en.contains('–'), "{}", rule.id);
        assert!(!rule.remedy_zh.is_ascii(), "{}", rule.id);
    }
}

#[test]
fn a_table_that_cannot_be_evaluated_is_refused() {
    const HEAD: &str = "id,revision,valid_from,valid_until,severity,field,check,argument,\
                        remedy_en,remedy_zh,source\n";
    let row = "X1,1,1900-01-01,,MANDATORY,workforce,not_zero,,mend,更正,law\n";
    assert!(RuleSet::parse(&format!("{HEAD}{row}")).is_ok());
    for (broken, problem) in [
        (format!("{row}{row}"), "occurs twice"),
        (row.replace("not_zero", "no_such"), "no check"),
        (row.replace("not_zero,", "not_zero,5"), "no argument"),
        (row.replace("not_zero,", "counted_within_months,x"), "no argument"),
        (row.replace("workforce", "phone"), "cannot look at"),
        (row.replace("workforce", "mood"), "no field"),
        (row.replace("MANDATORY", "GRAVE"), "no severity"),
        (row.replace("1900-01-01", "1900-02-30"), "date"),
        (row.replace("1900-01-01,", ","), "no first day"),
        (row.replace("1900-01-01,", "1900-01-02,1900-01-01"), "ends before"),
        (row.replace("更正", ""), "missing"),
        (row.replace(",law", ""), "record 1"),
        (row.replace("workforce,not_zero,", "industry,edition_between,2002=.."), "no argument"),
        (row.replace("workforce,not_zero,", "ownership,matches_category,10=9"), "no argument"),
        (row.replace("workforce,not_zero,", "credit_code,authority_not,81"), "no argument"),
        (row.replace("workforce,not_zero,", "actual_address,level,STREET"), "no argument"),
    ] {
        let fault = RuleSet::parse(&format!("{HEAD}{broken}")).unwrap_err().to_string();
        assert!(fault.contains(problem), "{broken}: {fault}");
    }
}
