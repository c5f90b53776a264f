//! The key of each member, sealed under the vault's.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{Tx, fault, insert_rows, places, rows_per_statement, sql},
    fault::Outcome,
    vault::{Owner, Vault},
};
use uuid::Uuid;

use crate::rules::member::MemberId;

/// The owner of a person's key. Neither the key nor what it sealed opens elsewhere.
pub fn owner(MemberId(id): &MemberId) -> Owner<'_> {
    Owner { table: "member", row: id.as_bytes() }
}

/// The sealed key of a member; absent when what is personal was erased.
pub async fn key_of(
    conn: &impl ConnectionTrait,
    MemberId(id): MemberId,
) -> Outcome<Option<Vec<u8>>> {
    #[derive(FromQueryResult)]
    struct Row {
        sealed: Vec<u8>,
    }
    let text = "SELECT sealed FROM member_key WHERE member = $1";
    let found = Row::find_by_statement(sql(conn, text, [id.into()])).one(conn).await;
    Ok(found.map_err(fault::of)?.map(|row| row.sealed))
}

/// The same of several members; without those that have none any more.
pub async fn keys_of(
    conn: &impl ConnectionTrait,
    ids: &[MemberId],
) -> Outcome<HashMap<MemberId, Vec<u8>>> {
    #[derive(FromQueryResult)]
    struct Row {
        member: Uuid,
        sealed: Vec<u8>,
    }
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(rows_per_statement(1)) {
        let text = format!(
            "SELECT member, sealed FROM member_key WHERE member IN (VALUES {})",
            places(some.len(), 1)
        );
        let statement = sql(conn, &text, some.iter().map(|MemberId(id)| Value::from(*id)));
        let rows = Row::find_by_statement(statement).all(conn).await.map_err(fault::of)?;
        found.extend(rows.into_iter().map(|row| (MemberId(row.member), row.sealed)));
    }
    Ok(found)
}

/// Keeps the sealed keys of new members.
pub async fn keep_key(
    conn: &Tx,
    keys: impl IntoIterator<Item = (MemberId, Vec<u8>)>,
) -> Outcome<()> {
    let row = |(MemberId(id), sealed): (MemberId, Vec<u8>)| {
        let version = Vault::version(&sealed).unwrap_or_default();
        vec![id.into(), i32::try_from(version).unwrap_or(i32::MAX).into(), sealed.into()]
    };
    let rows = keys.into_iter().map(row).collect();
    insert_rows(conn, "member_key", "member, key_version, sealed", rows).await.map_err(fault::of)
}
