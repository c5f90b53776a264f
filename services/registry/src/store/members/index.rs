//! Finding a person by keyed digests of a document or a mobile number.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, places, rows_per_statement, source, sql},
    fault::Outcome,
    vault::BlindIndex,
};
use uuid::Uuid;

use crate::rules::member::MemberId;

/// The digests of one number, one a live version of the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    /// Code of the kind of document; empty for a mobile number.
    pub kind: &'static str,
    /// The digests.
    pub digests: Vec<BlindIndex>,
}

#[derive(FromQueryResult)]
struct Found {
    member: Uuid,
}

/// The member with a document that has one of the digests.
pub async fn find_by_document(
    conn: &impl ConnectionTrait,
    digests: &[BlindIndex],
) -> Outcome<Option<MemberId>> {
    Ok(find(conn, "member_document", digests, 1).await?.into_iter().next())
}

/// At most `limit` members with a mobile number that has one of the digests: a number may be a
/// family's.
pub async fn find_by_mobile(
    conn: &impl ConnectionTrait,
    digests: &[BlindIndex],
    limit: u64,
) -> Outcome<Vec<MemberId>> {
    find(conn, "member_mobile", digests, limit).await
}

async fn find(
    conn: &impl ConnectionTrait,
    table: &str,
    digests: &[BlindIndex],
    limit: u64,
) -> Outcome<Vec<MemberId>> {
    let mut found = Vec::new();
    for digest in digests {
        let text = format!(
            "SELECT member FROM {table} WHERE key_version = $1 AND mac = $2
             ORDER BY member LIMIT {limit}"
        );
        let values: [Value; 2] = [version(digest).into(), digest.mac.clone().into()];
        let rows = Found::find_by_statement(sql(conn, &text, values)).all(conn).await;
        found.extend(rows.map_err(fault::of)?.into_iter().map(|row| MemberId(row.member)));
    }
    let mut found = remaining(conn, found).await?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The records into which these were merged, or these themselves.
async fn remaining(conn: &impl ConnectionTrait, mut ids: Vec<MemberId>) -> Outcome<Vec<MemberId>> {
    #[derive(FromQueryResult)]
    struct Pointer {
        id: Uuid,
        merged_into: Uuid,
    }
    loop {
        let mut merged = false;
        for some in ids.chunks_mut(rows_per_statement(1)) {
            let text = format!(
                "SELECT id, merged_into FROM member
                 WHERE merged_into IS NOT NULL AND id IN (VALUES {})",
                places(some.len(), 1)
            );
            let values = some.iter().map(|MemberId(id)| Value::from(*id));
            let rows = Pointer::find_by_statement(sql(conn, &text, values)).all(conn).await;
            let rows = rows.map_err(fault::of)?;
            let into: HashMap<Uuid, Uuid> =
                rows.into_iter().map(|row| (row.id, row.merged_into)).collect();
            merged |= !into.is_empty();
            for MemberId(id) in some {
                *id = into.get(id).copied().unwrap_or(*id);
            }
        }
        // A record that was merged may have been merged into one that was: the way is short, and it
        // ends, for nothing is merged into what points elsewhere.
        if !merged {
            return Ok(ids);
        }
    }
}

/// Who has a document with one of these digests, each digest with its member: the one that remained
/// where records were merged.
pub async fn holders(
    conn: &impl ConnectionTrait,
    digests: &[BlindIndex],
) -> Outcome<Vec<(Vec<u8>, MemberId)>> {
    #[derive(FromQueryResult)]
    struct Row {
        mac: Vec<u8>,
        member: Uuid,
    }
    let mut held = Vec::new();
    for some in digests.chunks(rows_per_statement(2)) {
        let columns = "key_version, mac";
        let row = |digest: &BlindIndex| vec![version(digest).into(), digest.mac.clone().into()];
        let (asked, values) = source(conn, columns, some.iter().map(row).collect());
        // In this order: each digest is one look into the key.
        let text = format!(
            "WITH asked ({columns}) AS ({asked})
             SELECT d.mac, d.member FROM asked CROSS JOIN member_document d
             WHERE d.key_version = asked.key_version AND d.mac = asked.mac"
        );
        let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
        let rows = rows.map_err(fault::of)?;
        held.extend(rows.into_iter().map(|row| (row.mac, MemberId(row.member))));
    }
    let ids = held.iter().map(|(_, id)| *id).collect();
    let remaining = remaining(conn, ids).await?;
    Ok(held.into_iter().map(|(mac, _)| mac).zip(remaining).collect())
}

/// By what mobile numbers these members are found, each digest with its member.
pub async fn mobiles_of(
    conn: &impl ConnectionTrait,
    ids: &[MemberId],
) -> Outcome<Vec<(MemberId, Vec<u8>)>> {
    #[derive(FromQueryResult)]
    struct Row {
        mac: Vec<u8>,
        member: Uuid,
    }
    let mut found = Vec::new();
    for some in ids.chunks(rows_per_statement(1)) {
        let text = format!(
            "SELECT mac, member FROM member_mobile WHERE member IN (VALUES {})",
            places(some.len(), 1)
        );
        let statement = sql(conn, &text, some.iter().map(|MemberId(id)| Value::from(*id)));
        let rows = Row::find_by_statement(statement).all(conn).await.map_err(fault::of)?;
        found.extend(rows.into_iter().map(|row| (MemberId(row.member), row.mac)));
    }
    Ok(found)
}

/// The version as it is stored.
pub(super) fn version(digest: &BlindIndex) -> i32 {
    i32::try_from(digest.version).unwrap_or(i32::MAX)
}
