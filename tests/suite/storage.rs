//! What the storage promises, on both engines alike.

mod affiliation;
mod base_register;
mod chunks;
mod elections;
mod employers;
mod explain;
mod figures;
mod formations;
mod imports;
mod instances;
mod late_commits;
mod ledger;
mod member_imports;
mod membership;
mod moments;
mod offices;
mod restructure;
mod revisions;
mod rows;
mod searches;
mod statistics;

pub(crate) use self::{affiliation::as_recounted, restructure::everywhere};
