use tonic::Code;
use tonic_types::StatusExt;
use unionhall_kit::ledger::EventKind;
use unionhall_proto::google::r#type::Date;
use uuid::Uuid;

use super::*;
use crate::testing::{Rig, call, call_within, day, rig};

fn date(text: &str) -> Option<Date> {
    Some(day(text).into())
}

fn reason(status: &Status) -> String {
    status.get_error_details().error_info().unwrap().reason.clone()
}

async fn service() -> (Rig, Areas) {
    let rig = rig().await;
    let areas = Areas::new(rig.register.clone());
    (rig, areas)
}

async fn get(areas: &Areas, label: &str, day: Option<Date>) -> Result<proto::Area, Status> {
    let ask = proto::GetAreaRequest { name: format!("areas/{label}"), day };
    areas.get_area(call(ask)).await.map(Response::into_inner)
}

fn rename(name: &str, text: &str, from: Option<Date>) -> proto::RenameAreaRequest {
    proto::RenameAreaRequest {
        name: format!("areas/{name}"),
        display_name: text.to_owned(),
        effective_date: from,
        ..Default::default()
    }
}

fn create(label: &str, text: &str) -> proto::CreateAreaRequest {
    let area = proto::Area {
        display_name: text.to_owned(),
        valid_from: date("2014-05-01"),
        ..Default::default()
    };
    proto::CreateAreaRequest { area_id: label.to_owned(), area: Some(area), ..Default::default() }
}

fn move_of(name: &str, parent: &str, label: &str) -> proto::MoveAreaRequest {
    proto::MoveAreaRequest {
        name: format!("areas/{name}"),
        destination_parent: format!("areas/{parent}"),
        destination_area_id: label.to_owned(),
        effective_date: date("2014-06-01"),
        ..Default::default()
    }
}

fn merge(target: &str, sources: &[&str]) -> proto::MergeAreasRequest {
    proto::MergeAreasRequest {
        name: format!("areas/{target}"),
        sources: sources.iter().map(|label| format!("areas/{label}")).collect(),
        effective_date: date("2014-06-01"),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_rename_shows_on_and_after_its_day() {
    let (_rig, areas) = service().await;
    let renamed = areas.rename_area(call(rename("110102010", "德外街道", date("2014-03-01"))));
    let renamed = renamed.await.unwrap().into_inner();
    assert_eq!((renamed.display_name.as_str(), renamed.etag.as_str()), ("德外街道", "2"));
    let name = async |text| get(&areas, "110102010", date(text)).await.unwrap().display_name;
    assert_eq!(name("2014-02-28").await, "德胜街道");
    assert_eq!(name("2014-03-01").await, "德外街道");
    let before = get(&areas, "110102010", date("1899-12-31")).await.unwrap();
    assert_eq!(before.state(), proto::area::State::Planned);
}

#[tokio::test]
async fn every_fact_is_listed_with_what_it_replaced() {
    let (_rig, areas) = service().await;
    let change = rename("110102010", "德外街道", date("2014-03-01"));
    areas.rename_area(call(change)).await.unwrap();
    let mut facts = Vec::new();
    let mut page_token = String::new();
    loop {
        let parent = "areas/110102010".to_owned();
        let ask = proto::ListAreaFactsRequest { parent, page_size: 1, page_token };
        let page = areas.list_area_facts(call(ask)).await.unwrap().into_inner();
        facts.extend(page.area_facts);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let names: Vec<_> = facts
        .iter()
        .filter_map(|fact| match &fact.fact {
            Some(proto::area_fact::Fact::DisplayName(name)) => {
                Some((name.as_str(), fact.valid_until, fact.supersede_time.is_some()))
            }
            _ => None,
        })
        .collect();
    let (old, new) = ("德胜街道", "德外街道");
    let expected = [(new, None, false), (old, date("2014-03-01"), false), (old, None, true)];
    assert_eq!(names, expected);
    assert_eq!(facts.len(), 4, "and one official code");
}

#[tokio::test]
async fn the_same_request_has_one_effect() {
    let (rig, areas) = service().await;
    let request_id = Uuid::from_u128(7).to_string();
    let ask = proto::CreateAreaRequest { request_id, ..create("110102021", "新设街道") };
    let first = areas.create_area(call(ask.clone())).await.unwrap().into_inner();
    let again = areas.create_area(call(ask.clone())).await.unwrap().into_inner();
    assert_eq!(first, again);
    let created = rig.events().await.into_iter().filter(|event| event.record == first.name);
    assert_eq!(created.count(), 1);
    let other = proto::CreateAreaRequest { area_id: "110102022".into(), ..ask.clone() };
    let reused = areas.create_area(call(other)).await.unwrap_err();
    assert_eq!(reason(&reused), "REQUEST_ID_REUSED");
    // A caller whose scope has shrunk since is not answered.
    let denied = areas.create_area(call_within("110102010", ask)).await.unwrap_err();
    assert_eq!(reason(&denied), "OUT_OF_SCOPE");
}

#[tokio::test]
async fn a_trial_tells_the_outcome_and_writes_nothing() {
    let (rig, areas) = service().await;
    let before = rig.events().await.len();
    let request_id = Uuid::from_u128(7).to_string();
    let ask = proto::CreateAreaRequest { request_id, ..create("110102021", "新设街道") };
    let trial = proto::CreateAreaRequest { validate_only: true, ..ask.clone() };
    let shown = areas.create_area(call(trial)).await.unwrap().into_inner();
    assert_eq!((shown.etag.as_str(), shown.parent.as_str()), ("1", "areas/110102"));
    let absent = get(&areas, "110102021", None).await.unwrap_err();
    assert_eq!(absent.code(), Code::NotFound);
    assert_eq!(rig.events().await.len(), before);
    areas.create_area(call(ask)).await.unwrap();
    let moved = move_of("110102010013", "110102021", "110102021001");
    let trial = proto::MoveAreaRequest { validate_only: true, ..moved };
    let preview = areas.move_area(call(trial)).await.unwrap().into_inner();
    assert_eq!(preview.state(), proto::structure_change::State::Preview);
    assert_eq!((preview.name.as_str(), preview.area_count), ("", 2));
    let still = get(&areas, "110102010013", None).await.unwrap();
    assert_eq!(still.state(), proto::area::State::Open);
}

#[tokio::test]
async fn a_stale_etag_is_refused() {
    let (_rig, areas) = service().await;
    let ask = |etag: &str, text: &str| proto::RenameAreaRequest {
        etag: etag.into(),
        ..rename("110102010", text, None)
    };
    areas.rename_area(call(ask("1", "德外街道"))).await.unwrap();
    let stale = areas.rename_area(call(ask("1", "德内街道"))).await.unwrap_err();
    assert_eq!((reason(&stale).as_str(), stale.code()), ("ETAG_MISMATCH", Code::Aborted));
    areas.rename_area(call(ask("2", "德内街道"))).await.unwrap();
    // The name it has already is no change.
    let same = areas.rename_area(call(ask("3", "德内街道"))).await.unwrap().into_inner();
    assert_eq!(same.etag, "3");
}

#[tokio::test]
async fn refusals_bear_the_reasons_of_the_contract() {
    let (_rig, areas) = service().await;
    let refusal = async |ask| reason(&areas.create_area(call(ask)).await.unwrap_err());
    assert_eq!(refusal(create("110102010", "重复街道")).await, "ALREADY_EXISTS");
    assert_eq!(refusal(create("110103001", "无上级街道")).await, "AREA_PARENT_NOT_OPEN");
    assert_eq!(refusal(create("110", "三位")).await, "AREA_LABEL_INVALID");
    assert_eq!(refusal(create("110102021", "德胜街道")).await, "AREA_NAME_TAKEN");
    assert_eq!(refusal(create("120102021", "别处街道")).await, "OUT_OF_SCOPE");
    let renamed = areas.rename_area(call(rename("110103", "崇文区", None))).await.unwrap_err();
    assert_eq!(renamed.code(), Code::NotFound);
    let late = rename("110102010", "明日街道", date("2014-07-02"));
    let late = areas.rename_area(call(late)).await.unwrap_err();
    assert_eq!(reason(&late), "AREA_DATE_INVALID");
    let outside = call_within("110102011", rename("110102010", "德外街道", None));
    assert_eq!(reason(&areas.rename_area(outside).await.unwrap_err()), "OUT_OF_SCOPE");
    let moved = move_of("110102010013", "110102011", "110102012099");
    let moved = areas.move_area(call(moved)).await.unwrap_err();
    assert_eq!(reason(&moved), "INVALID_FIELD");
    let close = |label: &str| {
        let name = format!("areas/{label}");
        call(proto::CloseAreaRequest { name, ..Default::default() })
    };
    let parent = areas.close_area(close("110102010")).await.unwrap_err();
    assert_eq!(reason(&parent), "AREA_HAS_CHILDREN");
    areas.close_area(close("110102010013")).await.unwrap();
    let twice = areas.close_area(close("110102010013")).await.unwrap_err();
    assert_eq!(reason(&twice), "AREA_NOT_OPEN");
}

#[tokio::test]
async fn an_official_code_is_dated_and_held_by_one() {
    let (_rig, areas) = service().await;
    let official = |code: &str| {
        let (code, edition) = (code.to_owned(), "2014-06-30".to_owned());
        Some(proto::OfficialCode { code, edition })
    };
    let assign = |label: &str, code: &str| {
        call(proto::AssignOfficialCodeRequest {
            name: format!("areas/{label}"),
            official_code: official(code),
            effective_date: date("2014-06-30"),
            ..Default::default()
        })
    };
    areas.assign_official_code(assign("110102010", "110102910000")).await.unwrap();
    let code = async |text| get(&areas, "110102010", date(text)).await.unwrap().official_code;
    assert_eq!(code("2014-06-29").await.unwrap().code, "110102010000");
    assert_eq!(code("2014-06-30").await, official("110102910000"));
    let taken = areas.assign_official_code(assign("110102011", "110102910000")).await;
    assert_eq!(reason(&taken.unwrap_err()), "OFFICIAL_CODE_TAKEN");
    let mut new = create("110102021", "新设街道");
    new.area.as_mut().unwrap().official_code = official("110102021000");
    let new = areas.create_area(call(new)).await.unwrap().into_inner();
    assert_eq!((new.official_code, new.etag.as_str()), (official("110102021000"), "1"));
}

#[tokio::test]
async fn a_moved_subtree_lives_on_under_its_new_label() {
    let (rig, areas) = service().await;
    let seeded = rig.events().await.len();
    areas.create_area(call(create("110103", "新区"))).await.unwrap();
    let ask = move_of("110102010", "110103", "110103001");
    let change = areas.move_area(call(ask)).await.unwrap().into_inner();
    assert_eq!(change.state(), proto::structure_change::State::Done, "nobody to carry");
    let old = get(&areas, "110102010", None).await.unwrap();
    assert_eq!((old.state(), old.display_name.as_str()), (proto::area::State::Closed, "德胜街道"));
    assert_eq!(old.successors[0].area, "areas/110103001");
    let was = get(&areas, "110102010", date("2014-05-31")).await.unwrap();
    assert_eq!(was.state(), proto::area::State::Open);
    let tree = async |label: &str, day| {
        let ask = proto::GetAreaTreeRequest { name: format!("areas/{label}"), day };
        areas.get_area_tree(call(ask)).await.unwrap().into_inner()
    };
    let before = tree("110102010", date("2014-05-31")).await.children.len();
    let after = tree("110103", None).await;
    assert!(before > 10);
    assert_eq!(after.children[0].children.len(), before);
    assert!(tree("110102010", None).await.children.is_empty());
    let kinds: Vec<_> =
        rig.events().await[seeded..].iter().map(|e| (e.kind, e.area.clone())).collect();
    let (left, entered) = (EventKind::Left as i16, EventKind::Entered as i16);
    let at = |kind, label: &str| (kind, label.to_owned());
    let stays = at(EventKind::Updated as i16, "110102010");
    assert_eq!(kinds[1..], [at(left, "110102010"), stays, at(entered, "110103001")]);
    let found = areas
        .get_structure_change(call(proto::GetStructureChangeRequest { name: change.name.clone() }));
    assert_eq!(found.await.unwrap().into_inner(), change);
}

#[tokio::test]
async fn two_merges_at_once_do_not_both_take_an_area() {
    let (_rig, areas) = service().await;
    let [one, two, three] = ["110102010013", "110102010002", "110102010005"];
    let (first, second) = tokio::join!(
        areas.merge_areas(call(merge(one, &[two]))),
        areas.merge_areas(call(merge(three, &[two]))),
    );
    let (won, lost) = if first.is_ok() { (first, second) } else { (second, first) };
    let won = won.unwrap().into_inner();
    assert_eq!(reason(&lost.unwrap_err()), "AREA_NOT_OPEN");
    let ended = get(&areas, two, None).await.unwrap();
    assert_eq!(ended.successors.len(), 1);
    assert_eq!(ended.successors[0].area, won.target);
}

#[tokio::test]
async fn areas_are_listed_by_label_level_and_day() {
    let (_rig, areas) = service().await;
    areas.merge_areas(call(merge("110102010013", &["110102010002"]))).await.unwrap();
    let list = async |ask: proto::ListAreasRequest| {
        let mut names = Vec::new();
        let mut ask = proto::ListAreasRequest { page_size: 7, ..ask };
        loop {
            let page = areas.list_areas(call(ask.clone())).await.unwrap().into_inner();
            assert!(page.areas.len() <= 7);
            names.extend(page.areas.into_iter().map(|area| area.name));
            ask.page_token = page.next_page_token;
            if ask.page_token.is_empty() {
                return names;
            }
        }
    };
    let all = list(proto::ListAreasRequest::default()).await;
    assert!(all.is_sorted());
    assert_eq!(all.len(), 3 + 15 + 262);
    let level = proto::AreaLevel::Subdistrict.into();
    assert_eq!(list(proto::ListAreasRequest { level, ..Default::default() }).await.len(), 15);
    let parent = "areas/110102010".to_owned();
    let below = proto::ListAreasRequest { parent, ..Default::default() };
    let today = list(below.clone()).await.len();
    let with_closed = proto::ListAreasRequest { show_closed: true, ..below.clone() };
    assert_eq!(list(with_closed).await.len(), today + 1);
    let may = proto::ListAreasRequest { day: date("2014-05-31"), ..below };
    assert_eq!(list(may).await.len(), today + 1);
    let strange = proto::ListAreasRequest { parent: "areas/999".into(), ..Default::default() };
    assert!(list(strange).await.is_empty());
}

#[tokio::test]
async fn structure_changes_are_listed_the_newest_first() {
    let (_rig, areas) = service().await;
    for (target, source) in [("110102010013", "110102010002"), ("110102010005", "110102010011")] {
        areas.merge_areas(call(merge(target, &[source]))).await.unwrap();
    }
    let list = async |page_token: String| {
        let ask = proto::ListStructureChangesRequest { page_size: 1, page_token };
        areas.list_structure_changes(call(ask)).await.unwrap().into_inner()
    };
    let first = list(String::new()).await;
    assert_eq!(first.structure_changes[0].target, "areas/110102010005");
    let second = list(first.next_page_token).await;
    assert_eq!(second.structure_changes[0].target, "areas/110102010013");
    assert!(second.next_page_token.is_empty());
}
