use unionhall_kit::path::Path;
use uuid::Uuid;

use super::*;
use crate::rules::union::{Status, affiliation::MAX_DEPTH, kind::UnionLevel};

fn day(offset: i32) -> CivilDate {
    CivilDate::from_epoch_day(offset).unwrap()
}

fn id(number: u128) -> UnionId {
    UnionId(Uuid::from_u128(number))
}

fn path(labels: &[UnionId]) -> AffiliationPath {
    let text: String = labels.iter().map(|id| Label::of(*id).to_string()).collect();
    Path::parse(&format!("u{text}")).unwrap().try_into().unwrap()
}

fn since(path: AffiliationPath, from: i32) -> History<AffiliationPath> {
    let mut paths = History::default();
    paths.record(Some(path), day(from));
    paths
}

fn union(level: UnionLevel, superior: Option<UnionId>) -> UnionFacts {
    let mut facts = UnionFacts::default();
    facts.statuses.record(Some(Status::Active), day(10));
    facts.levels.record(Some(level), day(10));
    facts.superiors.record(superior, day(10));
    facts
}

#[test]
fn a_union_comes_below_one_that_stands_no_lower_and_not_below_itself() {
    let basic = union(UnionLevel::Basic, Some(id(2)));
    let district = union(UnionLevel::District, None);
    let paths = since(path(&[id(3)]), 10);
    let above = Above { id: id(3), facts: &district, paths: &paths };
    let try_on = |above, from, today| affiliate((id(1), &basic), above, (day(from), day(today)));
    let moved = try_on(Some(above), 30, 40).unwrap();
    assert_eq!(moved.superiors.on(day(29)), Some(&id(2)));
    assert_eq!(moved.superiors.on(day(30)), Some(&id(3)));
    let none = try_on(None, 30, 40).unwrap();
    assert_eq!(none.superiors.on(day(30)), None);
    let refused = |fault| Err(UnionFault::Superior(fault));
    assert_eq!(try_on(Some(above), 41, 40), Err(UnionFault::InFuture(day(41))));
    assert_eq!(try_on(Some(above), 9, 40), Err(UnionFault::BeforeEstablishment(day(9), day(10))));
    let same = Above { id: id(2), ..above };
    assert_eq!(try_on(Some(same), 30, 40), refused(SuperiorFault::Unchanged));
    let lower = union(UnionLevel::Group, None);
    let lower = Above { facts: &lower, ..above };
    assert_eq!(try_on(Some(lower), 30, 40), refused(SuperiorFault::Lower));
    let mut ended = district.clone();
    ended.statuses.record(Some(Status::Dissolved), day(35));
    let ended = Above { facts: &ended, ..above };
    assert_eq!(try_on(Some(ended), 30, 40), refused(SuperiorFault::NotActive));
    let itself = Above { id: id(1), facts: &basic, ..above };
    assert_eq!(try_on(Some(itself), 30, 40), refused(SuperiorFault::Below));
}

#[test]
fn nobody_comes_below_one_that_stands_below_it_on_any_of_the_days() {
    let basic = union(UnionLevel::Basic, None);
    let other = union(UnionLevel::Basic, None);
    let mut paths = since(path(&[id(3)]), 10);
    paths.record(Some(path(&[id(1), id(3)])), day(35));
    let above = Above { id: id(3), facts: &other, paths: &paths };
    let below = Err(UnionFault::Superior(SuperiorFault::Below));
    assert_eq!(affiliate((id(1), &basic), Some(above), (day(30), day(40))), below);
    // A later change that is recorded already ends what is recorded now, before that day.
    let mut leaves = basic.clone();
    leaves.superiors.record(Some(id(9)), day(35));
    let affiliated = affiliate((id(1), &leaves), Some(above), (day(30), day(40))).unwrap();
    assert_eq!(affiliated.superiors.on(day(34)), Some(&id(3)));
    assert_eq!(affiliated.superiors.on(day(35)), Some(&id(9)));
}

#[test]
fn who_stands_deepest_decides_whether_all_fit() {
    let old = since(path(&[id(1)]), 10);
    let mut new = old.clone();
    let above: Vec<UnionId> = (10..18).map(id).collect();
    new.record(Some(path(&[above.as_slice(), &[id(1)]].concat())), day(30));
    assert!(fits(&old, &new, |_| MAX_DEPTH - 8), "nine and three below");
    assert!(!fits(&old, &new, |_| MAX_DEPTH - 7), "nine and four below");
    assert!(fits(&old, &old, |_| MAX_DEPTH));
}
