use std::io::{self, SeekFrom};

use super::*;

const SOUND: &str = "甲厂,91110102000000001A,,,,";

#[test]
fn every_fault_of_every_row_is_told() {
    let found = faults(&csv(&[
        ",1.10102E+17,2014-02-30,120人,04,",
        SOUND,
        "=A1,91110102000000001A,27/2/2014,,企业,\"1\"2,x",
    ]));
    let expected = [
        (2, "单位名称", "MISSING_VALUE"),
        (2, "统一社会信用代码", "NUMERIC_IDENTIFIER"),
        (2, "成立日期", "IMPOSSIBLE_DATE"),
        (2, "职工人数", "INVALID_COUNT"),
        (2, "单位类型", "UNKNOWN_CODE"),
        (4, "单位名称", "FORMULA_CELL"),
        (4, "成立日期", "INVALID_DATE"),
        (4, "联系电话", "BAD_QUOTE"),
        (4, "", "UNNAMED_COLUMN"),
    ];
    let expected: Vec<_> =
        expected.map(|(line, column, code)| (line, column.to_owned(), code)).into();
    assert_eq!(found, expected);
}

#[test]
fn faults_repeat_the_value_and_mask_what_is_protected() {
    let (_, faults) = read(&csv(&["甲厂,91110102000000001A,,120人,,\"1380000\"0001", "a,b,c,,,"]));
    assert_eq!((faults[0].value.as_str(), faults[1].value.as_str()), ("120人", "*********01"));
    let (records, _) = read(&csv(&["甲厂,9111,,,,138 0000 0001"]));
    let kind = &kinds::UNKNOWN_CODE;
    let fault = records[0].fault("phone", kind);
    assert_eq!((fault.column.as_str(), fault.value.as_str()), ("联系电话", "***********01"));
    assert_eq!(records[0].fault("credit_code", kind).value, "9111");
    assert_eq!(fault.sheet, "表.csv");
}

#[test]
fn values_under_no_header_are_one_fault_however_many() {
    let wide = format!("{SOUND}{}", ",1234567890".repeat(194));
    let fault = only(&csv(&[&wide]));
    assert_eq!((fault.code, fault.value.as_str()), ("UNNAMED_COLUMN", "********90"));
    assert!(fault.remedy_en.contains("(G-GR)"), "{}", fault.remedy_en);
    assert!(fault.remedy_zh.contains("（G-GR）"), "{}", fault.remedy_zh);
    let (records, _) = read(&csv(&[&wide, SOUND]));
    // Cells cost as well as their text.
    assert!(records[0].weight() > 200 * size_of::<Cell>() + 194 * 10, "{}", records[0].weight());
    assert!(records[1].weight() < records[0].weight() / 10, "{}", records[1].weight());
}

#[test]
fn a_remedy_names_the_codes_in_both_languages() {
    let fault = only(&csv(&["甲厂,9111,,,事业,"]));
    assert!(fault.remedy_en.ends_with("01 企业, 02 机关, 03 其他"), "{}", fault.remedy_en);
    assert!(fault.remedy_zh.contains("02 机关"), "{}", fault.remedy_zh);
}

#[test]
fn headers_that_are_wrong_are_all_told() {
    let text = "单位名称,Name,备注,成立日期\n甲厂,乙厂,,";
    let expected = [
        (1, "Name", "DUPLICATE_COLUMN"),
        (1, "备注", "UNKNOWN_COLUMN"),
        (1, "统一社会信用代码", "MISSING_COLUMN"),
    ];
    let expected: Vec<_> =
        expected.map(|(line, column, code)| (line, column.to_owned(), code)).into();
    assert_eq!(faults(text.as_bytes()), expected);
    let fault = read(text.as_bytes()).1.remove(0);
    assert!(fault.remedy_en.contains("A and B"), "{}", fault.remedy_en);
}

#[test]
fn two_headers_are_told() {
    assert_eq!(faults(&csv(&[SOUND, HEADER])), [(3, String::new(), "SECOND_HEADER")]);
    let titled = format!("西城区单位登记表,,\n填报日期：2014年,\n{HEADER}\n{SOUND}");
    let fault = only(titled.as_bytes());
    assert_eq!((fault.code, fault.line), ("HEADER_NOT_FIRST", 1));
    assert!(fault.remedy_zh.contains("第 3 行"));
}

#[test]
fn a_file_without_a_header_does_not_leak_its_first_row() {
    let (_, faults) = read("甲某,110102188001011234\n".as_bytes());
    assert!(faults.iter().all(|fault| !fault.column.contains("1880")), "{faults:?}");
}

#[test]
fn files_that_are_no_csv_have_their_own_codes() {
    let long = format!("{HEADER}\n{}", "x".repeat(MAX_LINE_BYTES + 1));
    let wide = format!("{}\n", "x,".repeat(200_000));
    let broken_utf8 = [csv(&[SOUND]).as_slice(), b"\n\xE4\xBD"].concat();
    let latin = [HEADER.as_bytes(), b"\nSoci\xE9t\xE9 \xFF,1,,,,\n"].concat();
    let with_bom = [b"\xEF\xBB\xBF".as_slice(), HEADER.as_bytes(), b"\n\xB1\xB1"].concat();
    let files: [(&[u8], &str, u32); 15] = [
        (b"", "EMPTY_FILE", 0),
        (b"\n\n , \n", "EMPTY_SHEET", 0),
        (HEADER.as_bytes(), "NO_DATA_ROWS", 0),
        (b"\xFF\xFEa\0", "UTF16_ENCODING", 0),
        (b"\xFE\xFF\0a", "UTF16_ENCODING", 0),
        (b"a,b\nc\0d", "NUL_BYTE", 0),
        (&latin, "WRONG_ENCODING", 0),
        (&broken_utf8, "WRONG_ENCODING", 0),
        (&with_bom, "WRONG_ENCODING", 0),
        (long.as_bytes(), "LINE_TOO_LONG", 2),
        (wide.as_bytes(), "TOO_MANY_COLUMNS", 1),
        (b"<html><table>", "NOT_A_SPREADSHEET", 0),
        (b"\xEF\xBB\xBF <?xml version=\"1.0\"?>", "NOT_A_SPREADSHEET", 0),
        (b"%PDF-1.7", "NOT_A_SPREADSHEET", 0),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "LEGACY_XLS", 0),
    ];
    for (bytes, code, line) in files {
        let fault = only(bytes);
        assert_eq!((fault.code, fault.line), (code, line));
        assert!(!fault.remedy_en.contains('{') && !fault.remedy_zh.contains('{'), "{fault:?}");
    }
}

#[test]
fn an_encoding_fault_names_the_line_that_breaks_it() {
    let latin = [csv(&[SOUND]).as_slice(), b"\nSoci\xFFt\xE9,1,,,,\n"].concat();
    assert!(only(&latin).remedy_en.starts_with("line 3 "), "{}", only(&latin).remedy_en);
}

#[test]
fn what_comes_before_a_cut_is_told_too() {
    let found = faults(&csv(&["甲厂,,,,,", SOUND, "\"乙厂,91110102000000001A"]));
    let column = "统一社会信用代码".to_owned();
    let cut = (4, String::new(), "UNCLOSED_QUOTE");
    assert_eq!(found, [(2, column, "MISSING_VALUE"), cut]);
}

#[test]
fn a_cell_may_be_too_long_where_its_line_is_not() {
    let row = format!("{},9111,,,,", "字".repeat(MAX_CELL_CHARS + 1));
    let fault = only(&csv(&[&row]));
    assert_eq!(fault.code, "CELL_TOO_LONG");
    assert_eq!(fault.value.chars().count(), 101);
}

/// A spool that fails behind its first bytes.
struct Failing(Cursor<Vec<u8>>, u64);

impl Read for Failing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.0.position() >= self.1 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "tag mismatch"));
        }
        self.0.read(into)
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_spool_that_fails_is_no_fault_of_the_file() {
    let sheet = xlsx(|sheet| {
        write_header(sheet);
        write_row(sheet, 1);
    });
    for (bytes, from) in [(csv(&[SOUND; 1000]), 512), (sheet, 1024)] {
        let fault = Book::open(Failing(Cursor::new(bytes), from), None).err().unwrap();
        assert_eq!(fault.code, "READ_FAILED");
    }
}
