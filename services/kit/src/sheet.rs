//! Spreadsheets, read and written safely, without any domain.
//!
//! ```text
//! Book::open(reader, name)?       what the file is, by its content
//!     .records(&layout)?          the sheet, its header against the layout
//!     for record in records       values by column, and every fault of the row
//! ```
//!
//! Everything here blocks: call it on the blocking pool. A [`Records`] borrows its [`Book`], so
//! both live within one blocking task; a [`Record`] and a [`CellFault`] can be sent out of it.
//!
//! # Memory
//! CSV holds one record, at most [`MAX_LINE_BYTES`], beside two blocks of 32 KiB. XLSX holds the
//! shared strings, at most 40 MiB of text and 12 MiB of ends, one row of at most 2 MiB, one XML
//! event of at most 2 MiB, a list of at most 1,000 parts and 2,000 merged ranges: below 64 MiB
//! together, whatever the file claims of itself. What needs more is refused with a remedy.
//!
//! # Time
//! A part may expand to 512 MiB and to 200 times its compressed size. CSV is read twice, once for
//! its encoding; a sheet of XLSX is read twice, once for its merged cells.

mod cell;
mod csv;
mod date;
mod fault;
mod header;
pub mod kinds;
mod layout;
mod records;
mod report;
mod spool;
mod template;
mod value;
mod xlsx;

use std::{
    io::{Read, Seek, SeekFrom},
    sync::Arc,
};

pub use cell::{Cell, Row, letters};
pub use date::written as written_day;
pub use fault::{CellFault, FaultKind, shown};
pub use layout::{CodeEntry, CodeList, CodeMatch, Column, ColumnKind, Layout, Unwanted};
pub use records::{Record, Records};
pub use report::FaultReportWriter;
pub use template::{filled_csv, filled_xlsx, template_csv, template_xlsx};
pub use value::Value;

use csv::CsvRows;
use spool::Spool;
use xlsx::Xlsx;

/// Rows that an XLSX sheet may have, the header not counted. CSV has no limit.
pub const MAX_XLSX_ROWS: usize = 200_000;
/// Columns that a sheet may have.
pub const MAX_COLUMNS: usize = 200;
/// Characters that a cell may have: Excel's own limit.
pub const MAX_CELL_CHARS: usize = 32_767;
/// Bytes that a line of CSV or the text of a row of XLSX may have.
pub const MAX_LINE_BYTES: usize = 1024 * 1024;

/// A source of rows: what a format must give.
trait Source {
    /// The next row, blank ones included.
    fn next_row(&mut self) -> Result<Option<Row>, CellFault>;
}

/// An opened spreadsheet.
pub struct Book<R>(Format<R>);

enum Format<R> {
    Csv { reader: R, survey: csv::Survey, name: Arc<str> },
    Xlsx(Box<Xlsx<R>>),
}

impl<R: Read + Seek> Book<R> {
    /// Opens what `reader` has, from its first byte. The content decides the format; `name`, the
    /// declared file name, only labels the faults of a CSV.
    ///
    /// # Errors
    /// The fault of a file that cannot be read at all.
    pub fn open(mut reader: R, name: Option<&str>) -> Result<Self, CellFault> {
        let name = name.filter(|name| !name.is_empty()).unwrap_or("CSV");
        let fault = |kind| CellFault::of_file(kind, name);
        let start = read_at(&mut reader, 0, MAGIC_BYTES).map_err(fault)?;
        if start.is_empty() {
            return Err(fault(&kinds::EMPTY_FILE));
        }
        if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
            reader.seek(SeekFrom::Start(0)).map_err(|_| fault(&kinds::READ_FAILED))?;
            return Ok(Self(Format::Xlsx(Box::new(Xlsx::open(reader).map_err(fault)?))));
        }
        if start.starts_with(OLE_MAGIC) {
            return Err(fault(ole_kind(&mut reader, &start)));
        }
        if is_other_document(&start) {
            return Err(fault(&kinds::NOT_A_SPREADSHEET));
        }
        reader.seek(SeekFrom::Start(0)).map_err(|_| fault(&kinds::READ_FAILED))?;
        let survey = csv::survey(Spool::new(&mut reader), name)?;
        Ok(Self(Format::Csv { reader, survey, name: name.into() }))
    }

    /// The records of the sheet that `layout` names, else of the first visible one.
    ///
    /// # Errors
    /// Every fault of the header, or the fault of a sheet that cannot be read.
    pub fn records(&mut self, layout: &Arc<Layout>) -> Result<Records<'_>, Vec<CellFault>> {
        match &mut self.0 {
            Format::Csv { reader, survey, name } => {
                let failed = |_| vec![CellFault::of_file(&kinds::READ_FAILED, name)];
                reader.seek(SeekFrom::Start(0)).map_err(failed)?;
                let rows = CsvRows::new(Spool::new(reader), *survey, Arc::clone(name));
                Records::new(layout, Arc::clone(name), Box::new(rows), Vec::new())
            }
            Format::Xlsx(book) => {
                let (name, merged, rows) = book.rows(layout).map_err(|fault| vec![fault])?;
                Records::new(layout, name, Box::new(rows), merged)
            }
        }
    }
}

/// Enough for every magic number and the header of a compound file.
const MAGIC_BYTES: usize = 512;
/// The compound file of [MS-CFB], in which .xls and encrypted workbooks are kept.
const OLE_MAGIC: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

fn read_at<R: Read + Seek>(
    reader: &mut R,
    at: u64,
    length: usize,
) -> Result<Vec<u8>, &'static FaultKind> {
    let mut bytes = Vec::new();
    reader.seek(SeekFrom::Start(at)).map_err(|_| &kinds::READ_FAILED)?;
    let read = reader.by_ref().take(length as u64).read_to_end(&mut bytes);
    read.map_err(|_| &kinds::READ_FAILED)?;
    Ok(bytes)
}

/// HTML and XML under a spreadsheet's name, as web systems export them, and PDF.
fn is_other_document(start: &[u8]) -> bool {
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
    text.starts_with(b"<") || text.starts_with(b"%PDF")
}

/// Tells an encrypted workbook from an old one by the stream that only the former has.
fn ole_kind<R: Read + Seek>(reader: &mut R, header: &[u8]) -> &'static FaultKind {
    let stream: Vec<u8> = "EncryptedPackage".bytes().flat_map(|byte| [byte, 0]).collect();
    let directory = |header: &[u8]| {
        let shift = u16::from_le_bytes(header.get(30..32)?.try_into().ok()?);
        let sector = u32::from_le_bytes(header.get(48..52)?.try_into().ok()?);
        // Sectors have 512 or 4,096 bytes, and the header takes the place of one.
        matches!(shift, 9 | 12).then(|| (u64::from(sector) + 1) << shift)
    };
    let places = [Some(0), directory(header)];
    for place in places.into_iter().flatten() {
        let bytes = read_at(reader, place, DIRECTORY_BYTES).unwrap_or_default();
        if bytes.windows(stream.len()).any(|window| window == stream) {
            return &kinds::ENCRYPTED_FILE;
        }
    }
    &kinds::LEGACY_XLS
}

/// How much of a compound file is searched for the name of a stream.
const DIRECTORY_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests;
