//! The filters of lists of cases and of employers without a union.

use super::stage::State;
use crate::rules::{
    area::AreaPath,
    filter::{AREA, FilterFault, Term, put, terms},
    union::{EmployerId, UnionId, affiliation::union_id, kind::UnionType},
};

const STATE: (&str, &str) =
    ("write a state of a case, for instance RECRUITING", "请写建会事项的状态，例如 RECRUITING");
const BOOLEAN: (&str, &str) = ("write true or false", "请写 true 或 false");
const ASSIGNEE: (&str, &str) = ("write who follows up", "请写跟进人");

/// What a listed case must be. Every term holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// It stands in this area or below.
    pub area: Option<AreaPath>,
    /// Its state.
    pub state: Option<State>,
    /// Who follows it up.
    pub assignee: Option<String>,
    /// The union that is to be above.
    pub superior: Option<UnionId>,
    /// Its employer.
    pub employer: Option<EmployerId>,
    /// What is to be formed.
    pub union_type: Option<UnionType>,
    /// Whether its next action was due before today.
    pub overdue: Option<bool>,
}

impl CaseFilter {
    /// Reads a filter; an empty one wants everything.
    pub fn parse(text: &str) -> Result<Self, FilterFault> {
        let mut filter = Self::default();
        terms(text, |term| filter.term(term))?;
        Ok(filter)
    }

    fn term(&mut self, term: &Term) -> Result<bool, FilterFault> {
        let value = term.value.as_str();
        let id = |collection| value.strip_prefix(collection).and_then(union_id);
        let read = match term.field.as_str() {
            "area" => put(&mut self.area, AreaPath::parse(value).ok()).ok_or(AREA),
            "state" => put(&mut self.state, State::parse(value)).ok_or(STATE),
            "assignee" => put(&mut self.assignee, named(value)).ok_or(ASSIGNEE),
            "superior" => put(&mut self.superior, id("unions/"))
                .ok_or(("write unions/ and the UUID of a union", "请写 unions/ 加工会的 UUID")),
            "employer" => {
                let employer = id("employers/").map(|UnionId(id)| EmployerId(id));
                put(&mut self.employer, employer).ok_or((
                    "write employers/ and the UUID of an employer",
                    "请写 employers/ 加单位的 UUID",
                ))
            }
            "union_type" => put(&mut self.union_type, UnionType::parse(value)).ok_or((
                "write a code of codeLists/union_type",
                "请写 codeLists/union_type 中的代码",
            )),
            "overdue" => put(&mut self.overdue, value.parse().ok()).ok_or(BOOLEAN),
            _ => {
                return Err(term.unknown(
                    "name one of area, state, assignee, superior, employer, union_type or overdue",
                    "请写 area、state、assignee、superior、employer、union_type 或 overdue 之一",
                ));
            }
        };
        read.map_err(|remedy| term.bad(remedy))
    }
}

/// What the open case of a listed employer must be. Every term holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UncoveredFilter {
    /// Whether an open case names who follows it up.
    pub followed_up: Option<bool>,
    /// The state of the open case.
    pub state: Option<State>,
    /// Who follows it up.
    pub assignee: Option<String>,
    /// Whether its next action was due before the day.
    pub overdue: Option<bool>,
    /// Whether help is due by the day; where their wish is not recorded, if the workers are willing.
    pub help_due: Option<bool>,
    /// Whether the open case records that the workers want a union.
    pub wish: Option<bool>,
}

impl UncoveredFilter {
    /// Reads a filter; an empty one wants everything.
    pub fn parse(text: &str) -> Result<Self, FilterFault> {
        let mut filter = Self::default();
        terms(text, |term| filter.term(term))?;
        Ok(filter)
    }

    /// Whether it wants anything at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn term(&mut self, term: &Term) -> Result<bool, FilterFault> {
        let value = term.value.as_str();
        let read = match term.field.as_str() {
            "followed_up" => put(&mut self.followed_up, value.parse().ok()).ok_or(BOOLEAN),
            "state" => put(&mut self.state, State::parse(value)).ok_or(STATE),
            "assignee" => put(&mut self.assignee, named(value)).ok_or(ASSIGNEE),
            "overdue" => put(&mut self.overdue, value.parse().ok()).ok_or(BOOLEAN),
            "help_due" => put(&mut self.help_due, value.parse().ok()).ok_or(BOOLEAN),
            "wish" => put(&mut self.wish, value.parse().ok()).ok_or(BOOLEAN),
            _ => {
                return Err(term.unknown(
                    "name one of followed_up, state, assignee, overdue, help_due or wish",
                    "请写 followed_up、state、assignee、overdue、help_due 或 wish 之一",
                ));
            }
        };
        read.map_err(|remedy| term.bad(remedy))
    }
}

fn named(value: &str) -> Option<String> {
    let name = value.trim();
    (!name.is_empty()).then(|| name.to_owned())
}
