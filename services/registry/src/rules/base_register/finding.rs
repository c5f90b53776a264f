//! Reconciliation 比对: the outside list against what the register knows.

use unionhall_kit::civil::CivilDate;

use crate::rules::{
    area::AreaPath,
    credit_code::CreditCode,
    employer::{EmployerFacts, Status, code::OwnershipCode},
    name::Name,
    organisation_code::OrganisationCode,
};

/// One enterprise of an edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name as it is listed.
    pub name: Name,
    /// Its credit code, where it has one.
    pub credit_code: Option<CreditCode>,
    /// Its organisation code, by which it is told apart.
    pub organisation_code: OrganisationCode,
    /// Its ownership as it is listed.
    pub ownership: Option<OwnershipCode>,
    /// Where it is listed.
    pub area: AreaPath,
}

/// In what list and register differ about an enterprise that both have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difference {
    /// Another name.
    Name,
    /// Another credit code.
    CreditCode,
    /// Listed in another sub-district than where it works.
    Area,
    /// Not a non-public enterprise in the register.
    Ownership,
    /// Ended in the register.
    Ended,
}

/// What comparing an entry with the register finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Both have it, and agree 一致.
    Matched,
    /// Both have it, and differ 信息不一致.
    Conflicting(Vec<Difference>),
    /// The register does not have it 登记缺失.
    MissingHere,
}

/// The codes of `ownership` that are non-public enterprises 非公企业 (F025): all but state-owned,
/// collective, joint-stock cooperative and jointly operated ones. Which companies limited by shares
/// the state controls no code tells, so that they are among them. (Our reading: no source at hand
/// defines it.)
const NON_PUBLIC: [&str; 6] = ["55", "56", "57", "58", "59", "60"];

/// Whether an enterprise of this ownership belongs into the outside list.
pub fn is_non_public(ownership: &OwnershipCode) -> bool {
    NON_PUBLIC.contains(&ownership.as_str())
}

/// Every such code, for the store to look for.
pub fn non_public() -> impl Iterator<Item = &'static str> {
    NON_PUBLIC.into_iter()
}

/// Compares an entry with the employer that bears its code, as both are on `day`.
pub fn compare(entry: &Entry, employer: Option<&EmployerFacts>, day: CivilDate) -> Finding {
    let Some(facts) = employer else { return Finding::MissingHere };
    let mut found = Vec::new();
    if facts.names.on(day).is_some_and(|name| *name != entry.name) {
        found.push(Difference::Name);
    }
    let code = facts.identifiers.rows().last().and_then(|row| row.value.credit_code());
    if let (Some(listed), Some(known)) = (&entry.credit_code, code)
        && listed != known
    {
        found.push(Difference::CreditCode);
    }
    if facts.actual_area_on(day).is_some_and(|area| !near(area, &entry.area)) {
        found.push(Difference::Area);
    }
    if facts.ownerships.on(day).is_some_and(|ownership| !is_non_public(ownership)) {
        found.push(Difference::Ownership);
    }
    if facts.statuses.on(day) == Some(&Status::Closed) {
        found.push(Difference::Ended);
    }
    if found.is_empty() { Finding::Matched } else { Finding::Conflicting(found) }
}

/// Whether both lie in one sub-district; a list that is coarser than that contradicts nothing
/// inside.
fn near(one: &AreaPath, other: &AreaPath) -> bool {
    one.within(&subdistrict(other)) || other.within(&subdistrict(one))
}

fn subdistrict(area: &AreaPath) -> AreaPath {
    use crate::rules::area::AreaLevel;
    match area.parent().filter(|_| area.level() == AreaLevel::Community) {
        Some(parent) => parent,
        None => area.clone(),
    }
}
