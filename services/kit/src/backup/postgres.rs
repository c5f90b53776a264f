//! PostgreSQL: one connection in one transaction from its first statement to its last, in which the
//! store's own statements run too. Rows travel in COPY's text form, which every later version of
//! PostgreSQL reads.

use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::TryStreamExt;
use sea_orm::{DatabaseConnection, SqlxPostgresConnector};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, PgPool, Postgres, SqlSafeStr,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgConnection, PgCopyIn, PgPoolCopyExt, PgPoolOptions},
};
use sqlx_core::transaction::TransactionManager;

use super::{
    BackupError,
    table::{Sum, Summing, Table, quote},
};
use crate::db::DbConfig;

/// How long the one connection may take to come back between two uses: nobody waits for an answer,
/// and giving up would cost the whole work.
const PATIENCE: Duration = Duration::from_secs(60);

/// One state of everything, which takes no lock that a writer waits for.
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const WRITE: &str = "BEGIN";

/// The text of a row must not depend on how the server or the account is set up.
const SETTINGS: &str = "SET datestyle = 'ISO, YMD'; SET timezone = 'UTC';
    SET intervalstyle = 'postgres'; SET bytea_output = 'hex'; SET extra_float_digits = 1;
    SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
    SET lock_timeout = '10s'";

/// A transaction with a connection of its own. What was written is gone unless it is committed.
pub struct Session {
    pool: PgPool,
    conn: DatabaseConnection,
    schema: String,
}

/// An identity column, and the last number that it gave.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sequence {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The last number.
    pub last: i64,
}

impl Session {
    /// A state to read, which stays the same however long that takes.
    pub async fn reading(config: &DbConfig) -> Result<Self, BackupError> {
        Self::begin(config, READ).await
    }

    /// A transaction to write in.
    pub async fn writing(config: &DbConfig) -> Result<Self, BackupError> {
        Self::begin(config, WRITE).await
    }

    async fn begin(config: &DbConfig, begin: &'static str) -> Result<Self, BackupError> {
        let options = PgConnectOptions::from_str(&config.url)?
            .application_name("unionhall backup")
            .options([("search_path", config.schema.as_str())])
            .disable_statement_logging();
        let begun = Arc::new(AtomicBool::new(false));
        // The pool has one connection, which lends itself to the store and to COPY in turn. A second
        // one, after the first was lost, would work outside of the transaction.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .after_connect(move |connection, _| {
                let lost = begun.swap(true, Ordering::SeqCst);
                Box::pin(async move {
                    if lost { Err(sqlx::Error::PoolClosed) } else { open(connection, begin).await }
                })
            })
            .connect_with(options)
            .await?;
        let conn = SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone());
        Ok(Self { pool, conn, schema: config.schema.clone() })
    }

    /// For statements of the store. A transaction that one of them begins is a savepoint of this one.
    pub fn conn(&self) -> &DatabaseConnection {
        &self.conn
    }

    /// Keeps what was written.
    pub async fn commit(self) -> Result<(), BackupError> {
        let mut connection = self.pool.acquire().await?;
        <Postgres as sqlx::Database>::TransactionManager::commit(&mut *connection).await?;
        drop(connection);
        self.pool.close().await;
        Ok(())
    }

    /// Ends the transaction; what was written is gone.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// Every table, that of the migrations left out, in no order.
    pub async fn all_tables(&self) -> Result<Vec<Table>, BackupError> {
        let mut tables = self.tables().await?;
        tables.retain(|table| table.name != super::APPLIED);
        Ok(tables)
    }

    pub(super) async fn tables(&self) -> Result<Vec<Table>, BackupError> {
        type Found = (String, Vec<String>, Vec<String>, Vec<String>);
        let found: Vec<Found> =
            sqlx::query_as(TABLES).bind(&self.schema).fetch_all(&self.pool).await?;
        let table = |(name, columns, key, parents)| Table { name, columns, key, parents };
        Ok(found.into_iter().map(table).collect())
    }

    /// The last number of each identity column that gave any. Read last: numbers ascend outside of
    /// transactions, and one that was given must not be given again.
    pub async fn sequences(&self) -> Result<Vec<Sequence>, BackupError> {
        let found: Vec<(String, String, i64)> =
            sqlx::query_as(SEQUENCES).bind(&self.schema).fetch_all(&self.pool).await?;
        let sequence = |(table, column, last)| Sequence { table, column, last };
        Ok(found.into_iter().map(sequence).collect())
    }

    /// Lets an identity column go on behind the number that it gave last.
    pub async fn resume(&self, sequence: &Sequence) -> Result<(), BackupError> {
        let table = format!("{}.{}", quote(&self.schema), quote(&sequence.table));
        sqlx::query("SELECT setval(pg_get_serial_sequence($1, $2), $3)")
            .bind(table)
            .bind(&sequence.column)
            .bind(sequence.last)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Hands the rows of a table on in the order of their keys, one or more at a time, and sums them
    /// up.
    pub async fn read(
        &self,
        table: &Table,
        mut take: impl AsyncFnMut(&Bytes) -> Result<(), BackupError>,
    ) -> Result<Sum, BackupError> {
        let mut connection = self.pool.acquire().await?;
        let statement = format!("COPY ({}) TO STDOUT", table.select());
        let mut rows = connection.copy_out_raw(&statement).await?;
        let mut summing = Summing::default();
        while let Some(some) = rows.try_next().await? {
            // COPY writes a line a row; a line feed within a value is written as \n.
            summing.rows(some.iter().filter(|byte| **byte == b'\n').count() as u64);
            summing.bytes(&some);
            take(&some).await?;
        }
        Ok(summing.end())
    }

    /// Begins to fill a table.
    pub async fn fill(&self, table: &Table) -> Result<Filling, BackupError> {
        let statement = format!("COPY {} ({}) FROM STDIN", table.quoted(), table.column_list());
        Ok(Filling(self.pool.copy_in_raw(&statement).await?))
    }

    /// Whether a table holds a row.
    pub async fn is_empty(&self, table: &Table) -> Result<bool, BackupError> {
        let text = format!("SELECT NOT EXISTS (SELECT 1 FROM {})", table.quoted());
        Ok(sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(&self.pool).await?)
    }

    /// Makes the schema when it is missing.
    pub async fn create_schema(&self) -> Result<(), BackupError> {
        self.run(&format!("CREATE SCHEMA IF NOT EXISTS {}", quote(&self.schema))).await
    }

    /// Counts the rows for the planner, which would else learn of them minutes later.
    pub async fn analyze(&self, table: &Table) -> Result<(), BackupError> {
        self.run(&format!("ANALYZE {}", table.quoted())).await
    }

    async fn run(&self, text: &str) -> Result<(), BackupError> {
        sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&self.pool).await?;
        Ok(())
    }
}

async fn open(connection: &mut PgConnection, begin: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(SETTINGS).execute(&mut *connection).await?;
    // Not by a mere statement: the driver has to know, or what the store begins would not be a
    // savepoint, and its commit would be everybody's.
    let begin = Some(begin.into_sql_str());
    <Postgres as sqlx::Database>::TransactionManager::begin(connection, begin).await
}

/// A table that is being filled.
pub struct Filling(PgCopyIn<PoolConnection<Postgres>>);

impl Filling {
    /// Some of its rows, wherever they are cut.
    pub async fn rows(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.0.send(bytes).await?;
        Ok(())
    }

    /// The end of them; answers how many there are.
    pub async fn end(self) -> Result<u64, BackupError> {
        Ok(self.0.finish().await?)
    }
}

const TABLES: &str = r#"
SELECT c.relname::text,
    ARRAY(SELECT a.attname::text FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
          ORDER BY a.attname::text COLLATE "C"),
    ARRAY(SELECT quote_ident(a.attname) || CASE a.attcollation WHEN 0 THEN '' ELSE ' COLLATE "C"' END
          FROM pg_index i
          CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
          WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.place),
    ARRAY(SELECT DISTINCT p.relname::text FROM pg_constraint f
          JOIN pg_class p ON p.oid = f.confrelid
          WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')
"#;

const SEQUENCES: &str = r#"
SELECT * FROM (
    SELECT c.relname::text AS "table", a.attname::text AS "column",
        pg_sequence_last_value(s.oid) AS last
    FROM pg_class s
    JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid
        AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('i', 'a')
    JOIN pg_class c ON c.oid = d.refobjid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE s.relkind = 'S' AND n.nspname = $1
) found WHERE last IS NOT NULL ORDER BY 1, 2
"#;
