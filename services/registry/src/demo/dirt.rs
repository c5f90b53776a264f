//! The faults that synthetic rows carry, and how often.

use super::{
    DemoCell, DemoRow,
    dice::shuffled,
    employer::{ALPHABET, Facts},
};
use crate::columns::{self, Column};

/// A kind of fault that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dirt {
    /// The last character of the credit code does not fit the others.
    WrongCheckDigit,
    /// The credit code is a numeric cell, as spreadsheets make of long digits.
    NumericIdentifier,
    /// The name is empty.
    MissingName,
    /// The industry code is in no edition.
    UnknownIndustry,
    /// The community does not exist.
    UnknownCommunity,
    /// The day of establishment is in no calendar.
    ImpossibleDate,
    /// The number of employees is negative.
    NegativeCount,
    /// The number of employees is beyond any employer.
    AbsurdCount,
    /// The credit code stands in an earlier row of the file.
    DuplicateInFile,
    /// The name is far too long.
    OverlongName,
    /// The name holds an invisible control character.
    ControlCharacter,
}

impl Dirt {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::WrongCheckDigit,
        Self::NumericIdentifier,
        Self::MissingName,
        Self::UnknownIndustry,
        Self::UnknownCommunity,
        Self::ImpossibleDate,
        Self::NegativeCount,
        Self::AbsurdCount,
        Self::DuplicateInFile,
        Self::OverlongName,
        Self::ControlCharacter,
    ];

    /// How the command line names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongCheckDigit => "wrong-check-digit",
            Self::NumericIdentifier => "numeric-identifier",
            Self::MissingName => "missing-name",
            Self::UnknownIndustry => "unknown-industry",
            Self::UnknownCommunity => "unknown-community",
            Self::ImpossibleDate => "impossible-date",
            Self::NegativeCount => "negative-count",
            Self::AbsurdCount => "absurd-count",
            Self::DuplicateInFile => "duplicate-in-file",
            Self::OverlongName => "overlong-name",
            Self::ControlCharacter => "control-character",
        }
    }

    /// The kind that the command line names `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The column that an import must name.
    pub fn column(self) -> Column {
        match self {
            Self::WrongCheckDigit | Self::NumericIdentifier | Self::DuplicateInFile => {
                columns::CREDIT_CODE
            }
            Self::MissingName | Self::OverlongName | Self::ControlCharacter => columns::NAME,
            Self::UnknownIndustry => columns::INDUSTRY,
            Self::UnknownCommunity => columns::ACTUAL_AREA,
            Self::ImpossibleDate => columns::ESTABLISHED_ON,
            Self::NegativeCount | Self::AbsurdCount => columns::EMPLOYEES,
        }
    }

    /// The fault code that an import must give.
    pub fn code(self) -> &'static str {
        match self {
            Self::WrongCheckDigit => "CREDIT_CODE_CHECK",
            Self::NumericIdentifier => "NUMERIC_IDENTIFIER",
            Self::MissingName => "MISSING_VALUE",
            Self::UnknownIndustry => "UNKNOWN_CODE",
            Self::UnknownCommunity => "AREA_UNKNOWN",
            Self::ImpossibleDate => "IMPOSSIBLE_DATE",
            Self::NegativeCount => "INVALID_COUNT",
            Self::AbsurdCount => "WORKFORCE_INVALID",
            Self::DuplicateInFile => "DUPLICATE_IN_FILE",
            Self::OverlongName => "NAME_INVALID",
            Self::ControlCharacter => "FORBIDDEN_CHARACTER",
        }
    }
}

/// The one fault of a dirty row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlantedFault {
    /// What was planted; names the column and the code.
    pub kind: Dirt,
    /// The line that a duplicate repeats.
    pub repeats_line: Option<u32>,
}

/// How many rows of ten thousand carry each kind of fault. A row carries one fault at most, so
/// all shares together never exceed ten thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DirtShares(pub(super) [u16; Dirt::ALL.len()]);

/// All rows, in the unit of the shares.
pub(super) const WHOLE: u16 = 10_000;

impl DirtShares {
    /// No dirt.
    pub fn none() -> Self {
        Self::default()
    }

    /// The same share of every kind, in rows of ten thousand; at most 909 of each kind.
    pub fn of_each(share: u16) -> Self {
        Self([share.min(WHOLE / Dirt::ALL.len() as u16); Dirt::ALL.len()])
    }

    /// Sets the share of one kind; none where all shares would exceed the whole.
    pub fn with(mut self, kind: Dirt, share: u16) -> Option<Self> {
        self.0[kind as usize] = share;
        let sum: u32 = self.0.iter().map(|share| u32::from(*share)).sum();
        (sum <= u32::from(WHOLE)).then_some(self)
    }

    /// Rows of ten thousand that carry `kind`.
    pub fn of(&self, kind: Dirt) -> u16 {
        self.0[kind as usize]
    }
}

/// Spreads the dirty rows evenly: of any stretch of rows each kind has its share, give or take the
/// rows that it had to wait while another kind was due.
#[derive(Debug, Clone)]
pub(super) struct Plan<const N: usize> {
    shares: [u16; N],
    due: [u32; N],
}

impl<const N: usize> Plan<N> {
    /// Begins at a place that the seed gives, so that kinds do not fall due together.
    pub(super) fn new(shares: [u16; N], seed: u64) -> Self {
        let mut due = [0; N];
        for (at, due) in (0_u32..).zip(&mut due) {
            *due = u32::try_from(shuffled(at, seed, u64::from(WHOLE))).unwrap_or(0);
        }
        Self { shares, due }
    }

    /// The number of the kind that the next row carries, of those that it can.
    pub(super) fn next(&mut self, can: impl Fn(usize) -> bool) -> Option<usize> {
        for (due, share) in self.due.iter_mut().zip(self.shares) {
            *due += u32::from(share);
        }
        let kind = (0..N)
            .filter(|kind| self.shares[*kind] > 0 && can(*kind))
            .filter(|kind| self.due[*kind] >= u32::from(WHOLE))
            .max_by_key(|kind| self.due[*kind])?;
        self.due[kind] -= u32::from(WHOLE);
        Some(kind)
    }
}

/// Spoils `row` in one cell. `earlier` is the line and credit code of a clean row before it.
pub(super) fn plant(row: &mut DemoRow, kind: Dirt, facts: &Facts, earlier: Option<&(u32, String)>) {
    // Faults of the credit code need one, and no other kind may add a second question.
    row.set(columns::ORGANISATION_CODE, DemoCell::Empty);
    row.set(columns::CREDIT_CODE, DemoCell::Text(facts.credit_code.clone()));
    row.set(kind.column(), spoiled(kind, facts, earlier));
    let repeats_line = earlier.filter(|_| kind == Dirt::DuplicateInFile).map(|(line, _)| *line);
    row.planted = Some(PlantedFault { kind, repeats_line });
}

fn spoiled(kind: Dirt, facts: &Facts, earlier: Option<&(u32, String)>) -> DemoCell {
    let number = facts.number;
    let turn = |texts: [&str; 3]| texts[number as usize % 3].to_owned();
    let text = match kind {
        Dirt::WrongCheckDigit => wrong_check(&facts.credit_code),
        Dirt::DuplicateInFile => earlier.map(|(_, code)| code.clone()).unwrap_or_default(),
        Dirt::UnknownIndustry => turn(["98", "00", "U99"]),
        Dirt::UnknownCommunity => format!("110102099{:03}", number % 1000),
        Dirt::ImpossibleDate => turn(["2010-02-30", "2011/6/31", "2009年13月1日"]),
        Dirt::OverlongName => facts.name.repeat(30),
        Dirt::ControlCharacter => {
            let at = facts.name.char_indices().nth(3).map_or(0, |(at, _)| at);
            let (head, tail) = facts.name.split_at(at);
            format!("{head}{}{tail}", turn(["\u{7F}", "\u{200B}", "\u{202E}"]))
        }
        Dirt::MissingName => return DemoCell::Empty,
        Dirt::NumericIdentifier => {
            return DemoCell::Number(911_101_020_000_000_000 + i64::from(number) * 10);
        }
        Dirt::NegativeCount => return DemoCell::Number(-1 - i64::from(number % 50)),
        Dirt::AbsurdCount => return DemoCell::Number(99_999_999),
    };
    DemoCell::Text(text)
}

/// The code with the next character of the alphabet at its end.
fn wrong_check(code: &str) -> String {
    let Some(last) = code.bytes().last() else { return String::new() };
    let at = ALPHABET.iter().position(|c| *c == last).unwrap_or(0);
    let next = ALPHABET[(at + 1) % ALPHABET.len()];
    format!("{}{}", &code[..code.len() - 1], char::from(next))
}
