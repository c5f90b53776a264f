//! The tables of a service as rows to carry away and to bring back, whatever they mean.
//!
//! A backup is one state of the database: on PostgreSQL what one read-only transaction sees, on
//! SQLite a copy that SQLite itself made. The sums of its tables, recomputed after a restore, tell
//! that every row came back. Tables are found in the database's own catalogue, so that one that only
//! a newer release knows is carried too.

pub mod postgres;
pub mod sqlite;
mod table;

use std::collections::BTreeMap;

use sea_orm::{DatabaseConnection, DbErr};

pub use self::table::{Sum, Table, in_order};
use crate::fault::Fault;

/// Where the applied migrations are noted: known by their names, and not by when they ran.
const APPLIED: &str = "seaql_migrations";

/// Why a state cannot be read or brought back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The driver or the database.
    #[error("the database: {0}")]
    Driver(#[from] sqlx::Error),
    /// The same, seen through the mapper.
    #[error("the database: {0}")]
    Orm(#[from] DbErr),
    /// The same, as callers are told.
    #[error(transparent)]
    Books(#[from] Fault),
    /// Its rows have no order.
    #[error("the table {0} has no primary key")]
    NoKey(String),
    /// Neither can be filled before the other.
    #[error("the tables {0} refer to one another in a circle")]
    Circle(String),
    /// Whoever takes the rows stopped.
    #[error("the rows could not be handed on")]
    Stopped,
}

/// One state of a database, and how it is reached.
pub enum State {
    /// A transaction of PostgreSQL.
    Postgres(postgres::Session),
    /// A file of SQLite that nobody else writes.
    Sqlite(sqlite::Copy),
}

impl State {
    /// For statements of the store, in this state.
    pub fn conn(&self) -> &DatabaseConnection {
        match self {
            Self::Postgres(session) => session.conn(),
            Self::Sqlite(copy) => copy.conn(),
        }
    }

    /// Every table with rows to carry, parents before those that refer to them.
    pub async fn tables(&self) -> Result<Vec<Table>, BackupError> {
        let found = match self {
            Self::Postgres(session) => session.tables().await?,
            Self::Sqlite(copy) => copy.tables().await?,
        };
        in_order(found.into_iter().filter(|table| table.name != APPLIED).collect())
    }

    /// The sum of a table's rows in the order of their keys.
    pub async fn sum(&self, table: &Table) -> Result<Sum, BackupError> {
        match self {
            Self::Postgres(session) => session.read(table, async |_| Ok(())).await,
            Self::Sqlite(copy) => copy.sum(table).await,
        }
    }

    /// The sum of every table, by name.
    pub async fn sums(&self, tables: &[Table]) -> Result<BTreeMap<String, Sum>, BackupError> {
        let mut sums = BTreeMap::new();
        for table in tables {
            sums.insert(table.name.clone(), self.sum(table).await?);
        }
        Ok(sums)
    }
}
