//! Formation cases: one row each with the steps that stand, and one row a step that was ever
//! recorded.
//!
//! A case has no place of its own. Wherever one is read, it comes with the area of its employer or
//! territory and the path of the union above, as they stand. Cases are locked last, after areas,
//! unions and employers.

mod list;
mod read;
mod steps;
mod write;

use chrono::{DateTime, Utc};
use unionhall_kit::path::Path;
use uuid::Uuid;

pub use self::{
    list::{CaseWant, list},
    read::{
        come_to, find_open_employer, find_open_place, load, load_for_update, of_employers, outdone,
    },
    steps::{PastStep, past_steps},
    write::{NewCase, Taken, carry, insert, relocate, save},
};
use crate::rules::formation::{CaseId, Subject, journal::Journal};

/// The collection in resource names.
pub const COLLECTION: &str = "formationCases/";

/// A case as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRecord {
    /// The id.
    pub id: CaseId,
    /// Ascends by one with every change, from 1.
    pub version: i64,
    /// Whom it is about.
    pub subject: Subject,
    /// The steps that stand.
    pub journal: Journal,
    /// The area where it stands: that of its employer or its territory.
    pub area: Path,
    /// The path of the union above, as planned.
    pub affiliation: Option<Path>,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl CaseRecord {
    /// `formationCases/{id}`.
    pub fn name(&self) -> String {
        resource_name(self.id)
    }

    /// The version as the contract shows it.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }
}

/// `formationCases/{id}`.
pub fn resource_name(CaseId(id): CaseId) -> String {
    format!("{COLLECTION}{}", Uuid::as_hyphenated(&id))
}
