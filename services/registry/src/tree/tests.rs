use chrono::TimeDelta;
use unionhall_proto::registry::v1::{
    CreateAreaRequest, RenameAreaRequest, area_service_server::AreaService,
};

use crate::{
    api::areas::Areas,
    rules::area::{AreaLevel, AreaPath},
    testing::{call, rig},
};

#[tokio::test]
async fn a_new_register_has_the_shipped_areas_once() {
    let rig = rig().await;
    let tree = rig.register.tree().await.unwrap();
    let of = |level| tree.all().filter(|fact| fact.path.level() == level).count();
    assert_eq!((of(AreaLevel::Subdistrict), of(AreaLevel::Community)), (15, 263));
    assert!(tree.all().all(|fact| fact.history_unknown && fact.codes.len() == 1));
    assert!(tree.faults_on(rig.clock_day()).is_empty());
    let again = rig.another_process().await;
    assert_eq!(again.tree().await.unwrap().all().count(), tree.all().count());
    let events = rig.events().await;
    assert_eq!(events.len(), tree.all().count());
    assert!(events.iter().all(|event| event.version == 1 && event.tx == 1));
}

#[tokio::test]
async fn own_changes_are_seen_at_once_and_others_within_a_second() {
    let rig = rig().await;
    let other = rig.another_process().await;
    let before = other.tree().await.unwrap();
    let areas = Areas::new(rig.register.clone());
    let rename = RenameAreaRequest {
        name: "areas/110102010".into(),
        display_name: "德胜门街道".into(),
        ..Default::default()
    };
    areas.rename_area(call(rename)).await.unwrap();
    let path = AreaPath::parse("110102010").unwrap();
    let name = |tree: &crate::rules::area::tree::AreaTree| {
        tree.get(&path).and_then(|fact| fact.names.last()).map(|dated| dated.name.to_string())
    };
    assert_eq!(name(&rig.register.tree().await.unwrap()).as_deref(), Some("德胜门街道"));
    assert_eq!(name(&before).as_deref(), Some("德胜街道"));
    assert!(std::sync::Arc::ptr_eq(&before, &other.tree().await.unwrap()), "not looked for yet");
    rig.clock.advance(TimeDelta::seconds(1));
    let after = other.tree().await.unwrap();
    assert_eq!(name(&after).as_deref(), Some("德胜门街道"));
    rig.clock.advance(TimeDelta::seconds(1));
    let unchanged = other.tree().await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&after, &unchanged), "the same tree is not read again");
}

#[tokio::test]
async fn a_refused_change_leaves_the_tree_as_it_was() {
    let rig = rig().await;
    let areas = Areas::new(rig.register.clone());
    let stamp = || async { crate::store::areas::stamp(rig.register.ledger.db().reader()).await };
    let before = stamp().await.unwrap();
    let create = CreateAreaRequest { area_id: "110102010".into(), ..Default::default() };
    assert!(areas.create_area(call(create)).await.is_err());
    assert_eq!(stamp().await.unwrap(), before);
}
