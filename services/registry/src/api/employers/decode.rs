//! What a request says of an employer, as the domain's values.

use unionhall_kit::{
    civil::CivilDate,
    fault::{Fault, Outcome, Violation},
    reasons,
};
use unionhall_proto::{
    Masked,
    google::r#type::Date,
    registry::v1::{Address as AddressMessage, CreateEmployerRequest, Employer, Workforce},
    validate::Validate,
};
use uuid::Uuid;

use crate::{
    rules::{
        Refusal,
        area::AreaPath,
        credit_code::CreditCode,
        employer::{
            address::{Address, Phone},
            change::{EmployerChange, EmployerFault},
            code::{EconomicTypeCode, Industry, IndustryCode, IndustryEdition, OwnershipCode},
            headcount::Headcount,
            identifier::Identifier,
        },
        name::Name,
        organisation_code::OrganisationCode,
    },
    store::employers::{COLLECTION, Code},
};

/// The fields of `Employer` that a change can set; the two codes are one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    EstablishedOn,
    DisplayName,
    Identifier,
    Ownership,
    EconomicType,
    Industry,
    RegisteredAddress,
    ActualAddress,
    Phone,
    Workforce,
}

use Field as F;

impl Field {
    const ALL: [(Self, &'static [&'static str]); 10] = [
        (F::EstablishedOn, &["established_on"]),
        (F::DisplayName, &["display_name"]),
        (F::Identifier, &["credit_code", "organisation_code"]),
        (F::Ownership, &["ownership"]),
        (F::EconomicType, &["economic_type"]),
        (F::Industry, &["industry"]),
        (F::RegisteredAddress, &["registered_address"]),
        (F::ActualAddress, &["actual_address"]),
        (F::Phone, &["phone"]),
        (F::Workforce, &["workforce"]),
    ];

    fn differs(self, one: &Employer, other: &Employer) -> bool {
        match self {
            F::EstablishedOn => one.established_on != other.established_on,
            F::DisplayName => one.display_name != other.display_name,
            F::Identifier => {
                one.credit_code != other.credit_code
                    || one.organisation_code != other.organisation_code
            }
            F::Ownership => one.ownership != other.ownership,
            F::EconomicType => one.economic_type != other.economic_type,
            F::Industry => one.industry != other.industry,
            F::RegisteredAddress => one.registered_address != other.registered_address,
            F::ActualAddress => one.actual_address != other.actual_address,
            F::Phone => one.phone != other.phone,
            F::Workforce => one.workforce != other.workforce,
        }
    }

    /// The change that makes the field what `employer` has.
    fn change(self, employer: &Employer, from: CivilDate) -> Outcome<Option<EmployerChange>> {
        Ok(Some(match self {
            F::EstablishedOn => {
                EmployerChange::EstablishedOn(day("established_on", &employer.established_on)?)
            }
            F::DisplayName => {
                EmployerChange::Name(Name::parse(&employer.display_name).map_err(fault)?)
            }
            F::Identifier => EmployerChange::Identifier(identifier(employer)?),
            F::Ownership => EmployerChange::Ownership(ownership(&employer.ownership, from)?),
            F::EconomicType => {
                EmployerChange::EconomicType(economic_type(&employer.economic_type, from)?)
            }
            F::Industry => EmployerChange::Industry(industry(employer, from)?),
            F::RegisteredAddress => EmployerChange::RegisteredAddress(
                employer.registered_address.as_ref().map(address).transpose()?,
            ),
            F::ActualAddress => match &employer.actual_address {
                Some(given) => EmployerChange::ActualAddress(address(given)?),
                None => return Err(fault(EmployerFault::Incomplete("actual_address"))),
            },
            F::Phone => EmployerChange::Phone(phone(&employer.phone)?),
            // A count that was made is not unmade by a request that has none.
            F::Workforce => match &employer.workforce {
                Some(given) => headcount(given)?,
                None => return Ok(None),
            },
        }))
    }
}

/// Everything that `employer` says.
pub(super) fn entered(employer: &Employer, from: CivilDate) -> Outcome<Vec<EmployerChange>> {
    let nothing = Employer::default();
    let said =
        |(field, _): &(Field, _)| *field == F::Identifier || field.differs(employer, &nothing);
    let changes =
        Field::ALL.into_iter().filter(said).map(|(field, _)| field.change(employer, from));
    changes.filter_map(Result::transpose).collect()
}

/// What makes `present` what the masked fields of `given` say. The merged fields are validated as
/// if they had been given whole. `UNKNOWN_MASK_PATH`, `INVALID_FIELD`.
pub(super) fn amended(
    present: &Employer,
    given: &Employer,
    mask: &[String],
    from: CivilDate,
) -> Outcome<Vec<EmployerChange>> {
    let mut merged = present.clone();
    let unknown = |path| Fault::new(&reasons::UNKNOWN_MASK_PATH).with("path", path);
    merged.apply_mask(given, mask).map_err(|found| unknown(found.0))?;
    let differing: Vec<_> =
        Field::ALL.into_iter().filter(|(field, _)| field.differs(&merged, present)).collect();
    let names: Vec<&str> = differing.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let merged = valid(merged, &names)?;
    let changes = differing.iter().map(|(field, _)| field.change(&merged, from));
    changes.filter_map(Result::transpose).collect()
}

/// The employer, if what is said of these fields keeps the contract's rules.
fn valid(employer: Employer, fields: &[&str]) -> Outcome<Employer> {
    let mut whole = CreateEmployerRequest { employer: Some(employer), ..Default::default() };
    let concerns = |found: &Violation| {
        let path = found.field.strip_prefix("employer.").unwrap_or(&found.field);
        fields.contains(&path.split('.').next().unwrap_or(path))
    };
    let violations: Vec<Violation> = whole.check().into_iter().filter(concerns).collect();
    if violations.is_empty() {
        Ok(whole.employer.unwrap_or_default())
    } else {
        Err(Fault::new(&reasons::INVALID_FIELD).violations(violations))
    }
}

/// The area that an address names.
pub(super) fn area(given: &AddressMessage) -> Outcome<AreaPath> {
    let label = given.area.strip_prefix("areas/").unwrap_or(&given.area);
    AreaPath::parse(label).map_err(fault)
}

fn address(given: &AddressMessage) -> Outcome<Address> {
    Address::new(area(given)?, &given.line).map_err(fault)
}

fn identifier(employer: &Employer) -> Outcome<Identifier> {
    let (credit, organisation) = (employer.credit_code.trim(), employer.organisation_code.trim());
    let organisation = (!organisation.is_empty())
        .then(|| OrganisationCode::parse(organisation).map_err(fault))
        .transpose()?;
    if credit.is_empty() {
        let code = organisation.ok_or_else(|| fault(EmployerFault::NotIdentified))?;
        return Ok(Identifier::Organisation(code));
    }
    let credit = CreditCode::parse(credit).map_err(fault)?;
    match organisation.filter(|code| !code.matches(&credit)) {
        Some(other) => Err(fault(EmployerFault::CodesDiffer(
            Identifier::Credit(credit),
            Identifier::Organisation(other),
        ))),
        None => Ok(Identifier::Credit(credit)),
    }
}

fn ownership(code: &str, from: CivilDate) -> Outcome<OwnershipCode> {
    OwnershipCode::parse(code).map_err(|_| unknown_code("ownership", code, from))
}

fn economic_type(code: &str, from: CivilDate) -> Outcome<Option<EconomicTypeCode>> {
    let parsed = (!code.is_empty()).then(|| EconomicTypeCode::parse(code));
    parsed.transpose().map_err(|_| unknown_code("economic_type", code, from))
}

fn industry(employer: &Employer, from: CivilDate) -> Outcome<Option<Industry>> {
    let Some(given) = &employer.industry else { return Ok(None) };
    let unknown = || unknown_code("industry", &format!("{}:{}", given.edition, given.code), from);
    let edition = IndustryEdition::parse(&given.edition).ok_or_else(unknown)?;
    let code = IndustryCode::parse(&given.code).map_err(|_| unknown())?;
    Ok(Some(Industry { edition, code }))
}

fn unknown_code(list: &'static str, code: &str, from: CivilDate) -> Fault {
    fault(EmployerFault::CodeUnknown(list, code.to_owned(), from))
}

fn phone(given: &str) -> Outcome<Option<Phone>> {
    let parsed = (!given.is_empty()).then(|| Phone::parse(given));
    parsed.transpose().map_err(fault)
}

pub(super) fn headcount(given: &Workforce) -> Outcome<EmployerChange> {
    let counted_on = day("workforce.counted_on", &given.counted_on)?
        .ok_or_else(|| required("workforce.counted_on"))?;
    let number = |count: i32| u32::try_from(count).unwrap_or(0);
    let (female, migrant) = (given.female_count.map(number), given.migrant_count.map(number));
    let count = Headcount::new(number(given.employee_count), female, migrant);
    Ok(EmployerChange::Headcount(counted_on, count.map_err(fault)?))
}

/// A day of a request, where it is given.
pub(super) fn day(field: &str, given: &Option<Date>) -> Outcome<Option<CivilDate>> {
    let day = given.as_ref().map(CivilDate::try_from).transpose();
    day.map_err(|wrong| Fault::new(&reasons::INVALID_FIELD).violation(field, wrong.to_string()))
}

/// The id in a resource name.
pub(in crate::api) fn id(name: &str) -> Outcome<Uuid> {
    let id = name.strip_prefix(COLLECTION).and_then(|id| Uuid::try_parse(id).ok());
    let shape = "must be employers/ and a UUID in lower case";
    id.ok_or_else(|| Fault::new(&reasons::INVALID_FIELD).violation("name", shape))
}

/// The code that a look-up asks for: longer than an organisation code, it is a credit code.
pub(super) fn code(given: &str) -> Outcome<Code> {
    let characters = unionhall_kit::text::half_width(given);
    let count = characters.chars().filter(|c| c.is_alphanumeric()).count();
    if count > 9 {
        CreditCode::parse(given).map(Code::Credit).map_err(fault)
    } else {
        OrganisationCode::parse(given).map(Code::Organisation).map_err(fault)
    }
}

/// `INVALID_FIELD` for a field that has to be there.
pub(super) fn required(field: &str) -> Fault {
    Fault::new(&reasons::INVALID_FIELD).violation(field, "is required")
}

fn fault(refusal: impl Refusal) -> Fault {
    refusal.to_fault()
}
