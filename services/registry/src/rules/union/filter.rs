//! The filter of a list of unions.

use unionhall_kit::civil::CivilDate;

use super::{
    EmployerId, Status, UnionId,
    affiliation::union_id,
    kind::{UnionLevel, UnionType},
    mark::UnionMark,
};
use crate::rules::{
    area::AreaPath,
    filter::{AREA, FilterFault, PREFIX, Term, prefix, put, terms},
};

/// What a listed union must be. Every term holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnionFilter {
    /// Its seat stands in this area or below.
    pub area: Option<AreaPath>,
    /// It unites this area or one below.
    pub territory: Option<AreaPath>,
    /// It covers this employer, or is its own.
    pub employer: Option<EmployerId>,
    /// The union directly above.
    pub superior: Option<UnionId>,
    /// Its type.
    pub union_type: Option<UnionType>,
    /// Its level.
    pub union_level: Option<UnionLevel>,
    /// A mark that it bears.
    pub mark: Option<UnionMark>,
    /// Its state; of the merged ones, into whatever union.
    pub state: Option<Status>,
    /// Whether its term has run out.
    pub term_overdue: Option<bool>,
    /// Its term runs out on this day or before, or has.
    pub term_due_by: Option<CivilDate>,
    /// Whether the day has passed by which it was ordered to re-elect.
    pub re_election_order_missed: Option<bool>,
    /// It stands ordered to re-elect by this day or before.
    pub re_election_order_due_by: Option<CivilDate>,
    /// Whether an office is vacant that was to be filled before.
    pub vacancy_overdue: Option<bool>,
    /// An office is vacant that is to be filled by this day or before.
    pub vacancy_due_by: Option<CivilDate>,
    /// The beginning of its name, never empty.
    pub name_prefix: Option<String>,
}

const BOOL: (&str, &str) = ("write true or false", "请写 true 或 false");
const DAY: (&str, &str) = ("write a day, for instance 2014-12-31", "请写日期，例如 2014-12-31");

impl UnionFilter {
    /// Reads a filter; an empty one wants everything.
    pub fn parse(text: &str) -> Result<Self, FilterFault> {
        let mut filter = Self::default();
        terms(text, |term| filter.term(term))?;
        Ok(filter)
    }

    fn term(&mut self, term: &Term) -> Result<bool, FilterFault> {
        let value = term.value.as_str();
        let read = match term.field.as_str() {
            "area" => put(&mut self.area, AreaPath::parse(value).ok()).ok_or(AREA),
            "territory" => put(&mut self.territory, AreaPath::parse(value).ok()).ok_or(AREA),
            "employer" => put(&mut self.employer, employer(value)).ok_or((
                "write employers/ and the UUID of an employer",
                "请写 employers/ 加单位的 UUID",
            )),
            "superior" => put(&mut self.superior, value.strip_prefix("unions/").and_then(union_id))
                .ok_or(("write unions/ and the UUID of a union", "请写 unions/ 加工会的 UUID")),
            "union_type" => put(&mut self.union_type, UnionType::parse(value)).ok_or((
                "write a code of codeLists/union_type",
                "请写 codeLists/union_type 中的代码",
            )),
            "union_level" => put(&mut self.union_level, UnionLevel::parse(value)).ok_or((
                "write a code of codeLists/union_level",
                "请写 codeLists/union_level 中的代码",
            )),
            "mark" => put(&mut self.mark, UnionMark::parse(value)).ok_or((
                "write a code of codeLists/union_mark",
                "请写 codeLists/union_mark 中的代码",
            )),
            "state" => put(&mut self.state, state(value)).ok_or((
                "write ACTIVE, DISSOLVED, MERGED or SPLIT",
                "请写 ACTIVE、DISSOLVED、MERGED 或 SPLIT",
            )),
            "term_overdue" => put(&mut self.term_overdue, value.parse().ok()).ok_or(BOOL),
            "term_due_by" => put(&mut self.term_due_by, value.parse().ok()).ok_or(DAY),
            "re_election_order_missed" => {
                put(&mut self.re_election_order_missed, value.parse().ok()).ok_or(BOOL)
            }
            "re_election_order_due_by" => {
                put(&mut self.re_election_order_due_by, value.parse().ok()).ok_or(DAY)
            }
            "vacancy_overdue" => put(&mut self.vacancy_overdue, value.parse().ok()).ok_or(BOOL),
            "vacancy_due_by" => put(&mut self.vacancy_due_by, value.parse().ok()).ok_or(DAY),
            "display_name" => put(&mut self.name_prefix, prefix(value)).ok_or(PREFIX),
            _ => {
                return Err(term.unknown(
                    "name one of area, territory, employer, superior, union_type, union_level, mark, \
                     state, term_overdue, term_due_by, re_election_order_missed, re_election_order_due_by, \
                     vacancy_overdue, vacancy_due_by or display_name",
                    "请写 area、territory、employer、superior、union_type、union_level、mark、state、\
                     term_overdue、term_due_by、re_election_order_missed、re_election_order_due_by、\
                     vacancy_overdue、vacancy_due_by 或 display_name 之一",
                ));
            }
        };
        read.map_err(|remedy| term.bad(remedy))
    }
}

fn employer(name: &str) -> Option<EmployerId> {
    let id = name.strip_prefix("employers/")?;
    uuid::Uuid::try_parse(id).ok().map(EmployerId)
}

/// The union into which another merged is not asked for, so that any stands for all.
fn state(code: &str) -> Option<Status> {
    match code {
        "ACTIVE" => Some(Status::Active),
        "DISSOLVED" => Some(Status::Dissolved),
        "SPLIT" => Some(Status::Split),
        "MERGED" => Some(Status::Merged(UnionId(uuid::Uuid::nil()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_read_and_a_fault_names_its_remedy() {
        let id = "01a204d5-25b9-7d7e-9853-7563e6b3ca98";
        let text = format!(
            "area = 110102 AND superior = unions/{id} AND union_type = JOINT AND \
             union_level = BASIC AND mark = AWARD AND state = MERGED AND term_overdue = true AND \
             term_due_by = 2014-12-31 AND re_election_order_missed = false AND \
             re_election_order_due_by = 2015-03-31 AND vacancy_overdue = true AND \
             vacancy_due_by = 2015-04-30 AND display_name = \"北京*\" AND \
             territory = 110102012 AND employer = employers/{id}"
        );
        let filter = UnionFilter::parse(&text).unwrap();
        assert_eq!(filter.union_type, Some(UnionType::Joint));
        assert_eq!(filter.union_level, Some(UnionLevel::Basic));
        assert_eq!(filter.mark, Some(UnionMark::Award));
        assert_eq!(filter.name_prefix.as_deref(), Some("北京"));
        assert_eq!(filter.term_overdue, Some(true));
        assert_eq!(filter.term_due_by.map(|day| day.to_string()).as_deref(), Some("2014-12-31"));
        assert_eq!(filter.re_election_order_missed, Some(false));
        assert!(filter.re_election_order_due_by > filter.term_due_by);
        assert_eq!(filter.vacancy_overdue, Some(true));
        assert!(filter.vacancy_due_by > filter.re_election_order_due_by);
        assert!(filter.superior.is_some() && filter.area.is_some() && filter.state.is_some());
        assert_eq!(filter.territory, AreaPath::parse("110102012").ok());
        assert_eq!(filter.employer.map(|EmployerId(id)| id.to_string()).as_deref(), Some(id));
        for (text, remedy) in [
            ("superior = 1", "unions/"),
            ("employer = 1", "employers/"),
            ("territory = x", "label"),
            ("union_type = UNION", "union_type"),
            ("state = CLOSED", "DISSOLVED"),
            ("term_due_by = soon", "2014-12-31"),
            ("phone = 1", "one of"),
            ("mark = AWARD AND mark = AWARD", "once"),
        ] {
            let fault = UnionFilter::parse(text).unwrap_err();
            assert!(fault.to_string().contains(remedy), "{text}: {fault}");
        }
    }
}
