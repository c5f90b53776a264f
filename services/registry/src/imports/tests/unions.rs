//! Unions from a spreadsheet.

use unionhall_kit::civil::CivilDate;
use unionhall_proto::google::r#type::Date;
use unionhall_proto::registry::v1::{
    CoverEmployerRequest, DissolveUnionRequest, GetUnionRequest, ListUnionsRequest, Union,
    UpdateUnionRequest, coverage_service_server::CoverageService, union::State as UnionState,
    union_service_server::UnionService,
};

use super::*;
use crate::{
    api::{employers::Employers, unions::Unions},
    columns::union::ALL,
    rules::union::contribution::UnionMetric,
    testing::call,
};

const HOME: &str = "110102012004";

/// A file with these columns filled, a row each.
fn file(columns: &[&str], rows: &[&str]) -> Vec<u8> {
    let header = ALL.iter().map(|column| column.zh).filter(|zh| columns.contains(zh));
    let header: Vec<&str> = header.collect();
    assert_eq!(header, columns, "in the order of the template");
    format!("{}\n{}\n", columns.join(","), rows.join("\n")).into_bytes()
}

const TREE: [&str; 11] = [
    "工会名称",
    "组织类型",
    "组织形式",
    "组织层级",
    "上级工会",
    "所辖区域",
    "住所所在社区",
    "建会日期",
    "届次",
    "任期年数",
    "服务站设立日期",
];

/// The district, a sub-district and a community, each below the one before.
fn tree() -> Vec<u8> {
    file(
        &TREE,
        &[
            "西城区总工会,DISTRICT_FEDERATION,总工会,区,,110102,110102010002,2000-01-01,1,5,",
            "什刹海街道总工会,街道总工会,工会联合会,街道,西城区总工会,110102012,110102012004,2001-01-01,1,5,",
            "西什库社区联合工会,社区联合工会,联合工会委员会,社区,什刹海街道总工会,西什库社区,110102012004,2012-05-01,2,3,2014-03-01",
        ],
    )
}

async fn unions(desk: &Desk) -> Vec<Union> {
    let service = Unions::over(desk.rig.register.clone());
    let asked = ListUnionsRequest { page_size: 100, ..Default::default() };
    service.list_unions(call(asked)).await.unwrap().into_inner().unions
}

async fn named(desk: &Desk, name: &str) -> Union {
    let found = unions(desk).await;
    found.into_iter().find(|union| union.display_name == name).unwrap()
}

async fn count(desk: &Desk, metric: &str, area: &str, day: &str) -> i64 {
    desk.rig.sequencer.drain().await.unwrap();
    let (_, metric, _) = UnionMetric::all().find(|(.., name)| *name == metric).unwrap();
    let node = AreaPath::parse(area).unwrap().path().clone();
    let day: CivilDate = day.parse().unwrap();
    let question = read::Question { metric, line: Line::Area, node, day };
    read::values(desk.rig.register.ledger.db(), &[question]).await.unwrap()[0]
}

#[tokio::test]
async fn a_tree_comes_from_one_file_and_is_taken_back() {
    let desk = desk().await;
    let batch = desk.import("unions", &tree()).await;
    assert_eq!(batch.applied_row_count, 3, "{:?}", desk.faults(&batch.name).await);
    let (district, community) =
        (named(&desk, "西城区总工会").await, named(&desk, "西什库社区联合工会").await);
    assert!(community.affiliation.starts_with(&district.affiliation));
    assert_eq!(community.affiliation.len(), district.affiliation.len() + 20);
    let term = community.term.unwrap();
    assert_eq!((term.number, term.years, term.overdue), (2, 3, true));
    assert_eq!(count(&desk, "unions", "110102012", "2012-04-30").await, 1);
    assert_eq!(count(&desk, "unions", "110102012", "2012-05-01").await, 2);
    assert_eq!(count(&desk, "joint_union_communities", HOME, "2014-01-01").await, 1);
    let again = desk.import("unions", &tree()).await;
    assert_eq!((again.applied_row_count, again.unchanged_row_count), (0, 3));

    let undone = desk.undo(&batch.name).await;
    assert_eq!(undone.refused_undo_count, 0, "{:?}", desk.faults(&batch.name).await);
    assert!(unions(&desk).await.is_empty());
    assert_eq!(count(&desk, "unions", "110102", "2014-01-01").await, 0);
}

#[tokio::test]
async fn a_mobile_number_in_a_shifted_column_is_not_told() {
    let desk = desk().await;
    let columns = ["工会名称", "组织类型", "住所所在社区", "建会日期", "届次"];
    let rows = ["某某工会,13800000000,联系人 138 0000 0000,13800000000,13800000000"];
    let batch = desk.validate("unions", &file(&columns, &rows)).await;
    let faults = desk.faults(&batch.name).await;
    assert!(faults.iter().filter(|fault| fault.value.contains("****")).count() >= 2, "{faults:?}");
    for fault in faults {
        let told = format!("{fault:?}");
        assert!(!told.contains("138"), "{told}");
    }
}

fn date(day: &str) -> Option<Date> {
    day.parse::<CivilDate>().ok().map(Into::into)
}

/// A second union of the community, from a day on.
fn second(from: &str) -> Vec<u8> {
    let row =
        "第二联合工会,社区联合工会,联合工会委员会,社区,什刹海街道总工会,西什库社区,110102012004";
    file(&TREE, &[&format!("{row},{from},1,3,")])
}

async fn assert_taken(desk: &Desk, batch: &ImportBatch, by: &Union) {
    let faults = desk.faults(&batch.name).await;
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert_eq!(fault.code, "UNION_PLACE_TAKEN");
    let remedy = fault.remedy.as_ref().unwrap();
    assert!(remedy.en.contains(&by.name), "{fault:?}");
}

#[tokio::test]
async fn a_row_gives_no_union_what_one_that_ended_had() {
    let desk = desk().await;
    desk.import("unions", &tree()).await;
    let old = named(&desk, "西什库社区联合工会").await;
    let service = Unions::over(desk.rig.register.clone());
    let end = DissolveUnionRequest {
        name: old.name.clone(),
        effective_date: date("2014-03-01"),
        ..Default::default()
    };
    service.dissolve_union(call(end)).await.unwrap();
    let early = desk.validate("unions", &second("2014-02-28")).await;
    assert_eq!((early.valid_row_count, early.fault_count), (0, 1));
    assert_taken(&desk, &early, &old).await;
    let later = desk.import("unions", &second("2014-03-01")).await;
    assert_eq!(later.applied_row_count, 1, "{:?}", desk.faults(&later.name).await);
    for day in ["2014-02-28", "2014-03-01"] {
        assert_eq!(count(&desk, "joint_union_communities", HOME, day).await, 1, "{day}");
    }
}

#[tokio::test]
async fn a_row_is_refused_whose_area_was_taken_after_it_was_checked() {
    let desk = desk().await;
    desk.import("unions", &tree()).await;
    let old = named(&desk, "西什库社区联合工会").await;
    let service = Unions::over(desk.rig.register.clone());
    let to = async |area: &str, day: &str| {
        let request = UpdateUnionRequest {
            union: Some(Union {
                name: old.name.clone(),
                territory: format!("areas/{area}"),
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["territory".to_owned()] }),
            effective_date: date(day),
            ..Default::default()
        };
        service.update_union(call(request)).await.unwrap();
    };
    to("110102010013", "2014-01-01").await;
    let checked = desk.validate("unions", &second("2014-02-01")).await;
    assert_eq!(checked.valid_row_count, 1, "{:?}", desk.faults(&checked.name).await);
    // It was there for a month more, and is gone again.
    to(HOME, "2014-02-01").await;
    to("110102010013", "2014-03-01").await;
    desk.begin_commit(&checked.name).await;
    let done = desk.rest(&checked.name, |_| false).await;
    assert_eq!((done.state(), done.applied_row_count), (State::Applied, 0));
    assert_taken(&desk, &done, &old).await;
}

#[tokio::test]
async fn a_known_union_changes_from_a_day_on_and_gets_its_facts_back() {
    let desk = desk().await;
    desk.import("unions", &tree()).await;
    let columns = [
        "工会名称",
        "工会电话",
        "联系人",
        "联系人手机",
        "批准机关",
        "批复文号",
        "职工之家设立日期",
        "信息生效日期",
    ];
    let row = "西什库社区联合工会,010-60000009,青松,13800000001,某某总工会,某字〔2012〕1号,2014-06-01,2013-01-01";
    let batch = desk.import("unions", &file(&columns, &[row])).await;
    assert_eq!(batch.applied_row_count, 1, "{:?}", desk.faults(&batch.name).await);
    let changed = named(&desk, "西什库社区联合工会").await;
    assert_eq!(changed.phone, "010-60000009");
    assert_eq!(changed.contact.as_ref().unwrap().masked_mobile, "138******01");
    assert_eq!(changed.approval.unwrap().number, "某字〔2012〕1号");
    assert_eq!(count(&desk, "integrated_unions", HOME, "2014-05-31").await, 0);
    assert_eq!(count(&desk, "integrated_unions", HOME, "2014-06-01").await, 1);
    let again = desk.import("unions", &file(&columns, &[row])).await;
    assert_eq!(again.unchanged_row_count, 1, "one number sealed twice is one number");
    let service = Unions::over(desk.rig.register.clone());
    let before = GetUnionRequest {
        name: changed.name.clone(),
        day: Some("2012-12-31".parse::<CivilDate>().unwrap().into()),
    };
    let before = service.get_union(call(before)).await.unwrap().into_inner();
    assert_eq!(before.phone, "");
    desk.undo(&batch.name).await;
    let restored = named(&desk, "西什库社区联合工会").await;
    assert_eq!((restored.phone.as_str(), restored.contact), ("", None));
    assert_eq!(count(&desk, "integrated_unions", HOME, "2014-06-01").await, 0);
}

#[tokio::test]
async fn what_a_row_does_not_say_stays() {
    let desk = desk().await;
    let columns = ["工会名称", "住所所在社区", "住所地址", "届次", "任期年数"];
    desk.import("unions", &tree()).await;
    let line = "西什库社区联合工会,110102012004,甲1号,,";
    desk.import("unions", &file(&columns, &[line])).await;
    let service = Unions::over(desk.rig.register.clone());
    let mut union = named(&desk, "西什库社区联合工会").await;
    let term = union.term.as_mut().unwrap();
    term.postponed_to = Some("2015-10-01".parse::<CivilDate>().unwrap().into());
    let postponed = term.clone();
    let update = UpdateUnionRequest {
        union: Some(union),
        update_mask: Some(prost_types::FieldMask { paths: vec!["term".to_owned()] }),
        ..Default::default()
    };
    service.update_union(call(update)).await.unwrap();
    let again = "西什库社区联合工会,110102012004,,2,3";
    let batch = desk.import("unions", &file(&columns, &[again])).await;
    assert_eq!(batch.unchanged_row_count, 1, "{:?}", desk.faults(&batch.name).await);
    let kept = named(&desk, "西什库社区联合工会").await;
    assert_eq!(kept.seat.unwrap().line, "甲1号");
    assert_eq!(kept.term.unwrap().postponed_to, postponed.postponed_to);
}

#[tokio::test]
async fn a_row_says_where_a_union_works_and_what_it_was_named_for() {
    let desk = desk().await;
    desk.import("unions", &tree()).await;
    let columns = [
        "工会名称",
        "办公地点所在社区",
        "办公地址",
        "届次",
        "任期年数",
        "延期换届至",
        "服务站设立日期",
        "服务站说明",
        "示范单位命名日期",
        "示范单位说明",
        "首家认定日期",
        "首家说明",
        "获奖日期",
        "获奖说明",
        "信息生效日期",
    ];
    let named_for = "西什库社区联合工会,110102010002,乙2号,2,3,2015-10-01,2014-03-01,某某站,2014-05-01,区级,2014-06-01,首家商圈工会,2014-06-15,模范职工之家,2013-01-01";
    let batch = desk.import("unions", &file(&columns, &[named_for])).await;
    assert_eq!(batch.applied_row_count, 1, "{:?}", desk.faults(&batch.name).await);
    let union = named(&desk, "西什库社区联合工会").await;
    let office = union.office.clone().unwrap();
    assert_eq!((office.area.as_str(), office.line.as_str()), ("areas/110102010002", "乙2号"));
    assert_eq!(union.term.as_ref().unwrap().postponed_to, date("2015-10-01"));
    let mut marks: Vec<_> =
        union.marks.iter().map(|mark| (mark.mark.as_str(), mark.note.as_str())).collect();
    marks.sort_unstable();
    let expected = [
        ("AWARD", "模范职工之家"),
        ("DEMONSTRATION_UNIT", "区级"),
        ("MILESTONE", "首家商圈工会"),
        ("SERVICE_STATION", "某某站"),
    ];
    assert_eq!(marks, expected);
    let again = desk.import("unions", &file(&columns, &[named_for])).await;
    assert_eq!(again.unchanged_row_count, 1, "{:?}", desk.faults(&again.name).await);
    // What the row leaves out stays.
    let bare =
        "西什库社区联合工会,110102010002,,2,3,,2014-03-01,,2014-05-01,,2014-06-01,,2014-06-15,,";
    let again = desk.import("unions", &file(&columns, &[bare])).await;
    assert_eq!(again.unchanged_row_count, 1, "{:?}", desk.faults(&again.name).await);

    let alone = "西什库社区联合工会,,乙2号,,,2015-10-01,,某某站,,,,首家,,,";
    let long = format!("什刹海街道总工会,,,,,,,,,,,,2014-06-15,{},", "奖".repeat(201));
    let wrong = desk.validate("unions", &file(&columns, &[alone, &long])).await;
    let faults = desk.faults(&wrong.name).await;
    let told: Vec<_> =
        faults.iter().map(|fault| (fault.column.as_str(), fault.code.as_str())).collect();
    let expected = [
        ("办公地址", "NEEDS_COLUMN"),
        ("延期换届至", "NEEDS_COLUMN"),
        ("服务站说明", "NEEDS_COLUMN"),
        ("首家说明", "NEEDS_COLUMN"),
        ("获奖说明", "UNION_TEXT_INVALID"),
    ];
    assert_eq!(told, expected);
    desk.undo(&batch.name).await;
    let restored = named(&desk, "西什库社区联合工会").await;
    assert_eq!((restored.office, restored.marks.len()), (None, 1));
}

#[tokio::test]
async fn rows_build_on_what_rows_before_them_change() {
    let desk = desk().await;
    desk.import("unions", &tree()).await;
    let columns = [
        "工会名称",
        "工会统一社会信用代码",
        "组织类型",
        "组织形式",
        "组织层级",
        "上级工会",
        "住所所在社区",
        "建会日期",
    ];
    let rows = [
        "什刹海街道总工会,81110102T00000028K,,,,,,",
        "某某联合工会,,JOINT,COMMITTEE,BASIC,81110102T00000028K,110102012004,2013-01-01",
    ];
    let batch = desk.import("unions", &file(&columns, &rows)).await;
    assert_eq!(batch.applied_row_count, 2, "{:?}", desk.faults(&batch.name).await);
    let above = named(&desk, "什刹海街道总工会").await;
    assert_eq!(named(&desk, "某某联合工会").await.superior, above.name);
    let undone = desk.undo(&batch.name).await;
    assert_eq!(undone.refused_undo_count, 0, "{:?}", desk.faults(&batch.name).await);
    assert_eq!(named(&desk, "什刹海街道总工会").await.credit_code, "");
}

#[tokio::test]
async fn nothing_builds_on_a_row_that_is_refused_for_its_key() {
    let desk = desk().await;
    desk.import("unions", &tree()).await;
    let columns = [
        "工会名称",
        "工会统一社会信用代码",
        "组织类型",
        "组织形式",
        "组织层级",
        "上级工会",
        "住所所在社区",
        "建会日期",
    ];
    let above = "什刹海街道总工会";
    let rows = [
        format!(
            "甲联合工会,81110102T00000028K,JOINT,COMMITTEE,BASIC,{above},110102012004,2013-01-01"
        ),
        format!(
            "乙联合工会,81110102T00000028K,JOINT,COMMITTEE,BASIC,{above},110102012004,2013-01-01"
        ),
        "丙联合工会,,JOINT,COMMITTEE,BASIC,乙联合工会,110102012004,2013-02-01".to_owned(),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let batch = desk.validate("unions", &file(&columns, &rows)).await;
    let faults = desk.faults(&batch.name).await;
    let told = told(&faults);
    assert!(told.contains(&(3, "工会统一社会信用代码", "DUPLICATE_IN_FILE")), "{told:?}");
    assert!(told.contains(&(4, "上级工会", "SUPERIOR_INVALID")), "{told:?}");
    assert_eq!(batch.valid_row_count, 1);
}

#[tokio::test]
async fn an_own_union_names_its_employer_by_code() {
    let desk = desk().await;
    let employers = "单位名称,统一社会信用代码,单位性质,实际所在社区,成立日期\n\
        北京青松印务有限公司,91110102T00000028J,57,110102012004,2012-03-01\n";
    desk.import("employers", employers.as_bytes()).await;
    let columns = [
        "工会名称",
        "组织类型",
        "组织形式",
        "组织层级",
        "所属单位代码",
        "住所所在社区",
        "建会日期",
    ];
    let row = |code: &str, name: &str| {
        format!("{name},独立工会,工会委员会,基层,{code},110102012004,2013-01-01")
    };
    let own = row("91110102T00000028J", "北京青松印务有限公司工会");
    let batch = desk.import("unions", &file(&columns, &[&own])).await;
    assert_eq!(batch.applied_row_count, 1, "{:?}", desk.faults(&batch.name).await);
    let union = named(&desk, "北京青松印务有限公司工会").await;
    assert_eq!(union.state(), UnionState::Active);
    // By its organisation code it is the same employer, and another name is a change of name.
    let renamed = row("T0000002-8", "青松印务工会");
    desk.import("unions", &file(&columns, &[&renamed])).await;
    assert_eq!(unions(&desk).await.len(), 1);
    let cover = CoverEmployerRequest {
        name: union.employer.clone(),
        union: union.name.clone(),
        effective_date: Some("2014-06-01".parse::<CivilDate>().unwrap().into()),
        ..Default::default()
    };
    let service = Employers::over(desk.rig.register.clone());
    service.cover_employer(call(cover)).await.unwrap();
    let undone = desk.undo(&batch.name).await;
    assert_eq!(undone.refused_undo_count, 1, "changed since, and in use");
    let ended = employers.replace("实际所在社区,成立日期", "实际所在社区,状态,生效日期");
    let ended = ended.replace("2012-03-01", "注销,2015-01-01");
    let refused = desk.validate("employers", ended.as_bytes()).await;
    assert_eq!(told(&desk.faults(&refused.name).await), [(2, "状态", "HAS_OWN_UNION")]);
}

#[tokio::test]
async fn every_fault_of_a_row_is_told_under_its_column() {
    let mut desk = desk().await;
    desk.import("unions", &tree()).await;
    desk.scope = "110102012";
    let columns = [
        "工会名称",
        "工会统一社会信用代码",
        "组织类型",
        "组织形式",
        "组织层级",
        "所属单位代码",
        "上级工会",
        "所辖区域",
        "住所所在社区",
        "联系人手机",
        "建会日期",
        "届次",
        "任期年数",
        "示范单位命名日期",
    ];
    for (row, expected) in [
        (
            "甲工会,,JOINT,COMMITTEE,BASIC,,,,110102010002,,2013-01-01,,,",
            vec![("住所所在社区", "OUT_OF_SCOPE")],
        ),
        (
            "甲工会,,JOINT,COMMITTEE,BASIC,,无此工会,,110102012004,,2013-01-01,,,",
            vec![("上级工会", "SUPERIOR_INVALID")],
        ),
        (
            "甲工会,,JOINT,COMMITTEE,街区,,,,110102012004,,2013-01-01,,,",
            vec![("组织层级", "UNKNOWN_CODE")],
        ),
        (
            "甲工会,,JOINT,COMMITTEE,,,,,110102012004,,2013-01-01,,,",
            vec![("组织层级", "UNION_INCOMPLETE")],
        ),
        (
            "甲工会,,独立工会,COMMITTEE,BASIC,,,,110102012004,,2013-01-01,,,",
            vec![("所属单位代码", "UNION_KIND_INVALID")],
        ),
        (
            "甲工会,,独立工会,COMMITTEE,BASIC,T0000009X,,,110102012004,,2013-01-01,,,",
            vec![("所属单位代码", "ORGANISATION_CODE_INVALID")],
        ),
        (
            "甲工会,91110102T00000028J,JOINT,COMMITTEE,BASIC,,,,110102012004,,2013-01-01,,,",
            vec![("工会统一社会信用代码", "UNION_CODE_CATEGORY")],
        ),
        (
            "甲工会,,JOINT,COMMITTEE,BASIC,,,,110102012004,13800000001,2013-01-01,,,",
            vec![("联系人手机", "NEEDS_COLUMN")],
        ),
        (
            "甲工会,,JOINT,COMMITTEE,BASIC,,,,110102012004,,2013-01-01,1,,",
            vec![("届次", "NEEDS_COLUMN")],
        ),
        (
            "甲工会,,JOINT,COMMITTEE,BASIC,,,,110102012004,,2013-01-01,1,4,",
            vec![("届次", "TERM_INVALID")],
        ),
        (
            "甲工会,,JOINT,COMMITTEE,BASIC,,,,110102012004,,2999-01-01,,,",
            vec![("建会日期", "UNION_DATE_INVALID")],
        ),
        (
            "甲工会,,JOINT,COMMITTEE,BASIC,,,,110102012004,,2013-01-01,,,2012-01-01",
            vec![("示范单位命名日期", "UNION_DATE_INVALID")],
        ),
        ("西什库社区联合工会,,JOINT,,,,,,,,,,,", vec![("组织类型", "UNION_DIFFERS")]),
        ("西城区总工会,,,,,,,,,,,2,5,", vec![("工会名称", "OUT_OF_SCOPE")]),
    ] {
        let batch = desk.validate("unions", &file(&columns, &[row])).await;
        let faults = desk.faults(&batch.name).await;
        let found: Vec<(&str, &str)> =
            faults.iter().map(|fault| (fault.column.as_str(), fault.code.as_str())).collect();
        assert_eq!(found, expected, "{row}: {faults:?}");
        assert!(faults.iter().all(|fault| !fault.value.contains("13800000001")), "masked");
    }
}
