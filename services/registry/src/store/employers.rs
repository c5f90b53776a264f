//! Employers: one row each with the facts that stand, and one row a fact that was ever recorded.
//!
//! Locks are taken in one order: first areas ([`hold_areas`]), then employers by ascending id
//! ([`load_for_update`]). A writer that needs both must not turn it round.

mod candidates;
mod codes;
mod counted;
mod covered;
mod fact;
mod held;
mod list;
mod present;
mod read;
mod remove;
mod uncovered;
mod unlisted;
mod write;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use unionhall_kit::fault::Outcome;
use uuid::Uuid;

pub use self::{
    candidates::candidates,
    codes::{Code, Holder, bearers, find_by_code, holders},
    counted::{counted_before, mark_counted},
    covered::{
        affiliate_covered, count_covered_from, count_covered_on, covered_by, covered_from,
        covered_since,
    },
    fact::{DatedFact, Fact, facts, rows},
    held::{find_areas, hold_areas},
    list::{Page, Place, Want, behind, list},
    present::{name_key, places},
    read::{hold, load, load_for_update},
    remove::{remove, remove_many},
    uncovered::{Stretch, UncoveredPlace, uncovered_now, uncovered_then},
    unlisted::not_listed,
    write::{NewEmployer, Taken, Write, insert_many, save, save_many},
};
use crate::{
    rules::{area::AreaPath, employer::EmployerFacts, union::affiliation::AffiliationPath},
    store::dated,
};

/// The collection in resource names.
pub const COLLECTION: &str = "employers/";

/// An employer as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmployerRecord {
    /// The id.
    pub id: Uuid,
    /// Ascends by one with every change, from 1.
    pub version: i64,
    /// The area of the actual address as it stands: the record's place on the area line.
    pub area: AreaPath,
    /// The path of the union that covers it as it stands: the record's place on the line of
    /// affiliation.
    pub affiliation: Option<AffiliationPath>,
    /// The facts that stand.
    pub facts: EmployerFacts,
    /// The revision of the quality rules under which figures count it.
    pub rules: i32,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl EmployerRecord {
    /// `employers/{id}`.
    pub fn name(&self) -> String {
        resource_name(self.id)
    }

    /// The version as the contract shows it.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }
}

/// `employers/{id}`.
pub fn resource_name(id: Uuid) -> String {
    format!("{COLLECTION}{}", id.as_hyphenated())
}

/// A recorded fact.
pub type PastFact = dated::PastFact<Fact>;

/// At most `limit` facts of an employer, the latest recorded first, behind the one with the number
/// `before`.
pub async fn past_facts(
    conn: &impl ConnectionTrait,
    employer: Uuid,
    before: Option<i64>,
    limit: u64,
) -> Outcome<Vec<PastFact>> {
    dated::past(conn, employer, before, limit).await
}

/// The facts as one text, from which [`facts_of`] reads them again.
pub fn facts_text(facts: &EmployerFacts) -> Outcome<String> {
    dated::written(rows(facts))
}

/// The facts in a text of [`facts_text`].
pub fn facts_of(text: &str) -> Outcome<EmployerFacts> {
    fact::read(text)
}
