//! The transaction of a write.

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, ExecResult, QueryResult,
    RuntimeErr, Statement, Values,
};
use sea_query_sqlx::SqlxValues;
use sqlx::{
    AssertSqlSafe, Executor as _, PgPool, Postgres, Transaction,
    postgres::{PgArguments, PgConnection, PgQueryResult},
    query::Query,
};
use tokio::sync::{Mutex, OwnedSemaphorePermit};

use super::fault;
use crate::fault::Outcome;

/// A write transaction and its place in the queue.
pub struct WriteTx {
    pub(super) conn: Tx,
    pub(super) _turn: OwnedSemaphorePermit,
    pub(super) _place: OwnedSemaphorePermit,
}

impl WriteTx {
    /// The transaction as a connection.
    pub fn conn(&self) -> &Tx {
        &self.conn
    }

    /// Commits; the write is durable when this returns.
    pub async fn commit(self) -> Outcome<()> {
        let done = match self.conn {
            Tx::Mapped(tx) => tx.commit().await,
            Tx::Native(tx) => tx.0.into_inner().commit().await.map_err(of_query),
        };
        done.map_err(fault::of)
    }

    /// Takes everything back.
    pub async fn rollback(self) -> Outcome<()> {
        let done = match self.conn {
            Tx::Mapped(tx) => tx.rollback().await,
            Tx::Native(tx) => tx.0.into_inner().rollback().await.map_err(of_query),
        };
        done.map_err(fault::of)
    }
}

/// A transaction as a connection.
pub enum Tx {
    /// The mapper's own, which takes the mapper's values alone.
    Mapped(DatabaseTransaction),
    /// PostgreSQL's, which also takes arrays that hold NULL, as the driver encodes them.
    Native(NativeTx),
}

/// A transaction of PostgreSQL; its statements follow each other.
pub struct NativeTx(Mutex<Transaction<'static, Postgres>>);

impl Tx {
    /// Begins on PostgreSQL.
    pub(super) async fn begin(pool: &PgPool) -> Result<Self, DbErr> {
        let tx = pool.begin().await.map_err(of_connection)?;
        Ok(Self::Native(NativeTx(Mutex::new(tx))))
    }

    /// The transaction, if it takes what the driver encodes.
    pub(super) fn native(&self) -> Option<&NativeTx> {
        match self {
            Self::Mapped(_) => None,
            Self::Native(tx) => Some(tx),
        }
    }
}

impl NativeTx {
    /// Runs a statement with what the driver encoded.
    pub(super) async fn execute(&self, text: String, values: PgArguments) -> Result<(), DbErr> {
        let mut tx = self.0.lock().await;
        let conn: &mut PgConnection = &mut tx;
        let done = sqlx::query_with(AssertSqlSafe(text), values).execute(conn).await;
        done.map(|_| ()).map_err(of_exec)
    }
}

fn prepared(statement: Statement) -> Query<'static, Postgres, SqlxValues> {
    let values = SqlxValues(statement.values.unwrap_or(Values(Vec::new())));
    sqlx::query_with(AssertSqlSafe(statement.sql), values)
}

#[async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DatabaseBackend {
        match self {
            Self::Mapped(tx) => tx.get_database_backend(),
            Self::Native(_) => DatabaseBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Mapped(tx) => tx.execute_raw(statement).await,
            Self::Native(tx) => {
                let mut tx = tx.0.lock().await;
                let conn: &mut PgConnection = &mut tx;
                let done = prepared(statement).execute(conn).await;
                done.map(PgQueryResult::into).map_err(of_exec)
            }
        }
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Mapped(tx) => tx.execute_unprepared(text).await,
            Self::Native(tx) => {
                let mut tx = tx.0.lock().await;
                let conn: &mut PgConnection = &mut tx;
                let done = conn.execute(AssertSqlSafe(text.to_owned())).await;
                done.map(PgQueryResult::into).map_err(of_exec)
            }
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Mapped(tx) => tx.query_one_raw(statement).await,
            Self::Native(tx) => {
                let mut tx = tx.0.lock().await;
                let conn: &mut PgConnection = &mut tx;
                let row = prepared(statement).fetch_optional(conn).await;
                row.map(|row| row.map(QueryResult::from)).map_err(of_query)
            }
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Mapped(tx) => tx.query_all_raw(statement).await,
            Self::Native(tx) => {
                let mut tx = tx.0.lock().await;
                let conn: &mut PgConnection = &mut tx;
                let rows = prepared(statement).fetch_all(conn).await.map_err(of_query)?;
                Ok(rows.into_iter().map(QueryResult::from).collect())
            }
        }
    }
}

fn of_exec(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

fn of_query(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn of_connection(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(error.into()))
}
