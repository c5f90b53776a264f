//! Coverage from a spreadsheet.

use unionhall_proto::registry::v1::{
    DissolveUnionRequest, ListUnionsRequest, LookupEmployerRequest, Union,
    employer_service_server::EmployerService, union_service_server::UnionService,
};

use super::*;
use crate::{
    api::{employers::Employers, unions::Unions},
    testing::call,
};

const HOME: &str = "110102012004";
const FIRST: &str = "91110102T00000028J";
const SECOND: &str = "91110102T00000036D";
const HEADER: &str = "单位代码,单位名称,覆盖工会,工会所在区域,覆盖起始日期,原覆盖工会,终止覆盖日期";

fn file(rows: &[&str]) -> Vec<u8> {
    format!("{HEADER}\n{}\n", rows.join("\n")).into_bytes()
}

/// Two employers, and three unions of which two have one name.
async fn stocked() -> Desk {
    let desk = desk().await;
    let employers = format!(
        "单位名称,统一社会信用代码,单位性质,实际所在社区,成立日期\n\
         北京青松印务有限公司,{FIRST},57,{HOME},2012-03-01\n\
         北京翠柏印务有限公司,{SECOND},57,{HOME},2012-03-01\n"
    );
    let batch = desk.import("employers", employers.as_bytes()).await;
    assert_eq!(batch.applied_row_count, 2, "{:?}", desk.faults(&batch.name).await);
    let unions = format!(
        "工会名称,组织类型,组织形式,组织层级,所辖区域,住所所在社区,建会日期\n\
         西什库社区联合工会,社区联合工会,联合工会委员会,社区,{HOME},{HOME},2012-05-01\n\
         某某联合工会,联合基层工会,联合工会委员会,基层,,{HOME},2012-05-01\n"
    );
    let batch = desk.import("unions", unions.as_bytes()).await;
    assert_eq!(batch.applied_row_count, 2, "{:?}", desk.faults(&batch.name).await);
    desk
}

async fn namesake(desk: &Desk) {
    let service = Unions::over(desk.rig.register.clone());
    let union = Union {
        display_name: "某某联合工会".into(),
        union_type: "JOINT".into(),
        union_form: "JOINT_COMMITTEE".into(),
        union_level: "BASIC".into(),
        seat: Some(unionhall_proto::registry::v1::Address {
            area: "areas/110102010002".into(),
            line: "乙1号".into(),
        }),
        ..Default::default()
    };
    let message = unionhall_proto::registry::v1::CreateUnionRequest {
        union: Some(union),
        effective_date: Some(crate::testing::day("2012-05-01").into()),
        ..Default::default()
    };
    service.create_union(call(message)).await.unwrap();
}

async fn union(desk: &Desk, name: &str) -> Union {
    let service = Unions::over(desk.rig.register.clone());
    let asked = ListUnionsRequest { page_size: 100, ..Default::default() };
    let found = service.list_unions(call(asked)).await.unwrap().into_inner().unions;
    found.into_iter().find(|union| union.display_name == name).unwrap()
}

/// The union that covers an employer on a day; empty where none does.
async fn covering(desk: &Desk, code: &str, day: &str) -> String {
    let (service, _) = (Employers::over(desk.rig.register.clone()), ());
    let day = Some(crate::testing::day(day).into());
    let asked = LookupEmployerRequest { code: code.to_owned(), day };
    let employer = service.lookup_employer(call(asked)).await.unwrap().into_inner();
    employer.coverage.map(|coverage| coverage.union).unwrap_or_default()
}

#[tokio::test]
async fn employers_come_under_unions_and_leave_them_again() {
    let desk = stocked().await;
    let community = union(&desk, "西什库社区联合工会").await.name;
    let rows = file(&[
        &format!("{FIRST},北京青松印务有限公司,西什库社区联合工会,,2014-03-01,,"),
        &format!("{SECOND},,西什库社区联合工会,,2014-03-01,,2015-01-01"),
    ]);
    let batch = desk.import("coverage", &rows).await;
    assert_eq!(batch.applied_row_count, 2, "{:?}", desk.faults(&batch.name).await);
    assert_eq!(covering(&desk, FIRST, "2014-03-01").await, community);
    assert_eq!(covering(&desk, FIRST, "2014-02-28").await, "");
    assert_eq!(covering(&desk, SECOND, "2014-12-31").await, community);
    assert_eq!(covering(&desk, SECOND, "2015-01-01").await, "");
    assert_eq!(desk.figure(Metric::CoveredEmployers, HOME, "2014-06-01").await, 2);
    assert_eq!(desk.figure(Metric::CoveredEmployers, HOME, "2015-06-01").await, 1);
    let again = desk.import("coverage", &rows).await;
    assert_eq!((again.applied_row_count, again.unchanged_row_count), (0, 2));

    let end = file(&[&format!("{FIRST},,,,,,2016-01-01")]);
    let ended = desk.import("coverage", &end).await;
    assert_eq!(ended.applied_row_count, 1);
    assert_eq!(covering(&desk, FIRST, "2016-01-01").await, "");
    let refused = desk.undo(&batch.name).await;
    assert_eq!(refused.refused_undo_count, 1, "the first employer has changed since");
    desk.undo(&ended.name).await;
    assert_eq!(covering(&desk, FIRST, "2016-01-01").await, community);
    assert_eq!(covering(&desk, SECOND, "2014-06-01").await, "");
    assert_eq!(desk.figure(Metric::CoveredEmployers, HOME, "2015-06-01").await, 1);
}

#[tokio::test]
async fn nobody_is_taken_over_unawares_and_no_union_is_guessed() {
    let desk = stocked().await;
    let cover = file(&[&format!("{FIRST},,西什库社区联合工会,,2014-03-01,,")]);
    desk.import("coverage", &cover).await;
    let silent = file(&[&format!("{FIRST},,某某联合工会,,2015-03-01,,")]);
    let silent = desk.validate("coverage", &silent).await;
    let faults = desk.faults(&silent.name).await;
    assert_eq!(told(&faults), [(2, "原覆盖工会", "EMPLOYER_COVERED")]);
    let community = union(&desk, "西什库社区联合工会").await.name;
    assert!(faults[0].remedy.as_ref().unwrap().en.contains(&community), "{:?}", faults[0]);
    let open = file(&[&format!("{FIRST},,某某联合工会,,2015-03-01,西什库社区联合工会,")]);
    let batch = desk.import("coverage", &open).await;
    assert_eq!(batch.applied_row_count, 1, "{:?}", desk.faults(&batch.name).await);
    let joint = union(&desk, "某某联合工会").await.name;
    assert_eq!(covering(&desk, FIRST, "2015-03-01").await, joint);

    namesake(&desk).await;
    let shared = file(&[&format!("{SECOND},,某某联合工会,,2015-03-01,,")]);
    let shared = desk.validate("coverage", &shared).await;
    let faults = desk.faults(&shared.name).await;
    assert_eq!(told(&faults), [(2, "覆盖工会", "UNION_NAME_SHARED")]);
    let text = &faults[0].remedy.as_ref().unwrap().en;
    assert!(text.contains(HOME) && text.contains("110102010002"), "{text}");
    let told_apart = file(&[&format!("{SECOND},,某某联合工会,110102012,2015-03-01,,")]);
    assert_eq!(desk.import("coverage", &told_apart).await.applied_row_count, 1);
    assert_eq!(covering(&desk, SECOND, "2015-03-01").await, joint);
    // Of unions with one name the one that covers the employer is the one that it leaves.
    let back = file(&[&format!("{SECOND},,西什库社区联合工会,,2016-03-01,某某联合工会,")]);
    assert_eq!(desk.import("coverage", &back).await.applied_row_count, 1);
}

#[tokio::test]
async fn every_fault_of_every_row_is_told() {
    let desk = stocked().await;
    let rows = file(&[
        &format!("{FIRST},北京某某公司,西什库社区联合工会,,2014-03-01,,"),
        "91110102T000000448,,西什库社区联合工会,,2014-03-01,,",
        &format!("{SECOND},,无名工会,不存在,2014-03-01,,"),
        &format!("{SECOND},,,,2014-03-01,,"),
    ]);
    let batch = desk.validate("coverage", &rows).await;
    let faults = desk.faults(&batch.name).await;
    let mut found = told(&faults);
    found.sort_unstable();
    let codes: Vec<(i32, &str)> = found.iter().map(|(line, _, code)| (*line, *code)).collect();
    for expected in [
        (2, "EMPLOYER_NAME_DIFFERS"),
        (4, "UNION_UNKNOWN"),
        (4, "AREA_UNKNOWN"),
        (5, "MISSING_VALUE"),
        (5, "NEEDS_COLUMN"),
        (5, "DUPLICATE_IN_FILE"),
    ] {
        assert!(codes.contains(&expected), "{expected:?} in {codes:?}");
    }
    assert!(codes.iter().any(|(line, _)| *line == 3), "{codes:?}");
    let early = file(&[&format!("{FIRST},,西什库社区联合工会,,2012-04-30,,")]);
    let early = desk.validate("coverage", &early).await;
    let faults = desk.faults(&early.name).await;
    assert_eq!(told(&faults), [(2, "覆盖起始日期", "COVER_INVALID")]);
    let never = file(&[&format!("{FIRST},,,,,,2014-03-01")]);
    let never = desk.validate("coverage", &never).await;
    let faults = desk.faults(&never.name).await;
    assert_eq!(told(&faults), [(2, "终止覆盖日期", "EMPLOYER_NOT_COVERED")]);

    let outside = Desk { scope: "110105", ..desk };
    let rows = file(&[&format!("{FIRST},,西什库社区联合工会,,2014-03-01,,")]);
    let batch = outside.validate("coverage", &rows).await;
    let faults = outside.faults(&batch.name).await;
    let codes: Vec<&str> = told(&faults).into_iter().map(|(.., code)| code).collect();
    assert_eq!(codes.len(), 2, "{codes:?}");
    assert!(codes.contains(&"EMPLOYER_UNKNOWN") && codes.contains(&"UNION_UNKNOWN"), "{codes:?}");
}

#[tokio::test]
async fn an_undo_brings_no_coverage_back_whose_union_has_ended() {
    let desk = stocked().await;
    let cover = file(&[&format!("{FIRST},,西什库社区联合工会,,2014-03-01,,")]);
    desk.import("coverage", &cover).await;
    let moved = file(&[&format!("{FIRST},,某某联合工会,,2015-03-01,西什库社区联合工会,")]);
    let moved = desk.import("coverage", &moved).await;
    let message = DissolveUnionRequest {
        name: union(&desk, "西什库社区联合工会").await.name,
        effective_date: Some(crate::testing::day("2020-01-01").into()),
        ..Default::default()
    };
    let service = Unions::over(desk.rig.register.clone());
    service.dissolve_union(call(message)).await.unwrap();
    let undone = desk.undo(&moved.name).await;
    assert_eq!(undone.refused_undo_count, 1);
    let joint = union(&desk, "某某联合工会").await.name;
    assert_eq!(covering(&desk, FIRST, "2021-01-01").await, joint);
}
