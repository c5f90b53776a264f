//! Erasing what is personal of a member: the key of its numbers, what finds it, and what is plain in
//! the record and in everything that was ever recorded.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, sql},
    fault::Outcome,
    rotation::set_each,
};

use super::{
    MemberRecord,
    fact::{self, Fact},
};
use crate::{
    rules::member::{MemberFacts, MemberId},
    store::dated::{self, DatedFact, all_changed},
};

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    added: String,
    gone: String,
}

/// Erases a member who is held in this transaction; `kept` is what stays of the facts.
pub async fn erase(
    conn: &impl ConnectionTrait,
    before: &MemberRecord,
    kept: MemberFacts,
    now: DateTime<Utc>,
) -> Outcome<MemberRecord> {
    let (MemberId(id), at) = (before.id, now.max(before.updated_at));
    for table in ["member_key", "member_document", "member_mobile"] {
        let text = format!("DELETE FROM {table} WHERE member = $1");
        conn.execute_raw(sql(conn, &text, [id.into()])).await.map_err(fault::of)?;
    }
    let text = "UPDATE member SET version = version + 1, updated_at = $3, erased_at = $3,
                       name_key = '', facts = $4
                WHERE id = $1 AND version = $2 AND deleted_at IS NULL AND erased_at IS NULL";
    let facts = dated::written(fact::rows(&kept))?;
    let values: [Value; 4] = [id.into(), before.version.into(), at.into(), facts.into()];
    let done = conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    all_changed(done.rows_affected(), 1)?;
    empty_recordings(conn, before.id).await?;
    Ok(MemberRecord {
        version: before.version + 1,
        facts: kept,
        erased_at: Some(at),
        updated_at: at,
        ..before.clone()
    })
}

/// What was recorded stays as far as it is not personal.
async fn empty_recordings(conn: &impl ConnectionTrait, MemberId(id): MemberId) -> Outcome<()> {
    let text = "SELECT id, added, gone FROM member_change WHERE member = $1 ORDER BY id";
    let rows = Row::find_by_statement(sql(conn, text, [id.into()])).all(conn).await;
    let mut emptied = Vec::new();
    for Row { id, added, gone } in rows.map_err(fault::of)? {
        emptied.push(vec![id.into(), impersonal(&added)?.into(), impersonal(&gone)?.into()]);
    }
    set_each(conn, ("member_change", "id", &["added", "gone"]), emptied).await
}

fn impersonal(text: &str) -> Outcome<String> {
    let rows: Vec<DatedFact<Fact>> = dated::read(text)?;
    let kept =
        |DatedFact { fact, period }| Some(DatedFact { fact: Fact::impersonal(fact)?, period });
    dated::written(rows.into_iter().filter_map(kept).collect())
}
