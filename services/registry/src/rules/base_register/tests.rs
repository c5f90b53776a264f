use super::{
    contribution::{Listing, contributions, listing},
    finding::{Difference, Entry, Finding, compare},
    *,
};
use crate::rules::{
    employer::{
        Status,
        change::{EmployerChange, amend, enter},
        tests::{COMMUNITIES, areas, around, complete, day, path},
    },
    history::{Dated, History},
};

fn id(number: u128) -> BaseRegisterId {
    BaseRegisterId(Uuid::from_u128(number))
}

fn draft(edition: &str, as_of: &str) -> BaseRegister {
    let called = (Edition::parse(edition).unwrap(), Name::parse("某某局").unwrap());
    let of = (day(as_of), path("110102"));
    let draft = BaseRegister::draft(called, of, (day("2015-03-01"), &areas())).unwrap();
    BaseRegister { entries: 3, ..draft }
}

fn counting(edition: &str, from: &str, until: Option<&str>) -> BaseRegister {
    let counts = Period::new(day(from), until.map(day));
    BaseRegister { counts, ..draft(edition, from) }
}

#[test]
fn a_draft_is_of_a_district_and_of_a_day_that_has_come() {
    let called = || (Edition::parse("甲").unwrap(), Name::parse("某某局").unwrap());
    let at = |as_of, area: &str| {
        BaseRegister::draft(called(), (day(as_of), path(area)), (day("2015-03-01"), &areas()))
    };
    assert!(at("2015-03-01", "110102").is_ok());
    assert_eq!(at("2015-03-02", "110102"), Err(BaseRegisterFault::InFuture(day("2015-03-02"))));
    assert_eq!(
        at("2015-03-01", "110102001"),
        Err(BaseRegisterFault::NotADistrict(path("110102001")))
    );
    let closed = BaseRegisterFault::AreaNotOpen(path("110102"), day("1899-12-31"));
    assert_eq!(at("1899-12-31", "110102"), Err(closed));
    assert!(Edition::parse("").is_err() && Edition::parse(&"年".repeat(61)).is_err());
    assert_eq!(Edition::parse("　２０１４－１２ ").unwrap().as_str(), "2014-12");
}

#[test]
fn an_edition_takes_the_place_of_the_one_before() {
    let today = day("2015-03-01");
    let new = draft("2014", "2014-12-31");
    let activation = new.activate(&[], day("2015-01-01"), today).unwrap();
    assert_eq!(activation, Activation { counts: Period::since(day("2015-01-01")), ends: None });
    let others = [(id(1), counting("2013", "2014-01-01", None))];
    assert_eq!(new.activate(&others, day("2015-01-01"), today).unwrap().ends, Some(id(1)));
    for (from, fault) in [
        ("2015-03-02", BaseRegisterFault::InFuture(day("2015-03-02"))),
        ("2014-12-30", BaseRegisterFault::BeforeItsDay(day("2014-12-30"), day("2014-12-31"))),
    ] {
        assert_eq!(new.activate(&others, day(from), today), Err(fault), "{from}");
    }
    let empty = BaseRegister { entries: 0, ..new.clone() };
    assert_eq!(empty.activate(&[], today, today), Err(BaseRegisterFault::Empty));
    let own = counting("2014", "2015-01-01", None);
    assert_eq!(own.activate(&[], today, today), Err(BaseRegisterFault::Counts));
}

#[test]
fn days_on_which_another_counted_stay_its_own() {
    let today = day("2015-03-01");
    let new = draft("neu", "2014-01-01");
    for (until, from, possible) in [
        (None, "2014-12-31", false),
        (None, "2015-01-01", false),
        (None, "2015-01-02", true),
        (Some("2015-02-01"), "2015-01-31", false),
        (Some("2015-02-01"), "2015-02-01", true),
    ] {
        let others = [(id(1), counting("alt", "2015-01-01", until))];
        let found = new.activate(&others, day(from), today);
        assert_eq!(found.is_ok(), possible, "{until:?} {from}: {found:?}");
        if let Ok(activation) = found {
            assert_eq!(activation.ends.is_some(), until.is_none());
        }
    }
}

#[test]
fn only_the_latest_is_taken_back_and_its_predecessor_counts_on() {
    let successor = Some(id(2));
    let first = BaseRegister { successor, ..counting("alt", "2014-01-01", Some("2015-01-01")) };
    let second = counting("neu", "2015-01-01", None);
    assert_eq!(second.deactivate(id(2), &[(id(1), first.clone())]), Ok(Some(id(1))));
    let later = BaseRegisterFault::NotTheLatest(second.edition.clone(), day("2015-01-01"));
    assert_eq!(first.deactivate(id(1), &[(id(2), second.clone())]), Err(later));
    assert_eq!(draft("x", "2014-01-01").deactivate(id(3), &[]), Err(BaseRegisterFault::Draft));
    assert_eq!(first.retire(day("2015-02-01"), day("2015-03-01")), Err(BaseRegisterFault::Ended));
    let retired = second.retire(day("2015-02-01"), day("2015-03-01")).unwrap();
    assert_eq!(retired.until(), Some(day("2015-02-01")));
    assert!(second.retire(day("2015-01-01"), day("2015-03-01")).is_err());
}

#[test]
fn an_entry_counts_where_it_is_listed_while_its_edition_counts() {
    let places = History::new(vec![
        Dated {
            value: path(COMMUNITIES[0]),
            period: Period::new(day("2014-01-01"), Some(day("2014-06-01"))).unwrap(),
        },
        Dated { value: path(COMMUNITIES[1]), period: Period::since(day("2014-06-01")) },
    ])
    .unwrap();
    let counts = Period::new(day("2014-03-01"), Some(day("2015-01-01")));
    let steps = contributions(&listing(&places, counts));
    let written: Vec<_> = steps
        .iter()
        .map(|step| (step.leaf.node.as_str(), step.day.to_string(), step.delta))
        .collect();
    assert_eq!(
        written,
        [
            (COMMUNITIES[0], "2014-03-01".to_owned(), 1),
            (COMMUNITIES[0], "2014-06-01".to_owned(), -1),
            (COMMUNITIES[1], "2014-06-01".to_owned(), 1),
            (COMMUNITIES[1], "2015-01-01".to_owned(), -1),
        ]
    );
    assert_eq!(listing(&places, None), Listing::default());
}

#[test]
fn list_and_register_are_compared_as_of_a_day() {
    let facts = enter(&complete(), day("2014-01-01"), around(&areas())).unwrap();
    let on = day("2014-02-01");
    let entry = Entry {
        name: facts.names.on(on).unwrap().clone(),
        credit_code: None,
        organisation_code: facts.organisation_code().unwrap(),
        ownership: None,
        area: facts.actual_area_on(on).unwrap().clone(),
    };
    let agrees = |entry: &Entry| compare(entry, Some(&facts), on);
    assert_eq!(agrees(&entry), Finding::Matched);
    assert_eq!(compare(&entry, None, on), Finding::MissingHere);
    let coarse = Entry { area: path("110102"), ..entry.clone() };
    assert_eq!(agrees(&coarse), Finding::Matched, "a coarse list contradicts nothing");
    let differing = |entry: &Entry| match agrees(entry) {
        Finding::Conflicting(found) => found,
        _ => Vec::new(),
    };
    let renamed = Entry { name: Name::parse("另一企业").unwrap(), ..entry.clone() };
    assert!(differing(&renamed).contains(&Difference::Name));
    let elsewhere = Entry { area: path("110105001001"), ..entry.clone() };
    assert!(differing(&elsewhere).contains(&Difference::Area));
    let ended = amend(&facts, &[EmployerChange::Status(Status::Closed)], on, around(&areas()));
    let found = compare(&entry, Some(&ended.unwrap()), on);
    assert!(matches!(found, Finding::Conflicting(found) if found.contains(&Difference::Ended)));
}
