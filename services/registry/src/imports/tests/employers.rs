use unionhall_proto::common::v1::GetImportTemplateRequest;

use super::*;
use crate::{
    rules::{
        credit_code::CreditCode, employer::EmployerFacts, organisation_code::OrganisationCode,
    },
    store::employers,
};

/// What stands in a row instead, by position.
type Cells<'a> = Vec<(usize, &'a str)>;

const HEADER: &str = "单位名称,统一社会信用代码,组织机构代码,单位性质,行业代码,行业标准版本,\
    实际所在社区,实际地址,成立日期,职工人数,女职工人数,人数统计日期,联系电话,状态,生效日期\n";

fn credit(number: u32) -> String {
    CreditCode::compose('9', '1', "110102", &format!("T{number:07}")).unwrap().as_str().to_owned()
}

fn file(rows: &[String]) -> Vec<u8> {
    format!("{HEADER}{}\n", rows.join("\n")).into_bytes()
}

/// A row without fault, its cells replaced by those of `cells`.
fn row(number: u32, cells: &[(usize, &str)]) -> String {
    let code = credit(number);
    let mut row = [
        "北京样例印务有限公司",
        &code,
        "",
        "57",
        "23",
        "",
        "110102010002",
        "裕民路8号",
        "2013-01-01",
        "12",
        "5",
        "2014-12-31",
        "010-12345678",
        "在业",
        "2014-01-01",
    ];
    cells.iter().for_each(|(at, cell)| row[*at] = cell);
    row.join(",")
}

async fn facts(desk: &Desk, number: u32) -> Option<(i64, EmployerFacts)> {
    let code = CreditCode::parse(&credit(number)).unwrap();
    let conn = desk.rig.register.ledger.db().reader();
    let code = employers::Code::Credit(code);
    let id = employers::find_by_code(conn, &code).await.unwrap()?;
    let record = employers::load(conn, &[id]).await.unwrap().remove(&id).unwrap();
    Some((record.version, record.facts))
}

#[tokio::test]
async fn every_fault_of_a_row_is_told_under_its_column() {
    let desk = desk().await;
    let code = credit(1);
    let cases: Vec<(Cells<'_>, Vec<(&str, &str)>)> = vec![
        (
            vec![(1, "91110102T00000"), (0, "")],
            vec![("单位名称", "MISSING_VALUE"), ("统一社会信用代码", "CREDIT_CODE_INVALID")],
        ),
        (vec![(1, "")], vec![("统一社会信用代码", "EMPLOYER_NOT_IDENTIFIED")]),
        (vec![(1, ""), (2, "T00000099")], vec![("组织机构代码", "ORGANISATION_CODE_CHECK")]),
        (vec![(1, &code), (2, "12345678")], vec![("组织机构代码", "ORGANISATION_CODE_INVALID")]),
        (
            vec![(3, "00"), (13, "消失")],
            vec![("单位性质", "UNKNOWN_CODE"), ("状态", "UNKNOWN_CODE")],
        ),
        (vec![(4, "97"), (5, "2011")], vec![("行业代码", "UNKNOWN_CODE")]),
        (vec![(5, "2002")], vec![("行业标准版本", "UNKNOWN_CODE")]),
        (vec![(6, "天桥")], vec![("实际所在社区", "AREA_UNKNOWN")]),
        (vec![(8, "2014-01-02")], vec![("生效日期", "EMPLOYER_DATE_INVALID")]),
        (
            vec![(8, "2024-06-04"), (14, "")],
            vec![("成立日期", "EMPLOYER_DATE_INVALID"), ("人数统计日期", "EMPLOYER_DATE_INVALID")],
        ),
        (vec![(9, "4")], vec![("职工人数", "WORKFORCE_INVALID")]),
        (vec![(9, "")], vec![("女职工人数", "NEEDS_COLUMN")]),
        (vec![(12, "没有")], vec![("联系电话", "EMPLOYER_TEXT_INVALID")]),
        (vec![(13, "注销")], vec![("生效日期", "EMPLOYER_CLOSED")]),
    ];
    let rows: Vec<String> =
        (2..).zip(&cases).map(|(number, (cells, _))| row(number, cells)).collect();
    let batch = desk.validate("employers", &file(&rows)).await;
    let faults = desk.faults(&batch.name).await;
    for (line, (_, expected)) in (2..).zip(&cases) {
        let found = told(&faults).into_iter().filter(|(at, ..)| *at == line);
        let found: Vec<_> = found.map(|(_, column, code)| (column, code)).collect();
        assert_eq!(&found, expected, "line {line}");
    }
    assert_eq!(batch.valid_row_count, 0);
}

#[tokio::test]
async fn a_zero_in_a_cell_is_a_count_and_an_empty_cell_is_none() {
    let desk = desk().await;
    let rows = [row(0, &[(10, "0")]), row(1, &[(10, "")])];
    let batch = desk.import("employers", &file(&rows)).await;
    assert_eq!(batch.applied_row_count, 2, "{:?}", desk.faults(&batch.name).await);
    for (number, women) in [(0, Some(0)), (1, None)] {
        let (_, facts) = facts(&desk, number).await.unwrap();
        let count = facts.headcounts.values().next().unwrap();
        assert_eq!(count.female(), women, "row {number}");
    }
}

#[tokio::test]
async fn an_area_is_named_by_label_code_or_name() {
    let desk = desk().await;
    let tree = desk.rig.register.tree().await.unwrap();
    let label = AreaPath::parse("110102010002").unwrap();
    let name = tree.get(&label).unwrap().names[0].name.to_string();
    let street = AreaPath::parse("110102010").unwrap();
    let street_name = tree.get(&street).unwrap().names[0].name.to_string();
    let written = [
        ("110102010002", &label),
        ("１１０１０２０１０００２", &label),
        (name.as_str(), &label),
        ("安德路南 社区", &label),
        ("110102010000", &street),
        (street_name.as_str(), &street),
    ];
    let rows: Vec<String> =
        (0..).zip(written).map(|(number, (text, _))| row(number, &[(6, text)])).collect();
    let batch = desk.import("employers", &file(&rows)).await;
    assert_eq!(batch.applied_row_count, 6, "{:?}", desk.faults(&batch.name).await);
    for (number, (text, expected)) in (0..).zip(written) {
        let (_, facts) = facts(&desk, number).await.unwrap();
        assert_eq!(facts.actual_addresses.rows()[0].value.area(), expected, "{text}");
    }
}

#[tokio::test]
async fn a_shared_name_is_ambiguous() {
    let desk = desk().await;
    let areas = "区域标识,区域名称,启用日期\n110102010900,同名社区,2013-01-01\n\
                 110102012900,同名社区,2013-01-01\n";
    desk.import("areas", areas.as_bytes()).await;
    let batch = desk.validate("employers", &file(&[row(1, &[(6, "同名社区")])])).await;
    let faults = desk.faults(&batch.name).await;
    assert_eq!(told(&faults), [(2, "实际所在社区", "AREA_AMBIGUOUS")]);
    let remedy = faults[0].remedy.clone().unwrap();
    assert!(remedy.zh.contains("110102010900, 110102012900"), "{}", remedy.zh);
}

#[tokio::test]
async fn rows_outside_the_scope_are_faults() {
    let mut desk = desk().await;
    let elsewhere = row(1, &[(6, "110102012001")]);
    desk.import("employers", &file(std::slice::from_ref(&elsewhere))).await;
    desk.scope = "110102010";
    let rows = [row(1, &[]), row(2, &[(6, "110102012001")]), row(3, &[])];
    let batch = desk.import("employers", &file(&rows)).await;
    let expected = [(2, "统一社会信用代码", "OUT_OF_SCOPE"), (3, "实际所在社区", "OUT_OF_SCOPE")];
    assert_eq!(told(&desk.faults(&batch.name).await), expected);
    assert_eq!(batch.applied_row_count, 1);
}

#[tokio::test]
async fn a_known_employer_changes_from_a_day_on_and_is_restored() {
    let desk = desk().await;
    desk.import("employers", &file(&[row(1, &[]), row(2, &[])])).await;
    let (_, before) = facts(&desk, 1).await.unwrap();
    let body = OrganisationCode::parse(&credit(1)[8..17]).unwrap();
    let moved = row(
        1,
        &[
            (0, "北京样例新名有限公司"),
            (1, ""),
            (2, body.as_str()),
            (6, "110102012001"),
            (9, "20"),
            (11, "2016-03-01"),
            (14, "2016-03-01"),
        ],
    );
    let batch = desk.import("employers", &file(&[moved, row(2, &[])])).await;
    assert_eq!((batch.applied_row_count, batch.unchanged_row_count), (1, 1));
    let (version, after) = facts(&desk, 1).await.unwrap();
    assert_eq!(version, 2);
    assert_eq!(after.names.rows().len(), 2);
    let day = |text: &str| text.parse().unwrap();
    assert!(after.identifiers.on(day("2016-03-01")).unwrap().credit_code().is_some(), "kept");
    assert_eq!(desk.figure(Metric::Employees, "110102012", "2016-03-01").await, 20);
    assert_eq!(desk.figure(Metric::Employees, "110102010", "2016-03-01").await, 12);
    let undone = desk.undo(&batch.name).await;
    assert_eq!(undone.refused_undo_count, 0);
    let (version, restored) = facts(&desk, 1).await.unwrap();
    assert_eq!((version, &restored), (3, &before));
    assert_eq!(desk.figure(Metric::Employees, "110102012", "2024-06-03").await, 0);
    assert_eq!(desk.figure(Metric::Employees, "110102010", "2016-03-01").await, 24);
}

#[tokio::test]
async fn an_empty_street_line_says_nothing() {
    let desk = desk().await;
    desk.import("employers", &file(&[row(1, &[])])).await;
    let line = async |number| {
        let (_, facts) = facts(&desk, number).await.unwrap();
        facts.actual_addresses.rows().last().unwrap().value.line().to_owned()
    };
    let silent = row(1, &[(0, "北京样例新名有限公司"), (7, ""), (14, "2016-03-01")]);
    let batch = desk.import("employers", &file(&[silent])).await;
    assert_eq!(batch.applied_row_count, 1);
    assert_eq!(line(1).await, "裕民路8号", "in the same area it stays");
    let moved = row(1, &[(6, "110102012001"), (7, ""), (14, "2016-04-01")]);
    desk.import("employers", &file(&[moved])).await;
    assert_eq!(line(1).await, "", "elsewhere it is another street");
}

#[tokio::test]
async fn an_employer_that_changed_since_is_left_alone() {
    let desk = desk().await;
    let first = desk.import("employers", &file(&[row(1, &[]), row(2, &[])])).await;
    desk.import("employers", &file(&[row(1, &[(12, "010-22222222"), (14, "2015-01-01")])])).await;
    let undone = desk.undo(&first.name).await;
    assert_eq!(undone.refused_undo_count, 1);
    assert_eq!(told(&desk.faults(&first.name).await), [(2, "", "CHANGED_SINCE")]);
    assert!(facts(&desk, 1).await.is_some() && facts(&desk, 2).await.is_none());
    assert_eq!(desk.figure(Metric::Employers, "110102010", "2024-06-03").await, 1);
}

#[tokio::test]
async fn codes_of_one_body_in_two_columns_are_one_employer() {
    let desk = desk().await;
    let code = credit(1);
    let rows = [row(1, &[]), row(1, &[(1, ""), (2, &code[8..17])])];
    let batch = desk.validate("employers", &file(&rows)).await;
    let expected = [(3, "组织机构代码", "DUPLICATE_IN_FILE")];
    assert_eq!(told(&desk.faults(&batch.name).await), expected);
}

#[tokio::test]
async fn the_template_has_the_code_lists_and_is_read_back() {
    let desk = desk().await;
    let asked = GetImportTemplateRequest { kind: "employers".into(), format: 1 };
    let template = desk.imports.template(desk.call(asked)).await.unwrap();
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(template.content.to_vec())).unwrap();
    let codes = calamine::Reader::worksheet_range(&mut book, "代码表 Codes").unwrap();
    let texts: Vec<String> = codes.cells().map(|(_, _, cell)| cell.to_string()).collect();
    for expected in ["私营企业", "110102010002", "在业", "2017", "110"] {
        assert!(texts.iter().any(|text| text == expected), "{expected}");
    }
    let asked = GetImportTemplateRequest { kind: "employers".into(), format: 2 };
    let template = desk.imports.template(desk.call(asked)).await.unwrap();
    let batch = desk.validate("employers", &template.content).await;
    assert_eq!(told(&desk.faults(&batch.name).await), [(0, "", "NO_DATA_ROWS")]);
}
