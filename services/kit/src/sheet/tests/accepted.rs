use encoding_rs::GB18030;
use rust_xlsxwriter::{ExcelDateTime, Format};

use super::*;
use crate::civil::CivilDate;

fn day() -> CivilDate {
    CivilDate::new(2014, 2, 27).unwrap()
}

fn assert_sound(bytes: &[u8], line: u32) {
    let (records, faults) = read(bytes);
    assert_eq!(faults, Vec::new());
    let record = records.first().unwrap();
    assert_eq!(record.line(), line);
    assert_eq!(record.text("name"), Some("甲厂"));
    assert_eq!(record.text("credit_code"), Some("91110102000000001A"));
    assert_eq!(record.date("founded"), Some(day()));
    assert_eq!(record.count("employees"), Some(1200));
    assert_eq!(record.code("kind"), Some("01"));
    assert_eq!(record.value("phone"), &Value::Empty);
}

#[test]
fn csv_in_every_encoding_and_line_end() {
    let row = " 甲厂,９１１１０１０２ 000000001A,2014年2月27日,\"1,200\",企业,";
    let text = String::from_utf8(csv(&[row])).unwrap();
    assert_sound(text.as_bytes(), 2);
    assert_sound(format!("\u{FEFF}{text}\r\n").as_bytes(), 2);
    assert_sound(text.replace('\n', "\r").as_bytes(), 2);
    assert_sound(&GB18030.encode(&text).0, 2);
    let later = text.replacen('\n', "\n,,,\n\n", 1);
    assert_sound(later.as_bytes(), 4);
}

#[test]
fn gb18030_is_told_from_utf8_behind_the_first_block() {
    let mut text = HEADER.to_owned() + "\n";
    // ASCII up to and across the blocks in which the file is read.
    let (name, code) = ("x".repeat(25), "9".repeat(18));
    for _ in 0..3_000 {
        text.push_str(&format!("{name},{code},,,,\n"));
    }
    text.push_str("镕镕〇,91110102000000001A,,,,\n");
    let (records, faults) = read(&GB18030.encode(&text).0);
    assert_eq!(faults, Vec::new());
    assert_eq!(records.last().unwrap().text("name"), Some("镕镕〇"));
}

#[test]
fn columns_in_any_order_under_any_accepted_header() {
    let text = "employees,Kind,CREDIT CODE, name ,Founded\n1200,enterprise,91110102000000001A,甲厂,20140227";
    assert_sound(text.as_bytes(), 2);
}

#[test]
fn xlsx_with_dates_numbers_and_formatted_blank_rows() {
    let bytes = xlsx(|sheet| {
        write_header(sheet);
        write_row(sheet, 2);
        let date = ExcelDateTime::from_ymd(2014, 2, 27).unwrap();
        let format = Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
        sheet.write_with_format(2, 2, &date, &format).unwrap();
        sheet.write_number(2, 3, 1200).unwrap();
        sheet.write_string(2, 4, "Enterprise").unwrap();
        for row in 3..50 {
            sheet.write_blank(row, 0, &Format::new().set_bold()).unwrap();
        }
        sheet.write_blank(2, 16_383, &Format::new().set_bold()).unwrap();
    });
    assert_sound(&bytes, 3);
}

#[test]
fn the_sheet_of_the_title_else_the_first_visible_one_is_read() {
    let named = |title: &str, hide: bool| {
        let mut book = Workbook::new();
        let first = book.add_worksheet().set_name("说明").unwrap();
        first.set_hidden(hide);
        let sheet = book.add_worksheet().set_name(title).unwrap();
        sheet.set_active(true);
        write_header(sheet);
        write_row(sheet, 1);
        book.save_to_buffer().unwrap()
    };
    let (records, _) = read(&named("单位", false));
    assert_eq!(records[0].sheet(), "单位");
    assert_eq!(read(&named("任意", true)).0.len(), 1);
    assert_eq!(only(&named("任意", false)).code, "EMPTY_SHEET");
}

#[test]
fn days_of_the_1904_system_and_iso_days() {
    let cells = |date: &str| {
        let text = |text: &str| format!("<c t=\"str\"><v>{text}</v></c>");
        sheet_xml(&format!("<row>{}{}{date}</row>", text("甲厂"), text("91110102000000001A")))
    };
    for date in ["<c s=\"1\"><v>40235</v></c>", "<c t=\"d\"><v>2014-02-27</v></c>"] {
        let (records, faults) = read(&cells(date));
        assert_eq!(faults, Vec::new());
        assert_eq!(records[0].date("founded"), Some(day()), "{date}");
    }
    let (_, faults) = read(&cells("<c s=\"1\"><v>40235.5</v></c>"));
    assert_eq!((faults[0].code, faults[0].value.as_str()), ("INVALID_DATE", "40235.5"));
}

#[test]
fn a_filled_template_is_read_back() {
    let layout = layout();
    let template = template_xlsx(&layout).unwrap();
    assert_eq!(template, template_xlsx(&layout).unwrap());
    assert_eq!(only(&template).code, "NO_DATA_ROWS");
    let sheet = "xl/worksheets/sheet1.xml";
    let xml = part(&template, sheet);
    let row = "<row r=\"2\"><c r=\"A2\" t=\"str\"><v>甲厂</v></c>\
        <c r=\"B2\" t=\"str\"><v>91110102000000001A</v></c><c r=\"C2\" t=\"str\"><v>2014.2.27</v></c>\
        <c r=\"D2\"><v>1200</v></c><c r=\"E2\" t=\"str\"><v>企业</v></c></row></sheetData>";
    let filled = replaced(&template, sheet, &xml.replace("</sheetData>", row));
    assert_sound(&filled, 2);
}

#[test]
fn the_template_offers_the_codes_and_tells_the_rules() {
    let template = template_xlsx(&layout()).unwrap();
    let sheet = part(&template, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("'代码表 Codes'!$B$3:$B$5"), "{sheet}");
    assert!(sheet.contains("sqref=\"E2:E200001\""), "{sheet}");
    assert!(part(&template, "xl/comments1.xml").contains("18 位"));
    let strings = part(&template, "xl/sharedStrings.xml");
    assert!(["Government body", "机关", "02"].iter().all(|text| strings.contains(text)));
    assert_eq!(only(&template_csv(&layout())).code, "NO_DATA_ROWS");
}

#[test]
fn calamine_reads_the_same_cells() {
    use calamine::{Data, Reader as _, Xlsx as Other, open_workbook_from_rs};
    let bytes = xlsx(|sheet| {
        write_header(sheet);
        for row in 1..200_u32 {
            sheet.write_string(row, 0, format!("厂 {row} <&> \u{1}")).unwrap();
            sheet.write_string(row, 1, format!("{row:018}")).unwrap();
            sheet.write_number(row, 3, f64::from(row) * 1.5).unwrap();
        }
    });
    let mut other: Other<_> = open_workbook_from_rs(Cursor::new(&bytes)).unwrap();
    let range = other.worksheet_range_at(0).unwrap().unwrap();
    let mut book = Xlsx::open(Cursor::new(&bytes)).unwrap();
    let (_, _, mut rows) = book.rows(&layout()).map_err(|fault| fault.code).unwrap();
    let mut compared = 0;
    while let Some(row) = rows.next_row().unwrap() {
        for (column, cell) in (0..).zip(&row.cells) {
            let expected = match range.get_value((row.line - 1, column)) {
                Some(Data::String(text)) => Cell::Text(text.clone()),
                Some(Data::Float(number)) => Cell::Number(number.to_string()),
                _ => Cell::Empty,
            };
            assert_eq!(cell, &expected);
            compared += 1;
        }
    }
    assert_eq!(compared, 6 + 199 * 4);
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// The container with another text for one part.
fn replaced(bytes: &[u8], name: &str, text: &str) -> Vec<u8> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..zip.len() {
        let entry = zip.by_index_raw(index).unwrap();
        if entry.name().unwrap() == name {
            out.start_file(name, SimpleFileOptions::default()).unwrap();
            out.write_all(text.as_bytes()).unwrap();
        } else {
            out.raw_copy_file(entry).unwrap();
        }
    }
    out.finish().unwrap().into_inner()
}
