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

/// Brings the schema up to date, creating the PostgreSQL schema when it is missing. One that a newer
/// release made is left as it is.
pub async fn migrate<M: MigratorTrait>(db: &DatabaseConnection, schema: &str) -> Result<(), DbErr> {
    if pending::<M>(db).await? == 0 {
        return Ok(());
    }
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

/// Runs the first `steps` migrations on an empty schema, as it was in an earlier release; in the
/// transaction that `db` is in, if it is in one.
pub async fn raise<M: MigratorTrait>(db: &DatabaseConnection, steps: u32) -> Result<(), DbErr> {
    M::up(db, Some(steps)).await
}

/// The migrations that this release knows, oldest first.
pub fn known<M: MigratorTrait>() -> Vec<String> {
    M::migrations().iter().map(|migration| migration.name().to_owned()).collect()
}

/// The migrations that a database has, those of a newer release too; reads only.
pub async fn applied(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    if !SchemaManager::new(db).has_table(APPLIED).await? {
        return Ok(Vec::new());
    }
    let applied = format!("SELECT version FROM {APPLIED} ORDER BY version");
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), applied)).await?;
    rows.iter().map(|row| row.try_get("", "version")).collect()
}

/// How many migrations are still to run; reads only. Migrations that only a newer release knows
/// are none of ours: a release runs on the schema of the next one.
pub async fn pending<M: MigratorTrait>(db: &DatabaseConnection) -> Result<usize, DbErr> {
    let applied: HashSet<String> = applied(db).await?.into_iter().collect();
    Ok(known::<M>().iter().filter(|name| !applied.contains(*name)).count())
}
