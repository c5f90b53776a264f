//! The filter of a list of members.

use unionhall_kit::civil::CivilDate;
use uuid::Uuid;

use crate::rules::{
    area::AreaPath,
    filter::{AREA, FilterFault, PREFIX, Term, prefix, put, terms},
    person::code::WorkerGroup,
    union::{EmployerId, UnionId, affiliation::union_id},
};

/// How a listed person stands, as it is kept in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// No membership, none asked for.
    Former,
    /// Applied.
    Applicant,
    /// Member.
    Active,
    /// Retained membership.
    Retained,
}

impl State {
    /// Its code in the contract.
    pub fn parse(code: &str) -> Option<Self> {
        match code {
            "FORMER" => Some(Self::Former),
            "APPLICANT" => Some(Self::Applicant),
            "ACTIVE" => Some(Self::Active),
            "RETAINED" => Some(Self::Retained),
            _ => None,
        }
    }
}

/// What a listed member must be. Every term holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberFilter {
    /// The union's seat stands in this area or below.
    pub area: Option<AreaPath>,
    /// The union.
    pub union: Option<UnionId>,
    /// The union to which the membership is to pass.
    pub transfer_to: Option<UnionId>,
    /// The employer.
    pub employer: Option<EmployerId>,
    /// How the person stands.
    pub state: Option<State>,
    /// Worker group.
    pub worker_group: Option<WorkerGroup>,
    /// The record was last confirmed or changed before this day.
    pub confirmed_before: Option<CivilDate>,
    /// The beginning of the name, never empty.
    pub name_prefix: Option<String>,
}

impl MemberFilter {
    /// Reads a filter; an empty one wants everything.
    pub fn parse(text: &str) -> Result<Self, FilterFault> {
        let mut filter = Self::default();
        terms(text, |term| filter.term(term))?;
        Ok(filter)
    }

    fn term(&mut self, term: &Term) -> Result<bool, FilterFault> {
        let value = term.value.as_str();
        let union = || value.strip_prefix("unions/").and_then(union_id);
        let no_union = ("write unions/ and the UUID of a union", "请写 unions/ 加工会的 UUID");
        let read = match term.field.as_str() {
            "area" => put(&mut self.area, AreaPath::parse(value).ok()).ok_or(AREA),
            "union" => put(&mut self.union, union()).ok_or(no_union),
            "transfer_to" => put(&mut self.transfer_to, union()).ok_or(no_union),
            "employer" => put(&mut self.employer, employer(value)).ok_or((
                "write employers/ and the UUID of an employer",
                "请写 employers/ 加单位的 UUID",
            )),
            "state" => put(&mut self.state, State::parse(value)).ok_or((
                "write APPLICANT, ACTIVE, RETAINED or FORMER",
                "请写 APPLICANT、ACTIVE、RETAINED 或 FORMER",
            )),
            "worker_group" => put(&mut self.worker_group, WorkerGroup::parse(value)).ok_or((
                "write a code of codeLists/worker_group",
                "请写 codeLists/worker_group 中的代码",
            )),
            "confirmed_before" => put(&mut self.confirmed_before, value.parse().ok())
                .ok_or(("write a day, for instance 2014-01-01", "请写日期，例如 2014-01-01")),
            "display_name" => put(&mut self.name_prefix, prefix(value)).ok_or(PREFIX),
            _ => {
                return Err(term.unknown(
                    "name one of area, union, transfer_to, employer, state, worker_group, \
                     confirmed_before or display_name",
                    "请写 area、union、transfer_to、employer、state、worker_group、\
                     confirmed_before 或 display_name 之一",
                ));
            }
        };
        read.map_err(|remedy| term.bad(remedy))
    }
}

fn employer(value: &str) -> Option<EmployerId> {
    let id = value.strip_prefix("employers/").and_then(|id| Uuid::try_parse(id).ok());
    id.map(EmployerId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_read_and_a_fault_names_its_remedy() {
        let id = "01a204d5-25b9-7d7e-9853-7563e6b3ca98";
        let text = format!(
            "area = 110102 AND union = unions/{id} AND transfer_to = unions/{id} AND \
             employer = employers/{id} AND state = RETAINED AND worker_group = COURIER AND \
             confirmed_before = 2014-01-01 AND display_name = \"张*\""
        );
        let filter = MemberFilter::parse(&text).unwrap();
        assert!(filter.area.is_some() && filter.union.is_some() && filter.transfer_to.is_some());
        assert!(filter.employer.is_some() && filter.worker_group.is_some());
        assert_eq!(filter.state, Some(State::Retained));
        assert_eq!(filter.name_prefix.as_deref(), Some("张"));
        assert_eq!(filter.confirmed_before, CivilDate::new(2014, 1, 1));
        for (text, remedy) in [
            ("union = 1", "unions/"),
            ("employer = 1", "employers/"),
            ("state = CLOSED", "RETAINED"),
            ("worker_group = 1", "worker_group"),
            ("confirmed_before = soon", "2014-01-01"),
            ("mobile = 1", "one of"),
        ] {
            let fault = MemberFilter::parse(text).unwrap_err();
            assert!(fault.to_string().contains(remedy), "{text}: {fault}");
        }
    }
}
