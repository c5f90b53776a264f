//! Rows as values of the layout's columns, each with every fault that it has.

use std::sync::Arc;

use super::{
    FaultKind, Source,
    cell::{Cell, Row, column_list},
    fault::{CellFault, shown, shown_beside},
    header::Header,
    kinds,
    layout::Layout,
    value::{self, Value},
    xlsx::Merged,
};
use crate::civil::CivilDate;

/// One row. Owns what it needs, so that it can be sent elsewhere.
#[derive(Debug)]
pub struct Record {
    layout: Arc<Layout>,
    header: Arc<Header>,
    row: Row,
    values: Vec<Value>,
    /// Every fault of the row; empty where it can be taken.
    pub faults: Vec<CellFault>,
}

impl Record {
    /// The line in the file, from 1.
    pub fn line(&self) -> u32 {
        self.row.line
    }

    /// The sheet's name.
    pub fn sheet(&self) -> &str {
        &self.row.sheet
    }

    /// Bytes that it takes to keep it: cells, values and faults.
    pub fn weight(&self) -> usize {
        let text: usize = self.row.cells.iter().map(Cell::text_len).sum();
        let faults: usize = self.faults.iter().map(CellFault::weight).sum();
        // A value repeats the text of its cell in another form.
        size_of_val(self.row.cells.as_slice()) + size_of_val(self.values()) + 2 * text + faults
    }

    /// The values in the layout's order; [`Value::Empty`] where the file lacks the column.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The value of the column `key`; empty for a key that the layout does not have.
    pub fn value(&self, key: &str) -> &Value {
        self.layout.position(key).map_or(&Value::Empty, |at| &self.values[at])
    }

    /// The text or identifier of the column `key`, where there is a sound one.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.value(key) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The code of the column `key`, where there is a sound one.
    pub fn code(&self, key: &str) -> Option<&str> {
        match self.value(key) {
            Value::Code(code) => Some(code),
            _ => None,
        }
    }

    /// The day of the column `key`, where there is a sound one.
    pub fn date(&self, key: &str) -> Option<CivilDate> {
        match self.value(key) {
            Value::Date(date) => Some(*date),
            _ => None,
        }
    }

    /// The number of the column `key`, where there is a sound one.
    pub fn count(&self, key: &str) -> Option<u64> {
        match self.value(key) {
            Value::Count(count) => Some(*count),
            _ => None,
        }
    }

    /// A fault that a domain finds in the column `key`, with the value as it was given.
    pub fn fault(&self, key: &str, kind: &'static FaultKind) -> CellFault {
        match self.layout.position(key) {
            Some(at) => self.fault_at(at, kind),
            None => CellFault::at(kind, &self.row.sheet, self.row.line, key, ""),
        }
    }

    fn fault_at(&self, at: usize, kind: &'static FaultKind) -> CellFault {
        let column = &self.layout.columns()[at];
        let (title, given) = match &self.header.columns[at] {
            Some((position, title)) => (title.as_str(), self.row.cell(*position).given()),
            None => (column.title(), String::new()),
        };
        let value = match column.protected {
            false if self.layout.is_of_persons() => shown_beside(&given),
            protected => shown(&given, protected),
        };
        CellFault::at(kind, &self.row.sheet, self.row.line, title, value)
    }
}

/// The records of one sheet. Ends after an `Err`, which is a fault of the file from some line on.
/// Blank rows are left out.
pub struct Records<'a> {
    layout: Arc<Layout>,
    header: Arc<Header>,
    sheet: Arc<str>,
    source: Box<dyn Source + 'a>,
    merged: Vec<Merged>,
    rows: u64,
    ended: bool,
}

impl<'a> Records<'a> {
    pub(super) fn new(
        layout: &Arc<Layout>,
        sheet: Arc<str>,
        mut source: Box<dyn Source + 'a>,
        merged: Vec<Merged>,
    ) -> Result<Self, Vec<CellFault>> {
        let header = Header::read(layout, &sheet, source.as_mut())?;
        let in_header = merged.iter().filter(|merged| merged.covers_line(header.line));
        let faults: Vec<CellFault> = in_header
            .map(|merged| {
                CellFault::at(&kinds::MERGED_CELLS, &sheet, header.line, "", "")
                    .with("range", merged.range())
            })
            .collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Self {
            layout: Arc::clone(layout),
            header: Arc::new(header),
            sheet,
            source,
            merged,
            rows: 0,
            ended: false,
        })
    }

    /// The sheet's name; for CSV the declared file name.
    pub fn sheet(&self) -> &str {
        &self.sheet
    }

    fn advance(&mut self) -> Result<Option<Record>, CellFault> {
        loop {
            match self.source.next_row()? {
                Some(row) if row.is_blank() => {}
                Some(row) => {
                    self.rows += 1;
                    return Ok(Some(self.record(row)));
                }
                None if self.rows == 0 => {
                    return Err(CellFault::of_file(&kinds::NO_DATA_ROWS, &self.sheet));
                }
                None => return Ok(None),
            }
        }
    }

    fn record(&self, row: Row) -> Record {
        let mut record = Record {
            layout: Arc::clone(&self.layout),
            header: Arc::clone(&self.header),
            values: vec![Value::Faulty; self.layout.columns().len()],
            row,
            faults: Vec::new(),
        };
        if self.header.is_repeated_by(&self.layout, &record.row) {
            let (sheet, line) = (&record.row.sheet, record.row.line);
            record.faults.push(CellFault::at(&kinds::SECOND_HEADER, sheet, line, "", ""));
            return record;
        }
        for at in 0..record.values.len() {
            self.read(&mut record, at);
        }
        self.outside(&mut record);
        record
    }

    fn read(&self, record: &mut Record, at: usize) {
        let column = &self.layout.columns()[at];
        let Some((position, _)) = &self.header.columns[at] else {
            record.values[at] = Value::Empty;
            return;
        };
        if let Some(merged) = self.merge_over(record.row.line, *position) {
            let fault = record.fault_at(at, &kinds::MERGED_CELLS).with("range", merged.range());
            record.faults.push(fault);
            return;
        }
        match value::read(column, record.row.cell(*position)) {
            Ok(value) => record.values[at] = value,
            Err(wrong) => {
                let fault = record.fault_at(at, wrong.kind);
                let filled = wrong.places.iter().fold(fault, |f, (key, text)| f.with(key, text));
                record.faults.push(filled);
            }
        }
    }

    fn merge_over(&self, line: u32, position: usize) -> Option<&Merged> {
        let covers = |merged: &&Merged| merged.covers_line(line) && merged.covers_column(position);
        self.merged.iter().find(covers)
    }

    /// Values under no header: one fault, however many they are. They may be anybody's data, so
    /// the report masks the first and does not repeat the others.
    fn outside(&self, record: &mut Record) {
        let row = &record.row;
        let unnamed =
            |(position, cell): &(usize, &Cell)| !cell.is_empty() && !self.header.knows(*position);
        let found: Vec<(usize, &Cell)> = row.cells.iter().enumerate().filter(unnamed).collect();
        let Some((_, first)) = found.first() else { return };
        let value = shown(&first.given(), true);
        let positions = found.iter().map(|(position, _)| *position);
        let fault = CellFault::at(&kinds::UNNAMED_COLUMN, &row.sheet, row.line, "", value)
            .with("letters", column_list(positions));
        record.faults.push(fault);
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Record, CellFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.advance().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}
