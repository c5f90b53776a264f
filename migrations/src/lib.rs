//! The schemas, one module per service. Forward only; expand, then contract.
//!
//! On PostgreSQL a migration runs under an advisory lock, so that two releases starting at once
//! do not both change the schema; on SQLite the data folder's lock serves.

mod books;
mod dialect;
pub mod registry;

use std::collections::HashSet;

use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, Statement, TransactionTrait,
};
use sea_orm_migration::{MigratorTrait, SchemaManager};

/// "unionhal" as a number: the advisory lock that every migration of the suite takes.
const MIGRATION_LOCK: i64 = 0x756e_696f_6e68_616c;

/// Where sea-orm-migration notes what was applied.
const APPLIED: &str = "seaql_migrations";

/// Brings the schema up to date, creating the PostgreSQL schema when it is missing.
pub async fn migrate<M: MigratorTrait>(db: &DatabaseConnection, schema: &str) -> Result<(), DbErr> {
    if db.get_database_backend() != DatabaseBackend::Postgres {
        return M::up(db, None).await;
    }
    let tx = db.begin().await?;
    let lock = format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})");
    tx.execute_raw(Statement::from_string(DatabaseBackend::Postgres, lock)).await?;
    let create = format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"");
    tx.execute_raw(Statement::from_string(DatabaseBackend::Postgres, create)).await?;
    M::up(&tx, None).await?;
    tx.commit().await
}

/// How many migrations are still to run; reads only. Migrations that only a newer release knows
/// are none of ours: a release runs on the schema of the next one.
pub async fn pending<M: MigratorTrait>(db: &DatabaseConnection) -> Result<usize, DbErr> {
    let ours = M::migrations();
    if !SchemaManager::new(db).has_table(APPLIED).await? {
        return Ok(ours.len());
    }
    let applied = format!("SELECT version FROM {APPLIED}");
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), applied)).await?;
    let applied: HashSet<String> =
        rows.iter().map(|row| row.try_get("", "version")).collect::<Result<_, _>>()?;
    Ok(ours.iter().filter(|migration| !applied.contains(migration.name())).count())
}
