//! Two records of one person: one becomes a pointer to the other, and what it takes to undo that.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{Tx, fault, insert_rows, sql},
    fault::Outcome,
};
use uuid::Uuid;

use super::{
    Changed, MemberRecord, Numbers, Stand, Taken, fact, facts_at, last_change,
    present::{read_confirmations, written_confirmations},
    save,
    write::{Write, change, forget_numbers, keep_numbers, keep_units, record_changes, row, update},
};
use crate::{
    rules::member::{MemberFacts, MemberId, confirmation::Confirmations},
    store::dated::{self, all_changed},
};

/// A record that goes into another one.
pub struct Merging<'a> {
    /// What becomes of the one that remains.
    pub target: Changed<'a>,
    /// The one that goes, held in this transaction.
    pub source: &'a MemberRecord,
    /// What stays with it.
    pub left: MemberFacts,
    /// The numbers that pass over.
    pub passed: Numbers,
}

/// A merge that was made.
#[derive(Debug, Clone)]
pub struct Merge {
    /// The record that remained.
    pub target: MemberId,
    /// The facts of the record that went, before.
    pub source_before: MemberFacts,
    /// Those of the record that remained, before.
    pub target_before: MemberFacts,
    /// The same right after.
    pub target_after: MemberFacts,
    /// When it was made.
    pub merged_at: DateTime<Utc>,
}

/// What becomes of a record that is given back.
pub struct Restoring<'a> {
    /// The record as it is, held in this transaction.
    pub source: &'a MemberRecord,
    /// Its facts.
    pub facts: MemberFacts,
    /// Where its union stands.
    pub stand: Option<Stand>,
    /// Where the union stands to which it is to pass.
    pub transfer: Option<Stand>,
    /// The numbers that come back.
    pub numbers: Numbers,
}

#[derive(FromQueryResult)]
struct Row {
    target: Uuid,
    source_change: i64,
    target_change: i64,
    merged_change: i64,
    source_confirmations: String,
    target_confirmations: String,
    merged_at: DateTime<Utc>,
}

/// Merges; answers the record that remains and the pointer.
pub async fn merge(
    conn: &Tx,
    merging: Merging<'_>,
    now: DateTime<Utc>,
) -> Write<(MemberRecord, MemberRecord)> {
    let Merging { target, source, left, passed } = merging;
    let (from, into) = (source.id, target.before.id);
    let before = (last_change(conn, from).await?, last_change(conn, into).await?);
    let confirmations = [&source.facts, &target.before.facts]
        .map(|facts| written_confirmations(&facts.confirmations));
    let pointer = point(conn, (source, into), left, now).await?;
    forget_numbers(conn, &[(from, passed)]).await?;
    let remained = match save(conn, target, now).await? {
        Ok(record) => record,
        Err(Taken) => return Ok(Err(Taken)),
    };
    let [source_confirmations, target_confirmations] = confirmations;
    let (MemberId(source), MemberId(target)) = (from, into);
    let row: Vec<Value> = vec![
        source.into(),
        target.into(),
        before.0.into(),
        before.1.into(),
        last_change(conn, into).await?.into(),
        source_confirmations?.into(),
        target_confirmations?.into(),
        now.into(),
    ];
    let columns = "source, target, source_change, target_change, merged_change, \
                   source_confirmations, target_confirmations, merged_at";
    insert_rows(conn, "member_merge", columns, vec![row]).await.map_err(fault::of)?;
    Ok(Ok((remained, pointer)))
}

/// Makes a record a pointer, which is still seen through the union that it was seen through.
async fn point(
    conn: &Tx,
    (before, MemberId(into)): (&MemberRecord, MemberId),
    left: MemberFacts,
    now: DateTime<Utc>,
) -> Outcome<MemberRecord> {
    let (MemberId(id), at) = (before.id, now.max(before.updated_at));
    let text = "UPDATE member SET version = version + 1, updated_at = $3, merged_into = $4,
                       facts = $5, confirmations = $6, state = 0, transfer_to = NULL,
                       employer = NULL, worker_group = NULL
                WHERE id = $1 AND version = $2 AND deleted_at IS NULL";
    let rows = fact::rows(&left);
    let values: [Value; 6] = [
        id.into(),
        before.version.into(),
        at.into(),
        into.into(),
        dated::written(rows.clone())?.into(),
        written_confirmations(&Confirmations::default())?.into(),
    ];
    let done = conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    all_changed(done.rows_affected(), 1)?;
    let recorded = change(before.id, &fact::rows(&before.facts), &rows, at)?;
    record_changes(conn, recorded.into_iter().collect()).await?;
    Ok(MemberRecord {
        version: before.version + 1,
        transfer: None,
        facts: left,
        merged_into: Some(MemberId(into)),
        updated_at: at,
        ..before.clone()
    })
}

/// The merge by which a record became a pointer.
pub async fn merge_of(
    conn: &impl ConnectionTrait,
    MemberId(id): MemberId,
) -> Outcome<Option<Merge>> {
    let text = "SELECT target, source_change, target_change, merged_change, source_confirmations,
                       target_confirmations, merged_at FROM member_merge WHERE source = $1";
    let found = Row::find_by_statement(sql(conn, text, [id.into()])).one(conn).await;
    let Some(row) = found.map_err(fault::of)? else { return Ok(None) };
    let (source, target) = (MemberId(id), MemberId(row.target));
    let mut source_before = facts_at(conn, source, row.source_change).await?;
    source_before.confirmations = read_confirmations(&row.source_confirmations)?;
    let mut target_before = facts_at(conn, target, row.target_change).await?;
    target_before.confirmations = read_confirmations(&row.target_confirmations)?;
    let target_after = facts_at(conn, target, row.merged_change).await?;
    let merged_at = row.merged_at;
    Ok(Some(Merge { target, source_before, target_before, target_after, merged_at }))
}

/// Takes a merge back; answers the record that remained and the one that is given back.
pub async fn unmerge(
    conn: &Tx,
    target: Changed<'_>,
    source: Restoring<'_>,
    now: DateTime<Utc>,
) -> Write<(MemberRecord, MemberRecord)> {
    let remained = match save(conn, target, now).await? {
        Ok(record) => record,
        Err(Taken) => return Ok(Err(Taken)),
    };
    let Restoring { source: before, facts, stand, transfer, numbers } = source;
    let at = now.max(before.updated_at);
    let after = MemberRecord {
        version: before.version + 1,
        stand,
        transfer,
        facts,
        merged_into: None,
        updated_at: at,
        ..before.clone()
    };
    update(conn, vec![row(before, &after)?]).await?;
    let (old, new) = (fact::rows(&before.facts), fact::rows(&after.facts));
    record_changes(conn, change(before.id, &old, &new, at)?.into_iter().collect()).await?;
    let numbers = vec![(before.id, numbers)];
    forget_numbers(conn, &numbers).await?;
    if let Err(taken) = keep_numbers(conn, numbers).await? {
        return Ok(Err(taken));
    }
    let after = vec![after];
    keep_units(conn, &after).await?;
    let MemberId(id) = before.id;
    let gone = sql(conn, "DELETE FROM member_merge WHERE source = $1", [id.into()]);
    conn.execute_raw(gone).await.map_err(fault::of)?;
    Ok(Ok((remained, after.into_iter().next().ok_or_else(|| dated::broken("no record"))?)))
}

/// The records that were merged into this one, and into those, by id.
pub async fn into(conn: &impl ConnectionTrait, id: MemberId) -> Outcome<Vec<MemberId>> {
    #[derive(FromQueryResult)]
    struct Source {
        id: Uuid,
    }
    let (mut found, mut open) = (Vec::new(), vec![id]);
    while let Some(MemberId(id)) = open.pop() {
        let text = "SELECT source AS id FROM member_merge WHERE target = $1 ORDER BY source";
        let rows = Source::find_by_statement(sql(conn, text, [id.into()])).all(conn).await;
        let sources = rows.map_err(fault::of)?.into_iter().map(|row| MemberId(row.id));
        let before = found.len();
        found.extend(sources);
        open.extend_from_slice(&found[before..]);
    }
    found.sort_unstable();
    Ok(found)
}
