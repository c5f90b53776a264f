use rust_xlsxwriter::Format;

use super::*;

fn cells(rows: &str) -> Vec<(u32, &'static str)> {
    faults(&sheet_xml(rows)).into_iter().map(|(line, _, code)| (line, code)).collect()
}

#[test]
fn every_kind_of_cell_that_is_no_value_is_told() {
    let bytes = xlsx(|sheet| {
        write_header(sheet);
        sheet.write_string(1, 0, "甲厂").unwrap();
        sheet.write_number(1, 1, 91_110_102_000_000.0).unwrap();
        sheet.write_formula(1, 3, "=1+1").unwrap();
        sheet.write_boolean(1, 4, true).unwrap();
        sheet.write_number(1, 5, 13_800_000_001.0).unwrap();
        write_row(sheet, 2);
        sheet.write_string(2, 8, "x").unwrap();
    });
    let (_, found) = read(&bytes);
    let codes: Vec<_> = found.iter().map(|f| (f.line, f.code, f.value.as_str())).collect();
    let expected = [
        (2, "NUMERIC_IDENTIFIER", "91110102000000"),
        (2, "FORMULA_CELL", "=1+1"),
        (2, "BOOLEAN_CELL", "TRUE"),
        (2, "NUMERIC_IDENTIFIER", "*********01"),
        (3, "UNNAMED_COLUMN", "*"),
    ];
    assert_eq!(codes, expected);
    assert!(found[4].remedy_en.contains("(I)"), "{}", found[4].remedy_en);
    let error = "<row><c t=\"e\"><v>#N/A</v></c><c t=\"str\"><v>9</v></c></row>";
    assert_eq!(cells(error), [(2, "ERROR_CELL")]);
}

#[test]
fn merged_cells_are_told_in_every_row_that_they_touch() {
    let bytes = xlsx(|sheet| {
        write_header(sheet);
        write_row(sheet, 1);
        write_row(sheet, 2);
        write_row(sheet, 3);
        sheet.merge_range(1, 4, 2, 4, "企业", &Format::new()).unwrap();
    });
    let (_, found) = read(&bytes);
    let lines: Vec<_> = found.iter().map(|f| (f.line, f.column.as_str(), f.code)).collect();
    assert_eq!(lines, [(2, "单位类型", "MERGED_CELLS"), (3, "单位类型", "MERGED_CELLS")]);
    assert!(found[0].remedy_zh.contains("E2:E3"), "{}", found[0].remedy_zh);
    let header = xlsx(|sheet| {
        write_header(sheet);
        sheet.merge_range(0, 8, 0, 9, "", &Format::new()).unwrap();
        write_row(sheet, 1);
    });
    assert_eq!(faults(&header), [(1, String::new(), "MERGED_CELLS")]);
    let ranges = "<mergeCell ref=\"A1:A2\"/>".repeat(2_001);
    let many = format!("<worksheet><sheetData/>{ranges}</worksheet>");
    assert_eq!(only(&workbook_of(many.as_bytes())).code, "MERGED_CELLS");
}

#[test]
fn empty_sheets_and_wide_ones_are_refused() {
    assert_eq!(only(&xlsx(|_| {})).code, "EMPTY_SHEET");
    assert_eq!(only(&xlsx(write_header)).code, "NO_DATA_ROWS");
    let wide = xlsx(|sheet| {
        for column in 0..16_384 {
            sheet.write_string(0, column, "x").unwrap();
        }
    });
    let fault = only(&wide);
    assert_eq!((fault.code, fault.line), ("TOO_MANY_COLUMNS", 1));
    // Wider than the format allows: 200,000 columns without references.
    let wider = format!("<row>{}</row>", "<c><v>1</v></c>".repeat(200_000));
    assert_eq!(cells(&wider), [(2, "TOO_MANY_COLUMNS")]);
    assert_eq!(cells("<row><c r=\"ZZZ2\"><v>1</v></c></row>"), [(2, "TOO_MANY_COLUMNS")]);
}

#[test]
fn bombs_are_refused_before_they_expand() {
    let bomb = vec![b' '; 64 << 20];
    assert_eq!(only(&workbook_of(&bomb)).code, "EXPANDS_TOO_FAR");
    let mut lying = workbook_of(&bomb);
    let size = u32::try_from(bomb.len()).unwrap().to_le_bytes();
    let mut at = 0;
    while let Some(found) = lying[at..].windows(4).position(|window| window == size) {
        at += found;
        lying[at..at + 4].copy_from_slice(&1_000_u32.to_le_bytes());
    }
    let code = only(&lying).code;
    assert!(matches!(code, "EXPANDS_TOO_FAR" | "FILE_DAMAGED" | "FILE_TRUNCATED"), "{code}");
}

#[test]
fn a_sheet_of_another_layout_is_told_by_its_columns() {
    let bytes = xlsx(|sheet| {
        for (at, title) in (0_u16..).zip(["姓名", "身份证号"]) {
            sheet.write_string(0, at, title).unwrap();
        }
        sheet.write_string(1, 0, "甲").unwrap();
    });
    let codes: Vec<_> =
        faults(&bytes).into_iter().map(|(_, column, code)| (column, code)).collect();
    let expected = [
        ("姓名", "UNKNOWN_COLUMN"),
        ("身份证号", "UNKNOWN_COLUMN"),
        ("单位名称", "MISSING_COLUMN"),
        ("统一社会信用代码", "MISSING_COLUMN"),
    ];
    assert_eq!(codes, expected.map(|(column, code)| (column.to_owned(), code)));
}

#[test]
fn containers_of_many_parts_are_refused_unread() {
    for count in [1_001_usize, 40_000] {
        let names: Vec<String> = (0..count).map(|n| format!("xl/media/image{n}.png")).collect();
        let parts: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b""[..])).collect();
        assert_eq!(only(&container(&parts)).code, "TOO_MANY_PARTS", "{count}");
    }
}

#[test]
fn a_truncated_file_is_told_wherever_it_was_cut() {
    let whole = xlsx(|sheet| {
        write_header(sheet);
        (1..500).for_each(|row| write_row(sheet, row));
    });
    for cut in [4, 100, whole.len() / 2, whole.len() - 30, whole.len() - 1] {
        let code = only(&whole[..cut]).code;
        assert!(matches!(code, "FILE_TRUNCATED" | "FILE_DAMAGED"), "{cut}: {code}");
    }
    let xml = b"<worksheet><sheetData><row><c><v>1</v></c></row><row>";
    assert_eq!(only(&workbook_of(xml)).code, "FILE_TRUNCATED");
}

#[test]
fn other_containers_have_their_own_codes() {
    let ods = container(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")]);
    assert_eq!(only(&ods).code, "NOT_A_SPREADSHEET");
    let xlsb = container(&[
        (
            "_rels/.rels",
            b"<x><Relationship Type=\"a/officeDocument\" Target=\"xl/workbook.bin\"/></x>",
        ),
        ("xl/workbook.bin", b""),
    ]);
    assert_eq!(only(&xlsb).code, "NOT_A_SPREADSHEET");
    assert_eq!(only(b"PK\x05\x06").code, "FILE_TRUNCATED");
    // A compound file of two sectors, its directory in the second.
    let mut ole = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    ole.resize(512, 0);
    (ole[30], ole[48]) = (9, 200);
    ole.resize(201 * 512, 0);
    assert_eq!(only(&ole).code, "LEGACY_XLS");
    ole.extend("EncryptedPackage".bytes().flat_map(|byte| [byte, 0]));
    assert_eq!(only(&ole).code, "ENCRYPTED_FILE");
}

#[test]
fn rows_that_go_back_or_refer_to_nothing_are_damaged() {
    for row in [
        "<row r=\"1\"/>",
        "<row r=\"0\"/>",
        "<row r=\"x\"/>",
        "<row><c r=\"1\"><v>1</v></c></row>",
        "<row><c t=\"s\"><v>0</v></c></row>",
        "<row><c t=\"s\"><v>-1</v></c></row>",
        "<row><c t=\"zz\"><v>1</v></c></row>",
        "<row><c s=\"x\"><v>1</v></c></row>",
        "<row><c t=\"str\"><v>&nothing;</v></c></row>",
    ] {
        let found = cells(row);
        assert_eq!(found.len(), 1, "{row}: {found:?}");
        assert_eq!(found[0].1, "FILE_DAMAGED", "{row}");
    }
}

#[test]
fn one_row_cannot_repeat_a_long_string_without_end() {
    let long = "x".repeat(30_000);
    let row = format!("<row>{}</row>", format!("<c t=\"str\"><v>{long}</v></c>").repeat(60));
    assert_eq!(cells(&row), [(2, "LINE_TOO_LONG")]);
}
