//! The base register 底册: dated editions of the outside list of non-public enterprises
//! (全国非公企业法人数据库, F024), by which the establishment rate 建会率 (F027) is measured.
//!
//! An edition counts from the day on which it is activated until the next one takes its place, or
//! until it is retired. Which one counted on a day is therefore always told, and a printed rate
//! can be counted again.

pub mod contribution;
mod edition;
mod fault;
pub mod finding;

use unionhall_kit::civil::{CivilDate, Period};
use uuid::Uuid;

pub use self::{
    edition::{Edition, MAX_EDITION_CHARS},
    fault::BaseRegisterFault,
};
use super::{
    area::{AreaLevel, AreaPath, tree::AreaTree},
    name::Name,
};

/// The id of a base register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BaseRegisterId(pub Uuid);

/// One edition of the outside list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseRegister {
    /// How it is called 版本; one edition has a name.
    pub edition: Edition,
    /// Who gave it out 来源.
    pub source: Name,
    /// The day that it describes 数据日期.
    pub as_of: CivilDate,
    /// The district of which it is a slice.
    pub area: AreaPath,
    /// The enterprises in it.
    pub entries: i64,
    /// When it counts; `None` while it is a draft.
    pub counts: Option<Period>,
    /// The edition that took its place.
    pub successor: Option<BaseRegisterId>,
}

/// What activating an edition does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activation {
    /// When it counts.
    pub counts: Period,
    /// The edition whose place it takes on its first day.
    pub ends: Option<BaseRegisterId>,
}

/// The other editions of one district.
pub type Others<'a> = &'a [(BaseRegisterId, BaseRegister)];

impl BaseRegister {
    /// A draft. Its area is a district that is open on the day that it describes.
    pub fn draft(
        (edition, source): (Edition, Name),
        (as_of, area): (CivilDate, AreaPath),
        (today, areas): (CivilDate, &AreaTree),
    ) -> Result<Self, BaseRegisterFault> {
        if as_of > today {
            return Err(BaseRegisterFault::InFuture(as_of));
        }
        if area.level() != AreaLevel::District {
            return Err(BaseRegisterFault::NotADistrict(area));
        }
        if !areas.get(&area).is_some_and(|fact| fact.period.covers(as_of)) {
            return Err(BaseRegisterFault::AreaNotOpen(area, as_of));
        }
        Ok(Self { edition, source, as_of, area, entries: 0, counts: None, successor: None })
    }

    /// Whether rows may be entered and the edition be withdrawn.
    pub fn is_draft(&self) -> bool {
        self.counts.is_none()
    }

    /// It counts from `from` on, in the place of the one that counted so far.
    pub fn activate(
        &self,
        others: Others<'_>,
        from: CivilDate,
        today: CivilDate,
    ) -> Result<Activation, BaseRegisterFault> {
        if !self.is_draft() {
            return Err(BaseRegisterFault::Counts);
        }
        if self.entries == 0 {
            return Err(BaseRegisterFault::Empty);
        }
        if from > today {
            return Err(BaseRegisterFault::InFuture(from));
        }
        if from < self.as_of {
            return Err(BaseRegisterFault::BeforeItsDay(from, self.as_of));
        }
        let latest = latest(others);
        if let Some((_, other, counts)) = latest
            && (from <= counts.from() || counts.until().is_some_and(|until| from < until))
        {
            let until = counts.until().unwrap_or_else(|| counts.from().next());
            return Err(BaseRegisterFault::NotTheLatest(other.edition.clone(), until));
        }
        let ends = latest.filter(|(.., counts)| counts.until().is_none()).map(|(id, ..)| id);
        Ok(Activation { counts: Period::since(from), ends })
    }

    /// It counts no more from `from` on, and nothing takes its place.
    pub fn retire(&self, from: CivilDate, today: CivilDate) -> Result<Period, BaseRegisterFault> {
        let counts = self.counts.ok_or(BaseRegisterFault::Draft)?;
        if counts.until().is_some() {
            return Err(BaseRegisterFault::Ended);
        }
        if from > today {
            return Err(BaseRegisterFault::InFuture(from));
        }
        let retired = Period::new(counts.from(), Some(from)).filter(|_| from > counts.from());
        retired.ok_or(BaseRegisterFault::BeforeItsDay(from, counts.from().next()))
    }

    /// It was activated in error: it is a draft again, as if it had never counted. Answers the
    /// edition whose place it had taken, which counts on.
    pub fn deactivate(
        &self,
        own: BaseRegisterId,
        others: Others<'_>,
    ) -> Result<Option<BaseRegisterId>, BaseRegisterFault> {
        let counts = self.counts.ok_or(BaseRegisterFault::Draft)?;
        if let Some((_, later, since)) =
            latest(others).filter(|(.., other)| other.from() > counts.from())
        {
            return Err(BaseRegisterFault::NotTheLatest(later.edition.clone(), since.from()));
        }
        Ok(others.iter().find(|(_, other)| other.successor == Some(own)).map(|(id, _)| *id))
    }
}

/// The edition that was activated for the latest day.
fn latest(others: Others<'_>) -> Option<(BaseRegisterId, &BaseRegister, Period)> {
    let counting = others.iter().filter_map(|(id, one)| Some((*id, one, one.counts?)));
    counting.max_by_key(|(.., counts)| counts.from())
}

#[cfg(test)]
mod tests;
