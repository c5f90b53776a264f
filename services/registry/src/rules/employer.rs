//! Employers 用人单位: dated facts, and what follows from them on a day.
//!
//! Nothing here is a state that something must keep up to date: every answer is a function of the
//! recorded facts and a day.

pub mod address;
pub mod change;
pub mod code;
pub mod cover;
mod cover_fault;
mod fault;
pub mod headcount;
pub mod identifier;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::CivilDate;

use self::{
    address::{Address, Phone},
    code::{EconomicTypeCode, Industry, OwnershipCode},
    cover::Cover,
    headcount::Headcount,
    identifier::Identifier,
};
use super::{area::AreaPath, history::History, name::Name, organisation_code::OrganisationCode};

/// Whether an employer works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It works 在业.
    Active,
    /// It rests and may come back 停业.
    Suspended,
    /// It ended 注销、吊销; nothing follows.
    Closed,
}

impl Status {
    /// The code of the list `employer_status`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Closed => "CLOSED",
        }
    }

    /// The status with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Closed].into_iter().find(|s| s.code() == code)
    }
}

/// What the register believes of one employer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EmployerFacts {
    /// The day of establishment 成立日期, where it is known.
    pub established_on: Option<CivilDate>,
    /// Registered names 单位名称.
    pub names: History<Name>,
    /// Credit codes, and organisation codes before them.
    pub identifiers: History<Identifier>,
    /// Ownership nature 单位性质.
    pub ownerships: History<OwnershipCode>,
    /// Economic type 经济类型.
    pub economic_types: History<EconomicTypeCode>,
    /// Industry 行业 with its edition.
    pub industries: History<Industry>,
    /// Where it is registered 注册地址.
    pub registered_addresses: History<Address>,
    /// Where it works 实际地址; it counts and is visible there.
    pub actual_addresses: History<Address>,
    /// Telephone of the office 联系电话.
    pub phones: History<Phone>,
    /// Whether it works 状态.
    pub statuses: History<Status>,
    /// The unions that cover it 建会.
    pub covers: History<Cover>,
    /// Headcounts 职工人数 by the day on which they were counted.
    pub headcounts: BTreeMap<CivilDate, Headcount>,
}

impl EmployerFacts {
    /// The status on `day`; `None` where nothing is known of that day.
    pub fn status_on(&self, day: CivilDate) -> Option<Status> {
        self.statuses.on(day).copied()
    }

    /// The last headcount on or before `day`, with its day.
    pub fn workforce_on(&self, day: CivilDate) -> Option<(CivilDate, Headcount)> {
        self.headcounts.range(..=day).next_back().map(|(counted_on, count)| (*counted_on, *count))
    }

    /// The area of the actual address on `day`.
    pub fn actual_area_on(&self, day: CivilDate) -> Option<&AreaPath> {
        self.actual_addresses.on(day).map(Address::area)
    }

    /// Where the employer counts on `day`: the actual area while it is active.
    pub fn counted_at(&self, day: CivilDate) -> Option<&AreaPath> {
        self.actual_area_on(day).filter(|_| self.status_on(day) == Some(Status::Active))
    }

    /// The organisation code, which is one for life; either code contains it.
    pub fn organisation_code(&self) -> Option<OrganisationCode> {
        self.identifiers.rows().last().map(|row| row.value.organisation_code())
    }

    /// The day on which the employer ended.
    pub fn closed_on(&self) -> Option<CivilDate> {
        let closing = self.statuses.rows().iter().find(|row| row.value == Status::Closed);
        closing.map(|row| row.period.from())
    }

    /// The first day of which the register knows the employer.
    pub fn first_day(&self) -> Option<CivilDate> {
        self.statuses.first_day()
    }
}

#[cfg(test)]
pub(super) mod tests;
