//! Offices 任职: who sits on which committee of a union, in which position, from when until when.
//!
//! An office is entered once and ended once; what was entered in error is corrected by an end that
//! leaves it no day. When a union ends, so do its offices: that follows from the union's own end and
//! is written nowhere.

mod decide;
mod fault;
pub mod vacancy;

use std::{collections::BTreeSet, num::NonZeroU16};

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::{CivilDate, Period};
use uuid::Uuid;

pub use self::{
    decide::{EndOrder, appoint, barred, end},
    fault::OfficeFault,
};
use super::{
    name::Name,
    union::{UnionFacts, approval::Approval, kind::codes},
};

/// The id of an office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OfficeId(pub Uuid);

/// The id of an election.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ElectionId(pub Uuid);

codes! {
    /// A committee of a union.
    Committee {
        /// 工会委员会.
        Union = "UNION",
        /// 经费审查委员会 (Trade Union Law art. 45).
        Audit = "AUDIT",
        /// 女职工委员会 (Beijing measures art. 9).
        Women = "WOMEN",
        /// 劳动法律监督委员会.
        LabourSupervision = "LABOUR_SUPERVISION",
    }
}

codes! {
    /// A position on a committee, the highest first.
    Position {
        /// 主席, of the union's committee.
        Chair = "CHAIR",
        /// 主任, of any other committee.
        Director = "DIRECTOR",
        /// 组织员: one person instead of a committee (Trade Union Law art. 11).
        Organiser = "ORGANISER",
        /// 常务副主席.
        ExecutiveViceChair = "EXECUTIVE_VICE_CHAIR",
        /// 副主席.
        ViceChair = "VICE_CHAIR",
        /// 副主任.
        DeputyDirector = "DEPUTY_DIRECTOR",
        /// 女职工委员: takes the place of a women's committee with fewer than 25 women.
        WomenMember = "WOMEN_MEMBER",
        /// 委员.
        Member = "MEMBER",
    }
}

impl Position {
    /// Whether the committee has such a position.
    pub fn fits(self, committee: Committee) -> bool {
        let of_union = committee == Committee::Union;
        match self {
            Self::Chair
            | Self::Organiser
            | Self::ExecutiveViceChair
            | Self::ViceChair
            | Self::WomenMember => of_union,
            Self::Director | Self::DeputyDirector => !of_union,
            Self::Member => true,
        }
    }

    /// Whether only one at a time has it.
    pub fn is_head(self) -> bool {
        matches!(self, Self::Chair | Self::Director | Self::Organiser)
    }

    /// Whether it is the chair or one of the vice-chairs.
    pub fn leads(self) -> bool {
        matches!(self, Self::Chair | Self::ExecutiveViceChair | Self::ViceChair)
    }
}

codes! {
    /// How somebody came into an office.
    WayIn {
        /// 选举产生, with the term.
        Elected = "ELECTED",
        /// 补选产生, during the term.
        ByElection = "BY_ELECTION",
        /// 上级工会推荐: an outsider as the chair of a joint or non-public union, elected there (P1).
        Recommended = "RECOMMENDED",
        /// 委派: of a working committee, which nobody elects.
        Appointed = "APPOINTED",
    }
}

codes! {
    /// How somebody left an office.
    WayOut {
        /// 届满: the next committee was elected.
        TermEnded = "TERM_ENDED",
        /// 辞职.
        Resigned = "RESIGNED",
        /// 调动, with the consent of the own committee and the higher union.
        Moved = "MOVED",
        /// 罢免, by an election.
        Removed = "REMOVED",
        /// 去世.
        Death = "DEATH",
        /// 工会终止.
        UnionEnded = "UNION_ENDED",
        /// 转任: elected to another position on the same committee during the term.
        OtherPosition = "OTHER_POSITION",
        /// 更正: it was entered in error and never held.
        Corrected = "CORRECTED",
    }
}

codes! {
    /// A declared fact about a person that may stand in the way of a position.
    Bar {
        /// 用人单位主要负责人的近亲属.
        RelativeOfPrincipal = "RELATIVE_OF_PRINCIPAL",
        /// 法定代表人.
        LegalRepresentative = "LEGAL_REPRESENTATIVE",
        /// 行政负责人.
        AdministrativeHead = "ADMINISTRATIVE_HEAD",
        /// 行政副职.
        DeputyAdministrativeHead = "DEPUTY_ADMINISTRATIVE_HEAD",
        /// 合伙人.
        Partner = "PARTNER",
        /// 行政负责人（含副职）、合伙人的近亲属.
        RelativeOfAdministration = "RELATIVE_OF_ADMINISTRATION",
        /// 人力资源部门负责人.
        HeadOfHr = "HEAD_OF_HR",
        /// 劳动工资、人事部门管理人员.
        PersonnelManager = "PERSONNEL_MANAGER",
        /// 外籍职工.
        ForeignEmployee = "FOREIGN_EMPLOYEE",
        /// 保留会籍人员.
        RetainedMember = "RETAINED_MEMBER",
    }
}

/// Somebody's time in one position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// Who: plain inside the scope, never in a log.
    pub holder: Name,
    /// The committee.
    pub committee: Committee,
    /// The position.
    pub position: Position,
    /// Full-time 专职, else part-time 兼职.
    pub full_time: bool,
    /// The term to which it belongs.
    pub term: Option<NonZeroU16>,
    /// How the office was come by.
    pub way_in: WayIn,
    /// What was declared.
    pub bars: BTreeSet<Bar>,
    /// The election, where the register has it.
    pub election: Option<ElectionId>,
    /// First day in office.
    pub from: CivilDate,
    /// How it ended.
    pub end: Option<End>,
}

/// The end of an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// First day without it.
    pub on: CivilDate,
    /// How.
    pub way: WayOut,
    /// The consent of the higher union to a move.
    pub consent: Option<Approval>,
}

impl Office {
    /// How it ended, by itself or with the union.
    pub fn ended(&self, union: &UnionFacts) -> Option<(CivilDate, WayOut)> {
        let own = self.end.as_ref().map(|end| (end.on, end.way));
        let with_union = union.ended_on().map(|on| (on.max(self.from), WayOut::UnionEnded));
        own.into_iter().chain(with_union).min_by_key(|(on, _)| *on)
    }

    /// The days in office; none at all for one that was corrected.
    pub fn period(&self, union: &UnionFacts) -> Period {
        let until = self.ended(union).map(|(on, _)| on);
        Period::new(self.from, until).unwrap_or_else(|| Period::since(self.from))
    }

    /// Whether it is held on `day`.
    pub fn held_on(&self, union: &UnionFacts, day: CivilDate) -> bool {
        self.period(union).covers(day)
    }

    /// What only one open office has: being the head of a committee.
    pub fn is_open_head(&self) -> bool {
        self.position.is_head() && self.end.is_none()
    }
}

#[cfg(test)]
mod tests;
