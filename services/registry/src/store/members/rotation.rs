//! The members' keys and digests, as something that keys rotate under. What a key of a member sealed
//! stays as it is: only the keys themselves are sealed anew.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    db::{Tx, fault, insert_new_rows, number, sql},
    fault::Outcome,
    rotation::{Chunk, Indexed, Sealed, set_each},
    vault::{BlindIndex, DataKey, Vault},
};
use uuid::Uuid;

use super::{
    fact,
    index::version,
    owner,
    sealed::{Opened, open_documents, open_mobile},
};
use crate::{
    rules::{
        member::{MemberFacts, MemberId},
        person::mobile::Mobile,
    },
    store::dated,
};

/// The members' own keys.
pub struct MemberKeys;

/// The digests by which members are found.
pub struct MemberNumbers;

#[derive(FromQueryResult)]
struct KeyRow {
    member: Uuid,
    sealed: Vec<u8>,
}

#[derive(FromQueryResult)]
struct MemberRow {
    member: Uuid,
    sealed: Vec<u8>,
    facts: String,
}

fn held(conn: &Tx, what: &'static str) -> &'static str {
    if conn.get_database_backend() == DatabaseBackend::Postgres { what } else { "" }
}

async fn count(conn: &Tx, text: &str, versions: usize, of: u32) -> Outcome<u64> {
    let values = std::iter::repeat_n(Value::from(i32::try_from(of).unwrap_or(i32::MAX)), versions);
    Ok(number(conn, text, values).await?.unsigned_abs())
}

#[async_trait]
impl Sealed for MemberKeys {
    fn name(&self) -> &'static str {
        "member_key"
    }

    async fn reseal_after(
        &self,
        conn: &Tx,
        vault: &Vault,
        after: &str,
        limit: u64,
    ) -> Outcome<Chunk> {
        let text = format!(
            "SELECT member, sealed FROM member_key WHERE member > $1
             ORDER BY member LIMIT {limit} {}",
            held(conn, "FOR UPDATE")
        );
        let after = Uuid::try_parse(after).unwrap_or(Uuid::nil());
        let rows = KeyRow::find_by_statement(sql(conn, &text, [after.into()])).all(conn).await;
        let rows = rows.map_err(fault::of)?;
        let last = rows.last().map(|row| row.member.to_string());
        let mut renewed = Vec::new();
        for KeyRow { member, sealed } in rows {
            if let Some(anew) = vault.resealed(owner(&MemberId(member)).context(), &sealed)? {
                let version = Vault::version(&anew).unwrap_or_default();
                let version = i32::try_from(version).unwrap_or(i32::MAX);
                renewed.push(vec![member.into(), anew.into(), version.into()]);
            }
        }
        let chunk = Chunk { renewed: renewed.len() as u64, last };
        set_each(conn, ("member_key", "member", &["sealed", "key_version"]), renewed).await?;
        Ok(chunk)
    }

    async fn count_sealed(&self, conn: &Tx, version: u32) -> Outcome<u64> {
        let text = "SELECT COUNT(*) AS n FROM member_key WHERE key_version = $1";
        count(conn, text, 1, version).await
    }
}

#[async_trait]
impl Indexed for MemberNumbers {
    fn name(&self) -> &'static str {
        "member_number"
    }

    async fn index_after(
        &self,
        conn: &Tx,
        vault: &Vault,
        after: &str,
        limit: u64,
    ) -> Outcome<Chunk> {
        let text = format!(
            "SELECT m.id AS member, k.sealed, m.facts FROM member m
             JOIN member_key k ON k.member = m.id
             WHERE m.id > $1 AND m.deleted_at IS NULL ORDER BY m.id LIMIT {limit} {}",
            held(conn, "FOR UPDATE OF m")
        );
        let after = Uuid::try_parse(after).unwrap_or(Uuid::nil());
        let rows = MemberRow::find_by_statement(sql(conn, &text, [after.into()])).all(conn).await;
        let rows = rows.map_err(fault::of)?;
        let chunk = Chunk {
            renewed: rows.len() as u64,
            last: rows.last().map(|row| row.member.to_string()),
        };
        let (mut documents, mut mobiles) = (Vec::new(), Vec::new());
        for MemberRow { member, sealed, facts } in rows {
            let key = vault.open_data_key(owner(&MemberId(member)), Some(&sealed))?;
            let numbers = Numbers { vault, key, facts: fact::facts(dated::read(&facts)?)? };
            for (kind, digest) in numbers.documents()? {
                let place: [Value; 2] = [version(&digest).into(), digest.mac.into()];
                documents.push([&place[..], &[member.into(), kind.into()]].concat());
            }
            for digest in numbers.mobile()? {
                mobiles.push(vec![version(&digest).into(), digest.mac.into(), member.into()]);
            }
        }
        let columns = "key_version, mac, member, kind";
        insert_new_rows(conn, "member_document", columns, documents).await.map_err(fault::of)?;
        let columns = "key_version, mac, member";
        insert_new_rows(conn, "member_mobile", columns, mobiles).await.map_err(fault::of)?;
        Ok(chunk)
    }

    async fn count_indexed(&self, conn: &Tx, version: u32) -> Outcome<u64> {
        let text = "SELECT (SELECT COUNT(*) FROM member_document WHERE key_version = $1)
                         + (SELECT COUNT(*) FROM member_mobile WHERE key_version = $2) AS n";
        count(conn, text, 2, version).await
    }

    async fn forget_before(&self, conn: &Tx, version: u32, limit: u64) -> Outcome<u64> {
        let version = i32::try_from(version).unwrap_or(i32::MAX);
        let mut gone = 0;
        for (table, key) in
            [("member_document", "key_version, mac"), ("member_mobile", "key_version, mac, member")]
        {
            // In the index's order: without one PostgreSQL reads the table from its beginning each
            // time, past everything that was removed before.
            let text = format!(
                "DELETE FROM {table} WHERE ({key}) IN (
                     SELECT {key} FROM {table} WHERE key_version < $1 ORDER BY {key} LIMIT {limit})"
            );
            let done = conn.execute_raw(sql(conn, &text, [version.into()])).await;
            gone += done.map_err(fault::of)?.rows_affected();
        }
        Ok(gone)
    }
}

/// The numbers of one member, opened.
struct Numbers<'a> {
    vault: &'a Vault,
    key: DataKey,
    facts: MemberFacts,
}

impl Numbers<'_> {
    /// The digests of every document, replaced ones too: each finds the member.
    fn documents(&self) -> Outcome<Vec<(&'static str, BlindIndex)>> {
        let mut found = Vec::new();
        for Opened { document, .. } in open_documents(&self.key, &self.facts)? {
            let digests =
                self.vault.blind_indexes(document.index_kind(), document.index_bytes())?;
            let code = document.kind().code();
            found.extend(digests.into_iter().map(|digest| (code, digest)));
        }
        Ok(found)
    }

    /// The digests of the mobile number by which the member is found now.
    fn mobile(&self) -> Outcome<Vec<BlindIndex>> {
        let number = open_mobile(&self.key, &self.facts)?;
        let digests =
            number.map(|number| self.vault.blind_indexes(Mobile::INDEX_KIND, number.as_bytes()));
        Ok(digests.transpose()?.unwrap_or_default())
    }
}
