//! The pieces of a spooled file, each sealed for its own place.

use sea_orm::ConnectionTrait;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    db::{fault, insert_rows, sql},
    fault::{Fault, Outcome},
    reasons,
    vault::{Context, Vault},
};

/// Bytes of the file in one piece; the last one may have fewer.
pub(in crate::imports) const PIECE: usize = 256 * 1024;

/// Pieces that go in one transaction.
pub(in crate::imports) const SLICE: u64 = 64;

/// Adds pieces from number `first` on.
pub(in crate::imports) async fn append(
    conn: &impl ConnectionTrait,
    vault: &Vault,
    batch: Uuid,
    first: i32,
    pieces: impl Iterator<Item = &[u8]>,
) -> Outcome<()> {
    let rows: Outcome<Vec<_>> = (first..)
        .zip(pieces)
        .map(|(piece, bytes)| {
            let sealed = vault.seal(place(&row(batch, piece)), bytes)?;
            Ok(vec![batch.into(), piece.into(), sealed.into()])
        })
        .collect();
    insert_rows(conn, "import_spool", "batch, piece, sealed", rows?).await.map_err(fault::of)
}

/// One piece, opened.
pub(in crate::imports) async fn load(
    conn: &impl ConnectionTrait,
    vault: &Vault,
    batch: Uuid,
    piece: i32,
) -> Outcome<Zeroizing<Vec<u8>>> {
    let text = "SELECT sealed FROM import_spool WHERE batch = $1 AND piece = $2";
    let found = conn.query_one_raw(sql(conn, text, [batch.into(), piece.into()])).await;
    let found = found.map_err(fault::of)?.ok_or_else(|| Fault::new(&reasons::INTERNAL))?;
    let sealed: Vec<u8> = found.try_get("", "sealed").map_err(fault::of)?;
    vault.open(place(&row(batch, piece)), &sealed)
}

/// Removes some pieces of a file that nobody reads again; answers how many.
pub(in crate::imports) async fn remove_some(
    conn: &impl ConnectionTrait,
    batch: Uuid,
) -> Outcome<u64> {
    let text = format!(
        "DELETE FROM import_spool WHERE batch = $1 AND piece IN
         (SELECT piece FROM import_spool WHERE batch = $1 ORDER BY piece LIMIT {SLICE})"
    );
    let done = conn.execute_raw(sql(conn, &text, [batch.into()])).await.map_err(fault::of)?;
    Ok(done.rows_affected())
}

fn row(batch: Uuid, piece: i32) -> Vec<u8> {
    [&batch.into_bytes()[..], &piece.to_be_bytes()[..]].concat()
}

fn place(row: &[u8]) -> Context<'_> {
    Context { table: "import_spool", row, field: "sealed" }
}
