//! Base registers: one row an edition, one an entry, and one for each stretch of days on which an
//! entry is listed in one area.
//!
//! Locks are taken in one order: editions, then employers, then entries. Whoever changes what an
//! entry counts for holds the employer that bears its code, and whoever changes that employer
//! looks at its entries while it holds it: so each sees what the other did.

mod entries;
mod listings;
mod read;
mod write;

use chrono::{DateTime, Utc};
use unionhall_kit::civil::Period;
use uuid::Uuid;

pub use self::{
    entries::{
        EntryRecord, NewEntry, Relisted, areas_of, count_entries, count_listed, ended_area,
        entries, entries_behind, entry_name, find_entries, hold_entries, insert_entries, listed_in,
        relist, remove_entries, unlisted,
    },
    listings::{hold_listings, listings},
    read::{
        drafts, edition_taken, listing_in, load, load_for_update, of_area_for_update, page,
        unsettled,
    },
    write::{insert, remove, save, settle},
};
use crate::rules::base_register::{BaseRegister, BaseRegisterId};

/// The collection in resource names.
pub const COLLECTION: &str = "baseRegisters/";

/// A base register as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseRegisterRecord {
    /// The id.
    pub id: BaseRegisterId,
    /// Ascends by one with every change, from 1.
    pub version: i64,
    /// What it is.
    pub register: BaseRegister,
    /// How far its entries count as it says; `None` when all do.
    pub settled_through: Option<Uuid>,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl BaseRegisterRecord {
    /// `baseRegisters/{id}`.
    pub fn name(&self) -> String {
        resource_name(self.id)
    }

    /// The version as the contract shows it.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }

    /// The record with another period, whose entries are to follow.
    #[must_use]
    pub fn counting(&self, counts: Option<Period>) -> Self {
        let register = BaseRegister { counts, ..self.register.clone() };
        Self { register, settled_through: Some(Uuid::nil()), ..self.clone() }
    }
}

/// `baseRegisters/{id}`.
pub fn resource_name(BaseRegisterId(id): BaseRegisterId) -> String {
    format!("{COLLECTION}{}", id.as_hyphenated())
}
