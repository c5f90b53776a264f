use unionhall_kit::{civil::CivilDate, ledger::Done};

use super::*;
use crate::{
    rules::{
        area::plan::{plan_close, plan_code, plan_create, plan_merge, plan_move, plan_rename},
        area::{official::OfficialCode, plan::AreaPlan, plan::NewArea},
        name::Name,
    },
    testing::{Rig, day, rig},
};

fn path(label: &str) -> AreaPath {
    AreaPath::parse(label).unwrap()
}

/// Saves what `plan` decides and holds the saved tree against the one that is read back.
async fn saved(rig: &Rig, plan: impl FnOnce(&AreaTree, CivilDate) -> AreaPlan) -> Recorded {
    let entry = rig.register.ledger.begin_own("c", "m").await.unwrap();
    let before = load(entry.conn()).await.unwrap();
    let plan = plan(&before.tree, entry.today());
    let after = save(entry.conn(), &before, &plan, entry.now()).await.unwrap();
    let read = load(entry.conn()).await.unwrap();
    assert_eq!(read.marks, after.marks);
    for (one, other) in read.tree.all().zip(after.tree.all()) {
        let rows_of = |fact| facts::rows(fact);
        assert_eq!(
            (&one.path, one.period, rows_of(one)),
            (&other.path, other.period, rows_of(other))
        );
    }
    let sorted =
        |tree: &AreaTree| tree.lineage().iter().cloned().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(sorted(&read.tree), sorted(&after.tree));
    entry.commit(Done { record: "areas".into(), version: 1 }).await.unwrap();
    read
}

#[tokio::test]
async fn every_plan_reads_back_as_it_was_decided() {
    let rig = rig().await;
    let name = |text| Name::parse_area(text).unwrap();
    let from = day("2014-06-01");
    saved(&rig, |tree, today| {
        let (path, history_unknown) = (path("110102021"), false);
        plan_create(tree, NewArea { path, name: name("新设街道"), from, history_unknown }, today)
            .unwrap()
    })
    .await;
    saved(&rig, |tree, today| {
        plan_rename(tree, &path("110102021"), name("改名街道"), from, today).unwrap()
    })
    .await;
    saved(&rig, |tree, today| {
        let code = OfficialCode::parse("110102021000").unwrap();
        plan_code(tree, &path("110102021"), code, from, from, today).unwrap()
    })
    .await;
    let moved = saved(&rig, |tree, today| {
        let (old, new) = (path("110102010013"), path("110102021001"));
        plan_move(tree, &old, &new, day("2014-06-15"), today).unwrap()
    })
    .await;
    assert_eq!(moved.version(&path("110102010013")), 2);
    assert_eq!(moved.version(&path("110102021001")), 1);
    saved(&rig, |tree, today| {
        let sources = [path("110102021001")];
        plan_merge(tree, &sources, &path("110102010002"), day("2014-06-15"), today).unwrap()
    })
    .await;
    let closed = saved(&rig, |tree, today| {
        plan_close(tree, &path("110102021"), None, 0, day("2014-06-20"), today).unwrap()
    })
    .await;
    let fact = closed.tree.get(&path("110102021")).unwrap();
    assert_eq!(fact.called_on(day("2014-07-01")), Some(&name("改名街道")));
    assert!(closed.tree.faults_on(day("2014-07-01")).is_empty());
}

#[tokio::test]
async fn an_area_that_closes_on_its_first_day_keeps_its_name() {
    let rig = rig().await;
    let name = Name::parse_area("一日街道").unwrap();
    let wish = NewArea {
        path: path("110102021"),
        name: name.clone(),
        from: day("2014-06-01"),
        history_unknown: false,
    };
    saved(&rig, |tree, today| plan_create(tree, wish, today).unwrap()).await;
    let closed = saved(&rig, |tree, today| {
        plan_close(tree, &path("110102021"), None, 0, day("2014-06-01"), today).unwrap()
    })
    .await;
    let fact = closed.tree.get(&path("110102021")).unwrap();
    assert_eq!(fact.called_on(day("2014-07-01")), Some(&name));
    assert!(!fact.period.covers(day("2014-06-01")));
}

#[tokio::test]
async fn an_area_never_goes_back_in_time() {
    let rig = rig().await;
    let area = path("110102010");
    for (name, from) in [("一号街道", "2014-05-01"), ("二号街道", "2014-05-02")] {
        rig.clock.advance(chrono::TimeDelta::hours(-1));
        let name = Name::parse_area(name).unwrap();
        saved(&rig, |tree, today| plan_rename(tree, &area, name, day(from), today).unwrap()).await;
    }
    let reader = rig.register.ledger.db().reader();
    let mut recorded = super::facts(reader, &area, i64::MAX, 100).await.unwrap();
    recorded.reverse();
    assert!(recorded.iter().map(|fact| fact.recorded_at).is_sorted(), "{recorded:?}");
    let ends = |fact: &RecordedFact| fact.superseded_at.is_none_or(|at| at >= fact.recorded_at);
    assert!(recorded.iter().all(ends), "{recorded:?}");
}
