//! Synthetic employers of the district, the unions that cover them, an outside list that counts them
//! and their members, for trials, demonstrations and measurements.
//!
//! The same number, seed and shares give the same file on every machine. Names are invented, codes
//! carry the synthetic bodies `T…`, telephone numbers cannot be dialled, and persons were born
//! between 1880 and 1899. A
//! stated share of the rows is dirty; each dirty row has exactly one planted fault and says which,
//! so that a test can hold an import's report against the truth.

use std::sync::Arc;

use crate::{
    columns::{self, Column},
    reference::ReferenceError,
};

mod base_register;
mod dice;
mod dirt;
mod employer;
mod file;
mod member;
mod member_dirt;
mod person;
mod place;
#[cfg(test)]
mod tests;
mod union;
mod words;

pub use base_register::{DEMO_EDITION, DemoEntry, generate_base_register};
pub use dirt::{Dirt, DirtShares, PlantedFault};
pub use file::{DemoFileError, write_csv, write_truth, write_xlsx};
pub use member::{DemoMember, MemberDirt, employers_for, generate_members};
pub use union::{DemoCoverage, DemoUnion, generate_coverage, generate_unions};

use dirt::Plan;
use employer::Facts;
use kit::civil::CivilDate;
use place::Places;
use unionhall_kit as kit;

/// What a cell of a synthetic row holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DemoCell {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// A numeric cell in a workbook, digits in CSV.
    Number(i64),
    /// A date cell in a workbook, `YYYY-MM-DD` in CSV.
    Date(CivilDate),
}

/// One row of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoRow {
    /// The line in the file; the header is line 1.
    pub line: u32,
    /// The cells in the order of [`columns::EMPLOYER`].
    pub cells: [DemoCell; columns::EMPLOYER.len()],
    /// The one fault of a dirty row; a row without one is clean.
    pub planted: Option<PlantedFault>,
}

impl DemoRow {
    /// The cell of a column; empty where the employer sheet has no such column.
    pub fn cell(&self, column: Column) -> &DemoCell {
        position(column).map_or(&DemoCell::Empty, |at| &self.cells[at])
    }

    fn set(&mut self, column: Column, cell: DemoCell) {
        if let Some(at) = position(column) {
            self.cells[at] = cell;
        }
    }
}

/// A row of some sheet.
pub trait Row {
    /// The name of the sheet and its columns.
    const SHEET: (&'static str, &'static [Column]);

    /// The cells in the order of the columns.
    fn cells(&self) -> &[DemoCell];
}

impl Row for DemoRow {
    const SHEET: (&'static str, &'static [Column]) = (columns::EMPLOYER_SHEET, &columns::EMPLOYER);

    fn cells(&self) -> &[DemoCell] {
        &self.cells
    }
}

fn position(column: Column) -> Option<usize> {
    columns::EMPLOYER.iter().position(|other| *other == column)
}

/// `count` synthetic employers. The error is that of broken shipped areas.
pub fn generate_employers(
    count: u32,
    seed: u64,
    shares: DirtShares,
) -> Result<DemoEmployers, ReferenceError> {
    Ok(DemoEmployers {
        places: Arc::new(Places::shipped()?),
        plan: Plan::new(shares.0, seed),
        last_clean: None,
        seed,
        next: 0,
        count,
    })
}

/// The rows of a synthetic file, in order.
#[derive(Debug, Clone)]
pub struct DemoEmployers {
    places: Arc<Places>,
    plan: Plan<{ Dirt::ALL.len() }>,
    /// The line and code of a clean row, which a duplicate can repeat.
    last_clean: Option<(u32, String)>,
    seed: u64,
    next: u32,
    count: u32,
}

impl DemoEmployers {
    /// The next employer, and its row.
    fn next_employer(&mut self) -> Option<(Facts, DemoRow)> {
        if self.next == self.count {
            return None;
        }
        let facts = Facts::of(&self.places, self.seed, self.next);
        let mut row = facts.row(self.next + 2);
        self.next += 1;
        let can_repeat = self.last_clean.is_some();
        let can = |kind: usize| can_repeat || Dirt::ALL[kind] != Dirt::DuplicateInFile;
        match self.plan.next(can).map(|kind| Dirt::ALL[kind]) {
            Some(kind) => dirt::plant(&mut row, kind, &facts, self.last_clean.as_ref()),
            None if facts.has_credit_code => {
                self.last_clean = Some((row.line, facts.credit_code.clone()));
            }
            None => {}
        }
        Some((facts, row))
    }
}

impl Iterator for DemoEmployers {
    type Item = DemoRow;

    fn next(&mut self) -> Option<DemoRow> {
        self.next_employer().map(|(_, row)| row)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.count - self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for DemoEmployers {}
