//! The header row against the layout: any order, every fault told at once.

use super::{
    Source,
    cell::{Cell, Row, letters},
    fault::{CellFault, shown_header},
    kinds,
    layout::{Layout, Unwanted},
};

/// Rows among which the header is looked for when the first one has none of it.
const SOUGHT: usize = 5;

/// Where each column of the layout stands in the file.
#[derive(Debug)]
pub(super) struct Header {
    /// By the layout's order: the position in the file and the header as written there.
    pub(super) columns: Vec<Option<(usize, String)>>,
    /// By the file's order: whether the position belongs to a column of the layout.
    known: Vec<bool>,
    pub(super) line: u32,
}

impl Header {
    /// Reads rows up to the header and compares it.
    pub(super) fn read(
        layout: &Layout,
        sheet: &str,
        source: &mut dyn Source,
    ) -> Result<Self, Vec<CellFault>> {
        let Some(first) = next_filled(source)? else {
            return Err(vec![CellFault::of_file(&kinds::EMPTY_SHEET, sheet)]);
        };
        if matches(layout, &first) == 0
            && let Some(line) = sought(layout, source)?
        {
            let fault = CellFault::at(&kinds::HEADER_NOT_FIRST, sheet, first.line, "", "");
            return Err(vec![fault.with("header_line", line)]);
        }
        Self::compare(layout, &first)
    }

    fn compare(layout: &Layout, row: &Row) -> Result<Self, Vec<CellFault>> {
        let mut columns: Vec<Option<(usize, String)>> = vec![None; layout.columns().len()];
        let (mut known, mut faults) = (vec![false; row.cells.len()], Vec::new());
        for (position, cell) in row.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let text = cell.given();
            let fault = |kind| {
                let header = shown_header(&text);
                CellFault::at(kind, &row.sheet, row.line, header, "")
                    .with("letters", letters(position))
            };
            let column = layout.column_for(&text).filter(|_| matches!(cell, Cell::Text(_)));
            match column.map(|column| &mut columns[column]) {
                None if matches!(cell, Cell::Formula(_)) => {
                    faults.push(fault(&kinds::FORMULA_CELL));
                }
                None => faults.push(match layout.unwanted(&text) {
                    Some(Unwanted { kind, places }) => {
                        places.iter().fold(fault(kind), |fault, (key, text)| fault.with(key, text))
                    }
                    None => fault(&kinds::UNKNOWN_COLUMN),
                }),
                Some(Some((first, _))) => {
                    let first = letters(*first);
                    faults.push(fault(&kinds::DUPLICATE_COLUMN).with("first", first));
                }
                Some(place) => {
                    *place = Some((position, text.trim().to_owned()));
                    known[position] = true;
                }
            }
        }
        for (column, place) in layout.columns().iter().zip(&columns) {
            if column.required && place.is_none() {
                let title = column.title();
                let fault = CellFault::at(&kinds::MISSING_COLUMN, &row.sheet, row.line, title, "");
                faults.push(fault);
            }
        }
        if faults.is_empty() { Ok(Self { columns, known, line: row.line }) } else { Err(faults) }
    }

    /// Whether the position in the file has a header.
    pub(super) fn knows(&self, position: usize) -> bool {
        self.known.get(position).copied().unwrap_or(false)
    }

    /// Whether `row` is the header once more: every filled cell stands under itself.
    pub(super) fn is_repeated_by(&self, layout: &Layout, row: &Row) -> bool {
        let filled = row.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty());
        let mut count = 0;
        for (position, cell) in filled {
            count += 1;
            let Cell::Text(text) = cell else { return false };
            let Some(column) = layout.column_for(text) else { return false };
            if self.columns[column].as_ref().map(|(at, _)| *at) != Some(position) {
                return false;
            }
        }
        // One cell alone may be a value that happens to be called as its column.
        count > 1 || (count == 1 && layout.columns().len() == 1)
    }
}

fn next_filled(source: &mut dyn Source) -> Result<Option<Row>, Vec<CellFault>> {
    loop {
        match source.next_row() {
            Ok(Some(row)) if row.is_blank() => {}
            Ok(found) => return Ok(found),
            Err(fault) => return Err(vec![fault]),
        }
    }
}

/// How many cells are headers of the layout.
fn matches(layout: &Layout, row: &Row) -> usize {
    let is_header =
        |cell: &&Cell| matches!(cell, Cell::Text(text) if layout.column_for(text).is_some());
    row.cells.iter().filter(is_header).count()
}

/// The line of the first of the next rows that has half of the layout's headers.
fn sought(layout: &Layout, source: &mut dyn Source) -> Result<Option<u32>, Vec<CellFault>> {
    for _ in 0..SOUGHT {
        let Some(row) = next_filled(source)? else { return Ok(None) };
        if matches(layout, &row) * 2 >= layout.columns().len() {
            return Ok(Some(row.line));
        }
    }
    Ok(None)
}
