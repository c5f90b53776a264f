//! What the planner is told of a table that an import has just filled.

use anyhow::{Result, ensure};
use sea_orm::ConnectionTrait;
use unionhall_kit::db::Db;
use unionhall_tests::{books::Books, engine::Engine};

use super::instances::number;

const LOOKED_AT: &str =
    "SELECT COALESCE(SUM(analyze_count), 0)::bigint AS count FROM pg_stat_user_tables
     WHERE schemaname = current_schema() AND relname = 'audit_seal'";

async fn fill(db: &Db, from: u32, to: u32) -> Result<()> {
    let tx = db.begin().await?;
    let rows = format!(
        "INSERT INTO audit_seal (sequence, entry, previous_hash, hash)
         SELECT number, number, '', '' FROM generate_series({from}, {to}) AS number"
    );
    tx.conn().execute_unprepared(&rows).await?;
    // Otherwise it tells within a second.
    tx.conn().execute_unprepared("SELECT pg_stat_force_next_flush()").await?;
    tx.commit().await?;
    Ok(())
}

#[tokio::test]
async fn a_table_is_looked_at_whenever_it_has_doubled() -> Result<()> {
    let books = Books::open(Engine::Postgres).await?;
    let db = books.ledger.db();
    for (from, to, looks) in
        [(1, 9_000, 0), (9_001, 12_000, 1), (12_001, 20_000, 1), (20_001, 40_000, 2)]
    {
        fill(db, from, to).await?;
        db.refresh_statistics().await;
        ensure!(number(db, LOOKED_AT).await? == looks, "with {to} rows");
    }
    Ok(())
}
