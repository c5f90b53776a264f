//! Decisions about entering and changing an employer.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use super::{
    EmployerFacts, Status,
    address::{Address, Phone},
    code::{CodeLists, EconomicTypeCode, Industry, List, OwnershipCode},
    headcount::Headcount,
    identifier::Identifier,
};
use crate::rules::{
    Refusal,
    area::{AreaPath, tree::AreaTree},
    name::Name,
    reasons,
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

/// Why a change of an employer is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmployerFault {
    /// Neither credit code nor organisation code.
    #[error("no identifying code")]
    NotIdentified,
    /// The codes belong to different bodies.
    #[error("{0} and {1} name different bodies")]
    CodesDiffer(Identifier, Identifier),
    /// This field is missing.
    #[error("no {0}")]
    Incomplete(&'static str),
    /// The code is not in the list on the day.
    #[error("'{1}' is not in {0} on {2}")]
    CodeUnknown(&'static str, String, CivilDate),
    /// The area does not exist from the day on.
    #[error("{0} is not open on {1}")]
    AreaNotOpen(AreaPath, CivilDate),
    /// The day is after today.
    #[error("{0} is after today")]
    InFuture(CivilDate),
    /// The day is before the first of which the register knows the employer.
    #[error("{0} is before {1}, where the record begins")]
    BeforeRecord(CivilDate, CivilDate),
    /// The day is before the establishment.
    #[error("{0} is before {1}, the day of establishment")]
    BeforeEstablishment(CivilDate, CivilDate),
    /// The employer would end while a later status is recorded.
    #[error("{0} is before {1}, where a later status is recorded")]
    BeforeLaterStatus(CivilDate, CivilDate),
    /// The employer has ended on this day.
    #[error("ended on {0}")]
    Closed(CivilDate),
}

/// Enters an employer with these facts from `from` on. Unless told otherwise it is active.
pub fn enter(
    changes: &[EmployerChange],
    from: CivilDate,
    around: Surroundings<'_>,
) -> Result<EmployerFacts, EmployerFault> {
    not_after_today(from, around)?;
    let mut facts = EmployerFacts::default();
    facts.statuses = facts.statuses.with(Some(Status::Active), from);
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
    not_after_today(from, around)?;
    if let Some(first) = facts.first_day().filter(|first| from < *first) {
        return Err(EmployerFault::BeforeRecord(from, first));
    }
    open_on(facts, from)?;
    let mut amended = facts.clone();
    for change in changes {
        amended = changed(amended, change, from, around)?;
    }
    consistent(&amended, around)?;
    Ok(amended)
}

fn not_after_today(day: CivilDate, around: Surroundings<'_>) -> Result<(), EmployerFault> {
    if day > around.today { Err(EmployerFault::InFuture(day)) } else { Ok(()) }
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
        EmployerChange::Name(name) => facts.names = facts.names.with(Some(name), from),
        EmployerChange::Identifier(code) => {
            facts.identifiers = code.record(&facts.identifiers, from);
        }
        EmployerChange::Ownership(code) => {
            facts.ownerships = facts.ownerships.with(Some(code), from);
        }
        EmployerChange::EconomicType(code) => {
            facts.economic_types = facts.economic_types.with(code, from);
        }
        EmployerChange::Industry(code) => facts.industries = facts.industries.with(code, from),
        EmployerChange::RegisteredAddress(address) => {
            facts.registered_addresses = facts.registered_addresses.with(address, from);
        }
        EmployerChange::ActualAddress(address) => {
            facts.actual_addresses = facts.actual_addresses.with(Some(address), from);
            area_open(&facts, from, around)?;
        }
        EmployerChange::Phone(phone) => facts.phones = facts.phones.with(phone, from),
        EmployerChange::Status(status) => {
            facts.statuses = facts.statuses.with(Some(status), from);
            ends_last(&facts)?;
        }
        EmployerChange::EstablishedOn(day) => facts.established_on = day,
        EmployerChange::Headcount(counted_on, count) => {
            not_after_today(counted_on, around)?;
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

fn consistent(facts: &EmployerFacts, around: Surroundings<'_>) -> Result<(), EmployerFault> {
    for pair in facts.identifiers.rows().windows(2) {
        let (one, other) = (&pair[0].value, &pair[1].value);
        if one.organisation_code() != other.organisation_code() {
            return Err(EmployerFault::CodesDiffer(one.clone(), other.clone()));
        }
    }
    let Some(established) = facts.established_on else { return Ok(()) };
    not_after_today(established, around)?;
    let counted = facts.headcounts.keys().next().copied();
    match facts.first_day().into_iter().chain(counted).find(|day| *day < established) {
        Some(day) => Err(EmployerFault::BeforeEstablishment(day, established)),
        None => Ok(()),
    }
}

impl Refusal for EmployerFault {
    fn reason(&self) -> &'static Reason {
        match self {
            Self::NotIdentified => &reasons::EMPLOYER_NOT_IDENTIFIED,
            Self::CodesDiffer(..) => &reasons::EMPLOYER_CODES_DIFFER,
            Self::Incomplete(_) => &reasons::EMPLOYER_INCOMPLETE,
            Self::CodeUnknown(..) => &reasons::CODE_UNKNOWN,
            Self::AreaNotOpen(..) => &reasons::AREA_NOT_OPEN,
            Self::InFuture(_)
            | Self::BeforeRecord(..)
            | Self::BeforeEstablishment(..)
            | Self::BeforeLaterStatus(..) => &reasons::EMPLOYER_DATE_INVALID,
            Self::Closed(_) => &reasons::EMPLOYER_CLOSED,
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let date = |day: &CivilDate, zh: String| {
            vec![("day", day.to_string()), ("problem", self.to_string()), ("problem_zh", zh)]
        };
        match self {
            Self::NotIdentified => Vec::new(),
            Self::CodesDiffer(one, other) => {
                vec![("code", one.to_string()), ("other", other.to_string())]
            }
            Self::Incomplete(field) => vec![("field", (*field).to_owned())],
            Self::CodeUnknown(list, code, day) => {
                vec![("list", (*list).to_owned()), ("code", code.clone()), ("day", day.to_string())]
            }
            Self::AreaNotOpen(area, day) => {
                vec![("area", area.to_string()), ("day", day.to_string())]
            }
            Self::InFuture(day) => date(day, "晚于今日".to_owned()),
            Self::BeforeRecord(day, first) => date(day, format!("早于登记起始日{first}")),
            Self::BeforeEstablishment(day, other) => date(day, format!("早于成立日期{other}")),
            Self::BeforeLaterStatus(day, later) => date(day, format!("此后{later}已有状态记录")),
            Self::Closed(day) => vec![("day", day.to_string())],
        }
    }
}
