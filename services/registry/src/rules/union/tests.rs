use super::{
    change::{Surroundings, UnionChange, UnionFault, amend, enter},
    contribution::{UnionMetric, worth},
    kind::{CoverKind, UnionForm, UnionLevel, UnionType},
    *,
};
use crate::{
    reference::{ListId, ReferenceBook},
    rules::{
        employer::tests::{COMMUNITIES, address, areas, day, path},
        union::affiliation::paths,
    },
};

fn joint(level: UnionLevel) -> Vec<UnionChange> {
    vec![
        UnionChange::Name(Name::parse("北京某某联合工会").unwrap()),
        UnionChange::Type(UnionType::Joint),
        UnionChange::Form(UnionForm::JointCommittee),
        UnionChange::Level(level),
        UnionChange::Seat(address(COMMUNITIES[0])),
    ]
}

fn entered(changes: &[UnionChange], from: &str) -> Result<UnionFacts, UnionFault> {
    let areas = areas();
    enter(
        changes,
        day(from),
        Surroundings { today: day("2014-07-01"), areas: &areas, superior: None },
    )
}

#[test]
fn the_lists_have_the_codes_of_the_rules_and_no_others() {
    let book = ReferenceBook::shipped().unwrap();
    let listed = |id| -> Vec<String> {
        book.list(id).codes().iter().map(|code| code.code.clone()).collect()
    };
    let codes = |all: &[&'static str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    let types: Vec<_> = UnionType::ALL.iter().map(|kind| kind.code()).collect();
    assert_eq!(listed(ListId::UnionType), codes(&types));
    let forms: Vec<_> = UnionForm::ALL.iter().map(|form| form.code()).collect();
    assert_eq!(listed(ListId::UnionForm), codes(&forms));
    let levels: Vec<_> = UnionLevel::ALL.iter().map(|level| level.code()).collect();
    assert_eq!(listed(ListId::UnionLevel), codes(&levels));
    let marks: Vec<_> = UnionMark::ALL.iter().map(|mark| mark.code()).collect();
    assert_eq!(listed(ListId::UnionMark), codes(&marks));
}

#[test]
fn every_figure_has_a_number_and_a_name_of_its_own() {
    let all: Vec<_> = UnionMetric::all().collect();
    for (metric, id, name) in &all {
        assert_eq!(UnionMetric::of_id(*id), Some(*metric));
        assert_eq!(all.iter().filter(|(_, _, other)| other == name).count(), 1, "{name}");
    }
    assert_eq!(all.len(), 6 + UnionType::ALL.len() + UnionLevel::ALL.len());
}

#[test]
fn only_own_unions_are_no_joint_cover_and_federations_cover_nobody() {
    let own: Vec<_> = UnionType::ALL
        .iter()
        .filter(|kind| kind.cover().is_some_and(|cover| !cover.is_joint()))
        .collect();
    assert_eq!(own, [&UnionType::SingleEmployer]);
    assert_eq!(UnionType::CommunityJoint.cover(), Some(CoverKind::Community));
    assert_eq!(UnionType::DistrictFederation.cover(), None);
}

#[test]
fn nothing_follows_the_end() {
    let facts = entered(&joint(UnionLevel::Basic), "2010-01-01").unwrap();
    let areas = areas();
    let around = Surroundings { today: day("2014-07-01"), areas: &areas, superior: None };
    let ended = UnionChange::Status(Status::Dissolved);
    let ended = amend(&facts, &[ended], day("2012-01-01"), around).unwrap();
    assert_eq!(ended.ended_on(), Some(day("2012-01-01")));
    assert!(ended.active_on(day("2011-12-31")) && !ended.active_on(day("2012-01-01")));
    let level = [UnionChange::Level(UnionLevel::Community)];
    let late = amend(&ended, &level, day("2012-01-01"), around);
    assert_eq!(late, Err(UnionFault::Ended(day("2012-01-01"))));
    assert!(amend(&ended, &level, day("2011-12-31"), around).is_ok(), "a correction of the past");
    let before = amend(&facts, &level, day("2009-12-31"), around);
    let first = day("2010-01-01");
    assert_eq!(before, Err(UnionFault::BeforeEstablishment(day("2009-12-31"), first)));
}

#[test]
fn a_union_of_an_area_counts_there_and_at_its_seat() {
    let mut changes = joint(UnionLevel::Community);
    changes.push(UnionChange::Type(UnionType::CommunityJoint));
    assert_eq!(
        entered(&changes, "2010-01-01"),
        Err(UnionFault::TerritoryField(UnionType::CommunityJoint))
    );
    changes.push(UnionChange::Territory(Some(path(COMMUNITIES[1]))));
    let facts = entered(&changes, "2010-01-01").unwrap();
    let id = UnionId(uuid::Uuid::from_u128(7));
    let places = paths(id, &facts, |_| None).unwrap();
    let at = |metric| -> Vec<String> {
        let leaves = worth(metric, &facts, &places, day("2014-01-01"));
        leaves.into_iter().map(|(leaf, _)| leaf.node.to_string()).collect()
    };
    assert_eq!(at(UnionMetric::JointUnionCommunities), [COMMUNITIES[1], "u0000000007"]);
    assert_eq!(at(UnionMetric::Unions), [COMMUNITIES[0], "u0000000007"]);
    assert!(at(UnionMetric::Integrated).is_empty());
}
