//! The pieces of a spooled file, each sealed for its own place.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    db::{Tx, fault, insert_rows, sql},
    fault::{Fault, Outcome},
    reasons,
    rotation::{Chunk, Sealed, counted},
    vault::{Context, Vault},
};

/// Bytes of the file in one piece; the last one may have fewer.
pub(in crate::imports) const PIECE: usize = 256 * 1024;

/// Pieces that go in one transaction.
pub(in crate::imports) const SLICE: u64 = 64;

/// Adds pieces from number `first` on.
pub(in crate::imports) async fn append(
    conn: &Tx,
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

/// The files that wait or are being read, as something that keys rotate under. What is left to do is
/// what is under an older version, so the place says nothing.
pub(in crate::imports) struct Spooled;

/// Pieces of a file that one transaction seals anew: they are large.
const RESEALED: u64 = 8;

#[derive(FromQueryResult)]
struct Row {
    batch: Uuid,
    piece: i32,
    sealed: Vec<u8>,
}

#[async_trait]
impl Sealed for Spooled {
    fn name(&self) -> &'static str {
        "import_spool"
    }

    async fn reseal_after(&self, conn: &Tx, vault: &Vault, _: &str, limit: u64) -> Outcome<Chunk> {
        let postgres = conn.get_database_backend() == DatabaseBackend::Postgres;
        let text = format!(
            "SELECT batch, piece, sealed FROM import_spool WHERE substr(sealed, 1, 4) < $1
             ORDER BY batch, piece LIMIT {} {}",
            limit.min(RESEALED),
            if postgres { "FOR UPDATE" } else { "" }
        );
        let now = vault.version_now().to_be_bytes().to_vec();
        let rows = Row::find_by_statement(sql(conn, &text, [now.into()])).all(conn).await;
        let mut chunk = Chunk { renewed: 0, last: None };
        for Row { batch, piece, sealed } in rows.map_err(fault::of)? {
            chunk.last = Some(format!("{batch}/{piece}"));
            let row = row(batch, piece);
            let Some(sealed) = vault.resealed(place(&row), &sealed)? else { continue };
            let text = "UPDATE import_spool SET sealed = $1 WHERE batch = $2 AND piece = $3";
            let values = [sealed.into(), batch.into(), piece.into()];
            conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
            chunk.renewed += 1;
        }
        Ok(chunk)
    }

    async fn count_sealed(&self, conn: &Tx, version: u32) -> Outcome<u64> {
        let text = "SELECT COUNT(*) AS n FROM import_spool WHERE substr(sealed, 1, 4) = $1";
        counted(conn, text, version.to_be_bytes().to_vec().into()).await
    }
}
