use proptest::prelude::*;

use super::{steps::difference, *};
use crate::rules::employer::{
    Status,
    address::Phone,
    change::{EmployerChange, amend, enter},
    code::{Industry, IndustryCode, IndustryEdition},
    headcount::Headcount,
    tests::{COMMUNITIES, address, areas, around, complete, day, edit, path, versions},
};

fn by() -> Counting<'static> {
    static NONE: std::sync::LazyLock<Grounds> = std::sync::LazyLock::new(Grounds::default);
    Counting { rules: RuleSet::shipped().unwrap(), grounds: &NONE }
}

fn changed(facts: &EmployerFacts, change: EmployerChange, from: &str) -> EmployerFacts {
    amend(facts, &[change], day(from), around(&areas())).unwrap()
}

/// Steps as text: metric, last digits of the area, day, delta.
fn written(steps: &[Step]) -> Vec<String> {
    let text = |step: &Step| {
        let metric = Metric::of_id(step.metric).unwrap();
        let place = &step.leaf.node.as_str()[6..];
        format!("{} {place} {} {:+}", metric.name(), step.day, step.delta)
    };
    steps.iter().map(text).collect()
}

#[test]
fn a_metric_keeps_its_number_and_its_name() {
    let known = [
        (1, "employers"),
        (2, "employees"),
        (3, "valid_records"),
        (4, "new_employers"),
        (5, "covered_employers"),
        (6, "covered_by_own_union"),
        (7, "covered_by_joint_union"),
        (8, "covered_employees"),
        (9, "new_union_organisations"),
        (10, "newly_covered_by_own_union"),
        (11, "newly_covered_by_joint_union"),
        (12, "listed_covered_enterprises"),
    ];
    assert_eq!(Metric::ALL.map(|metric| (metric.id().0, metric.name())), known);
    for metric in Metric::ALL {
        assert_eq!(Metric::of_id(metric.id()), Some(metric));
        assert_eq!(Metric::parse(metric.name()), Some(metric));
    }
    assert_eq!(Metric::of_id(MetricId(13)), None);
}

#[test]
fn a_life_is_written_as_signed_steps() {
    let industry =
        Industry { edition: IndustryEdition::Gb2011, code: IndustryCode::parse("22").unwrap() };
    let mut changes = complete();
    changes.extend([
        EmployerChange::Industry(Some(industry)),
        EmployerChange::Phone(Some(Phone::parse("010-88881234").unwrap())),
        EmployerChange::Headcount(day("2014-03-01"), Headcount::new(12, None, None).unwrap()),
    ]);
    let areas = areas();
    let born = enter(&changes, day("2014-01-01"), around(&areas)).unwrap();
    let moved =
        changed(&born, EmployerChange::ActualAddress(address(COMMUNITIES[2])), "2014-07-01");
    let ended = changed(&moved, EmployerChange::Status(Status::Closed), "2016-01-01");
    assert_eq!(
        written(&contributions(&ended, by())),
        [
            "employers 010001 2014-01-01 +1",
            "employers 010001 2014-07-01 -1",
            "employers 012001 2014-07-01 +1",
            "employers 012001 2016-01-01 -1",
            "employees 010001 2014-03-01 +12",
            "employees 010001 2014-07-01 -12",
            "employees 012001 2014-07-01 +12",
            "employees 012001 2016-01-01 -12",
            // Valid once it was counted; stale after the twelfth month.
            "valid_records 010001 2014-03-01 +1",
            "valid_records 010001 2014-07-01 -1",
            "valid_records 012001 2014-07-01 +1",
            "valid_records 012001 2015-03-02 -1",
            "new_employers 010001 2014-01-01 +1",
        ]
    );
}

#[test]
fn a_correction_takes_back_what_was_counted_wrongly() {
    let areas = areas();
    let facts = enter(&complete(), day("2014-01-01"), around(&areas)).unwrap();
    let right =
        changed(&facts, EmployerChange::ActualAddress(address(COMMUNITIES[1])), "2014-01-01");
    let steps = difference(&contributions(&facts, by()), contributions(&right, by()));
    assert_eq!(
        written(&steps),
        [
            "employers 010001 2014-01-01 -1",
            "employers 010002 2014-01-01 +1",
            "new_employers 010001 2014-01-01 -1",
            "new_employers 010002 2014-01-01 +1",
        ]
    );
}

#[test]
fn an_employer_is_new_once() {
    let areas = areas();
    let mut facts = enter(&complete(), day("2014-01-01"), around(&areas)).unwrap();
    for (status, from) in [(Status::Suspended, "2014-02-01"), (Status::Active, "2014-03-01")] {
        facts = changed(&facts, EmployerChange::Status(status), from);
    }
    let steps = contributions(&facts, by());
    let district = path("110102");
    let figure = |metric, text| value_on(&steps, (Line::Area, district.path()), metric, day(text));
    assert_eq!(figure(Metric::Employers, "2014-02-15"), 0);
    assert_eq!(figure(Metric::Employers, "2014-03-01"), 1);
    assert_eq!(figure(Metric::NewEmployers, "2013-12-31"), 0);
    assert_eq!(figure(Metric::NewEmployers, "2014-02-15"), 1);
    assert_eq!(figure(Metric::NewEmployers, "2020-01-01"), 1);
}

#[test]
fn metrics_are_known_by_their_names() {
    for metric in Metric::ALL {
        assert_eq!(Metric::parse(metric.name()), Some(metric));
    }
    assert_eq!(Metric::parse("unions"), None);
    assert!(Metric::NewEmployers.is_flow() && !Metric::Employers.is_flow());
}

proptest! {
    #[test]
    fn what_the_changes_added_is_what_the_record_contributes(
        edits in prop::collection::vec(edit(), 0..24)
    ) {
        let mut sum = Vec::new();
        let mut before = Vec::new();
        for facts in versions(edits) {
            let now = contributions(&facts, by());
            let added = difference(&before, now.clone());
            // Adding is taking away what is taken away.
            sum = difference(&difference(&added, Vec::new()), sum);
            before = now;
        }
        prop_assert_eq!(sum, before);
    }

    #[test]
    fn a_figure_is_the_worth_of_its_records(
        histories in prop::collection::vec(prop::collection::vec(edit(), 0..16), 1..4),
        offsets in prop::collection::vec(0_i32..3000, 20),
    ) {
        let records: Vec<_> =
            histories.into_iter().map(|edits| versions(edits).pop().unwrap()).collect();
        let steps: Vec<_> =
            records.iter().flat_map(|facts| contributions(facts, by())).collect();
        let start = day("2014-01-01").epoch_day();
        for offset in offsets {
            let on = CivilDate::from_epoch_day(start + offset).unwrap();
            for node in ["110102", "110102010", "110102012", COMMUNITIES[0], COMMUNITIES[2]] {
                let node = path(node);
                for metric in Metric::ALL {
                    let counted: i64 = records
                        .iter()
                        .flat_map(|facts| worth(metric, facts, by(), on))
                        .filter(|(leaf, _)| leaf.node.within(node.path()))
                        .map(|(_, value)| value)
                        .sum();
                    prop_assert_eq!(value_on(&steps, (Line::Area, node.path()), metric, on), counted);
                }
            }
        }
    }

    #[test]
    fn contributions_are_canonical(edits in prop::collection::vec(edit(), 0..16)) {
        let facts = versions(edits).pop().unwrap();
        let steps = contributions(&facts, by());
        let ascending = |pair: &[Step]| {
            (pair[0].metric, &pair[0].leaf, pair[0].day) < (pair[1].metric, &pair[1].leaf, pair[1].day)
        };
        prop_assert!(steps.windows(2).all(ascending));
        prop_assert!(steps.iter().all(|step| step.delta != 0));
        prop_assert_eq!(difference(&steps, steps.clone()), vec![]);
    }
}
