//! One clean synthetic employer.

use chrono::NaiveDate;
use kit::civil::CivilDate;
use unionhall_kit as kit;

use super::{
    DemoCell, DemoRow,
    dice::{Dice, shuffled},
    place::Places,
    words::{AUTHORITY_DIVISIONS, KINDS, Kind, SYLLABLES, Size, Trade},
};
use crate::{
    columns,
    rules::{credit_code::CreditCode, organisation_code::OrganisationCode},
};

/// The register was opened over this year; older employers entered it then.
const OPENING_YEAR: i32 = 2012;
/// No date of a synthetic file lies after this year.
const LAST_YEAR: i32 = 2023;
/// The alphabet of GB 32100-2015, of which synthetic bodies are made.
pub(super) const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The status of an employer that works.
pub(super) const WORKS: &str = "在业";
/// The status of an employer that has ended by the day on which its row begins to hold.
const ENDED: &str = "注销";

/// What is true of one synthetic employer.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) name: String,
    pub(super) credit_code: String,
    /// False where only the organisation code is given, as before the credit code existed.
    pub(super) has_credit_code: bool,
    /// A number that tells this employer from all others of the file.
    pub(super) number: u32,
    organisation_code: String,
    kind: &'static Kind,
    trade: &'static Trade,
    pub(super) established_on: CivilDate,
    pub(super) effective_on: CivilDate,
    counted_on: CivilDate,
    pub(super) headcount: [u32; 3],
    registered: (String, String),
    pub(super) actual: (String, String),
    dice: Dice,
}

impl Facts {
    /// The employer of row `index`; depends on nothing but its arguments and the shipped areas.
    pub(super) fn of(places: &Places, seed: u64, index: u32) -> Self {
        let mut dice = Dice::of_row(seed, index);
        let kind = dice.weighted(KINDS, |kind| kind.weight);
        let trade = dice.pick(kind.trades);
        let (established_on, effective_on, counted_on) = dates(&mut dice);
        let (credit_code, organisation_code) = codes(kind, seed, index, &mut dice);
        let before_credit_codes = effective_on.year() < 2015;
        let place = places.draw(&mut dice);
        let actual = (place.label.clone(), place.address(&mut dice));
        let registered = registration(places, &actual, &mut dice);
        Self {
            name: name(kind, trade, seed, index, &mut dice),
            has_credit_code: !(before_credit_codes && dice.percent(10)),
            credit_code,
            organisation_code,
            number: index,
            headcount: headcount(kind.size, &mut dice),
            kind,
            trade,
            established_on,
            effective_on,
            counted_on,
            registered,
            actual,
            dice,
        }
    }

    /// The Chinese name of its ownership in the list `ownership`.
    pub(super) fn ownership(&self) -> &'static str {
        self.kind.ownership
    }

    /// The row as an officer would write it.
    pub(super) fn row(&self, line: u32) -> DemoRow {
        let mut dice = self.dice.clone();
        let empty = [const { DemoCell::Empty }; columns::EMPLOYER.len()];
        let mut row = DemoRow { line, cells: empty, planted: None };
        row.set(columns::NAME, text(&self.name));
        if self.has_credit_code {
            row.set(columns::CREDIT_CODE, text(&untidy(&self.credit_code, &mut dice)));
        } else {
            row.set(columns::ORGANISATION_CODE, text(&self.organisation_code));
        }
        row.set(columns::OWNERSHIP, text(self.kind.ownership));
        row.set(columns::ECONOMIC_TYPE, text(self.kind.economic_type));
        self.write_places(&mut row);
        self.write_figures(&mut row, &mut dice);
        row
    }

    fn write_places(&self, row: &mut DemoRow) {
        row.set(columns::REGISTERED_AREA, text(&self.registered.0));
        row.set(columns::REGISTERED_ADDRESS, text(&self.registered.1));
        row.set(columns::ACTUAL_AREA, text(&self.actual.0));
        row.set(columns::ACTUAL_ADDRESS, text(&self.actual.1));
    }

    fn write_figures(&self, row: &mut DemoRow, dice: &mut Dice) {
        // The edition that was in force when the facts began.
        let old = CivilDate::new(2017, 10, 1).is_some_and(|first| self.effective_on < first);
        let (edition, division) = if old { ("2011", self.trade.1) } else { ("2017", self.trade.2) };
        row.set(columns::INDUSTRY, text(division));
        row.set(columns::INDUSTRY_EDITION, text(edition));
        row.set(columns::ESTABLISHED_ON, date(self.established_on, dice));
        row.set(columns::COUNTED_ON, date(self.counted_on, dice));
        row.set(columns::EFFECTIVE_ON, date(self.effective_on, dice));
        let [employees, female, migrant] = self.headcount.map(|n| DemoCell::Number(n.into()));
        row.set(columns::EMPLOYEES, employees);
        row.set(columns::FEMALE_EMPLOYEES, female);
        row.set(columns::MIGRANT_EMPLOYEES, migrant);
        if dice.percent(85) {
            // Local numbers never begin with 1, so nobody can be called.
            row.set(columns::PHONE, text(&format!("010-1{:07}", dice.below(10_000_000))));
        }
        let status = dice.weighted(&[(WORKS, 93), ("停业", 4), (ENDED, 3)], |s| s.1);
        row.set(columns::STATUS, text(status.0));
        if status.0 == ENDED {
            // Nobody counts the people of an employer that has ended.
            let counts =
                [columns::EMPLOYEES, columns::FEMALE_EMPLOYEES, columns::MIGRANT_EMPLOYEES];
            counts.into_iter().chain([columns::COUNTED_ON]).for_each(|column| {
                row.set(column, DemoCell::Empty);
            });
        }
    }
}

pub(super) fn text(text: &str) -> DemoCell {
    if text.is_empty() { DemoCell::Empty } else { DemoCell::Text(text.to_owned()) }
}

/// A date as officers write dates; all forms are legal.
fn date(date: CivilDate, dice: &mut Dice) -> DemoCell {
    let (year, month, day) = (date.year(), date.month(), date.day());
    match dice.below(20) {
        0..3 => DemoCell::Date(date),
        3..6 => DemoCell::Text(format!("{year}/{month}/{day}")),
        6..8 => DemoCell::Text(format!("{year}年{month}月{day}日")),
        _ => DemoCell::Text(date.to_string()),
    }
}

/// One code in a hundred is untidy yet legal: lower case, full width or spaced.
fn untidy(code: &str, dice: &mut Dice) -> String {
    match dice.below(300) {
        0 => code.to_lowercase(),
        1 => format!(" {} {}", &code[..8], &code[8..]),
        2 => code.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)).collect(),
        _ => code.to_owned(),
    }
}

/// A code of synthetic body; `category` tells what kind of body it is.
pub(super) fn union_code(category: char, seed: u64, index: u32) -> String {
    let mut body = String::from("T");
    let mut rest = shuffled(index, seed, 31_u64.pow(7));
    for _ in 0..7 {
        body.push(char::from(ALPHABET[(rest % 31) as usize]));
        rest /= 31;
    }
    // Parts of the alphabet and of the right lengths always compose.
    let code = CreditCode::compose('8', category, "110102", &body);
    code.map(|code| code.as_str().to_owned()).unwrap_or_default()
}

/// Established, effective and counted, in this order or on one day.
fn dates(dice: &mut Dice) -> (CivilDate, CivilDate, CivilDate) {
    // The younger of two draws: most employers are young.
    let year = dice.between(1985, 2022).max(dice.between(1985, 2022));
    let established = day_of(i32::try_from(year).unwrap_or(OPENING_YEAR), dice);
    let opened = day_of(OPENING_YEAR, dice);
    let effective = established.max(opened);
    let years = u32::try_from(LAST_YEAR - effective.year()).unwrap_or(0);
    let counted_year = effective.year() + i32::try_from(dice.between(0, years)).unwrap_or(0);
    let year_end = CivilDate::new(counted_year, 12, 31).unwrap_or(effective);
    (established, effective, year_end)
}

fn day_of(year: i32, dice: &mut Dice) -> CivilDate {
    let first = CivilDate::from(NaiveDate::from_yo_opt(year, 1).unwrap_or_default());
    first.plus_days(dice.below(365).into())
}

/// Where an employer is registered: mostly where it works.
fn registration(places: &Places, actual: &(String, String), dice: &mut Dice) -> (String, String) {
    match dice.below(10) {
        0..7 => actual.clone(),
        7..9 => {
            let other = places.draw(dice);
            (other.label.clone(), other.address(dice))
        }
        // Elsewhere in the city, of which the register knows no smaller area.
        _ => ("11".to_owned(), format!("北京市朝阳区示范路{}号", dice.between(1, 300))),
    }
}

/// The credit code and the organisation code inside it.
fn codes(kind: &Kind, seed: u64, index: u32, dice: &mut Dice) -> (String, String) {
    let mut body = String::from("T");
    let mut rest = shuffled(index, seed, 31_u64.pow(7));
    for _ in 0..7 {
        body.push(char::from(ALPHABET[(rest % 31) as usize]));
        rest /= 31;
    }
    let (authority, category) = kind.registration;
    let of_company = authority == '9' && category == '1';
    let division =
        if of_company { dice.weighted(&AUTHORITY_DIVISIONS, |d| d.1).0 } else { "110102" };
    // Parts of the alphabet and of the right lengths always compose; a test makes many.
    let credit = CreditCode::compose(authority, category, division, &body);
    let organisation = OrganisationCode::compose(&body);
    (
        credit.map(|code| code.as_str().to_owned()).unwrap_or_default(),
        organisation.map(|code| code.as_str().to_owned()).unwrap_or_default(),
    )
}

fn name(kind: &Kind, trade: &Trade, seed: u64, index: u32, dice: &mut Dice) -> String {
    let mut rest = shuffled(index, seed, 40_u64.pow(4));
    let mut name = kind.place.to_owned();
    for _ in 0..4 {
        name.push(SYLLABLES[(rest % 40) as usize]);
        rest /= 40;
    }
    let form = dice.pick(kind.forms);
    name + trade.0 + form
}

/// Employees, women and migrant workers among them.
fn headcount(size: Size, dice: &mut Dice) -> [u32; 3] {
    let employees = match size {
        Size::Shop => dice.between(1, 8),
        Size::Office => dice.between(20, 400),
        Size::Company => {
            let bands = [
                (1, 4, 4_000),
                (5, 9, 2_200),
                (10, 19, 1_500),
                (20, 49, 1_200),
                (50, 99, 600),
                (100, 299, 350),
                (300, 999, 120),
                (1_000, 4_999, 28),
                (5_000, 20_000, 2),
            ];
            let (low, high, _) = dice.weighted(&bands, |band| band.2);
            dice.between(*low, *high)
        }
    };
    let share = |dice: &mut Dice, low, high| employees * dice.between(low, high) / 100;
    [employees, share(dice, 25, 65), share(dice, 0, 40)]
}
