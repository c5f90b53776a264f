//! A table of data keys: one row an owner, `sealed` and the version under which it is.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult};
use uuid::Uuid;

use super::{Chunk, Sealed};
use crate::{
    db::{Tx, fault, insert_rows, places, rows_per_statement, sql},
    fault::{Fault, Outcome},
    reasons,
    vault::{DataKey, Owner, Vault},
};

/// Such a table: `owner {uuid} PRIMARY KEY`, `sealed {bytes}` and `key_version INTEGER`, with an index
/// on `key_version`. An erasure deletes the row.
#[derive(Debug, Clone, Copy)]
pub struct DataKeys {
    /// The table.
    pub table: &'static str,
    /// Its column with the owner's id.
    pub owner: &'static str,
}

#[derive(FromQueryResult)]
struct Row {
    owner: Uuid,
    sealed: Vec<u8>,
}

impl DataKeys {
    /// The key of an owner, stored with it; the first one is made.
    pub async fn hold(self, conn: &Tx, vault: &Vault, owner: Uuid) -> Outcome<DataKey> {
        if let Some(sealed) = self.load(conn, &[owner]).await?.pop().map(|(_, sealed)| sealed) {
            return vault.open_data_key(self.owner_of(&owner), Some(&sealed));
        }
        let (key, sealed) = vault.new_data_key(self.owner_of(&owner))?;
        self.insert(conn, vec![(owner, sealed)]).await?;
        Ok(key)
    }

    /// The key of an owner, as it is stored; `ERASED` where it is stored no more.
    pub async fn open(
        self,
        conn: &impl ConnectionTrait,
        vault: &Vault,
        owner: Uuid,
    ) -> Outcome<DataKey> {
        let sealed = self.load(conn, &[owner]).await?.pop().map(|(_, sealed)| sealed);
        vault.open_data_key(self.owner_of(&owner), sealed.as_deref())
    }

    /// The sealed keys of these owners; who has none is absent.
    pub async fn load(
        self,
        conn: &impl ConnectionTrait,
        owners: &[Uuid],
    ) -> Outcome<Vec<(Uuid, Vec<u8>)>> {
        let mut found = Vec::with_capacity(owners.len());
        for some in owners.chunks(rows_per_statement(1)) {
            let text = format!(
                "SELECT {owner} AS owner, sealed FROM {table} WHERE {owner} IN (VALUES {places})",
                table = self.table,
                owner = self.owner,
                places = places(some.len(), 1)
            );
            let statement = sql(conn, &text, some.iter().map(|id| (*id).into()));
            let rows = Row::find_by_statement(statement).all(conn).await.map_err(fault::of)?;
            found.extend(rows.into_iter().map(|row| (row.owner, row.sealed)));
        }
        Ok(found)
    }

    /// Stores sealed keys of owners that have none.
    pub async fn insert(self, conn: &Tx, keys: Vec<(Uuid, Vec<u8>)>) -> Outcome<()> {
        let row = |(owner, sealed): (Uuid, Vec<u8>)| {
            let version = version(&sealed)?;
            Ok(vec![owner.into(), sealed.into(), version.into()])
        };
        let rows = keys.into_iter().map(row).collect::<Outcome<Vec<_>>>()?;
        let columns = format!("{}, sealed, key_version", self.owner);
        insert_rows(conn, self.table, &columns, rows).await.map_err(fault::of)
    }

    /// Destroys the key of an owner: whatever it sealed is closed for good.
    pub async fn erase(self, conn: &impl ConnectionTrait, owner: Uuid) -> Outcome<()> {
        let text = format!("DELETE FROM {} WHERE {} = $1", self.table, self.owner);
        conn.execute_raw(sql(conn, &text, [owner.into()])).await.map_err(fault::of)?;
        Ok(())
    }

    /// The owner of a row, to which its key is bound.
    pub fn owner_of(self, id: &Uuid) -> Owner<'_> {
        Owner { table: self.table, row: id.as_bytes() }
    }
}

fn version(sealed: &[u8]) -> Outcome<i32> {
    let version = Vault::version(sealed).and_then(|version| i32::try_from(version).ok());
    version.ok_or_else(|| Fault::new(&reasons::INTERNAL))
}

/// What is left to do is what is under another version, so the place says nothing: a row that came in
/// late is found as well.
#[async_trait]
impl Sealed for DataKeys {
    fn name(&self) -> &'static str {
        self.table
    }

    async fn reseal_after(&self, conn: &Tx, vault: &Vault, _: &str, limit: u64) -> Outcome<Chunk> {
        let postgres = conn.get_database_backend() == DatabaseBackend::Postgres;
        let text = format!(
            "SELECT {owner} AS owner, sealed FROM {table} WHERE key_version < $1
             ORDER BY key_version, {owner} LIMIT {limit} {lock}",
            table = self.table,
            owner = self.owner,
            lock = if postgres { "FOR UPDATE" } else { "" }
        );
        let now = i32::try_from(vault.version_now()).unwrap_or(i32::MAX);
        let rows = Row::find_by_statement(sql(conn, &text, [now.into()])).all(conn).await;
        let rows = rows.map_err(fault::of)?;
        let last = rows.last().map(|row| row.owner.to_string());
        let renewed = rows.len() as u64;
        let mut anew = Vec::with_capacity(rows.len());
        for Row { owner, sealed } in rows {
            let resealed = vault.resealed(self.owner_of(&owner).context(), &sealed)?;
            let sealed = resealed.unwrap_or(sealed);
            let version = version(&sealed)?;
            anew.push(vec![owner.into(), sealed.into(), version.into()]);
        }
        let sets = (self.table, self.owner, &["sealed", "key_version"][..]);
        super::set_each(conn, sets, anew).await?;
        Ok(Chunk { renewed, last })
    }

    async fn count_sealed(&self, conn: &Tx, version: u32) -> Outcome<u64> {
        let text = format!("SELECT COUNT(*) AS n FROM {} WHERE key_version = $1", self.table);
        let version = i32::try_from(version).unwrap_or(i32::MAX);
        super::counted(conn, &text, version.into()).await
    }
}
