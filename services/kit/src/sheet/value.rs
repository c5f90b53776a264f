//! From a cell to a value of its column: normalised where that is safe, a fault where it would be
//! a guess.

use super::{
    FaultKind, MAX_CELL_CHARS,
    cell::Cell,
    date, kinds,
    layout::{CodeEntry, CodeList, CodeMatch, Column, ColumnKind},
};
use crate::{
    civil::CivilDate,
    text::{half_width, has_forbidden, normalised},
};

/// How many codes a remedy names.
const NAMED_CODES: usize = 8;

/// A cell after the rules of its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing was entered, and nothing is required.
    Empty,
    /// Text or an identifier in normal form.
    Text(String),
    /// A day that exists.
    Date(CivilDate),
    /// A whole number from zero up.
    Count(u64),
    /// The code of the column's list.
    Code(String),
    /// The cell has a fault, which the record names.
    Faulty,
}

/// A kind of fault and what fills its remedy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) kind: &'static FaultKind,
    pub(super) places: Vec<(&'static str, String)>,
}

impl From<&'static FaultKind> for Wrong {
    fn from(kind: &'static FaultKind) -> Self {
        Self { kind, places: Vec::new() }
    }
}

/// The value of `cell` in `column`.
pub(super) fn read(column: &Column, cell: &Cell) -> Result<Value, Wrong> {
    match cell {
        Cell::Empty if column.required => Err((&kinds::MISSING_VALUE).into()),
        Cell::Empty => Ok(Value::Empty),
        Cell::Formula(_) => Err((&kinds::FORMULA_CELL).into()),
        Cell::Error(_) => Err((&kinds::ERROR_CELL).into()),
        Cell::BadQuote(_) => Err((&kinds::BAD_QUOTE).into()),
        Cell::Bool(_) => Err((&kinds::BOOLEAN_CELL).into()),
        Cell::Text(text) => from_text(column, text),
        Cell::Number(digits) => from_number(column, digits),
        Cell::Date(date) => match column.kind {
            ColumnKind::Date | ColumnKind::DateOrText => Ok(Value::Date(*date)),
            _ => Err((&kinds::DATE_FOR_TEXT).into()),
        },
    }
}

fn from_text(column: &Column, text: &str) -> Result<Value, Wrong> {
    // Bytes first: counting characters is for the few that could be too long.
    if text.len() > MAX_CELL_CHARS && text.chars().count() > MAX_CELL_CHARS {
        let limit = ("limit", MAX_CELL_CHARS.to_string());
        return Err(Wrong { kind: &kinds::CELL_TOO_LONG, places: vec![limit] });
    }
    let text = normalised(text);
    if has_forbidden(&text) {
        return Err((&kinds::FORBIDDEN_CHARACTER).into());
    }
    match &column.kind {
        ColumnKind::Text | ColumnKind::DateOrText => Ok(Value::Text(text)),
        ColumnKind::Identifier => identifier(&text),
        ColumnKind::Date => date::parse(&text).map(Value::Date).map_err(Wrong::from),
        ColumnKind::Count => count(&text),
        ColumnKind::Code(list) => code(list, &text),
    }
}

fn from_number(column: &Column, digits: &str) -> Result<Value, Wrong> {
    match &column.kind {
        ColumnKind::Identifier => Err((&kinds::NUMERIC_IDENTIFIER).into()),
        // Beyond 15 digits a spreadsheet's number is no longer what was typed.
        ColumnKind::Text | ColumnKind::DateOrText
            if digits.len() <= 15 && digits.bytes().all(|b| b.is_ascii_digit()) =>
        {
            Ok(Value::Text(digits.to_owned()))
        }
        ColumnKind::Text | ColumnKind::DateOrText => Err((&kinds::NUMERIC_TEXT).into()),
        // A typed 20140227; a bare day number is not taken for a date.
        ColumnKind::Date if digits.len() == 8 => {
            date::parse(digits).map(Value::Date).map_err(Wrong::from)
        }
        ColumnKind::Date => Err((&kinds::INVALID_DATE).into()),
        ColumnKind::Count => match digits.split_once('.') {
            Some((whole, zeros)) if zeros.bytes().all(|b| b == b'0') => count(whole),
            _ => count(digits),
        },
        ColumnKind::Code(list) => code(list, digits),
    }
}

/// Half-width and without any white space. A number in scientific notation is what a spreadsheet
/// leaves of an identifier when it saves CSV.
fn identifier(text: &str) -> Result<Value, Wrong> {
    let text: String = half_width(text).chars().filter(|c| !c.is_whitespace()).collect();
    if is_scientific(&text) {
        return Err((&kinds::NUMERIC_IDENTIFIER).into());
    }
    Ok(Value::Text(text))
}

fn is_scientific(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let Some(exponent) = exponent.strip_prefix(['+', '-']) else { return false };
    digits(whole) && digits(fraction) && digits(exponent)
}

/// Digits, or digits in groups of three.
fn count(text: &str) -> Result<Value, Wrong> {
    let wrong = || Wrong::from(&kinds::INVALID_COUNT);
    let text = half_width(text);
    let mut groups = text.split(',');
    let first = groups.next().unwrap_or_default();
    let mut digits = first.to_owned();
    for group in groups {
        if group.len() != 3 || first.len() > 3 || first.is_empty() {
            return Err(wrong());
        }
        digits.push_str(group);
    }
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    digits.parse().map(Value::Count).map_err(|_| wrong())
}

fn code(list: &CodeList, text: &str) -> Result<Value, Wrong> {
    let (kind, known) = match list.find(text) {
        CodeMatch::One(entry) => return Ok(Value::Code(entry.code.clone())),
        CodeMatch::Several(found) => (&kinds::AMBIGUOUS_CODE, named(found.into_iter())),
        CodeMatch::None => (&kinds::UNKNOWN_CODE, named(list.entries().iter())),
    };
    Err(Wrong { kind, places: vec![("known", known)] })
}

fn named<'e>(mut entries: impl Iterator<Item = &'e CodeEntry>) -> String {
    let mut named: Vec<String> = entries
        .by_ref()
        .take(NAMED_CODES)
        .map(|entry| format!("{} {}", entry.code, entry.zh))
        .collect();
    if entries.next().is_some() {
        named.push("…".to_owned());
    }
    named.join(", ")
}

#[cfg(test)]
mod tests;
