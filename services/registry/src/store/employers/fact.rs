//! The facts of an employer as rows: what `employer_fact` keeps for ever and `employer.facts`
//! repeats as far as it stands.

use serde::{Deserialize, Serialize};
use unionhall_kit::{
    civil::{CivilDate, Period},
    fault::{Fault, Outcome},
    reasons,
};
use uuid::Uuid;

use crate::{
    rules::{
        area::AreaPath,
        credit_code::CreditCode,
        employer::{
            EmployerFacts, Status,
            address::{Address, Phone},
            code::{EconomicTypeCode, Industry, OwnershipCode},
            cover::Cover,
            headcount::Headcount,
            identifier::Identifier,
        },
        history::{Dated, History},
        name::Name,
        organisation_code::OrganisationCode,
        union::UnionId,
    },
    store::{
        dated::{self, FactValue, broken, put},
        written,
    },
};

/// One fact, named after the field of `Employer` that it sets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Registered name.
    DisplayName(Name),
    /// Credit code.
    CreditCode(CreditCode),
    /// Organisation code of an employer without a credit code.
    OrganisationCode(OrganisationCode),
    /// Ownership nature.
    Ownership(OwnershipCode),
    /// Economic type.
    EconomicType(EconomicTypeCode),
    /// Industry.
    Industry(Industry),
    /// Where it is registered.
    RegisteredAddress(#[serde(with = "written::address")] Address),
    /// Where it works.
    ActualAddress(#[serde(with = "written::address")] Address),
    /// Day of establishment.
    EstablishedOn(CivilDate),
    /// Telephone.
    Phone(#[serde(with = "written::phone")] Phone),
    /// A headcount.
    Workforce(#[serde(with = "headcount")] Headcount),
    /// The union that covers it.
    Coverage(Cover),
    /// Whether it works.
    State(Status),
}

/// A fact and when it holds. A headcount begins on its day, an establishment on its own.
pub type DatedFact = dated::DatedFact<Fact>;

impl FactValue for Fact {
    const TABLE: &'static str = "employer_fact";
    const OWNER: &'static str = "employer";
    const LINK: Option<&'static str> = Some("trade_union");

    fn field(&self) -> &'static str {
        match self {
            Self::DisplayName(_) => "display_name",
            Self::CreditCode(_) => "credit_code",
            Self::OrganisationCode(_) => "organisation_code",
            Self::Ownership(_) => "ownership",
            Self::EconomicType(_) => "economic_type",
            Self::Industry(_) => "industry",
            Self::RegisteredAddress(_) => "registered_address",
            Self::ActualAddress(_) => "actual_address",
            Self::EstablishedOn(_) => "established_on",
            Self::Phone(_) => "phone",
            Self::Workforce(_) => "workforce",
            Self::Coverage(_) => "coverage",
            Self::State(_) => "state",
        }
    }

    fn area(&self) -> Option<&AreaPath> {
        match self {
            Self::RegisteredAddress(address) | Self::ActualAddress(address) => Some(address.area()),
            _ => None,
        }
    }

    /// The union of a coverage, by which a union finds whom it covers.
    fn link(&self) -> Option<Uuid> {
        match self {
            Self::Coverage(Cover { union: UnionId(id), .. }) => Some(*id),
            _ => None,
        }
    }

    /// Without the field's name, which has a column of its own.
    fn value(&self) -> Outcome<String> {
        let named = serde_json::to_value(self).map_err(broken)?;
        let value = named.as_object().and_then(|fields| fields.values().next());
        value.map(ToString::to_string).ok_or_else(|| Fault::new(&reasons::INTERNAL))
    }

    fn of_value(field: &str, value: &str) -> Outcome<Self> {
        serde_json::from_str(&format!("{{\"{field}\":{value}}}")).map_err(broken)
    }
}

/// The rows of these facts, in a fixed order.
pub fn rows(facts: &EmployerFacts) -> Vec<DatedFact> {
    let mut rows = Vec::new();
    put(&mut rows, &facts.names, Fact::DisplayName);
    put(&mut rows, &facts.identifiers, |identifier| match identifier {
        Identifier::Credit(code) => Fact::CreditCode(code),
        Identifier::Organisation(code) => Fact::OrganisationCode(code),
    });
    put(&mut rows, &facts.ownerships, Fact::Ownership);
    put(&mut rows, &facts.economic_types, Fact::EconomicType);
    put(&mut rows, &facts.industries, Fact::Industry);
    put(&mut rows, &facts.registered_addresses, Fact::RegisteredAddress);
    put(&mut rows, &facts.actual_addresses, Fact::ActualAddress);
    put(&mut rows, &facts.phones, Fact::Phone);
    put(&mut rows, &facts.covers, Fact::Coverage);
    put(&mut rows, &facts.statuses, Fact::State);
    let since = |fact, day| DatedFact { fact, period: Period::since(day) };
    rows.extend(facts.established_on.map(|day| since(Fact::EstablishedOn(day), day)));
    let headcounts = facts.headcounts.iter();
    rows.extend(headcounts.map(|(day, count)| since(Fact::Workforce(*count), *day)));
    rows
}

/// The facts of these rows, in any order.
pub fn facts(rows: impl IntoIterator<Item = DatedFact>) -> Outcome<EmployerFacts> {
    let mut facts = EmployerFacts::default();
    let mut kinds = Kinds::default();
    for DatedFact { fact, period } in rows {
        match fact {
            Fact::DisplayName(value) => kinds.names.push(Dated { value, period }),
            Fact::CreditCode(code) => {
                kinds.identifiers.push(Dated { value: Identifier::Credit(code), period });
            }
            Fact::OrganisationCode(code) => {
                kinds.identifiers.push(Dated { value: Identifier::Organisation(code), period });
            }
            Fact::Ownership(value) => kinds.ownerships.push(Dated { value, period }),
            Fact::EconomicType(value) => kinds.economic_types.push(Dated { value, period }),
            Fact::Industry(value) => kinds.industries.push(Dated { value, period }),
            Fact::RegisteredAddress(value) => kinds.registered.push(Dated { value, period }),
            Fact::ActualAddress(value) => kinds.actual.push(Dated { value, period }),
            Fact::Phone(value) => kinds.phones.push(Dated { value, period }),
            Fact::Coverage(value) => kinds.covers.push(Dated { value, period }),
            Fact::State(value) => kinds.statuses.push(Dated { value, period }),
            Fact::EstablishedOn(day) => facts.established_on = Some(day),
            Fact::Workforce(count) => {
                facts.headcounts.insert(period.from(), count);
            }
        }
    }
    kinds.fill(facts)
}

#[derive(Default)]
struct Kinds {
    names: Vec<Dated<Name>>,
    identifiers: Vec<Dated<Identifier>>,
    ownerships: Vec<Dated<OwnershipCode>>,
    economic_types: Vec<Dated<EconomicTypeCode>>,
    industries: Vec<Dated<Industry>>,
    registered: Vec<Dated<Address>>,
    actual: Vec<Dated<Address>>,
    phones: Vec<Dated<Phone>>,
    covers: Vec<Dated<Cover>>,
    statuses: Vec<Dated<Status>>,
}

impl Kinds {
    fn fill(self, facts: EmployerFacts) -> Outcome<EmployerFacts> {
        Ok(EmployerFacts {
            names: History::new(self.names).map_err(broken)?,
            identifiers: History::new(self.identifiers).map_err(broken)?,
            ownerships: History::new(self.ownerships).map_err(broken)?,
            economic_types: History::new(self.economic_types).map_err(broken)?,
            industries: History::new(self.industries).map_err(broken)?,
            registered_addresses: History::new(self.registered).map_err(broken)?,
            actual_addresses: History::new(self.actual).map_err(broken)?,
            phones: History::new(self.phones).map_err(broken)?,
            covers: History::new(self.covers).map_err(broken)?,
            statuses: History::new(self.statuses).map_err(broken)?,
            ..facts
        })
    }
}

/// The facts in the text of `employer.facts`.
pub(super) fn read(text: &str) -> Outcome<EmployerFacts> {
    facts(dated::read(text)?)
}

mod headcount {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::Headcount;

    /// Employees, women, migrant workers.
    type Form = (u32, Option<u32>, Option<u32>);

    pub(super) fn serialize<S: Serializer>(count: &Headcount, out: S) -> Result<S::Ok, S::Error> {
        (count.employees(), count.female(), count.migrant()).serialize(out)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Headcount, D::Error> {
        let (employees, female, migrant) = Form::deserialize(from)?;
        Headcount::new(employees, female, migrant).map_err(D::Error::custom)
    }
}
