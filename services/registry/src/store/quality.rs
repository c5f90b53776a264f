//! The revisions of the quality rules that the register ever counted by.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, sql},
    fault::Outcome,
};

#[derive(FromQueryResult)]
struct Row {
    revision: i32,
    rules: String,
}

/// The table of rules of a revision.
pub async fn find(conn: &impl ConnectionTrait, revision: i32) -> Outcome<Option<String>> {
    let text = "SELECT revision, rules FROM quality_revision WHERE revision = $1";
    let row = Row::find_by_statement(sql(conn, text, [revision.into()])).one(conn).await;
    Ok(row.map_err(fault::of)?.map(|row| row.rules))
}

/// The newest revision with its table.
pub async fn newest(conn: &impl ConnectionTrait) -> Outcome<Option<(i32, String)>> {
    let text = "SELECT revision, rules FROM quality_revision ORDER BY revision DESC LIMIT 1";
    let row = Row::find_by_statement(sql(conn, text, [])).one(conn).await;
    Ok(row.map_err(fault::of)?.map(|row| (row.revision, row.rules)))
}

/// Keeps a revision, unless another instance has just done so.
pub async fn adopt(
    conn: &impl ConnectionTrait,
    revision: i32,
    rules: &str,
    now: DateTime<Utc>,
) -> Outcome<()> {
    let text = "INSERT INTO quality_revision (revision, rules, adopted_at) VALUES ($1, $2, $3)
                ON CONFLICT (revision) DO NOTHING";
    let values: [Value; 3] = [revision.into(), rules.into(), now.into()];
    conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    Ok(())
}
