//! Decisions about entering and changing an employer.

use unionhall_kit::civil::{CivilDate, Period};

pub use super::fault::EmployerFault;
use super::{
    EmployerFacts, Status,
    address::{Address, Phone},
    code::{CodeLists, EconomicTypeCode, Industry, List, OwnershipCode},
    headcount::Headcount,
    identifier::Identifier,
};
use crate::rules::{
    area::tree::{AreaTree, Lineage},
    history::{Dated, History},
    name::Name,
};

/// One fact that is to hold from a day on; `None` ends what held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmployerChange {
    /// The registered name.
    Name(Name),
    /// The credit code, or the organisation code of an employer without one.
    Identifier(Identifier),
    /// Ownership nature.
    Ownership(OwnershipCode),
    /// Economic type.
    EconomicType(Option<EconomicTypeCode>),
    /// Industry.
    Industry(Option<Industry>),
    /// Where it is registered; the area may lie outside the recorded tree.
    RegisteredAddress(Option<Address>),
    /// Where it works.
    ActualAddress(Address),
    /// Telephone.
    Phone(Option<Phone>),
    /// Whether it works.
    Status(Status),
    /// Coverage that begins after the day was never there.
    WithdrawLaterCoverage,
    /// The day of establishment, which has no first day of its own.
    EstablishedOn(Option<CivilDate>),
    /// A headcount on its own day; one of the same day is replaced.
    Headcount(CivilDate, Headcount),
}

/// What a decision is measured against.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The civil day of the decision.
    pub today: CivilDate,
    /// At least the areas that the changes name.
    pub areas: &'a AreaTree,
    /// The code lists.
    pub lists: &'a dyn CodeLists,
}

/// Enters an employer with these facts from `from` on. Unless told otherwise it is active.
pub fn enter(
    changes: &[EmployerChange],
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<EmployerFacts, EmployerFault> {
    not_after_today(from, around.today)?;
    let mut facts = EmployerFacts::default();
    facts.statuses.record(Some(Status::Active), from);
    for change in changes {
        facts = changed(facts, change, from, around)?;
    }
    let missing = [
        ("display_name", facts.names.on(from).is_none()),
        ("ownership", facts.ownerships.on(from).is_none()),
        ("actual_address", facts.actual_addresses.on(from).is_none()),
    ];
    if let Some((field, _)) = missing.into_iter().find(|(_, missing)| *missing) {
        return Err(EmployerFault::Incomplete(field));
    }
    if facts.identifiers.on(from).is_none() {
        return Err(EmployerFault::NotIdentified);
    }
    consistent(&facts, around)?;
    Ok(facts)
}

/// Changes what holds from `from` on, up to the next change that is recorded already. An employer
/// that has ended can be corrected for the days before its end only.
pub fn amend(
    facts: &EmployerFacts,
    changes: &[EmployerChange],
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<EmployerFacts, EmployerFault> {
    not_after_today(from, around.today)?;
    stands_on(facts, from)?;
    let mut amended = facts.clone();
    for change in changes {
        amended = changed(amended, change, from, around)?;
    }
    consistent(&amended, around)?;
    Ok(amended)
}

/// Carries the employer along when an area goes into another on `on`: whatever address it has in
/// the first from that day on, it has in the second. Closed employers follow too, for they are
/// still looked up. A second time changes nothing, so a broken-off job can begin again.
#[must_use]
pub fn relocate(facts: &EmployerFacts, lineage: &Lineage) -> EmployerFacts {
    let mut relocated = facts.clone();
    for addresses in [&mut relocated.actual_addresses, &mut relocated.registered_addresses] {
        carry(addresses, lineage);
    }
    relocated
}

fn carry(addresses: &mut History<Address>, lineage: &Lineage) {
    let since = Period::since(lineage.on);
    let lies = |row: &&Dated<Address>| *row.value.area() == lineage.predecessor;
    let rows = addresses.rows().iter().filter(lies).filter(|row| row.period.overlaps(since));
    for row in rows.cloned().collect::<Vec<_>>() {
        let from = row.period.from().max(lineage.on);
        addresses.record(Some(row.value.relocated(lineage.successor.clone())), from);
    }
}

pub(super) fn not_after_today(day: CivilDate, today: CivilDate) -> Result<(), EmployerFault> {
    if day > today { Err(EmployerFault::InFuture(day)) } else { Ok(()) }
}

/// Whether the employer is there on the day.
pub fn stands_on(facts: &EmployerFacts, day: CivilDate) -> Result<(), EmployerFault> {
    match facts.first_day().filter(|first| day < *first) {
        Some(first) => Err(EmployerFault::BeforeRecord(day, first)),
        None => open_on(facts, day),
    }
}

fn open_on(facts: &EmployerFacts, day: CivilDate) -> Result<(), EmployerFault> {
    match facts.closed_on().filter(|closed| *closed <= day) {
        Some(closed) => Err(EmployerFault::Closed(closed)),
        None => Ok(()),
    }
}

fn changed(
    mut facts: EmployerFacts,
    change: &EmployerChange,
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<EmployerFacts, EmployerFault> {
    listed(change, from, around)?;
    match change.clone() {
        EmployerChange::Name(name) => facts.names.record(Some(name), from),
        EmployerChange::Identifier(code) => code.record(&mut facts.identifiers, from),
        EmployerChange::Ownership(code) => facts.ownerships.record(Some(code), from),
        EmployerChange::EconomicType(code) => facts.economic_types.record(code, from),
        EmployerChange::Industry(code) => facts.industries.record(code, from),
        EmployerChange::RegisteredAddress(at) => facts.registered_addresses.record(at, from),
        EmployerChange::ActualAddress(at) => {
            facts.actual_addresses.record(Some(at), from);
            area_open(&facts, from, around)?;
        }
        EmployerChange::Phone(phone) => facts.phones.record(phone, from),
        EmployerChange::Status(status) => {
            facts.statuses.record(Some(status), from);
            ends_last(&facts)?;
            covered_before_the_end(&facts)?;
        }
        EmployerChange::WithdrawLaterCoverage => {
            let rows = facts.covers.rows().iter().filter(|row| row.period.from() <= from);
            // What is left of disjoint rows is disjoint.
            facts.covers = History::new(rows.cloned().collect()).unwrap_or_default();
        }
        EmployerChange::EstablishedOn(day) => facts.established_on = day,
        EmployerChange::Headcount(counted_on, count) => {
            not_after_today(counted_on, around.today)?;
            open_on(&facts, counted_on)?;
            facts.headcounts.insert(counted_on, count);
        }
    }
    Ok(facts)
}

/// Whether the code that a change brings is in its list.
fn listed(
    change: &EmployerChange,
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<(), EmployerFault> {
    let (list, code) = match change {
        EmployerChange::Ownership(code) => (List::Ownership, code.as_str()),
        EmployerChange::EconomicType(Some(code)) => (List::EconomicType, code.as_str()),
        EmployerChange::Industry(Some(industry)) => {
            (List::Industry(industry.edition), industry.code.as_str())
        }
        _ => return Ok(()),
    };
    if around.lists.has(list, code, from) {
        return Ok(());
    }
    Err(EmployerFault::CodeUnknown(list.name(), code.to_owned(), from))
}

/// Whether the area of the actual address exists as long as the address is recorded to hold.
fn area_open(
    facts: &EmployerFacts,
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<(), EmployerFault> {
    let Some(row) = facts.actual_addresses.rows().iter().find(|row| row.period.covers(from)) else {
        return Ok(());
    };
    let area = row.value.area();
    let lasts = around.areas.get(area).is_some_and(|fact| {
        let until = fact.period.until();
        let to_the_end =
            until.is_none_or(|ends| row.period.until().is_some_and(|until| until <= ends));
        fact.period.covers(from) && to_the_end
    });
    if lasts { Ok(()) } else { Err(EmployerFault::AreaNotOpen(area.clone(), from)) }
}

/// Nothing follows the end.
fn ends_last(facts: &EmployerFacts) -> Result<(), EmployerFault> {
    let closing = facts.statuses.rows().iter().find(|row| row.value == Status::Closed);
    match closing.and_then(|row| row.period.until().map(|later| (row.period.from(), later))) {
        Some((closed, later)) => Err(EmployerFault::BeforeLaterStatus(closed, later)),
        None => Ok(()),
    }
}

/// Nobody comes under a union after the end. To come and to end on one day is lawful.
fn covered_before_the_end(facts: &EmployerFacts) -> Result<(), EmployerFault> {
    let Some(closed) = facts.closed_on() else { return Ok(()) };
    match facts.covers.rows().iter().find(|row| row.period.from() > closed) {
        Some(row) => Err(EmployerFault::CoveredLater(row.value.union, row.period.from())),
        None => Ok(()),
    }
}

fn consistent(facts: &EmployerFacts, around: Surroundings<'_>) -> Result<(), EmployerFault> {
    for pair in facts.identifiers.rows().windows(2) {
        let (one, other) = (&pair[0].value, &pair[1].value);
        if one.organisation_code() != other.organisation_code() {
            return Err(EmployerFault::CodesDiffer(one.clone(), other.clone()));
        }
    }
    let Some(established) = facts.established_on else { return Ok(()) };
    not_after_today(established, around.today)?;
    let counted = facts.headcounts.keys().next().copied();
    match facts.first_day().into_iter().chain(counted).find(|day| *day < established) {
        Some(day) => Err(EmployerFault::BeforeEstablishment(day, established)),
        None => Ok(()),
    }
}
