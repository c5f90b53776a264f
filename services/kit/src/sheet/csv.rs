//! Rows from CSV: unlimited rows, memory for one.
//!
//! The file is read twice: once to find its encoding and what no CSV has ([`survey`]), once for
//! the rows. Fields are divided before they are decoded, which is sound in both encodings: no byte
//! of a multi-byte GB18030 character is a comma, a quote or a line break.

mod fields;

use std::{
    io::{BufReader, Read},
    sync::Arc,
};

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8};

use super::{
    FaultKind, MAX_COLUMNS, MAX_LINE_BYTES, Source,
    cell::{Cell, Row},
    fault::CellFault,
    kinds,
    spool::io_kind,
};
use fields::Fields;

const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";
const BLOCK: usize = 32 * 1024;

/// What the first reading found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Survey {
    encoding: &'static Encoding,
    bom: bool,
}

/// One encoding that the file may yet turn out to have.
struct Candidate {
    decoder: Decoder,
    /// Lines read up to the first bytes that the encoding does not have.
    broken_line: Option<u32>,
}

impl Candidate {
    fn new(encoding: &'static Encoding) -> Self {
        Self { decoder: encoding.new_decoder_without_bom_handling(), broken_line: None }
    }

    /// Decodes into `scratch`, whose content nobody needs.
    fn feed(&mut self, mut bytes: &[u8], last: bool, line: u32, scratch: &mut [u8]) {
        while self.broken_line.is_none() {
            let (result, read, _) =
                self.decoder.decode_to_utf8_without_replacement(bytes, scratch, last);
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => bytes = &bytes[read..],
                DecoderResult::Malformed(..) => {
                    let before = bytes[..read.saturating_sub(1)].iter();
                    let breaks = before.filter(|b| **b == b'\n').count();
                    let breaks = u32::try_from(breaks).unwrap_or(u32::MAX);
                    self.broken_line = Some(line.saturating_add(breaks));
                }
            }
        }
    }
}

/// Finds the encoding, from the first byte to the last.
pub(super) fn survey(mut reader: impl Read, name: &str) -> Result<Survey, CellFault> {
    let file = |kind| CellFault::of_file(kind, name);
    let (mut block, mut scratch) = (vec![0; BLOCK], vec![0; 3 * BLOCK]);
    let (mut utf8, mut gb18030) = (Candidate::new(UTF_8), Candidate::new(GB18030));
    let (mut line, mut first, mut bom) = (1_u32, true, false);
    loop {
        let length = fill(&mut reader, &mut block).map_err(|e| file(io_kind(&e)))?;
        let mut bytes = &block[..length];
        if first {
            if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
                return Err(file(&kinds::UTF16_ENCODING));
            }
            bom = bytes.starts_with(UTF8_BOM);
            bytes = bytes.strip_prefix(UTF8_BOM).unwrap_or(bytes);
            first = false;
        }
        if let Some(at) = bytes.iter().position(|b| *b == 0) {
            let broken = line.saturating_add(breaks(&bytes[..at]));
            return Err(file(&kinds::NUL_BYTE).with("broken_line", broken));
        }
        let last = length < BLOCK;
        utf8.feed(bytes, last, line, &mut scratch);
        gb18030.feed(bytes, last, line, &mut scratch);
        line = line.saturating_add(breaks(bytes));
        match (utf8.broken_line, gb18030.broken_line) {
            (None, _) if last => return Ok(Survey { encoding: UTF_8, bom }),
            (Some(_), None) if last && !bom => return Ok(Survey { encoding: GB18030, bom }),
            (Some(broken), other) if last || bom || other.is_some() => {
                // The encoding that held longer is the one that was meant.
                let broken = broken.max(other.filter(|_| !bom).unwrap_or(0));
                return Err(file(&kinds::WRONG_ENCODING).with("broken_line", broken));
            }
            _ => {}
        }
    }
}

fn breaks(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|b| **b == b'\n').count()).unwrap_or(u32::MAX)
}

/// Reads until `block` is full or the file ends.
fn fill(reader: &mut impl Read, block: &mut [u8]) -> std::io::Result<usize> {
    let mut length = 0;
    while length < block.len() {
        match reader.read(&mut block[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

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
