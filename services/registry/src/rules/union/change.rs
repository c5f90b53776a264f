//! Decisions about entering and changing a union.

use unionhall_kit::civil::{CivilDate, Period};

pub use super::fault::{DecisionFault, MergeFault, SplitFault, SuperiorFault, UnionFault};
use super::{
    EmployerId, Status, UnionFacts, UnionId,
    approval::{Approval, Decision, EndReason, MembershipOutcome},
    code::UnionCode,
    contact::Contact,
    kind::{UnionForm, UnionLevel, UnionType},
    mark::{Note, UnionMark},
    term::{BegunTerm, Term, with_term, without_term},
};
use crate::rules::{
    area::{
        AreaLevel, AreaPath,
        tree::{AreaTree, Lineage},
    },
    employer::address::{Address, Phone},
    history::{Dated, History},
    name::Name,
};

/// One fact that is to hold from a day on; `None` ends what held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnionChange {
    /// The full name.
    Name(Name),
    /// What it unites.
    Type(UnionType),
    /// How it is organised.
    Form(UnionForm),
    /// Where it stands in the hierarchy.
    Level(UnionLevel),
    /// Its own credit code.
    Code(Option<UnionCode>),
    /// The employer whose own union it is.
    Employer(Option<EmployerId>),
    /// The union above.
    Superior(Option<UnionId>),
    /// The area that it unites.
    Territory(Option<AreaPath>),
    /// The seat.
    Seat(Address),
    /// Where it works, if elsewhere.
    Office(Option<Address>),
    /// Telephone.
    Phone(Option<Phone>),
    /// Who answers for it.
    Contact(Option<Contact>),
    /// The approval of its establishment.
    Approval(Option<Approval>),
    /// A term, which corrects the one of its number; `None` takes back the one that stands.
    Term(Option<BegunTerm>),
    /// The decision by which it was merged, split or dissolved.
    Decision(Decision),
    /// The union of which it was a part.
    Origin(UnionId),
    /// The unions that were split off it so far.
    Parts(Vec<UnionId>),
    /// What becomes of its members.
    Membership(MembershipOutcome),
    /// Why it was dissolved.
    EndReason(EndReason),
    /// Whether it exists.
    Status(Status),
    /// A mark, or the end of one.
    Mark(UnionMark, Option<Note>),
}

/// What a decision is measured against.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The civil day of the decision.
    pub today: CivilDate,
    /// At least the areas that the changes name.
    pub areas: &'a AreaTree,
    /// The union above, where a change names one that the register knows.
    pub superior: Option<&'a UnionFacts>,
}

/// Enters a union with these facts from `from` on, the day of its establishment.
pub fn enter(
    changes: &[UnionChange],
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<UnionFacts, UnionFault> {
    not_after_today(from, around)?;
    let mut facts = UnionFacts::default();
    facts.statuses.record(Some(Status::Active), from);
    for change in changes {
        facts = changed(facts, change, from, around)?;
    }
    let missing = [
        ("display_name", facts.names.on(from).is_none()),
        ("union_type", facts.types.on(from).is_none()),
        ("union_form", facts.forms.on(from).is_none()),
        ("union_level", facts.levels.on(from).is_none()),
        ("seat", facts.seats.on(from).is_none()),
    ];
    if let Some((field, _)) = missing.into_iter().find(|(_, missing)| *missing) {
        return Err(UnionFault::Incomplete(field));
    }
    consistent(&facts)?;
    Ok(facts)
}

/// Changes what holds from `from` on, up to the next change that is recorded already. A union that
/// has ended can be corrected for the days before its end only.
pub fn amend(
    facts: &UnionFacts,
    changes: &[UnionChange],
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<UnionFacts, UnionFault> {
    not_after_today(from, around)?;
    if let Some(first) = facts.established_on().filter(|first| from < *first) {
        return Err(UnionFault::BeforeEstablishment(from, first));
    }
    if let Some(ended) = facts.ended_on().filter(|ended| *ended <= from) {
        return Err(UnionFault::Ended(ended));
    }
    let mut amended = facts.clone();
    for change in changes {
        amended = changed(amended, change, from, around)?;
    }
    consistent(&amended)?;
    Ok(amended)
}

/// The union with a term, which names no area and no union above.
pub fn with_begun(
    facts: &UnionFacts,
    term: BegunTerm,
    today: CivilDate,
) -> Result<UnionFacts, UnionFault> {
    let areas = AreaTree::default();
    let around = Surroundings { today, areas: &areas, superior: None };
    let from = term.begins_on;
    amend(facts, &[UnionChange::Term(Some(term))], from, around)
}

/// Carries the union along when an area goes into another on `on`: whatever it has in the first
/// from that day on, it has in the second. One that ended follows too, for it is still looked up. A
/// second time changes nothing, so a broken-off job can begin again.
#[must_use]
pub fn relocate(facts: &UnionFacts, lineage: &Lineage) -> UnionFacts {
    let mut relocated = facts.clone();
    let move_to = |address: &Address| address.relocated(lineage.successor.clone());
    carry(&mut relocated.seats, Address::area, move_to, lineage);
    carry(&mut relocated.offices, Address::area, move_to, lineage);
    let successor = |_: &AreaPath| lineage.successor.clone();
    carry(&mut relocated.territories, |area| area, successor, lineage);
    relocated
}

fn carry<T: Clone + PartialEq>(
    history: &mut History<T>,
    area: impl Fn(&T) -> &AreaPath,
    moved: impl Fn(&T) -> T,
    lineage: &Lineage,
) {
    let since = Period::since(lineage.on);
    let lies = |row: &&Dated<T>| *area(&row.value) == lineage.predecessor;
    let rows = history.rows().iter().filter(lies).filter(|row| row.period.overlaps(since));
    for row in rows.cloned().collect::<Vec<_>>() {
        history.record(Some(moved(&row.value)), row.period.from().max(lineage.on));
    }
}

fn not_after_today(day: CivilDate, around: Surroundings<'_>) -> Result<(), UnionFault> {
    if day > around.today { Err(UnionFault::InFuture(day)) } else { Ok(()) }
}

fn changed(
    mut facts: UnionFacts,
    change: &UnionChange,
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<UnionFacts, UnionFault> {
    match change.clone() {
        UnionChange::Name(name) => facts.names.record(Some(name), from),
        UnionChange::Type(kind) => facts.types.record(Some(kind), from),
        UnionChange::Form(form) => facts.forms.record(Some(form), from),
        UnionChange::Level(level) => {
            facts.levels.record(Some(level), from);
            superior_fits(&facts, from, around)?;
        }
        UnionChange::Code(code) => facts.codes.record(code, from),
        UnionChange::Employer(employer) => facts.employers.record(employer, from),
        UnionChange::Superior(superior) => {
            facts.superiors.record(superior, from);
            superior_fits(&facts, from, around)?;
        }
        UnionChange::Territory(area) => {
            facts.territories.record(area, from);
            open(facts.territories.rows(), |area| area, from, around)?;
        }
        UnionChange::Seat(at) => {
            facts.seats.record(Some(at), from);
            open(facts.seats.rows(), Address::area, from, around)?;
        }
        UnionChange::Office(at) => facts.offices.record(at, from),
        UnionChange::Phone(phone) => facts.phones.record(phone, from),
        UnionChange::Contact(contact) => facts.contacts.record(contact, from),
        UnionChange::Approval(approval) => facts.approvals.record(approval, from),
        UnionChange::Term(term) => facts.terms = terms(&facts, term, from, around)?,
        UnionChange::Decision(decision) => facts.decisions.record(Some(decision), from),
        UnionChange::Origin(union) => facts.origins.record(Some(union), from),
        UnionChange::Parts(unions) => facts.parts.record(Some(unions), from),
        UnionChange::Membership(outcome) => facts.memberships.record(Some(outcome), from),
        UnionChange::EndReason(reason) => facts.end_reasons.record(Some(reason), from),
        UnionChange::Status(status) => {
            facts.statuses.record(Some(status), from);
            ends_last(&facts)?;
        }
        UnionChange::Mark(mark, note) => {
            if note.is_none() && !facts.marked_on(mark, from) {
                return Err(UnionFault::MarkAbsent(mark, from));
            }
            facts.marks.entry(mark).or_default().record(note, from);
            facts.marks.retain(|_, history| !history.rows().is_empty());
        }
    }
    Ok(facts)
}

/// The terms after a change: each begins while the union exists, and none after today.
fn terms(
    facts: &UnionFacts,
    term: Option<BegunTerm>,
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<History<Term>, UnionFault> {
    let Some(begun) = term else { return Ok(without_term(&facts.terms, from)?) };
    let begins_on = begun.begins_on;
    not_after_today(begins_on, around)?;
    if let Some(first) = facts.established_on().filter(|first| begins_on < *first) {
        return Err(UnionFault::BeforeEstablishment(begins_on, first));
    }
    if let Some(ended) = facts.ended_on().filter(|ended| *ended <= begins_on) {
        return Err(UnionFault::Ended(ended));
    }
    Ok(with_term(&facts.terms, begun)?)
}

/// Whether the area exists as long as it is recorded to hold.
fn open<T>(
    rows: &[Dated<T>],
    area: impl Fn(&T) -> &AreaPath,
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<(), UnionFault> {
    let Some(row) = rows.iter().find(|row| row.period.covers(from)) else { return Ok(()) };
    let area = area(&row.value);
    let lasts = around.areas.get(area).is_some_and(|fact| {
        let until = fact.period.until();
        let to_the_end =
            until.is_none_or(|ends| row.period.until().is_some_and(|until| until <= ends));
        fact.period.covers(from) && to_the_end
    });
    if lasts { Ok(()) } else { Err(UnionFault::AreaNotOpen(area.clone(), from)) }
}

/// Whether the union above exists from the day on, and stands no lower.
fn superior_fits(
    facts: &UnionFacts,
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<(), UnionFault> {
    if facts.superiors.on(from).is_none() {
        return Ok(());
    }
    let refused = |fault| Err(UnionFault::Superior(fault));
    let Some(above) = around.superior else { return refused(SuperiorFault::Absent) };
    if !above.active_on(from) || above.ended_on().is_some() {
        return refused(SuperiorFault::NotActive);
    }
    match (facts.levels.on(from), above.levels.on(from)) {
        (Some(own), Some(above)) if !own.may_answer_to(*above) => refused(SuperiorFault::Lower),
        _ => Ok(()),
    }
}

/// Nothing follows the end.
fn ends_last(facts: &UnionFacts) -> Result<(), UnionFault> {
    let ending = facts.statuses.rows().iter().find(|row| row.value != Status::Active);
    match ending.and_then(|row| row.period.until().map(|later| (row.period.from(), later))) {
        Some((ended, later)) => Err(UnionFault::BeforeLaterStatus(ended, later)),
        None => Ok(()),
    }
}

/// Type, employer and territory fit each other on every day of the union.
fn consistent(facts: &UnionFacts) -> Result<(), UnionFault> {
    let ended = facts.ended_on();
    let alive = |day: &CivilDate| ended.is_none_or(|ended| *day < ended);
    let days = facts.types.days().chain(facts.employers.days()).chain(facts.territories.days());
    for day in days.filter(alive) {
        let Some(kind) = facts.types.on(day).copied() else { continue };
        if kind.is_single_employer() != facts.employers.on(day).is_some() {
            return Err(UnionFault::EmployerField(kind));
        }
        let level = facts.territories.on(day).map(AreaPath::level);
        if !territory_fits(kind, level) {
            return Err(UnionFault::TerritoryField(kind));
        }
    }
    Ok(())
}

fn territory_fits(kind: UnionType, level: Option<AreaLevel>) -> bool {
    match level {
        Some(level) => kind.territory().contains(&level),
        None => kind.territory().is_empty(),
    }
}

/// The places that a union takes: of one type, one union an area. Its last territory, while it
/// lasts.
pub fn place_taken(facts: &UnionFacts) -> Option<(UnionType, &AreaPath)> {
    let last = |history: &History<UnionType>| history.rows().last().map(|row| row.value);
    let kind = last(&facts.types)?;
    let area = facts.territories.rows().last().filter(|row| row.period.until().is_none())?;
    facts.ended_on().is_none().then_some((kind, &area.value))
}
