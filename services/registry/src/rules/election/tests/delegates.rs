//! Delegates of a congress, by constituency.

use super::*;
use crate::rules::area::AreaPath;

#[test]
fn the_delegates_of_all_constituencies_are_those_of_the_congress() {
    let area = |label: &str| Constituency::Area(AreaPath::parse(label).unwrap());
    let named = |name: &str| Constituency::Named(Name::parse(name).unwrap());
    let mut congress = held(ElectionKind::ReElection, record());
    congress.plan.assembly = Assembly::DelegateCongress;
    let with = |lots: &[(Constituency, u32, u32)]| {
        let lot = |(constituency, allotted, elected): &(Constituency, u32, u32)| DelegateLot {
            constituency: constituency.clone(),
            allotted: *allotted,
            elected: *elected,
        };
        let lots = lots.iter().map(lot).collect();
        Record { delegates: Some(60), lots, ..record() }
    };
    let told = |record| broken(&Election { stage: Stage::Held(record), ..congress.clone() });
    let (first, second) = (area("110102010001"), named("机关"));
    assert_eq!(told(with(&[])), ids(&[]), "nobody told");
    assert_eq!(told(with(&[(first.clone(), 40, 40), (second.clone(), 21, 20)])), ids(&[]));
    assert_eq!(told(with(&[(first.clone(), 40, 39), (second.clone(), 21, 20)])), ids(&["V27"]));
    assert_eq!(told(with(&[(first.clone(), 39, 40), (second.clone(), 20, 20)])), ids(&["V28"]));
    let planned = Election { stage: Stage::Planned, ..congress.clone() };
    let reported = |record| hold(&planned, record, &union(true), day("2014-07-01"));
    assert!(reported(with(&[(first.clone(), 30, 30), (second.clone(), 30, 30)])).is_ok());
    assert!(reported(with(&[(first.clone(), 30, 30), (first.clone(), 30, 30)])).is_err(), "twice");
    let mut meeting = planned.clone();
    meeting.plan.assembly = Assembly::GeneralMeeting;
    let general = Record { delegates: None, ..with(&[(first, 60, 60)]) };
    assert!(hold(&meeting, general, &union(true), day("2014-07-01")).is_err(), "no congress");
    let old = serde_json::to_value(record()).map(|mut json| {
        json.as_object_mut().unwrap().remove("lots");
        serde_json::from_value::<Record>(json).unwrap()
    });
    assert_eq!(old.unwrap(), record(), "a record of before is read");
}
