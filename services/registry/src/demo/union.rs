//! Synthetic unions: the district's own line of them, and the own unions of larger employers; and
//! whom they cover. No row of them is dirty.

use unionhall_kit::civil::CivilDate;

use super::{
    DemoCell, DemoEmployers, DemoRow, DirtShares, Row,
    dice::Dice,
    employer::{Facts, WORKS, text, union_code},
    generate_employers,
};
use crate::{
    columns::{self, Column, coverage, union},
    reference::{ReferenceError, ShippedArea, shipped_areas},
};

/// From so many employees on a synthetic employer has its own union.
const OWN_UNION_FROM: u32 = 100;
/// Of a hundred of the others so many are covered by the union of their community.
const COVERED: u32 = 60;
/// Codes of unions are drawn apart from those of employers.
const CODES: u64 = 0x81;
/// The number of the district federation; those of the other unions of the line follow.
const DISTRICT: u32 = 4_000_000_000;

/// A row of the union sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoUnion([DemoCell; union::ALL.len()]);

/// A row of the coverage sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoCoverage([DemoCell; coverage::ALL.len()]);

impl Row for DemoUnion {
    const SHEET: (&'static str, &'static [Column]) = (union::SHEET, &union::ALL);

    fn cells(&self) -> &[DemoCell] {
        &self.0
    }
}

impl Row for DemoCoverage {
    const SHEET: (&'static str, &'static [Column]) = (coverage::SHEET, &coverage::ALL);

    fn cells(&self) -> &[DemoCell] {
        &self.0
    }
}

pub(super) fn filled<const N: usize>(
    all: [Column; N],
    cells: &[(Column, DemoCell)],
) -> [DemoCell; N] {
    all.map(|column| {
        let found = cells.iter().find(|(of, _)| *of == column);
        found.map_or(DemoCell::Empty, |(_, cell)| cell.clone())
    })
}

/// The unions beside `(employers, seed, shares)`: the district, its sub-districts with their unions
/// of community workers, the joint unions of the communities, and own unions. Each comes after the
/// one above it.
pub fn generate_unions(
    (count, seed, shares): (u32, u64, DirtShares),
) -> Result<impl Iterator<Item = DemoUnion>, ReferenceError> {
    let areas = shipped_areas()?;
    let line = Line { areas: areas.iter().filter(within_district).cloned().collect(), seed };
    let own = employers(count, seed, shares)?;
    let own = own.filter(|(facts, row)| has_own(facts, row));
    let own = own.map(move |(facts, _)| own_union(&facts, seed));
    Ok(line.unions().into_iter().chain(own))
}

/// Which of the employers a union covers, from when on.
pub fn generate_coverage(
    (count, seed, shares): (u32, u64, DirtShares),
) -> Result<impl Iterator<Item = DemoCoverage>, ReferenceError> {
    let all = employers(count, seed, shares)?;
    Ok(all.filter_map(move |(facts, row)| {
        let (code, from) = cover(&facts, &row, seed)?;
        Some(DemoCoverage(filled(
            coverage::ALL,
            &[
                (coverage::EMPLOYER, text(&facts.credit_code)),
                (coverage::NAME, text(&facts.name)),
                (coverage::UNION, text(&code)),
                (coverage::FROM, day(from)),
            ],
        )))
    }))
}

/// The code of the union that covers an employer, and the day from which it does.
pub(super) fn cover(facts: &Facts, row: &DemoRow, seed: u64) -> Option<(String, CivilDate)> {
    let mut dice = Dice::of_row(seed ^ CODES, facts.number);
    if has_own(facts, row) {
        return Some((own_code(facts, seed), own_since(facts)));
    }
    let covered = clean(facts, row) && dice.percent(COVERED);
    let from = later(facts.effective_on, dice.below(200));
    covered.then(|| (community_code(&facts.actual.0, seed), from))
}

/// The code of the joint union of a community.
pub(super) fn community_code(label: &str, seed: u64) -> String {
    union_code('1', seed ^ CODES, number_of(label))
}

/// Employers with their rows.
pub(super) struct Employers(pub(super) DemoEmployers);

impl Iterator for Employers {
    type Item = (Facts, DemoRow);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next_employer()
    }
}

pub(super) fn employers(
    count: u32,
    seed: u64,
    shares: DirtShares,
) -> Result<Employers, ReferenceError> {
    generate_employers(count, seed, shares).map(Employers)
}

/// Rows that an import takes, of employers that work.
pub(super) fn clean(facts: &Facts, row: &DemoRow) -> bool {
    let works = matches!(row.cell(columns::STATUS), DemoCell::Text(status) if status == WORKS);
    works && row.planted.is_none() && facts.has_credit_code
}

fn has_own(facts: &Facts, row: &DemoRow) -> bool {
    clean(facts, row) && facts.headcount[0] >= OWN_UNION_FROM
}

/// Some days later, yet in the years of the file.
pub(super) fn later(day: CivilDate, days: u32) -> CivilDate {
    let last = CivilDate::new(2023, 12, 31).unwrap_or(day);
    day.plus_days(days.into()).min(last)
}

fn own_since(facts: &Facts) -> CivilDate {
    later(facts.effective_on, 30 + facts.number % 300)
}

fn own_code(facts: &Facts, seed: u64) -> String {
    union_code('1', seed ^ CODES, facts.number)
}

fn own_union(facts: &Facts, seed: u64) -> DemoUnion {
    let (label, address) = &facts.actual;
    let sub_district = label.get(..9).unwrap_or(label);
    let mut cells = vec![
        (union::NAME, text(&format!("{}工会", facts.name))),
        (union::CODE, text(&own_code(facts, seed))),
        (union::TYPE, text("独立基层工会")),
        (union::FORM, text("工会委员会")),
        (union::LEVEL, text("基层")),
        (union::EMPLOYER, text(&facts.credit_code)),
        (union::SUPERIOR, text(&union_code('9', seed ^ CODES, number_of(sub_district)))),
        (union::SEAT_AREA, text(label)),
        (union::SEAT_LINE, text(address)),
    ];
    let years = if facts.number.is_multiple_of(2) { 3 } else { 5 };
    cells.extend(lives(own_since(facts), years, facts.number));
    cells.extend(honours(own_since(facts), label, facts.number));
    DemoUnion(filled(union::ALL, &cells))
}

/// Some unions work elsewhere than at their seat, or were named for something.
fn honours(established: CivilDate, label: &str, chance: u32) -> Vec<(Column, DemoCell)> {
    let mut cells = Vec::new();
    let since = later(established, 365);
    if chance.is_multiple_of(7) {
        cells.push((union::OFFICE_AREA, text(label)));
        cells.push((union::OFFICE_LINE, text(&format!("示范路{}号工会楼", 1 + chance % 300))));
    }
    if chance.is_multiple_of(20) {
        cells.push((union::DEMONSTRATION_UNIT_ON, day(since)));
        cells.push((union::DEMONSTRATION_UNIT_NOTE, text("区级示范单位")));
    }
    if chance.is_multiple_of(25) {
        cells.push((union::AWARD_ON, day(since)));
        cells.push((union::AWARD_NOTE, text("模范职工之家")));
    }
    if chance.is_multiple_of(500) {
        cells.push((union::MILESTONE_ON, day(established)));
        cells.push((union::MILESTONE_NOTE, text("所在社区首家")));
    }
    cells
}

/// The day of establishment and the running term; one union in ten has let it run out.
fn lives(established: CivilDate, years: u32, chance: u32) -> [(Column, DemoCell); 4] {
    let terms = u32::try_from(2023 - established.year()).unwrap_or(0) / years;
    let late = u32::from(chance.is_multiple_of(10)).min(terms);
    let number = terms - late;
    [
        (union::ESTABLISHED_ON, day(established)),
        (union::TERM_NUMBER, DemoCell::Number(i64::from(number) + 1)),
        (union::TERM_BEGINS_ON, day(established.plus_years(number * years))),
        (union::TERM_YEARS, DemoCell::Number(years.into())),
    ]
}

pub(super) fn day(day: CivilDate) -> DemoCell {
    DemoCell::Text(day.to_string())
}

fn within_district(area: &&ShippedArea) -> bool {
    area.label.as_str().starts_with("110102")
}

/// A number of its own for every area of the district, beside those of employers.
fn number_of(label: &str) -> u32 {
    let rest = label.strip_prefix("110102").unwrap_or_default();
    DISTRICT + rest.parse::<u32>().unwrap_or(0)
}

/// The line of affiliation of the district.
struct Line {
    areas: Vec<ShippedArea>,
    seed: u64,
}

impl Line {
    fn unions(&self) -> Vec<DemoUnion> {
        let at = |level: &'static str| self.areas.iter().filter(move |area| area.level == level);
        let mut unions: Vec<DemoUnion> = at("DISTRICT").map(|area| self.district(area)).collect();
        unions.extend(at("SUBDISTRICT").map(|area| self.federation(area)));
        unions.extend(at("SUBDISTRICT").map(|area| self.workers(area)));
        unions.extend(at("COMMUNITY").map(|area| self.community(area)));
        unions
    }

    fn code(&self, category: char, label: &str) -> String {
        union_code(category, self.seed ^ CODES, number_of(label))
    }

    fn district(&self, area: &ShippedArea) -> DemoUnion {
        let kind = ["区总工会", "总工会", "区"];
        let code = self.code('9', area.label.as_str());
        let name = format!("北京市{}总工会", area.name);
        self.union(area, (&name, &code, ""), kind, (2000, 5))
    }

    fn federation(&self, area: &ShippedArea) -> DemoUnion {
        let kind = ["街道总工会", "总工会", "街道"];
        let code = self.code('9', area.label.as_str());
        let name = format!("北京市西城区{}总工会", area.name);
        self.union(area, (&name, &code, &self.code('9', "110102")), kind, (2003, 5))
    }

    fn workers(&self, area: &ShippedArea) -> DemoUnion {
        let kind = ["社区工作者工会", "工会委员会", "基层"];
        let code = self.code('1', area.label.as_str());
        let name = format!("北京市西城区{}社区工作者工会", area.name);
        self.union(area, (&name, &code, &self.code('9', area.label.as_str())), kind, (2014, 3))
    }

    fn community(&self, area: &ShippedArea) -> DemoUnion {
        let kind = ["社区联合工会", "联合工会委员会", "社区"];
        let above = area.parent.as_ref().map_or("", |parent| parent.as_str());
        let street = self.areas.iter().find(|other| other.label.as_str() == above);
        let street = street.map_or("", |street| street.name.as_str());
        let name = area.name.trim_end_matches("居委会");
        let name = format!("北京市西城区{street}{name}联合工会");
        let code = self.code('1', area.label.as_str());
        self.union(area, (&name, &code, &self.code('9', above)), kind, (2005, 3))
    }

    fn union(
        &self,
        area: &ShippedArea,
        (name, code, superior): (&str, &str, &str),
        [kind, form, level]: [&str; 3],
        (year, years): (i32, u32),
    ) -> DemoUnion {
        let label = area.label.as_str();
        // A union has its seat in a community: in the first of its area.
        let community = |other: &&ShippedArea| {
            other.level == "COMMUNITY" && other.label.as_str().starts_with(label)
        };
        let seat = self.areas.iter().find(community).map_or(label, |seat| seat.label.as_str());
        let mut dice = Dice::of_row(self.seed ^ CODES, number_of(label));
        let month = dice.between(1, 12);
        let established = CivilDate::new(year, month, 1 + dice.below(28));
        let mut cells = vec![
            (union::NAME, text(name)),
            (union::CODE, text(code)),
            (union::TYPE, text(kind)),
            (union::FORM, text(form)),
            (union::LEVEL, text(level)),
            (union::SUPERIOR, text(superior)),
            (union::TERRITORY, text(label)),
            (union::SEAT_AREA, text(seat)),
            (union::SEAT_LINE, text(&format!("示范路{}号", dice.between(1, 300)))),
            (union::PHONE, text(&format!("010-1{:07}", dice.below(10_000_000)))),
        ];
        // Every union of the line was established before the employers' rows begin to hold, except
        // those of the community workers.
        if let Some(established) = established {
            cells.extend(lives(established, years, number_of(label)));
            if dice.percent(20) {
                let since = established.plus_years(10).min(later(established, 3_650));
                cells.push((union::SERVICE_STATION_ON, day(since)));
                cells.push((union::WORKERS_HOME_ON, day(since)));
            }
        }
        DemoUnion(filled(union::ALL, &cells))
    }
}
