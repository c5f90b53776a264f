//! Rows from CSV: unlimited rows, memory for one.
//!
//! The file is read twice: once to find its encoding and what no CSV has ([`survey`]), once for
//! the rows. Fields are divided before they are decoded, which is sound in both encodings: no byte
//! of a multi-byte GB18030 character is a comma, a quote or a line break.

mod encoding;
mod fields;

use std::{
    io::{BufReader, Read},
    sync::Arc,
};

use encoding_rs::Encoding;

use super::{
    FaultKind, MAX_COLUMNS, MAX_LINE_BYTES, Source,
    cell::{Cell, Row},
    fault::CellFault,
    kinds,
};
use encoding::{BLOCK, UTF8_BOM};
pub(super) use encoding::{Survey, survey};
use fields::Fields;

/// The rows of a surveyed CSV, from its first byte on.
pub(super) struct CsvRows<R> {
    fields: Fields<BufReader<R>>,
    encoding: &'static Encoding,
    sheet: Arc<str>,
}

impl<R: Read> CsvRows<R> {
    pub(super) fn new(reader: R, survey: Survey, sheet: Arc<str>) -> Self {
        let skip = if survey.bom { UTF8_BOM.len() } else { 0 };
        let reader = BufReader::with_capacity(BLOCK, reader);
        Self { fields: Fields::new(reader, skip), encoding: survey.encoding, sheet }
    }

    fn fault(&self, kind: &'static FaultKind, line: u32) -> CellFault {
        CellFault::at(kind, &self.sheet, line, "", "")
            .with(
                "limit",
                if kind == &kinds::TOO_MANY_COLUMNS { MAX_COLUMNS } else { MAX_LINE_BYTES },
            )
            .with("broken_line", line)
    }

    fn cell(&self, bytes: &[u8], bad_quote: bool) -> Option<Cell> {
        let text = self.encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
        if bad_quote {
            return Some(Cell::BadQuote(text.into_owned()));
        }
        // A spreadsheet that opens this CSV would evaluate it; a value never begins so.
        Some(match text.strip_prefix('=') {
            Some(formula) => Cell::Formula(formula.to_owned()),
            None => Cell::from_text(text.into_owned()),
        })
    }
}

impl<R: Read> Source for CsvRows<R> {
    fn next_row(&mut self) -> Result<Option<Row>, CellFault> {
        let more = self.fields.advance().map_err(|kind| self.fault(kind, self.fields.line()))?;
        if !more {
            return Ok(None);
        }
        let line = self.fields.line();
        let cells: Option<Vec<Cell>> =
            self.fields.iter().map(|(bytes, bad_quote)| self.cell(bytes, bad_quote)).collect();
        let cells = cells.ok_or_else(|| self.fault(&kinds::WRONG_ENCODING, line))?;
        Ok(Some(Row { sheet: Arc::clone(&self.sheet), line, cells }))
    }
}
