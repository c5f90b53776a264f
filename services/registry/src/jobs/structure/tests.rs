use std::collections::HashMap;

use unionhall_kit::{
    figures::read::{self, Question},
    ledger::{Done, EventKind},
    path::Line,
};
use unionhall_proto::registry::v1::{self as proto, area_service_server::AreaService};

use super::*;
use crate::{
    api::{areas::Areas, employers::effect},
    reference::ReferenceBook,
    rules::{
        area::{AreaPath, tree::AreaTree},
        contribution::{Counting, Grounds, Metric, contributions, value_on},
        employer::{
            EmployerFacts,
            address::Address,
            change::{EmployerChange, Surroundings, enter},
            code::OwnershipCode,
            headcount::Headcount,
            identifier::Identifier,
        },
        name::Name,
        organisation_code::OrganisationCode,
        quality::RuleSet,
    },
    store::employers::{self, EmployerRecord},
    testing::{Rig, call, day, rig},
};

const OLD: &str = "110102010013";
const NEIGHBOUR: &str = "110102010005";
const DAYS: [&str; 5] = ["2014-01-01", "2014-03-14", "2014-03-15", "2014-04-01", "2014-07-01"];

/// Nobody is covered here.
fn by(rules: &RuleSet) -> Counting<'_> {
    static NONE: std::sync::LazyLock<Grounds> = std::sync::LazyLock::new(Grounds::default);
    Counting { rules, grounds: &NONE }
}

fn path(label: &str) -> AreaPath {
    AreaPath::parse(label).unwrap()
}

/// Employer `number`, working in `area` since `from` and registered in `registered`.
fn facts(
    tree: &AreaTree,
    number: usize,
    area: &str,
    registered: &str,
    from: &str,
) -> EmployerFacts {
    let lists = ReferenceBook::shipped().unwrap();
    let around = Surroundings { today: day("2014-07-01"), areas: tree, lists };
    let code = OrganisationCode::compose(&format!("T{number:07}")).unwrap();
    let address = |label| Address::new(path(label), "裕民路8号").unwrap();
    let changes = [
        EmployerChange::Name(Name::parse(&format!("北京第{number}商店")).unwrap()),
        EmployerChange::Identifier(Identifier::Organisation(code)),
        EmployerChange::Ownership(OwnershipCode::parse("57").unwrap()),
        EmployerChange::ActualAddress(address(area)),
        EmployerChange::RegisteredAddress(Some(address(registered))),
        EmployerChange::Headcount(day(from), Headcount::new(7, None, None).unwrap()),
    ];
    enter(&changes, day(from), around).unwrap()
}

async fn put(rig: &Rig, employers: Vec<EmployerFacts>) -> Vec<EmployerRecord> {
    let register = &rig.register;
    let mut entry = register.ledger.begin_own("c", "m").await.unwrap();
    let nothing = EmployerFacts::default();
    for facts in &employers {
        entry.figures(effect::figures(&nothing, facts, by(&register.quality)));
    }
    let new: Vec<_> = employers.into_iter().map(|facts| register.new_employer(facts)).collect();
    let now = entry.now();
    let records = employers::insert_many(entry.conn(), &new, now).await.unwrap().unwrap();
    entry.commit(Done { record: "employers".into(), version: 1 }).await.unwrap();
    records
}

/// Every figure of the nodes on the days.
async fn figures(rig: &Rig, nodes: &[&str]) -> Vec<i64> {
    let mut questions = Vec::new();
    for metric in Metric::ALL {
        for node in nodes {
            let node = path(node).path().clone();
            let ask = |text| Question {
                metric: metric.id(),
                line: Line::Area,
                node: node.clone(),
                day: day(text),
            };
            questions.extend(DAYS.map(ask));
        }
    }
    rig.sequencer.drain().await.unwrap();
    read::values(rig.register.ledger.db(), &questions).await.unwrap()
}

/// What the stored facts say of one node.
fn recounted(records: &[EmployerRecord], rig: &Rig, node: &str) -> Vec<i64> {
    let steps: Vec<_> =
        records.iter().flat_map(|r| contributions(&r.facts, by(&rig.register.quality))).collect();
    let value = |metric, text| value_on(&steps, (Line::Area, path(node).path()), metric, day(text));
    let of_metric = |metric| DAYS.map(|text| value(metric, text));
    Metric::ALL.into_iter().flat_map(of_metric).collect()
}

async fn present(rig: &Rig, records: &[EmployerRecord]) -> Vec<EmployerRecord> {
    let ids: Vec<_> = records.iter().map(|record| record.id).collect();
    let found = employers::load(rig.register.ledger.db().reader(), &ids).await.unwrap();
    let by_id: HashMap<_, _> = found;
    ids.iter().map(|id| by_id[id].clone()).collect()
}

fn merge(on: &str) -> proto::MergeAreasRequest {
    proto::MergeAreasRequest {
        name: format!("areas/{NEIGHBOUR}"),
        sources: vec![format!("areas/{OLD}")],
        effective_date: Some(day(on).into()),
        ..Default::default()
    }
}

async fn state(areas: &Areas, name: &str) -> proto::StructureChange {
    let ask = proto::GetStructureChangeRequest { name: name.to_owned() };
    areas.get_structure_change(call(ask)).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_merge_carries_everybody_and_keeps_the_totals_of_every_day() {
    let rig = rig().await;
    let areas = Areas::new(rig.register.clone());
    let tree = rig.register.tree().await.unwrap();
    let mut new: Vec<_> = (0..1_100).map(|n| facts(&tree, n, OLD, OLD, "2014-01-01")).collect();
    // One came only after the merger's day, one is only registered there, one lies elsewhere.
    new.push(facts(&tree, 1_100, OLD, "110102011001", "2014-04-01"));
    new.push(facts(&tree, 1_101, "110102011001", OLD, "2014-01-01"));
    new.push(facts(&tree, 1_102, NEIGHBOUR, NEIGHBOUR, "2014-01-01"));
    let records = put(&rig, new).await;
    let totals = figures(&rig, &["110102010", "110102011", "11"]).await;
    let events = rig.events().await.len();

    let preview = proto::MergeAreasRequest { validate_only: true, ..merge("2014-03-15") };
    let preview = areas.merge_areas(call(preview)).await.unwrap().into_inner();
    assert_eq!((preview.employer_count, preview.area_count), (1_102, 2));
    let change = areas.merge_areas(call(merge("2014-03-15"))).await.unwrap().into_inner();
    assert_eq!(change.state(), proto::structure_change::State::Applying);

    // The first process dies after one chunk; another one resumes.
    assert!(Carrier::new(rig.register.clone()).step().await.unwrap());
    assert_eq!(state(&areas, &change.name).await.moved_employer_count, 500);
    assert_eq!(figures(&rig, &["110102010", "110102011", "11"]).await, totals, "at every step");
    let other = Carrier::new(rig.another_process().await);
    while other.step().await.unwrap() {}

    let done = state(&areas, &change.name).await;
    assert_eq!(done.state(), proto::structure_change::State::Done);
    assert_eq!((done.moved_employer_count, done.employer_count), (1_102, 1_102));
    assert_eq!(figures(&rig, &["110102010", "110102011", "11"]).await, totals);
    let after = present(&rig, &records).await;
    for node in [OLD, NEIGHBOUR, "110102"] {
        assert_eq!(figures(&rig, &[node]).await, recounted(&after, &rig, node), "{node}");
    }
    let versions: Vec<i64> = after.iter().map(|record| record.version).collect();
    assert_eq!(versions[..1_102], vec![2; 1_102]);
    assert_eq!(versions[1_102], 1, "who lies elsewhere stays as it was");
    assert!(after[..1_101].iter().all(|record| record.area == path(NEIGHBOUR)));
    let registered = |day| after[1_101].facts.registered_addresses.on(day).unwrap().area().clone();
    assert_eq!(registered(day("2014-03-14")), path(OLD));
    assert_eq!(registered(day("2014-03-15")), path(NEIGHBOUR));
    let late = &after[1_100].facts;
    assert_eq!(late.actual_area_on(day("2014-04-01")), Some(&path(NEIGHBOUR)));
    assert_eq!(late.actual_area_on(day("2014-03-31")), None);

    let [updated, entered, left] =
        [EventKind::Updated, EventKind::Entered, EventKind::Left].map(|kind| kind as i16);
    let noted: Vec<_> =
        rig.events().await[events..].iter().map(|e| (e.kind, e.area.clone(), e.version)).collect();
    let at = |kind, label: &str, version| (kind, label.to_owned(), version);
    let own = [at(updated, OLD, 2), at(updated, NEIGHBOUR, 2)];
    let pair = [at(left, OLD, 3), at(updated, OLD, 3), at(entered, NEIGHBOUR, 3)];
    assert_eq!(noted, [&own[..], &pair[..]].concat(), "one pair, none of the records");
}

#[tokio::test]
async fn a_moved_subtree_takes_its_employers_along() {
    let rig = rig().await;
    let areas = Areas::new(rig.register.clone());
    let tree = rig.register.tree().await.unwrap();
    let new = (0..3).map(|n| facts(&tree, n, OLD, OLD, "2014-01-01")).collect();
    let records = put(&rig, new).await;
    let area = proto::Area {
        display_name: "新区".into(),
        valid_from: Some(day("2014-01-01").into()),
        ..Default::default()
    };
    let create = proto::CreateAreaRequest {
        area_id: "110103".into(),
        area: Some(area),
        ..Default::default()
    };
    areas.create_area(call(create)).await.unwrap();
    let totals = figures(&rig, &["1101"]).await;
    let ask = proto::MoveAreaRequest {
        name: "areas/110102010".into(),
        destination_parent: "areas/110103".into(),
        destination_area_id: "110103001".into(),
        effective_date: Some(day("2014-03-15").into()),
        ..Default::default()
    };
    areas.move_area(call(ask)).await.unwrap();
    let carrier = Carrier::new(rig.register.clone());
    while carrier.step().await.unwrap() {}
    let after = present(&rig, &records).await;
    assert!(after.iter().all(|record| record.area == path("110103001013")));
    assert_eq!(figures(&rig, &["1101"]).await, totals);
    assert_eq!(figures(&rig, &["110103"]).await, recounted(&after, &rig, "110103"));
}

#[tokio::test]
async fn areas_are_left_alone_while_their_employers_are_under_way() {
    let rig = rig().await;
    let areas = Areas::new(rig.register.clone());
    let tree = rig.register.tree().await.unwrap();
    put(&rig, vec![facts(&tree, 1, OLD, OLD, "2014-01-01")]).await;
    let close = |label: &str, on: &str| {
        call(proto::CloseAreaRequest {
            name: format!("areas/{label}"),
            effective_date: Some(day(on).into()),
            ..Default::default()
        })
    };
    let occupied = areas.close_area(close(OLD, "2014-03-15")).await.unwrap_err();
    assert!(occupied.message().contains("1 employers"), "{occupied}");
    areas.merge_areas(call(merge("2014-03-15"))).await.unwrap();
    for _ in 0..2 {
        let waits = areas.close_area(close(NEIGHBOUR, "2014-03-16")).await.unwrap_err();
        assert!(waits.message().contains("concurrent change"), "{waits}");
    }
    let carrier = Carrier::new(rig.register.clone());
    while carrier.step().await.unwrap() {}
    let occupied = areas.close_area(close(NEIGHBOUR, "2014-03-16")).await.unwrap_err();
    assert!(occupied.message().contains("1 employers"), "{occupied}");

    // Nobody is put into the area that ended, neither now nor for a past that reaches to now.
    let conn = rig.register.ledger.db().reader();
    let held = employers::hold_areas(conn, &[path(OLD)]).await.unwrap();
    let around =
        Surroundings { today: rig.clock_day(), areas: &held, lists: rig.register.reference };
    let address = Address::new(path(OLD), "").unwrap();
    let refused = enter(&[EmployerChange::ActualAddress(address)], day("2014-03-01"), around);
    assert!(refused.is_err());
}

#[tokio::test]
async fn the_job_begins_with_what_was_left_and_hears_of_what_comes() {
    let rig = rig().await;
    let areas = Areas::new(rig.register.clone());
    let tree = rig.register.tree().await.unwrap();
    let new = vec![
        facts(&tree, 1, OLD, OLD, "2014-01-01"),
        facts(&tree, 2, "110102010011", "110102010011", "2014-01-01"),
    ];
    put(&rig, new).await;
    let left = areas.merge_areas(call(merge("2014-03-15"))).await.unwrap().into_inner();
    let stop = CancellationToken::new();
    let job = tokio::spawn(Carrier::new(rig.register.clone()).run(stop.clone()));
    until_done(&areas, &left.name).await;
    let second = proto::MergeAreasRequest {
        sources: vec!["areas/110102010011".into()],
        ..merge("2014-03-15")
    };
    let second = areas.merge_areas(call(second)).await.unwrap().into_inner();
    until_done(&areas, &second.name).await;
    stop.cancel();
    job.await.unwrap();
}

/// Waits for less than the job sleeps between two looks of its own.
async fn until_done(areas: &Areas, name: &str) {
    let wait = async {
        while state(areas, name).await.state() != proto::structure_change::State::Done {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(4), wait).await.unwrap();
}
