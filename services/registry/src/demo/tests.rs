use std::collections::{HashMap, HashSet};

use super::{words::KINDS, *};
use crate::{
    reference::{ListId, ReferenceBook, shipped_areas},
    rules::{
        credit_code::{CreditCode, CreditCodeFault},
        name::Name,
        organisation_code::OrganisationCode,
    },
};

mod files;
mod members;

const SEED: u64 = 7;

fn rows(count: u32, shares: DirtShares) -> Vec<DemoRow> {
    generate_employers(count, SEED, shares).unwrap().collect()
}

fn text(row: &DemoRow, column: Column) -> &str {
    match row.cell(column) {
        DemoCell::Text(text) => text,
        _ => "",
    }
}

fn number(row: &DemoRow, column: Column) -> i64 {
    match row.cell(column) {
        DemoCell::Number(number) => *number,
        other => panic!("{other:?}"),
    }
}

/// Reads the ways in which clean dates are written.
fn date(row: &DemoRow, column: Column) -> CivilDate {
    match row.cell(column) {
        DemoCell::Date(date) => *date,
        DemoCell::Text(text) => {
            let parts: Vec<u32> =
                text.split(['-', '/', '年', '月', '日']).filter_map(|p| p.parse().ok()).collect();
            CivilDate::new(i32::try_from(parts[0]).unwrap(), parts[1], parts[2]).unwrap()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_is_the_same_everywhere_and_a_longer_one_begins_alike() {
    let few = rows(50, DirtShares::of_each(100));
    assert_eq!(few, rows(500, DirtShares::of_each(100))[..50]);
    let other: Vec<_> = generate_employers(50, 8, DirtShares::none()).unwrap().collect();
    assert_ne!(few, other);
    // Pinned: a change here changes every file that a test or a measurement was made with.
    let row = &few[41];
    assert_eq!(text(row, columns::NAME), "北京市西城区骁苒岚祺事务中心");
    assert_eq!(text(row, columns::CREDIT_CODE), "12110102TT6L7B4J6W");
    assert_eq!(row.cell(columns::EMPLOYEES), &DemoCell::Number(257));
}

#[test]
fn codes_are_right_and_names_and_codes_never_repeat() {
    let (mut names, mut bodies) = (HashSet::new(), HashSet::new());
    for row in rows(20_000, DirtShares::none()) {
        assert_eq!(row.planted, None);
        let name = text(&row, columns::NAME).to_owned();
        assert!(Name::parse(&name).is_ok(), "{name}");
        assert!(names.insert(name));
        let credit = text(&row, columns::CREDIT_CODE);
        let organisation = if credit.is_empty() {
            assert!(date(&row, columns::EFFECTIVE_ON) < CivilDate::new(2015, 10, 1).unwrap());
            OrganisationCode::parse(text(&row, columns::ORGANISATION_CODE)).unwrap()
        } else {
            let code = CreditCode::parse(credit).unwrap();
            assert!(code.category_is_known(), "{credit}");
            assert_ne!(code.authority(), '8', "an employer is no union");
            code.organisation_code()
        };
        assert!(organisation.as_str().starts_with('T'), "synthetic bodies begin with T");
        assert!(bodies.insert(organisation.as_str().to_owned()));
    }
}

#[test]
fn clean_rows_use_the_shipped_lists_and_areas() {
    let book = ReferenceBook::shipped().unwrap();
    let areas: HashSet<String> =
        shipped_areas().unwrap().into_iter().map(|area| area.label.to_string()).collect();
    let mut communities = HashSet::new();
    for row in rows(20_000, DirtShares::none()) {
        let effective = date(&row, columns::EFFECTIVE_ON);
        for (column, list) in [
            (columns::OWNERSHIP, ListId::Ownership),
            (columns::ECONOMIC_TYPE, ListId::EconomicType),
            (columns::INDUSTRY, ListId::Industry),
            (columns::STATUS, ListId::EmployerStatus),
        ] {
            let given = text(&row, column);
            assert!(given.is_empty() || book.lookup(list, given, effective).is_ok(), "{given}");
        }
        let edition = book.on(ListId::Industry, effective).unwrap().edition();
        assert_eq!(text(&row, columns::INDUSTRY_EDITION), edition);
        assert!(areas.contains(text(&row, columns::REGISTERED_AREA)));
        assert_eq!(text(&row, columns::ACTUAL_AREA).len(), 12);
        assert!(areas.contains(text(&row, columns::ACTUAL_AREA)));
        communities.insert(text(&row, columns::ACTUAL_AREA).to_owned());
    }
    assert_eq!(communities.len(), 263, "every community has employers");
}

#[test]
fn trades_mean_the_same_division_in_both_editions() {
    let book = ReferenceBook::shipped().unwrap();
    let list = |edition| book.edition(ListId::Industry, edition).unwrap();
    for trade in KINDS.iter().flat_map(|kind| kind.trades) {
        let (old, new) = (list("2011").find(trade.1).unwrap(), list("2017").find(trade.2).unwrap());
        assert_eq!(old.parent, new.parent, "{trade:?}");
    }
}

#[test]
fn dates_and_counts_of_clean_rows_hang_together() {
    let mut counts = Vec::new();
    let counted = |row: &DemoRow| *row.cell(columns::EMPLOYEES) != DemoCell::Empty;
    for row in rows(20_000, DirtShares::none()) {
        // An employer that has ended is counted no more.
        assert_eq!(counted(&row), text(&row, columns::STATUS) != "注销");
    }
    for row in rows(20_000, DirtShares::none()).into_iter().filter(counted) {
        let established = date(&row, columns::ESTABLISHED_ON);
        let effective = date(&row, columns::EFFECTIVE_ON);
        assert!(established <= effective && effective <= date(&row, columns::COUNTED_ON));
        assert!((1985..=2022).contains(&established.year()));
        let employees = number(&row, columns::EMPLOYEES);
        for part in [columns::FEMALE_EMPLOYEES, columns::MIGRANT_EMPLOYEES] {
            assert!((0..=employees).contains(&number(&row, part)));
        }
        counts.push(employees);
    }
    counts.sort_unstable();
    let (median, largest) = (counts[counts.len() / 2], counts[counts.len() - 1]);
    assert!(median < 10 && largest > 3_000, "a long tail: {median}, {largest}");
}

#[test]
fn each_kind_of_dirt_has_its_stated_share() {
    let shares = DirtShares::of_each(50).with(Dirt::MissingName, 300).unwrap();
    let mut found: HashMap<Dirt, u32> = HashMap::new();
    for fault in rows(20_000, shares).iter().filter_map(|row| row.planted) {
        *found.entry(fault.kind).or_default() += 1;
    }
    for kind in Dirt::ALL {
        let expected = u32::from(shares.of(kind)) * 2;
        assert!(found[&kind].abs_diff(expected) <= 1, "{kind:?}: {} of {expected}", found[&kind]);
        assert_eq!(Dirt::parse(kind.as_str()), Some(kind));
    }
}

#[test]
fn shares_beyond_the_whole_are_refused() {
    assert_eq!(DirtShares::none().with(Dirt::MissingName, 10_001), None);
    let full = DirtShares::none().with(Dirt::MissingName, 10_000).unwrap();
    assert_eq!(full.with(Dirt::OverlongName, 1), None);
    assert!(rows(100, full).iter().all(|row| row.planted.is_some()));
    assert_eq!(DirtShares::of_each(u16::MAX).of(Dirt::MissingName), 909);
}

#[test]
fn a_dirty_row_is_spoiled_in_its_one_column_only() {
    let clean = rows(3_000, DirtShares::none());
    let dirty = rows(3_000, DirtShares::of_each(400));
    let identifiers = [columns::CREDIT_CODE, columns::ORGANISATION_CODE];
    for (clean, dirty) in clean.iter().zip(&dirty) {
        let column = dirty.planted.map(|fault| fault.kind.column());
        for other in columns::EMPLOYER.into_iter().filter(|other| Some(*other) != column) {
            if dirty.planted.is_some() && identifiers.contains(&other) {
                continue;
            }
            assert_eq!(clean.cell(other), dirty.cell(other), "{:?}", dirty.planted);
        }
        if let Some(column) = column {
            assert_ne!(clean.cell(column), dirty.cell(column), "{:?}", dirty.planted);
            assert_eq!(dirty.cell(columns::ORGANISATION_CODE), &DemoCell::Empty);
        }
    }
}

#[test]
fn every_planted_fault_is_one() {
    let book = ReferenceBook::shipped().unwrap();
    let areas = shipped_areas().unwrap();
    let mut codes: HashMap<CreditCode, u32> = HashMap::new();
    for row in rows(10_000, DirtShares::of_each(300)) {
        let code = CreditCode::parse(text(&row, columns::CREDIT_CODE));
        let name = text(&row, columns::NAME);
        let kind = row.planted.map(|fault| fault.kind);
        match kind {
            Some(Dirt::WrongCheckDigit) => {
                assert_eq!(code, Err(CreditCodeFault::OuterCheck));
            }
            Some(Dirt::NumericIdentifier) => assert!(number(&row, columns::CREDIT_CODE) > 0),
            Some(Dirt::DuplicateInFile) => {
                assert_eq!(codes.get(&code.unwrap()).copied(), row.planted.unwrap().repeats_line);
            }
            Some(Dirt::MissingName) => assert_eq!(row.cell(columns::NAME), &DemoCell::Empty),
            Some(Dirt::OverlongName) => assert!(name.chars().count() > 200),
            Some(Dirt::ControlCharacter) => {
                assert!(kit::text::has_forbidden(&kit::text::normalised(name)));
            }
            Some(Dirt::UnknownIndustry) => {
                let given = text(&row, columns::INDUSTRY);
                let editions = ["2011", "2017"].map(|e| book.edition(ListId::Industry, e).unwrap());
                assert!(editions.iter().all(|list| list.find(given).is_none()), "{given}");
            }
            Some(Dirt::UnknownCommunity) => {
                let given = text(&row, columns::ACTUAL_AREA);
                assert!(areas.iter().all(|area| area.label.as_str() != given));
            }
            Some(Dirt::ImpossibleDate) => {
                let given = text(&row, columns::ESTABLISHED_ON);
                assert!(["2010-02-30", "2011/6/31", "2009年13月1日"].contains(&given));
            }
            Some(Dirt::NegativeCount) => assert!(number(&row, columns::EMPLOYEES) < 0),
            Some(Dirt::AbsurdCount) => assert!(number(&row, columns::EMPLOYEES) > 9_999_999),
            None => codes.extend(code.map(|code| (code, row.line))),
        }
    }
}
