//! Unions: one row each with the facts that stand, one row a fact that was ever recorded, and the
//! dated paths on the line of affiliation.
//!
//! Locks are taken in one order: areas, then the line of affiliation itself ([`lock_affiliation`] to
//! change it, [`share_affiliation`] to rely on it), then unions from above downwards ([`hold`] for
//! the one above, [`load_for_update`] for the one that changes), then employers.

mod contacts;
mod fact;
mod list;
mod paths;
mod place;
mod present;
mod read;
mod reliance;
mod sought;
mod subtree;
mod write;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub(crate) use self::present::place_key;
pub use self::{
    contacts::{Contacts, mobile_place},
    fact::{Fact, facts, rows},
    list::{Page, Place, Want, list},
    paths::{affiliation, paths_of},
    place::{lock_places, meeting, rival, ways},
    read::{
        below, directly_below, find_by_code, find_by_employer, find_by_place, hold, hold_around,
        load, load_for_update,
    },
    reliance::{Reliance, open_memberships, reliance},
    sought::{Sought, find_many, with_own_union},
    subtree::{
        count_last_covered, covered_by_each, deepest, following, left_behind, lock_affiliation,
        share_affiliation,
    },
    write::{NewUnion, Taken, carry, insert, remove, save, touch},
};
use crate::rules::{
    area::AreaPath,
    history::History,
    union::{UnionFacts, UnionId, affiliation::AffiliationPath},
};

/// The collection in resource names.
pub const COLLECTION: &str = "unions/";

/// A union as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnionRecord {
    /// The id.
    pub id: UnionId,
    /// Ascends by one with every change, from 1.
    pub version: i64,
    /// The area of the seat as it stands: the record's place on the area line.
    pub area: AreaPath,
    /// The path as it stands: the record's place on the line of affiliation.
    pub affiliation: AffiliationPath,
    /// The facts that stand.
    pub facts: UnionFacts,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl UnionRecord {
    /// `unions/{id}`.
    pub fn name(&self) -> String {
        resource_name(self.id)
    }

    /// The version as the contract shows it.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }
}

/// A union with its path on every day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The union.
    pub record: UnionRecord,
    /// Its paths.
    pub paths: History<AffiliationPath>,
}

/// `unions/{id}`.
pub fn resource_name(id: UnionId) -> String {
    let UnionId(id) = id;
    format!("{COLLECTION}{}", Uuid::as_hyphenated(&id))
}
