//! What the storage promises, on both engines alike.

mod affiliation;
mod base_register;
mod elections;
mod employers;
mod explain;
mod figures;
mod formations;
mod imports;
mod late_commits;
mod ledger;
mod moments;
mod offices;
mod restructure;
mod revisions;
mod rows;
