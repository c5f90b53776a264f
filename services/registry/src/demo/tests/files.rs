//! What is written, as independent readers and the import's own reader see it.

use std::{
    collections::BTreeSet,
    io::{Cursor, Read, Seek},
    sync::Arc,
};

use calamine::{Data, Reader, Xlsx};
use kit::sheet::{Book, CodeEntry, CodeList, Column as SheetColumn, ColumnKind, Layout};

use super::*;

#[test]
fn csv_has_the_template_headers_and_every_row() {
    let mut target = Vec::new();
    let dirty = rows(300, DirtShares::of_each(400));
    write_csv(&mut target, dirty.clone().into_iter()).unwrap();
    let body = target.strip_prefix("\u{FEFF}".as_bytes()).unwrap();
    let mut reader = csv::Reader::from_reader(body);
    assert_eq!(reader.headers().unwrap(), columns::EMPLOYER.map(|column| column.zh).as_slice());
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 300);
    for (record, row) in records.iter().zip(&dirty) {
        assert_eq!(record.position().unwrap().line(), u64::from(row.line));
        if row.planted.is_some_and(|fault| fault.kind == Dirt::NumericIdentifier) {
            assert!(record[1].starts_with("9.11101E+17"), "{}", &record[1]);
        } else {
            assert_eq!(&record[1], text(row, columns::CREDIT_CODE));
        }
    }
}

#[test]
fn a_workbook_keeps_texts_numbers_and_dates_apart() {
    let mut target = Cursor::new(Vec::new());
    let dirty = rows(300, DirtShares::of_each(400));
    write_xlsx(&mut target, dirty.clone().into_iter()).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(target).unwrap();
    let sheet = book.worksheet_range(columns::EMPLOYER_SHEET).unwrap();
    let mut lines = sheet.rows();
    let header: Vec<_> = lines.next().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(header, columns::EMPLOYER.map(|column| column.zh));
    assert_eq!(lines.len(), 300);
    for (line, row) in lines.zip(&dirty) {
        for (read, written) in line.iter().zip(&row.cells) {
            match written {
                DemoCell::Empty => assert_eq!(read, &Data::Empty),
                DemoCell::Text(text) => assert_eq!(read, &Data::String(text.clone())),
                DemoCell::Number(number) => assert_eq!(read, &Data::Float(*number as f64)),
                DemoCell::Date(_) => assert!(matches!(read, Data::DateTime(_)), "{read:?}"),
            }
        }
    }
}

#[test]
fn the_truth_lists_every_planted_fault() {
    let dirty = rows(1_000, DirtShares::of_each(200));
    let mut target = Vec::new();
    write_truth(&mut target, dirty.clone().into_iter()).unwrap();
    let mut reader = csv::Reader::from_reader(target.as_slice());
    let listed: Vec<_> = reader.records().map(|r| r.unwrap()[0].to_owned()).collect();
    let planted: Vec<_> =
        dirty.iter().filter(|r| r.planted.is_some()).map(|r| r.line.to_string()).collect();
    assert_eq!(listed, planted);
    assert!(planted.len() > 200);
}

/// The employer sheet as far as a reader without any domain can judge it.
fn layout() -> Arc<Layout> {
    let book = ReferenceBook::shipped().unwrap();
    // Both editions at once: what is in neither is unknown to each.
    let codes = |id: ListId| {
        let mut entries: Vec<CodeEntry> = Vec::new();
        for code in book.lists().iter().filter(|list| list.id() == id).flat_map(|l| l.codes()) {
            if entries.iter().all(|entry| entry.code != code.code) {
                let (zh, en) = (code.name_zh.clone(), code.name_en.clone());
                entries.push(CodeEntry { code: code.code.clone(), zh, en });
            }
        }
        ColumnKind::Code(Arc::new(CodeList::new(entries)))
    };
    let kind = |column: Column| match column {
        columns::CREDIT_CODE | columns::ORGANISATION_CODE | columns::PHONE => {
            ColumnKind::Identifier
        }
        columns::REGISTERED_AREA | columns::ACTUAL_AREA => ColumnKind::Identifier,
        columns::OWNERSHIP => codes(ListId::Ownership),
        columns::ECONOMIC_TYPE => codes(ListId::EconomicType),
        columns::INDUSTRY => codes(ListId::Industry),
        columns::STATUS => codes(ListId::EmployerStatus),
        columns::ESTABLISHED_ON | columns::COUNTED_ON | columns::EFFECTIVE_ON => ColumnKind::Date,
        columns::EMPLOYEES | columns::FEMALE_EMPLOYEES | columns::MIGRANT_EMPLOYEES => {
            ColumnKind::Count
        }
        _ => ColumnKind::Text,
    };
    let sheet_columns = columns::EMPLOYER.map(|column| {
        let headers: &'static [&'static str] = Box::leak(Box::new([column.zh]));
        let sheet_column = SheetColumn::new(column.key, headers, kind(column));
        if column == columns::NAME { sheet_column.required() } else { sheet_column }
    });
    Arc::new(Layout::new(columns::EMPLOYER_SHEET, sheet_columns.into()))
}

/// Line, column header and code of every fault.
type Faults = BTreeSet<(u32, String, &'static str)>;

fn reported(file: impl Read + Seek) -> Faults {
    let mut book = Book::open(file, Some("demo")).unwrap();
    let records = book.records(&layout()).unwrap();
    let faults = records.flat_map(|record| record.unwrap().faults);
    faults.map(|fault| (fault.line, fault.column, fault.code)).collect()
}

#[test]
fn the_import_reader_reports_what_was_planted_and_nothing_else() {
    // These need the domain; the reader passes them on.
    let of_domain = [
        Dirt::WrongCheckDigit,
        Dirt::UnknownCommunity,
        Dirt::AbsurdCount,
        Dirt::DuplicateInFile,
        Dirt::OverlongName,
    ];
    let dirty = rows(2_000, DirtShares::of_each(200));
    let planted = dirty.iter().filter_map(|row| Some((row.line, row.planted?.kind)));
    let expected: Faults = planted
        .filter(|(_, kind)| !of_domain.contains(kind))
        .map(|(line, kind)| (line, kind.column().zh.to_owned(), kind.code()))
        .collect();
    let mut csv = Cursor::new(Vec::new());
    write_csv(&mut csv, dirty.clone().into_iter()).unwrap();
    assert_eq!(reported(csv), expected);
    let mut workbook = Cursor::new(Vec::new());
    write_xlsx(&mut workbook, dirty.into_iter()).unwrap();
    assert_eq!(reported(workbook), expected);
    assert!(expected.len() > 200);
}
