//! Members 会员: what the register believes of one person, and what follows from it on a day.
//!
//! A person is entered once. The membership 会籍 is a relation to a union which the person's passages
//! tell: nobody keeps a state up to date.

pub mod aftermath;
pub mod change;
pub mod confirmation;
pub mod contribution;
pub mod correction;
pub mod erasure;
mod fault;
pub mod filter;
pub mod finding;
pub mod membership;
pub mod merge;
pub mod metric;
pub mod note;
pub mod passage;
pub mod sealed;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::CivilDate;
use uuid::Uuid;

pub use self::fault::{MemberFault, UnionProblem};
use self::{
    confirmation::Confirmations,
    membership::Standing,
    passage::Passages,
    sealed::{HeldDocument, SealedNumber},
};
use super::{
    area::AreaPath,
    history::History,
    person::{
        code::{EducationCode, EmploymentStatus, EthnicityCode, Sex, WorkerGroup},
        document::DocumentKind,
        name::PersonName,
    },
    union::EmployerId,
};

/// The id of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemberId(pub Uuid);

/// Where a person works 就业.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Employment {
    /// The employer 用人单位, if there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub employer: Option<EmployerId>,
    /// Employment status 就业状态, if it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<EmploymentStatus>,
}

/// What the register believes of one person.
///
/// What the law gives no purpose for is not there: marriage, children, health, religion and
/// political status are not collected (PIPL art. 6).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberFacts {
    /// Names 姓名.
    pub names: History<PersonName>,
    /// Sex 性别 (GB/T 2261.1).
    pub sexes: History<Sex>,
    /// Day of birth 出生日期.
    pub births: History<CivilDate>,
    /// Ethnicity 民族 (GB 3304).
    pub ethnicities: History<EthnicityCode>,
    /// Education 学历 (GB/T 4658).
    pub educations: History<EducationCode>,
    /// Documents 证件, of each kind one at a time.
    pub documents: BTreeMap<DocumentKind, History<HeldDocument>>,
    /// Mobile number 手机号码, sealed.
    pub mobiles: History<SealedNumber>,
    /// The area of the home 居住地; the address itself is not collected.
    pub residences: History<AreaPath>,
    /// Where the person works 就业.
    pub employments: History<Employment>,
    /// Worker group 职工群体.
    pub worker_groups: History<WorkerGroup>,
    /// Whether the person is a migrant worker 农民工.
    pub migrants: History<bool>,
    /// What happened to the membership, in order.
    pub passages: Passages,
    /// The days on which the record was confirmed or changed 信息更新.
    pub confirmations: Confirmations,
}

impl MemberFacts {
    /// How the person stands to the unions at the end of `day`.
    pub fn standing_on(&self, day: CivilDate) -> Standing {
        self.passages.standing_on(day)
    }

    /// The employer on `day`.
    pub fn employer_on(&self, day: CivilDate) -> Option<EmployerId> {
        self.employments.on(day).and_then(|employment| employment.employer)
    }

    /// The day of the first thing that is known.
    pub fn first_day(&self) -> Option<CivilDate> {
        self.names.first_day()
    }
}

#[cfg(test)]
mod tests;
