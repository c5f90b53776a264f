//! A synthetic edition of the base register: the outside list of the non-public enterprises among the
//! employers, with the differences by which such a list and a register are reconciled.

use unionhall_kit::civil::CivilDate;

use super::{
    DemoCell, DirtShares, Row,
    dice::Dice,
    employer::{Facts, text},
    generate_employers,
    place::Places,
    union::{Employers, clean},
};
use crate::{
    columns::{self, Column, base_register},
    reference::{ListId, ReferenceBook, ReferenceError},
    rules::{base_register::finding::is_non_public, employer::code::OwnershipCode},
};

/// The edition that every row names; the day that it describes is the last of the files' years.
pub const DEMO_EDITION: &str = "2023-12";
/// Chance of the list, apart from that of employers and unions.
const LIST: u64 = 0x91;
/// Enterprises that only the list knows are drawn beyond every employer of a file.
const BEYOND: u32 = 3_000_000_000;

/// A row of the sheet of the base register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoEntry([DemoCell; base_register::ALL.len()]);

impl Row for DemoEntry {
    const SHEET: (&'static str, &'static [Column]) = (base_register::SHEET, &base_register::ALL);

    fn cells(&self) -> &[DemoCell] {
        &self.0
    }
}

/// The list beside `(employers, seed, shares)`. Of a hundred enterprises it lacks two, knows one that
/// the register lacks, and has one under another name and one in another place.
pub fn generate_base_register(
    (count, seed, shares): (u32, u64, DirtShares),
) -> Result<impl Iterator<Item = DemoEntry>, ReferenceError> {
    let places = Places::shipped()?;
    let book = ReferenceBook::load()?;
    let end = CivilDate::new(2023, 12, 31).unwrap_or(CivilDate::FIRST);
    let employers = Employers(generate_employers(count, seed, shares)?);
    let listed = employers.filter(move |(facts, row)| {
        let code = book.lookup(ListId::Ownership, facts.ownership(), end).ok();
        let code = code.and_then(|code| OwnershipCode::parse(&code.code).ok());
        clean(facts, row) && code.is_some_and(|code| is_non_public(&code))
    });
    Ok(listed.filter_map(move |(facts, _)| {
        let mut dice = Dice::of_row(seed ^ LIST, facts.number);
        let elsewhere = places.draw(&mut dice).label.clone();
        match dice.below(100) {
            0..2 => None,
            2 => Some(entry(&Facts::of(&places, seed, BEYOND + facts.number), "", None)),
            3 => Some(entry(&facts, "分公司", None)),
            4 => Some(entry(&facts, "", Some(elsewhere))),
            _ => Some(entry(&facts, "", None)),
        }
    }))
}

fn entry(facts: &Facts, suffix: &str, elsewhere: Option<String>) -> DemoEntry {
    let area = elsewhere.as_ref().unwrap_or(&facts.actual.0);
    DemoEntry(base_register::ALL.map(|column| match column {
        base_register::EDITION => text(DEMO_EDITION),
        columns::NAME => text(&format!("{}{suffix}", facts.name)),
        columns::CREDIT_CODE => text(&facts.credit_code),
        columns::OWNERSHIP => text(facts.ownership()),
        base_register::AREA => text(area),
        _ => DemoCell::Empty,
    }))
}
