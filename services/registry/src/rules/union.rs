//! Unions 工会组织: dated facts, and what follows from them on a day.
//!
//! As with employers, no state is kept up to date by anybody: every answer is a function of the
//! recorded facts and a day.

pub mod affiliation;
pub mod approval;
pub mod change;
pub mod code;
pub mod contact;
pub mod contribution;
pub mod dissolve;
pub mod ending;
mod fault;
pub mod filter;
pub mod kind;
pub mod mark;
pub mod merge;
pub mod place;
pub mod split;
pub mod superior;
pub mod term;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::CivilDate;
use uuid::Uuid;

use self::{
    approval::{Approval, Decision, EndReason, MembershipOutcome},
    code::UnionCode,
    contact::Contact,
    kind::{UnionForm, UnionLevel, UnionType},
    mark::{Note, UnionMark},
    term::Term,
};
use super::{
    area::AreaPath,
    employer::address::{Address, Phone},
    history::History,
    name::Name,
};

/// The id of a union.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnionId(pub Uuid);

/// The id of the employer whose own union it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmployerId(pub Uuid);

/// Whether a union exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It exists and works.
    Active,
    /// It ended 撤销; nothing follows.
    Dissolved,
    /// It went into another 合并; nothing follows.
    Merged(UnionId),
    /// It was divided into others 分立; nothing follows.
    Split,
}

/// What the register believes of one union.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnionFacts {
    /// Full names 工会名称.
    pub names: History<Name>,
    /// What it unites 组织类型.
    pub types: History<UnionType>,
    /// How it is organised 组织形式.
    pub forms: History<UnionForm>,
    /// Where it stands in the hierarchy 组织层级.
    pub levels: History<UnionLevel>,
    /// Its own credit codes.
    pub codes: History<UnionCode>,
    /// The employer whose own union it is.
    pub employers: History<EmployerId>,
    /// The unions above 上级工会.
    pub superiors: History<UnionId>,
    /// The areas that it unites 所辖区域.
    pub territories: History<AreaPath>,
    /// Seats 住所; it counts and is visible there.
    pub seats: History<Address>,
    /// Where it works, if elsewhere 办公地址.
    pub offices: History<Address>,
    /// Telephone of the office 联系电话.
    pub phones: History<Phone>,
    /// Who answers for it 联系人.
    pub contacts: History<Contact>,
    /// The approval of its establishment 批复.
    pub approvals: History<Approval>,
    /// Terms 届, each until the next begins.
    pub terms: History<Term>,
    /// The decision by which it was merged, split or dissolved, from that day on.
    pub decisions: History<Decision>,
    /// The union of which it was a part before its first day.
    pub origins: History<UnionId>,
    /// The unions that were split off it so far.
    pub parts: History<Vec<UnionId>>,
    /// What becomes of its members, from the day on which it ended or was divided.
    pub memberships: History<MembershipOutcome>,
    /// Why it was dissolved, from that day on.
    pub end_reasons: History<EndReason>,
    /// Whether it exists 状态.
    pub statuses: History<Status>,
    /// Marks 标记.
    pub marks: BTreeMap<UnionMark, History<Note>>,
}

impl UnionFacts {
    /// The status on `day`; `None` where nothing is known of that day.
    pub fn status_on(&self, day: CivilDate) -> Option<Status> {
        self.statuses.on(day).copied()
    }

    /// Whether it exists on `day`.
    pub fn active_on(&self, day: CivilDate) -> bool {
        self.status_on(day) == Some(Status::Active)
    }

    /// Where the union counts on `day`: the area of its seat while it exists.
    pub fn counted_at(&self, day: CivilDate) -> Option<&AreaPath> {
        self.seats.on(day).map(Address::area).filter(|_| self.active_on(day))
    }

    /// Whether it bears the mark on `day`.
    pub fn marked_on(&self, mark: UnionMark, day: CivilDate) -> bool {
        self.marks.get(&mark).is_some_and(|history| history.on(day).is_some())
    }

    /// Whether union, station and home are one on `day` (会站家一体化, F081).
    pub fn integrated_on(&self, day: CivilDate) -> bool {
        let facets = [UnionMark::ServiceStation, UnionMark::WorkersHome];
        self.active_on(day) && facets.into_iter().all(|facet| self.marked_on(facet, day))
    }

    /// The day on which it was established 建会日期.
    pub fn established_on(&self) -> Option<CivilDate> {
        self.statuses.first_day()
    }

    /// The day on which it ended, by whatever way.
    pub fn ended_on(&self) -> Option<CivilDate> {
        let ending = self.statuses.rows().iter().find(|row| row.value != Status::Active);
        ending.map(|row| row.period.from())
    }
}

#[cfg(test)]
mod tests;
