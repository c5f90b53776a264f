//! Writing synthetic rows under the headers of the import template.

use std::io::{Seek, Write};

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use unionhall_kit::{civil::CivilDate, sheet::MAX_XLSX_ROWS};

use super::{DemoCell, DemoRow, Row};
use crate::columns::{self, Column};

/// A synthetic file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DemoFileError {
    /// The target refused bytes.
    #[error("cannot write the file: {0}")]
    Io(#[from] std::io::Error),
    /// The target refused a CSV record.
    #[error("cannot write the CSV file: {0}")]
    Csv(#[from] csv::Error),
    /// The workbook could not be made.
    #[error("cannot write the workbook: {0}")]
    Workbook(#[from] XlsxError),
    /// More rows than an import accepts in a workbook.
    #[error("a workbook has at most {MAX_XLSX_ROWS} rows; write CSV instead")]
    TooManyRows,
}

/// Writes UTF-8 with a byte order mark, by which Excel knows the encoding.
pub fn write_csv<R: Row>(
    mut target: impl Write,
    rows: impl Iterator<Item = R>,
) -> Result<(), DemoFileError> {
    target.write_all("\u{FEFF}".as_bytes())?;
    let mut writer = csv::Writer::from_writer(target);
    let (_, columns) = R::SHEET;
    writer.write_record(columns.iter().map(|column| column.zh))?;
    for row in rows {
        writer.write_record(columns.iter().zip(row.cells()).map(|(column, cell)| match cell {
            DemoCell::Number(number) if is_identifier(*column) => scientific(*number),
            cell => plain(cell),
        }))?;
    }
    writer.flush()?;
    Ok(())
}

fn is_identifier(column: Column) -> bool {
    [columns::CREDIT_CODE, columns::member::DOCUMENT_NUMBER].contains(&column)
}

fn plain(cell: &DemoCell) -> String {
    match cell {
        DemoCell::Empty => String::new(),
        DemoCell::Text(text) => text.clone(),
        DemoCell::Number(number) => number.to_string(),
        DemoCell::Date(date) => date.to_string(),
    }
}

/// What a spreadsheet leaves of an 18-digit code when it saves CSV: `9.11101E+17`.
fn scientific(number: i64) -> String {
    let digits = number.to_string();
    let (head, tail) = digits.split_at(1);
    format!("{head}.{}E+{}", tail.get(..5).unwrap_or(tail), tail.len())
}

/// Writes a workbook with one sheet.
pub fn write_xlsx<R: Row>(
    target: impl Write + Seek + Send,
    rows: impl Iterator<Item = R>,
) -> Result<(), DemoFileError> {
    let mut workbook = Workbook::new();
    let date_format = Format::new().set_num_format("yyyy-mm-dd");
    let sheet = workbook.add_worksheet_with_low_memory()?;
    let (name, columns) = R::SHEET;
    sheet.set_name(name)?;
    for (at, column) in (0..).zip(columns) {
        sheet.write_string(0, at, column.zh)?;
    }
    for (at, row) in (1..).zip(rows) {
        if at as usize > MAX_XLSX_ROWS {
            return Err(DemoFileError::TooManyRows);
        }
        for (column, cell) in (0..).zip(row.cells()) {
            write_cell(sheet, (at, column), cell, &date_format)?;
        }
    }
    workbook.save_to_writer(target)?;
    Ok(())
}

fn write_cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &DemoCell,
    date_format: &Format,
) -> Result<(), DemoFileError> {
    match cell {
        DemoCell::Empty => {}
        DemoCell::Text(text) => {
            sheet.write_string(row, column, text)?;
        }
        DemoCell::Number(number) => {
            // A workbook keeps every number as a float; losing digits is what the dirt is about.
            sheet.write_number(row, column, *number as f64)?;
        }
        DemoCell::Date(date) => {
            sheet.write_datetime_with_format(row, column, day(*date)?, date_format)?;
        }
    }
    Ok(())
}

fn day(date: CivilDate) -> Result<ExcelDateTime, XlsxError> {
    // Months and days are small, and years of synthetic files are after 1900.
    let small = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
    let year = u16::try_from(date.year()).unwrap_or(u16::MAX);
    ExcelDateTime::from_ymd(year, small(date.month()), small(date.day()))
}

/// Writes what an import must report, one fault a line: line, column header, code, kind, and the
/// line that a duplicate repeats.
pub fn write_truth(
    target: impl Write,
    rows: impl Iterator<Item = DemoRow>,
) -> Result<(), DemoFileError> {
    let mut writer = csv::Writer::from_writer(target);
    writer.write_record(["line", "column", "code", "kind", "repeats_line"])?;
    for row in rows {
        let Some(fault) = row.planted else { continue };
        let repeats = fault.repeats_line.map(|line| line.to_string()).unwrap_or_default();
        writer.write_record([
            &row.line.to_string(),
            fault.kind.column().zh,
            fault.kind.code(),
            fault.kind.as_str(),
            &repeats,
        ])?;
    }
    writer.flush()?;
    Ok(())
}
