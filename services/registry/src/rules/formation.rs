//! Formation cases 建会: a journal of dated steps, and what follows from it on a day.
//!
//! The state is a function of the steps that stand. Nothing is overwritten: a correction supersedes
//! a step and takes its place in the order.

pub mod assembly;
pub mod fault;
pub mod filter;
pub mod founded;
pub mod guidance;
pub mod journal;
pub mod law;
pub mod plan;
pub mod stage;
pub mod step;
pub mod uncovered;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{area::AreaPath, union::EmployerId};

/// The id of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(pub Uuid);

/// Whom a case is about. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// One employer: its own union, or a joint one that it joins.
    Employer(EmployerId),
    /// A union of an area.
    Area(AreaPath),
}

impl Subject {
    /// The employer, if it is about one.
    pub fn employer(&self) -> Option<EmployerId> {
        match self {
            Self::Employer(id) => Some(*id),
            Self::Area(_) => None,
        }
    }

    /// The area, if it is about one.
    pub fn area(&self) -> Option<&AreaPath> {
        match self {
            Self::Employer(_) => None,
            Self::Area(area) => Some(area),
        }
    }
}

#[cfg(test)]
mod tests;
