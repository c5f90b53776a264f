//! SQLite: a copy that SQLite made of one state while others write, and a file that was brought back.

use std::{path::Path, str::FromStr, time::Duration};

use futures::TryStreamExt;
use sea_orm::{DatabaseConnection, SqlxSqliteConnector};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection, Decode, Row, Sqlite, SqliteConnection,
    SqlitePool, TypeInfo, ValueRef,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow},
};

use super::{
    BackupError,
    table::{Sum, Summing, Table, quote},
};
use crate::db::DbConfig;

/// Writers hold the file for moments only; this is for a disk that stalls.
const PATIENCE: Duration = Duration::from_secs(30);

/// A file that nobody else has open.
pub struct Copy {
    pool: SqlitePool,
    conn: DatabaseConnection,
}

impl Copy {
    /// Writes one state of a database into a new file. Writers go on meanwhile.
    pub async fn make(config: &DbConfig, file: &Path) -> Result<(), BackupError> {
        let options = SqliteConnectOptions::from_str(&config.url)?
            .create_if_missing(false)
            .busy_timeout(PATIENCE)
            .disable_statement_logging();
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let copied = sqlx::query("VACUUM INTO $1")
            .bind(file.display().to_string())
            .execute(&mut connection)
            .await;
        connection.close().await?;
        copied?;
        Ok(())
    }

    /// Opens a file.
    pub async fn open(file: &Path) -> Result<Self, BackupError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(false)
            .foreign_keys(true)
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        let conn = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.clone());
        Ok(Self { pool, conn })
    }

    /// For statements of the store.
    pub fn conn(&self) -> &DatabaseConnection {
        &self.conn
    }

    /// Whether SQLite finds every page, index and reference in order.
    pub async fn is_sound(&self) -> Result<bool, BackupError> {
        let told: String = sqlx::query_scalar("PRAGMA quick_check").fetch_one(&self.pool).await?;
        Ok(told == "ok")
    }

    /// Closes the file.
    pub async fn close(self) {
        self.pool.close().await;
    }

    pub(super) async fn tables(&self) -> Result<Vec<Table>, BackupError> {
        let names: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&self.pool).await?;
        let mut tables = Vec::with_capacity(names.len());
        for name in names {
            let columns = self.names(COLUMNS, &name).await?;
            let key = self.names(KEY, &name).await?;
            let key = key.iter().map(|column| quote(column)).collect();
            let parents = self.names(PARENTS, &name).await?;
            tables.push(Table { name, columns, key, parents });
        }
        Ok(tables)
    }

    async fn names(&self, text: &'static str, table: &str) -> Result<Vec<String>, BackupError> {
        Ok(sqlx::query_scalar(text).bind(table).fetch_all(&self.pool).await?)
    }

    pub(super) async fn sum(&self, table: &Table) -> Result<Sum, BackupError> {
        let mut summing = Summing::default();
        let mut rows = sqlx::query(AssertSqlSafe(table.select())).fetch(&self.pool);
        while let Some(row) = rows.try_next().await? {
            summing.rows(1);
            add(&mut summing, &row)?;
        }
        Ok(summing.end())
    }
}

/// A row: each value with its type and its length before it, so that no two rows look alike.
fn add(summing: &mut Summing, row: &SqliteRow) -> Result<(), BackupError> {
    for place in 0..row.len() {
        let value = row.try_get_raw(place)?;
        if value.is_null() {
            summing.bytes(b"N");
            continue;
        }
        let kind = value.type_info().name().as_bytes()[..1].to_owned();
        let bytes = <Vec<u8> as Decode<Sqlite>>::decode(value).map_err(sqlx::Error::Decode)?;
        summing.bytes(&kind);
        summing.bytes(&(bytes.len() as u64).to_be_bytes());
        summing.bytes(&bytes);
    }
    Ok(())
}

const TABLES: &str = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
const COLUMNS: &str = "SELECT name FROM pragma_table_info($1) ORDER BY name";
const KEY: &str = "SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk";
const PARENTS: &str = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list($1)";
