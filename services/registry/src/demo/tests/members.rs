//! Synthetic members.

use std::collections::{BTreeMap, HashSet};

use super::*;
use crate::columns::member;

fn members(count: u32, dirty: u16) -> Vec<DemoMember> {
    let of = (employers_for(count), SEED, DirtShares::none());
    generate_members(count, of, dirty).unwrap().collect()
}

fn shown(row: &DemoMember, column: Column) -> &str {
    match row.cell(column) {
        DemoCell::Text(text) => text,
        _ => "",
    }
}

#[test]
fn a_file_of_members_is_the_same_everywhere() {
    let few = members(200, 100);
    assert_eq!(few, members(200, 100));
    let of = (employers_for(200), 8, DirtShares::none());
    assert_ne!(few, generate_members(200, of, 100).unwrap().collect::<Vec<_>>());
    assert_eq!(few.len(), 200);
}

#[test]
fn members_belong_to_the_unions_of_the_other_files_once_these_cover_their_employer() {
    let of = (employers_for(6_000), SEED, DirtShares::none());
    let unions: HashSet<String> = generate_unions(of)
        .unwrap()
        .map(|union| match &union.cells()[1] {
            DemoCell::Text(code) => code.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    let cell = |row: &DemoCoverage, column: Column| {
        let at = columns::coverage::ALL.iter().position(|other| *other == column).unwrap();
        match &row.cells()[at] {
            DemoCell::Text(text) => text.clone(),
            _ => String::new(),
        }
    };
    let covered: HashMap<String, (String, String)> = generate_coverage(of)
        .unwrap()
        .map(|row| {
            let of = |column| cell(&row, column);
            (
                of(columns::coverage::EMPLOYER),
                (of(columns::coverage::UNION), of(columns::coverage::FROM)),
            )
        })
        .collect();
    let (mut sizes, mut left, mut alone) = (BTreeMap::<String, u32>::new(), 0, 0);
    for row in members(6_000, 0) {
        let (union, employer) = (shown(&row, member::UNION), shown(&row, member::EMPLOYER));
        let joined = shown(&row, member::JOINED_ON);
        assert!(unions.contains(union), "{union}");
        assert!(("2014-01-01"..="2023-12-31").contains(&joined), "{joined}");
        if employer.is_empty() {
            alone += 1;
            assert!(!shown(&row, member::WORKER_GROUP).is_empty());
        } else {
            let (by, from) = &covered[employer];
            assert_eq!((by.as_str(), from.as_str() <= joined), (union, true));
        }
        *sizes.entry(union.to_owned()).or_default() += 1;
        let gone = shown(&row, member::LEFT_ON);
        assert!(gone.is_empty() || (joined..="2023-12-31").contains(&gone) && gone > joined);
        left += u32::from(!gone.is_empty());
    }
    assert!((600..1_200).contains(&left), "{left} left");
    assert!(alone < 3_000, "{alone} without an employer");
    let (most, fewest) = (sizes.values().max().unwrap(), sizes.values().min().unwrap());
    assert!(*most > 200 && *fewest < 10, "from {fewest} to {most}");
}

#[test]
fn a_dirty_member_is_spoiled_in_one_column_only() {
    let (clean, dirty) = (members(5_000, 0), members(5_000, 100));
    let mut found: HashMap<MemberDirt, u32> = HashMap::new();
    let duplicate = [member::DOCUMENT_TYPE, member::BIRTH_DATE, member::SEX];
    for (clean, dirty) in clean.iter().zip(&dirty) {
        let kind = dirty.planted.map(|(kind, _)| kind);
        let column = kind.map(MemberDirt::column);
        for other in member::ALL.into_iter().filter(|other| Some(*other) != column) {
            if kind == Some(MemberDirt::DuplicateInFile) && duplicate.contains(&other) {
                continue;
            }
            assert_eq!(clean.cell(other), dirty.cell(other), "{kind:?}");
        }
        if let Some((kind, column)) = kind.zip(column) {
            assert_ne!(clean.cell(column), dirty.cell(column), "{kind:?}");
            *found.entry(kind).or_default() += 1;
        }
    }
    for kind in MemberDirt::ALL {
        assert!(found[&kind].abs_diff(50) <= 2, "{kind:?}: {}", found[&kind]);
    }
}
