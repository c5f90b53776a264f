//! Rows from XLSX (ECMA-376) in bounded memory.
//!
//! The sheet streams; only its shared strings stay, at most [`strings::MAX_TEXT`] bytes of them in
//! one piece. Numbers keep the digits of the file, which a detour over floating point would lose.

mod cells;
mod container;
mod formats;
mod strings;
mod survey;
mod workbook;
mod xml;

use std::{
    io::{Read, Seek},
    sync::Arc,
};

use super::{
    FaultKind, MAX_COLUMNS, MAX_LINE_BYTES, MAX_XLSX_ROWS, Source,
    cell::{Cell, Row},
    fault::CellFault,
    kinds,
    layout::Layout,
};
use cells::Cells;
use container::Container;
use strings::Strings;
pub(super) use survey::Merged;
use workbook::Workbook;

/// What a part of the workbook gives, or the kind of fault that it has.
type Part<T> = Result<T, &'static FaultKind>;

/// An opened workbook.
pub(super) struct Xlsx<R> {
    container: Container<R>,
    workbook: Workbook,
    strings: Strings,
    dates: Vec<bool>,
}

impl<R: Read + Seek> Xlsx<R> {
    /// Opens the container and reads all that cells refer to.
    pub(super) fn open(reader: R) -> Part<Self> {
        let mut container = Container::open(reader)?;
        let workbook = Workbook::read(&mut container)?;
        let strings = match &workbook.strings {
            Some(name) => strings::read(container.part(name)?.ok_or(&kinds::FILE_DAMAGED)?)?,
            None => Strings::default(),
        };
        let dates = match &workbook.styles {
            Some(name) => formats::read(container.part(name)?.ok_or(&kinds::FILE_DAMAGED)?)?,
            None => Vec::new(),
        };
        Ok(Self { container, workbook, strings, dates })
    }

    /// The sheet that the layout names, else the first visible one: its name as reports may show
    /// it, merged ranges and rows.
    pub(super) fn rows(
        &mut self,
        layout: &Layout,
    ) -> Result<(Arc<str>, Vec<Merged>, XlsxRows<'_>), CellFault> {
        let sheet = self.workbook.choose(layout.title());
        let sheet = sheet.ok_or_else(|| CellFault::of_file(&kinds::EMPTY_SHEET, ""))?;
        let (name, part) = (layout.shown_name(&sheet.name), sheet.part.clone());
        let name: Arc<str> = name.into();
        let fault = |kind| file_fault(kind, &name);
        let xml = self.container.part(&part).and_then(|xml| xml.ok_or(&kinds::FILE_DAMAGED));
        let merged = xml.and_then(survey::read).map_err(fault)?;
        let xml = self.container.part(&part).and_then(|xml| xml.ok_or(&kinds::FILE_DAMAGED));
        let xml = xml.map_err(fault)?;
        let cells = Cells::new(xml, &self.strings, &self.dates, self.workbook.system_1904);
        let rows = XlsxRows { cells, sheet: Arc::clone(&name) };
        Ok((name, merged, rows))
    }
}

fn file_fault(kind: &'static FaultKind, sheet: &str) -> CellFault {
    let limit = match kind.code {
        "TOO_MANY_ROWS" => MAX_XLSX_ROWS,
        "TOO_MANY_COLUMNS" => MAX_COLUMNS,
        _ => MAX_LINE_BYTES,
    };
    CellFault::of_file(kind, sheet).with("limit", limit).with("range", "…")
}

/// The rows of one sheet.
pub(super) struct XlsxRows<'a> {
    cells: Cells<'a>,
    sheet: Arc<str>,
}

impl Source for XlsxRows<'_> {
    fn next_row(&mut self) -> Result<Option<Row>, CellFault> {
        let next = self.cells.next_row().map_err(|kind| CellFault {
            line: self.cells.line(),
            ..file_fault(kind, &self.sheet)
        })?;
        let row =
            |(line, cells): (u32, Vec<Cell>)| Row { sheet: Arc::clone(&self.sheet), line, cells };
        Ok(next.map(row))
    }
}
