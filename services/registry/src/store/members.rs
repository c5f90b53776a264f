//! Members: one row each with the facts that stand, one row a recording with what it added and
//! superseded, and the keyed digests by which a person is found.
//!
//! Locks are taken after those of areas, unions and employers: whoever relies on a union or an
//! employer holds it first ([`hold_grounds`]), then the members by ascending id.

mod erase;
mod fact;
mod following;
mod grounds;
mod index;
mod kept;
mod keys;
mod list;
mod merge;
mod past;
mod present;
mod read;
mod remove;
mod rotation;
mod sealed;
mod unconfirmed;
mod write;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use self::{
    erase::erase,
    fact::{Fact, facts, rows},
    following::{count_following, next_following},
    grounds::{Held, Wanted, hold_grounds, read_grounds},
    index::{Indexed, find_by_document, find_by_mobile, holders, mobiles_of},
    kept::{facts_of, facts_text},
    keys::{keep_key, key_of, keys_of, owner},
    list::{Page, Place, Want, list},
    merge::{Merge, Merging, Restoring, into, merge, merge_of, unmerge},
    past::{Recorded, facts_at, last_change, past},
    present::{Present, state_code},
    read::{load, load_for_update, of_units},
    remove::{remove, remove_many},
    rotation::{MemberKeys, MemberNumbers},
    sealed::{MOBILE_FIELD, Opened, document_field, open_documents, open_mobile, open_number},
    unconfirmed::{UnconfirmedUnion, count_unconfirmed, longest_unconfirmed, unconfirmed_unions},
    write::{Changed, NewMember, Numbers, Taken, insert_many, save, save_many},
};
use crate::rules::{
    area::AreaPath,
    member::{MemberFacts, MemberId},
    union::affiliation::AffiliationPath,
};

/// The collection in resource names.
pub const COLLECTION: &str = "members/";

/// Where a union stands, and so its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stand {
    /// Path on the line of areas.
    pub area: AreaPath,
    /// Path on the line of affiliation.
    pub affiliation: AffiliationPath,
}

/// A member as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRecord {
    /// The id.
    pub id: MemberId,
    /// Ascends by one with every change, from 1.
    pub version: i64,
    /// Where the union stands through which the member is seen.
    pub stand: Option<Stand>,
    /// Where the union stands to which the membership is to pass.
    pub transfer: Option<Stand>,
    /// The facts that stand.
    pub facts: MemberFacts,
    /// The member into which this one was merged.
    pub merged_into: Option<MemberId>,
    /// When what is personal was erased.
    pub erased_at: Option<DateTime<Utc>>,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl MemberRecord {
    /// `members/{id}`.
    pub fn name(&self) -> String {
        resource_name(self.id)
    }

    /// The version as the contract shows it.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }
}

/// `members/{id}`.
pub fn resource_name(MemberId(id): MemberId) -> String {
    format!("{COLLECTION}{}", Uuid::as_hyphenated(&id))
}
