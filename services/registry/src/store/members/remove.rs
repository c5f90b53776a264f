//! Withdrawing members.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Value};
use unionhall_kit::{
    db::{fault, places, rows_per_statement, sql},
    fault::{Fault, Outcome},
    reasons,
};

use super::{MemberRecord, fact};
use crate::{
    rules::member::{MemberFacts, MemberId},
    store::dated::{self, all_changed},
};

/// What goes with a member: what finds it, what opens its numbers, what was recorded of it.
const TABLES: [&str; 5] =
    ["member_key", "member_document", "member_mobile", "member_unit", "member_change"];

/// Withdraws one member; see [`remove_many`].
pub async fn remove(
    conn: &impl ConnectionTrait,
    before: &MemberRecord,
    now: DateTime<Utc>,
) -> Outcome<MemberRecord> {
    let removed = remove_many(conn, &[before], now).await?;
    removed.into_iter().next().ok_or_else(|| Fault::new(&reasons::INTERNAL))
}

/// Withdraws distinct members who are held in this transaction: nobody was ever entered. Nothing
/// that is personal stays: a record that nobody can name any more can be neither disclosed nor
/// erased later (Personal Information Protection Law art. 47). `CONFLICT` when a record is no longer
/// at the version that it had.
pub async fn remove_many(
    conn: &impl ConnectionTrait,
    records: &[&MemberRecord],
    now: DateTime<Utc>,
) -> Outcome<Vec<MemberRecord>> {
    let withdrawn = |before: &&MemberRecord| MemberRecord {
        version: before.version + 1,
        facts: MemberFacts::default(),
        updated_at: now.max(before.updated_at),
        ..(*before).clone()
    };
    let removed: Vec<MemberRecord> = records.iter().map(withdrawn).collect();
    mark(conn, &removed).await?;
    let ids: Vec<Value> = removed.iter().map(|MemberRecord { id, .. }| id.0.into()).collect();
    for table in TABLES {
        for some in ids.chunks(rows_per_statement(1)) {
            let text =
                format!("DELETE FROM {table} WHERE member IN (VALUES {})", places(some.len(), 1));
            conn.execute_raw(sql(conn, &text, some.to_vec())).await.map_err(fault::of)?;
        }
    }
    Ok(removed)
}

async fn mark(conn: &impl ConnectionTrait, removed: &[MemberRecord]) -> Outcome<()> {
    let nothing = dated::written::<fact::Fact>(Vec::new())?;
    for some in removed.chunks(rows_per_statement(4)) {
        let text = format!(
            "UPDATE member SET version = v.column2, updated_at = v.column3,
                 deleted_at = v.column3, name_key = '', facts = v.column4
             FROM (VALUES {}) AS v
             WHERE member.id = v.column1 AND member.version = v.column2 - 1
               AND member.deleted_at IS NULL",
            places(some.len(), 4)
        );
        let row = |record: &MemberRecord| -> [Value; 4] {
            let MemberId(id) = record.id;
            [id.into(), record.version.into(), record.updated_at.into(), nothing.clone().into()]
        };
        let statement = sql(conn, &text, some.iter().flat_map(row));
        let done = conn.execute_raw(statement).await.map_err(fault::of)?;
        all_changed(done.rows_affected(), some.len())?;
    }
    Ok(())
}
