//! What the storage promises, on both engines alike.

mod employers;
mod explain;
mod figures;
mod ledger;
mod restructure;
