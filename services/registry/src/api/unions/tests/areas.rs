//! Unions when the tree of areas changes under them.

use unionhall_kit::{
    figures::read::{Question, values},
    path::{Line, Path},
};
use unionhall_proto::registry::v1::{
    CloseAreaRequest, MergeAreasRequest, area_service_server::AreaService,
};

use super::*;
use crate::{api::areas::Areas, jobs::structure::Carrier, rules::union::contribution::UnionMetric};

fn community(area: &str) -> Union {
    Union {
        display_name: format!("北京某某社区{area}联合工会"),
        union_type: "COMMUNITY_JOINT".to_owned(),
        union_level: "COMMUNITY".to_owned(),
        territory: format!("areas/{area}"),
        seat: at(area),
        ..federation()
    }
}

fn merge(source: &str, target: &str) -> MergeAreasRequest {
    merge_on(source, target, "2014-03-15")
}

fn merge_on(source: &str, target: &str, on: &str) -> MergeAreasRequest {
    MergeAreasRequest {
        name: format!("areas/{target}"),
        sources: vec![format!("areas/{source}")],
        effective_date: date(on),
        ..Default::default()
    }
}

async fn figure(desk: &Desk, metric: UnionMetric, node: &str, day: &str) -> i64 {
    let (_, id, _) = UnionMetric::all().find(|(found, ..)| *found == metric).unwrap();
    let (node, day) = (Path::parse(node).unwrap(), crate::testing::day(day));
    let question = Question { metric: id, line: Line::Area, node, day };
    values(desk.rig.register.ledger.db(), &[question]).await.unwrap()[0]
}

#[tokio::test]
async fn a_union_follows_its_area_and_counts_where_it_stood_before() {
    let desk = desk().await;
    let areas = Areas::new(desk.rig.register.clone());
    let (source, target) = ("110102010013", "110102010005");
    let name = desk.create(community(source), "2010-01-01").await.unwrap().name;
    let close = CloseAreaRequest { name: format!("areas/{source}"), ..CloseAreaRequest::default() };
    let occupied = areas.close_area(call(close)).await;
    assert_eq!(refused(inner(occupied)), "AREA_HAS_RECORDS");

    let change = inner(areas.merge_areas(call(merge(source, target))).await).unwrap();
    assert_eq!((change.union_count, change.employer_count), (1, 0));
    let carrier = Carrier::new(desk.rig.register.clone());
    while carrier.step().await.unwrap() {}

    let union = desk.get(&name).await.unwrap();
    assert_eq!((union.seat, union.territory), (at(target), format!("areas/{target}")));
    let before = desk.get_on(&name, "2014-03-14").await;
    assert_eq!(before.territory, format!("areas/{source}"));
    let metric = UnionMetric::JointUnionCommunities;
    assert_eq!(figure(&desk, metric, source, "2014-03-14").await, 1);
    assert_eq!(figure(&desk, metric, source, "2014-03-15").await, 0);
    assert_eq!(figure(&desk, metric, target, "2014-03-15").await, 1);
    assert_eq!(figure(&desk, metric, "110102", "2014-03-15").await, 1);
}

#[tokio::test]
async fn two_areas_with_a_joint_union_each_do_not_become_one() {
    let desk = desk().await;
    let areas = Areas::new(desk.rig.register.clone());
    let (source, target) = ("110102010013", "110102010005");
    let first = desk.create(community(source), "2010-01-01").await.unwrap();
    desk.create(community(target), "2010-01-01").await.unwrap();
    let merged = areas.merge_areas(call(merge(source, target))).await;
    assert_eq!(refused(inner(merged)), "UNION_PLACE_TAKEN");
    desk.dissolve(&first.name, "2014-03-01").await.unwrap();
    let early = areas.merge_areas(call(merge_on(source, target, "2014-02-28"))).await;
    assert_eq!(refused(inner(early)), "UNION_PLACE_TAKEN", "both had one on that day");
    inner(areas.merge_areas(call(merge(source, target))).await).unwrap();
}

#[tokio::test]
async fn an_area_has_one_union_of_a_type_on_every_day() {
    let desk = desk().await;
    let home = "110102010013";
    let old = desk.create(community(home), "2010-01-01").await.unwrap();
    desk.dissolve(&old.name, "2014-03-01").await.unwrap();
    let early = desk.create(community(home), "2014-02-28").await.unwrap_err();
    let told = early.get_error_details();
    let info = told.error_info().unwrap();
    assert_eq!((info.reason.as_str(), &info.metadata["union"]), ("UNION_PLACE_TAKEN", &old.name));
    let new = desk.create(community(home), "2014-03-01").await.unwrap();
    let metric = UnionMetric::JointUnionCommunities;
    desk.rig.sequencer.drain().await.unwrap();
    for day in ["2014-02-28", "2014-03-01"] {
        assert_eq!(figure(&desk, metric, home, day).await, 1, "{day}");
    }
    // Nor does one come by a change to what another had.
    let other = desk.create(community("110102010005"), "2010-01-01").await.unwrap();
    let moved = Union { territory: format!("areas/{home}"), ..other };
    let moved = desk.update(moved, &["territory"], "2014-02-28").await;
    assert_eq!(refused(moved), "UNION_PLACE_TAKEN");
    desk.dissolve(&new.name, "2014-04-01").await.unwrap();
}

#[tokio::test]
async fn an_area_is_taken_by_who_is_on_the_way_to_it() {
    let desk = desk().await;
    let areas = Areas::new(desk.rig.register.clone());
    let (source, target) = ("110102010013", "110102010005");
    let first = desk.create(community(source), "2010-01-01").await.unwrap();
    inner(areas.merge_areas(call(merge(source, target))).await).unwrap();
    // It is still where it was, and would find its place taken for ever.
    let second = desk.create(community(target), "2014-03-20").await;
    assert_eq!(refused(second), "UNION_PLACE_TAKEN");
    let carrier = Carrier::new(desk.rig.register.clone());
    while carrier.step().await.unwrap() {}
    assert_eq!(desk.get(&first.name).await.unwrap().territory, format!("areas/{target}"));
}
