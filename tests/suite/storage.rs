//! What the storage promises, on both engines alike.

mod ledger;
