//! Whole files, built in memory, as people send them.

mod accepted;
mod bad_csv;
mod bad_xlsx;
mod random;

use std::io::{Cursor, Write};

use rust_xlsxwriter::{Workbook, Worksheet};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

const HEADER: &str = "单位名称,统一社会信用代码,成立日期,职工人数,单位类型,联系电话";

fn layout() -> Arc<Layout> {
    let entry = |code: &str, zh: &str, en: &str| CodeEntry {
        code: code.into(),
        zh: zh.into(),
        en: en.into(),
    };
    let kinds = CodeList::new([
        entry("01", "企业", "Enterprise"),
        entry("02", "机关", "Government body"),
        entry("03", "其他", "Other"),
    ]);
    Arc::new(Layout::new(
        "单位",
        vec![
            Column::new("name", &["单位名称", "Name"], ColumnKind::Text).required(),
            Column::new(
                "credit_code",
                &["统一社会信用代码", "Credit code"],
                ColumnKind::Identifier,
            )
            .required()
            .rule("18 位", "18 characters"),
            Column::new("founded", &["成立日期", "Founded"], ColumnKind::Date),
            Column::new("employees", &["职工人数", "Employees"], ColumnKind::Count),
            Column::new("kind", &["单位类型", "Kind"], ColumnKind::Code(Arc::new(kinds))),
            Column::new("phone", &["联系电话", "Telephone"], ColumnKind::Identifier).protected(),
        ],
    ))
}

/// Every record and every fault, in order.
fn read(bytes: &[u8]) -> (Vec<Record>, Vec<CellFault>) {
    let mut book = match Book::open(Cursor::new(bytes), Some("表.csv")) {
        Ok(book) => book,
        Err(fault) => return (Vec::new(), vec![fault]),
    };
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    match book.records(&layout()) {
        Ok(records) => {
            for record in records {
                match record {
                    Ok(record) => {
                        faults.extend(record.faults.iter().cloned());
                        all.push(record);
                    }
                    Err(fault) => faults.push(fault),
                }
            }
        }
        Err(found) => faults.extend(found),
    }
    (all, faults)
}

/// Line, column and code of every fault.
fn faults(bytes: &[u8]) -> Vec<(u32, String, &'static str)> {
    read(bytes).1.into_iter().map(|fault| (fault.line, fault.column, fault.code)).collect()
}

/// The one fault that the file has.
fn only(bytes: &[u8]) -> CellFault {
    let mut found = read(bytes).1;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn csv(rows: &[&str]) -> Vec<u8> {
    let mut text = HEADER.to_owned();
    for row in rows {
        text.push('\n');
        text.push_str(row);
    }
    text.into_bytes()
}

/// A workbook of one sheet, which `fill` fills.
fn xlsx(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet());
    book.save_to_buffer().unwrap()
}

fn write_header(sheet: &mut Worksheet) {
    for (at, title) in (0_u16..).zip(HEADER.split(',')) {
        sheet.write_string(0, at, title).unwrap();
    }
}

/// A sound row at `row`, counted from 0.
fn write_row(sheet: &mut Worksheet, row: u32) {
    for (at, value) in (0_u16..).zip(["甲厂", "91110102000000001A"]) {
        sheet.write_string(row, at, value).unwrap();
    }
}

/// A container with these parts.
fn container(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const WORKBOOK: &str = "<workbook><workbookPr date1904=\"1\"/><sheets>\
    <sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>";
const WORKBOOK_RELS: &str = "<Relationships>\
    <Relationship Id=\"r1\" Type=\"x/worksheet\" Target=\"/xl/s.xml\"/>\
    <Relationship Id=\"r2\" Type=\"x/styles\" Target=\"styles.xml\"/></Relationships>";
const STYLES: &str =
    "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>";

/// A workbook whose only sheet has this XML as its rows, behind a header with inline strings.
fn sheet_xml(rows: &str) -> Vec<u8> {
    let header: String = HEADER
        .split(',')
        .map(|title| format!("<c t=\"inlineStr\"><is><t>{title}</t></is></c>"))
        .collect();
    let sheet = format!("<worksheet><sheetData><row>{header}</row>{rows}</sheetData></worksheet>");
    workbook_of(sheet.as_bytes())
}

fn workbook_of(sheet: &[u8]) -> Vec<u8> {
    container(&[
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", WORKBOOK_RELS.as_bytes()),
        ("xl/styles.xml", STYLES.as_bytes()),
        ("xl/s.xml", sheet),
    ])
}
