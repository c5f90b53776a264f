//! Which process moves a batch. Every chunk locks the batch and compares its place, so that nothing is
//! applied twice; but a validation that begins anew forgets the faults that it finds, and those must
//! not be another process's.

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use uuid::Uuid;

use crate::{
    db::{Db, fault, sql},
    fault::Outcome,
};

/// Held while a process works on a batch; gone with the process.
pub(in crate::imports) struct Claim {
    /// Holds the advisory lock of PostgreSQL. SQLite has one process.
    _lock: Option<DatabaseTransaction>,
}

/// Claims a batch, unless another process has it.
pub(in crate::imports) async fn claim(db: &Db, batch: Uuid) -> Outcome<Option<Claim>> {
    if db.ids_are_commit_order() {
        return Ok(Some(Claim { _lock: None }));
    }
    let tx = db.begin_lasting().await?;
    let (_, low) = batch.as_u64_pair();
    let text = "SELECT pg_try_advisory_xact_lock($1) AS got";
    let row = tx.query_one_raw(sql(&tx, text, [low.cast_signed().into()])).await;
    let got: bool = match row.map_err(fault::of)? {
        Some(row) => row.try_get("", "got").map_err(fault::of)?,
        None => false,
    };
    Ok(got.then_some(Claim { _lock: Some(tx) }))
}
