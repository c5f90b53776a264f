//! One row as the file has it, before any rule looks at it.

use std::sync::Arc;

use crate::civil::CivilDate;

/// The day number of 9999-12-31, the last that a spreadsheet knows.
const LAST_SERIAL: u32 = 2_958_465;

/// What a cell held. Nothing is converted: a number keeps the digits of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing, or white space alone.
    Empty,
    /// Text as given. All that CSV has.
    Text(String),
    /// A numeric cell, in the digits of the file.
    Number(String),
    /// A numeric cell with a date format and no time of day, or an ISO date cell.
    Date(CivilDate),
    /// A logical value.
    Bool(bool),
    /// A formula, without its leading `=`; its cached result is not trusted.
    Formula(String),
    /// An error value such as `#N/A`.
    Error(String),
    /// A CSV field with text behind its closing quote.
    BadQuote(String),
}

impl Cell {
    /// Whether nothing was entered.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The cell as a person would have typed it.
    pub fn given(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Number(text) | Self::Error(text) | Self::BadQuote(text) => {
                text.clone()
            }
            Self::Date(date) => date.to_string(),
            Self::Bool(true) => "TRUE".to_owned(),
            Self::Bool(false) => "FALSE".to_owned(),
            Self::Formula(text) => format!("={text}"),
        }
    }

    pub(super) fn from_text(text: String) -> Self {
        if text.trim().is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// Bytes of text, for the bound on a row.
    pub(super) fn text_len(&self) -> usize {
        match self {
            Self::Text(text)
            | Self::Number(text)
            | Self::Formula(text)
            | Self::Error(text)
            | Self::BadQuote(text) => text.len(),
            Self::Empty | Self::Date(_) | Self::Bool(_) => 0,
        }
    }
}

/// One row of one sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The sheet's name; for CSV the declared file name.
    pub sheet: Arc<str>,
    /// The line in the file, from 1. A CSV row over several lines has its first.
    pub line: u32,
    /// At most [`MAX_COLUMNS`](super::MAX_COLUMNS) cells, from column A.
    pub cells: Vec<Cell>,
}

impl Row {
    /// Whether every cell is empty.
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(Cell::is_empty)
    }

    /// The cell at `position`, from 0; empty beyond the row's end.
    pub fn cell(&self, position: usize) -> &Cell {
        self.cells.get(position).unwrap_or(&Cell::Empty)
    }
}

/// The letters of a column: 0 is A, 26 is AA.
pub fn letters(position: usize) -> String {
    let mut rest = position + 1;
    let mut text = Vec::new();
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        text.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    text.iter().rev().collect()
}

/// Runs of columns that a list names.
const NAMED_RUNS: usize = 8;

/// Ascending positions as a person reads them: `G, I-K`.
pub(super) fn column_list(positions: impl IntoIterator<Item = usize>) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for position in positions {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == position => *last = position,
            _ => runs.push((position, position)),
        }
    }
    let named = |&(first, last): &(usize, usize)| match first == last {
        true => letters(first),
        false => format!("{}-{}", letters(first), letters(last)),
    };
    let mut list: Vec<String> = runs.iter().take(NAMED_RUNS).map(named).collect();
    if runs.len() > NAMED_RUNS {
        list.push("…".to_owned());
    }
    list.join(", ")
}

/// Column and line of a reference such as `AB12`, both from 0.
pub(super) fn position(reference: &str) -> Option<(u32, u32)> {
    let digits = reference.find(|c: char| c.is_ascii_digit())?;
    let (letters, line) = reference.split_at(digits);
    if letters.is_empty() || letters.len() > 3 || !letters.bytes().all(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let column = letters.bytes().fold(0, |sum, b| sum * 26 + u32::from(b - b'A') + 1);
    Some((column - 1, line.parse::<u32>().ok()?.checked_sub(1)?))
}

/// The day of an Excel serial number. `None` for a time of day, for a number beyond the calendar
/// and for 60 in the 1900 system, the 29 February 1900 that never was.
pub(super) fn serial_date(digits: &str, system_1904: bool) -> Option<CivilDate> {
    let whole = match digits.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') => whole,
        Some(_) => return None,
        None => digits,
    };
    let serial: u32 = whole.parse().ok().filter(|serial| *serial <= LAST_SERIAL)?;
    let (first, days) = match (system_1904, serial) {
        (true, days) => (CivilDate::new(1904, 1, 1)?, days),
        (false, 0 | 60) => return None,
        (false, days @ 1..60) => (CivilDate::new(1899, 12, 31)?, days),
        (false, days) => (CivilDate::new(1899, 12, 30)?, days),
    };
    Some(first.plus_days(u64::from(days))).filter(|date| date.year() <= 9999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_that_spreadsheets_show() {
        for (at, text) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (16_383, "XFD")] {
            assert_eq!(letters(at), text);
            assert_eq!(position(&format!("{text}7")), Some((u32::try_from(at).unwrap(), 6)));
        }
        for text in ["", "A", "7", "A0", "AAAA1", "a1", "A1B", "A99999999999"] {
            assert_eq!(position(text), None, "{text}");
        }
    }

    #[test]
    fn columns_are_listed_in_runs_and_not_without_end() {
        assert_eq!(column_list([6]), "G");
        assert_eq!(column_list([6, 8, 9, 10]), "G, I-K");
        assert_eq!(column_list(6..200), "G-GR");
        let scattered = column_list((0..200).step_by(2));
        assert_eq!(scattered, "A, C, E, G, I, K, M, O, …");
    }

    #[test]
    fn serial_numbers_follow_both_systems() {
        let day = |text: &str| Some(text.parse::<CivilDate>().unwrap());
        assert_eq!(serial_date("1", false), day("1900-01-01"));
        assert_eq!(serial_date("59", false), day("1900-02-28"));
        assert_eq!(serial_date("60", false), None);
        assert_eq!(serial_date("61", false), day("1900-03-01"));
        assert_eq!(serial_date("41697", false), day("2014-02-27"));
        assert_eq!(serial_date("41697.0", false), day("2014-02-27"));
        assert_eq!(serial_date("40235", true), day("2014-02-27"));
        assert_eq!(serial_date("2958465", false), day("9999-12-31"));
        for text in ["0", "-1", "2958466", "41697.5", "4.1E4", "", "99999999999"] {
            assert_eq!(serial_date(text, false), None, "{text}");
        }
    }
}
