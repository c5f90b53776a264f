//! Connections to the two engines: SQLite by default, PostgreSQL in production.
//!
//! The same store code runs on both. On SQLite one writer connection stands behind a fair queue;
//! on PostgreSQL readers and writers have a pool each.

pub mod fault;
pub(crate) mod rows;
mod statistics;
mod write;

use std::{fmt::Write, str::FromStr, sync::Arc, time::Duration};

use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, SqlxPostgresConnector, SqlxSqliteConnector, Statement,
    TransactionOptions, TransactionTrait, Value,
};
use sqlx::{
    ConnectOptions as _, Connection, SqliteConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

pub use self::{
    rows::{insert_new_rows, insert_rows, source},
    write::{Tx, WriteTx},
};
use crate::{
    fault::{Fault, Outcome},
    reasons,
};

/// How long a statement waits for a lock on PostgreSQL before it answers `CONFLICT`, in ms.
const LOCK_TIMEOUT_MS: &str = "10000";

/// Connections for reads by key, beside all others: as many as a loader asks through at once.
const LOOKUPS: u32 = 3;

/// What is needed to reach a database.
#[derive(Debug, Clone)]
pub struct DbConfig {
    /// `sqlite://PATH` or `postgres://...`.
    pub url: String,
    /// The PostgreSQL schema; SQLite has a file a service instead.
    pub schema: String,
    /// Connections on PostgreSQL, half of them for writes; reading connections on SQLite.
    pub max_connections: u32,
    /// How long a call waits for a connection before it answers `STORAGE_UNAVAILABLE`. A write waits
    /// for its turn before, as long as its caller does.
    pub acquire_timeout: Duration,
    /// How long one statement may run on PostgreSQL.
    pub statement_timeout: Duration,
    /// Writes that may wait for their turn before further ones are shed.
    pub max_waiting_writes: usize,
}

impl DbConfig {
    /// The usual limits for a database at `url`.
    pub fn new(url: impl Into<String>, schema: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            schema: schema.into(),
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            max_waiting_writes: 1024,
        }
    }
}

/// An open database.
#[derive(Clone)]
pub struct Db {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    lookups: DatabaseConnection,
    /// One permit a write that waits or works.
    writes: Arc<Semaphore>,
    /// One permit a write that works, first come first served.
    turns: Arc<Semaphore>,
    /// Rings for those who wait when one whose turn it was found the database away.
    away: Arc<Notify>,
    schema: Arc<str>,
}

impl Db {
    /// Opens the database; SQLite's file is created when it is missing.
    pub async fn open(config: &DbConfig) -> Outcome<Self> {
        let pools = if config.url.starts_with("postgres") {
            open_postgres(config).await.map_err(|cause| unreachable(cause.into()))?
        } else {
            open_sqlite(config).await.map_err(|cause| unreachable(cause.into()))?
        };
        let Pools { reader, writer, lookups, writers } = pools;
        let writes = Arc::new(Semaphore::new(config.max_waiting_writes));
        let turns = Arc::new(Semaphore::new(writers as usize));
        let (away, schema) = (Arc::default(), config.schema.as_str().into());
        Ok(Self { reader, writer, lookups, writes, turns, away, schema })
    }

    /// Which engine this is.
    pub fn engine(&self) -> DatabaseBackend {
        self.reader.get_database_backend()
    }

    /// Whether ids are given in commit order (SQLite's single writer), so no sequencer is needed.
    pub fn ids_are_commit_order(&self) -> bool {
        self.engine() == DatabaseBackend::Sqlite
    }

    /// The schema whose tables these are; on SQLite the service's name for its file.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// For statements that only read.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// For reads by key, through a [`Loader`](crate::loader::Loader). A pool hands its connections
    /// out in turn, so that few of them stay warm where many would not.
    pub fn lookups(&self) -> &DatabaseConnection {
        &self.lookups
    }

    /// The connection that migrations run on.
    pub fn migrator(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Begins a write. Sheds it when too many wait already.
    pub async fn begin(&self) -> Outcome<WriteTx> {
        let place = Arc::clone(&self.writes).try_acquire_owned().map_err(|_| {
            Fault::new(&reasons::OVERLOADED).retry_after(Duration::from_millis(200))
        })?;
        let turn = self.turn().await?;
        let begun = self.begin_write().await;
        if begun.as_ref().is_err_and(|fault| *fault.reason() == reasons::STORAGE_UNAVAILABLE) {
            self.away.notify_waiters();
        }
        Ok(WriteTx { conn: begun?, _turn: turn, _place: place })
    }

    async fn begin_write(&self) -> Outcome<Tx> {
        if self.engine() == DatabaseBackend::Postgres {
            let writer = self.writer.clone();
            return whole(async move { Tx::begin(writer.get_postgres_connection_pool()).await })
                .await;
        }
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        begin_whole(self.writer.clone(), options).await.map(Tx::Mapped)
    }

    /// A turn to write. That others write says nothing of the database, so the wait ends with the
    /// caller's patience, or when somebody whose turn it was finds the database away.
    async fn turn(&self) -> Outcome<OwnedSemaphorePermit> {
        tokio::select! {
            biased;
            turn = Arc::clone(&self.turns).acquire_owned() => {
                turn.map_err(|closed| unreachable(closed.into()))
            }
            () = self.away.notified() => Err(unreachable("found away by another write".into())),
        }
    }

    /// A transaction in which every statement sees the same state.
    pub async fn begin_read(&self) -> Outcome<DatabaseTransaction> {
        let options = TransactionOptions {
            isolation_level: (self.engine() == DatabaseBackend::Postgres)
                .then_some(sea_orm::IsolationLevel::RepeatableRead),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
            ..Default::default()
        };
        begin_whole(self.reader.clone(), options).await
    }

    /// A transaction that may last: between its statements it keeps no state of the database, which
    /// could not be tidied up meanwhile.
    pub async fn begin_lasting(&self) -> Outcome<DatabaseTransaction> {
        begin_whole(self.reader.clone(), TransactionOptions::default()).await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Outcome<()> {
        self.reader.ping().await.map_err(fault::of)
    }

    /// Closes every connection.
    pub async fn close(self) {
        // A failure to close leaves nothing to do: the process is about to end.
        let _ = self.lookups.close().await;
        let _ = self.reader.close().await;
        let _ = self.writer.close().await;
    }
}

/// Begins a transaction, also when its caller goes away meanwhile.
async fn begin_whole(
    connection: DatabaseConnection,
    options: TransactionOptions,
) -> Outcome<DatabaseTransaction> {
    if connection.get_database_backend() != DatabaseBackend::Postgres {
        return connection.begin_with_options(options).await.map_err(fault::of);
    }
    whole(async move { connection.begin_with_options(options).await }).await
}

/// On PostgreSQL the driver does not count a transaction whose BEGIN was sent and whose answer was
/// not awaited: its connection would go back to the pool with a transaction that nobody ends. One that
/// nobody takes from the task is dropped there, which rolls it back.
async fn whole<T: Send + 'static>(
    begin: impl Future<Output = Result<T, DbErr>> + Send + 'static,
) -> Outcome<T> {
    let begun = tokio::spawn(begin).await;
    let begun = begun.map_err(|gone| Fault::new(&reasons::INTERNAL).caused_by(gone))?;
    begun.map_err(fault::of)
}

/// A statement with `$1`-style places, which both engines take.
pub fn sql(
    conn: &impl ConnectionTrait,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    let engine = conn.get_database_backend();
    let unnamed = if engine == DatabaseBackend::Sqlite { without_names(text) } else { None };
    Statement::from_sql_and_values(engine, unnamed.unwrap_or_else(|| text.to_owned()), values)
}

/// The one whole number that a statement answers, a count for instance; 0 where it answers nothing.
pub async fn number(
    conn: &impl ConnectionTrait,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Outcome<i64> {
    let row = conn.query_one_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0)).map_err(fault::of)
}

/// `$1, $2` as `?, ?`. To SQLite `$1` is a name that it seeks among all names of the statement, so
/// that a thousand rows take a second. None where the places are not in order, each once.
fn without_names(text: &str) -> Option<String> {
    let mut pieces = text.split('$');
    let mut out = String::with_capacity(text.len());
    out.push_str(pieces.next()?);
    for (piece, expected) in pieces.zip(1_usize..) {
        let end = piece.find(|c: char| !c.is_ascii_digit()).unwrap_or(piece.len());
        let (number, rest) = piece.split_at(end);
        if number.parse() != Ok(expected) {
            return None;
        }
        out.push('?');
        out.push_str(rest);
    }
    Some(out)
}

/// `($1, $2), ($3, $4)`: the places of a multi-row insert.
pub fn places(rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * (columns * 7 + 4));
    for place in 0..rows * columns {
        text.push_str(match place % columns {
            0 if place == 0 => "(",
            0 => "), (",
            _ => ", ",
        });
        // Writing to a string never fails.
        let _ = write!(text, "${}", place + 1);
    }
    text.push(')');
    text
}

/// Rows of `columns` values that fit into one statement on both engines (SQLite: 32,766 values).
pub fn rows_per_statement(columns: usize) -> usize {
    (30_000 / columns.max(1)).clamp(1, 1_000)
}

fn unreachable(cause: Box<dyn std::error::Error + Send + Sync>) -> Fault {
    Fault::new(&reasons::STORAGE_UNAVAILABLE).caused_by(cause)
}

/// The pools of a database.
struct Pools {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    lookups: DatabaseConnection,
    /// Connections of the writer.
    writers: u32,
}

async fn open_postgres(config: &DbConfig) -> Result<Pools, sqlx::Error> {
    let timeout = config.statement_timeout.as_millis().to_string();
    let options = PgConnectOptions::from_str(&config.url)?
        .application_name("unionhall")
        .options([
            ("search_path", config.schema.as_str()),
            ("statement_timeout", &timeout),
            ("lock_timeout", LOCK_TIMEOUT_MS),
        ])
        // A slow statement would be logged with its text, which a thousand rows make long.
        .disable_statement_logging();
    let pool = |most| {
        PgPoolOptions::new()
            .max_connections(most)
            .acquire_timeout(config.acquire_timeout)
            // By default a busy pool closes all its connections together after half an hour.
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    // Apart, so that writers who wait for locks leave the readers their connections.
    let half = config.max_connections.div_ceil(2);
    let reader = pool(half).connect_with(options.clone()).await?;
    let writer = pool(half).connect_with(options.clone()).await?;
    let lookups = pool(LOOKUPS).connect_lazy_with(options);
    Ok(Pools {
        reader: SqlxPostgresConnector::from_sqlx_postgres_pool(reader),
        writer: SqlxPostgresConnector::from_sqlx_postgres_pool(writer),
        lookups: SqlxPostgresConnector::from_sqlx_postgres_pool(lookups),
        writers: half,
    })
}

async fn open_sqlite(config: &DbConfig) -> Result<Pools, sqlx::Error> {
    let options = SqliteConnectOptions::from_str(&config.url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: an acknowledged write survives a power loss.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .disable_statement_logging();
    let pool = |most| {
        SqlitePoolOptions::new()
            .max_connections(most)
            .acquire_timeout(config.acquire_timeout)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    let writer = pool(1)
        .after_release(|connection, _| Box::pin(has_ended(connection)))
        .connect_with(options.clone())
        .await?;
    let reading = options.read_only(true).create_if_missing(false);
    let reader = pool(config.max_connections).connect_with(reading.clone()).await?;
    let lookups = pool(LOOKUPS).connect_lazy_with(reading);
    Ok(Pools {
        reader: SqlxSqliteConnector::from_sqlx_sqlite_pool(reader),
        writer: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
        lookups: SqlxSqliteConnector::from_sqlx_sqlite_pool(lookups),
        writers: 1,
    })
}

/// Whether the connection's last transaction is over; the pool drops a connection otherwise.
///
/// A full disk can make SQLite roll back by itself. The driver's own ROLLBACK then fails and it
/// still counts the transaction as open, so the next write would be a savepoint of a transaction
/// that nobody commits: acknowledged, and lost.
async fn has_ended(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // The ping comes back behind a rollback that is still under way.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_transaction_that_sqlite_ended_itself_takes_no_later_write_along() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("x.db").display());
        let db = Db::open(&DbConfig::new(url, "x")).await.unwrap();
        db.migrator().execute_unprepared("CREATE TABLE kept (n INTEGER)").await.unwrap();
        for _ in 0..2 {
            let tx = db.begin().await.unwrap();
            tx.conn().execute_unprepared("INSERT INTO kept VALUES (0)").await.unwrap();
            // As a full disk does behind the driver's back.
            tx.conn().execute_unprepared("ROLLBACK").await.unwrap();
            drop(tx);
            let given_up = db.begin().await.unwrap();
            given_up.conn().execute_unprepared("INSERT INTO kept VALUES (0)").await.unwrap();
            drop(given_up);
            let tx = db.begin().await.unwrap();
            tx.conn().execute_unprepared("INSERT INTO kept VALUES (1)").await.unwrap();
            tx.commit().await.unwrap();
        }
        let count = sql(db.reader(), "SELECT COUNT(*) AS c, SUM(n) AS s FROM kept", []);
        let row = db.reader().query_one_raw(count).await.unwrap().unwrap();
        let (count, sum): (i64, i64) =
            (row.try_get("", "c").unwrap(), row.try_get("", "s").unwrap());
        assert_eq!((count, sum), (2, 2));
    }

    #[tokio::test]
    async fn a_write_waits_for_its_turn_longer_than_for_the_database() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("x.db").display());
        // Long enough for a pool on a busy machine to hand over what was given back.
        let acquire_timeout = Duration::from_secs(2);
        let config = DbConfig { acquire_timeout, ..DbConfig::new(url, "x") };
        let db = Db::open(&config).await.unwrap();
        let first = db.begin().await.unwrap();
        let mut second = Box::pin(db.begin());
        let patience = tokio::time::timeout(acquire_timeout * 3 / 2, &mut second);
        assert!(patience.await.is_err(), "it neither began nor was refused");
        first.commit().await.unwrap();
        let second = second.await.unwrap();
        let mut third = Box::pin(db.begin());
        assert!(futures::poll!(&mut third).is_pending());
        db.away.notify_waiters();
        let told = third.await.err().unwrap();
        assert_eq!(*told.reason(), reasons::STORAGE_UNAVAILABLE);
        second.rollback().await.unwrap();
    }

    #[test]
    fn places_in_order_lose_their_names() {
        let text = "INSERT INTO t VALUES ($1, $2), ($3, $4) RETURNING id";
        let unnamed = "INSERT INTO t VALUES (?, ?), (?, ?) RETURNING id";
        assert_eq!(without_names(text).as_deref(), Some(unnamed));
        assert_eq!(without_names("SELECT 1").as_deref(), Some("SELECT 1"));
        for text in ["a = $1 OR b = $1", "a = $2 AND b = $1", "a = $2", "a = '$'"] {
            assert_eq!(without_names(text), None, "{text}");
        }
    }

    #[test]
    fn places_count_on_over_the_rows() {
        assert_eq!(places(2, 3), "($1, $2, $3), ($4, $5, $6)");
        assert!(rows_per_statement(40) * 40 <= 32_766);
    }
}
