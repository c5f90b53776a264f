//! Changes of the schema.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use sea_orm::DatabaseBackend;
use unionhall_kit::db::Db;
use unionhall_migrations::{migrate as bring_up, pending, registry};

use crate::{data_folder::DataFolder, settings::Settings};

/// Brings the register's schema up to date.
pub(crate) async fn migrate(settings: &Settings) -> Result<ExitCode> {
    let folder = DataFolder::open(&settings.data)?;
    let _lock = folder.lock()?;
    run(settings).await?;
    Ok(ExitCode::SUCCESS)
}

/// The same for who holds the folder already.
pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let db = Db::open(&settings.db(registry::SCHEMA)).await?;
    bring_up::<registry::Migrator>(db.migrator(), registry::SCHEMA).await.context("migration")?;
    db.close().await;
    println!("the schema '{}' is up to date", registry::SCHEMA);
    Ok(())
}

/// Makes sure that the schema is what this release needs. SQLite is brought up by the server
/// itself; on PostgreSQL that is the operator's step, unless the settings say otherwise.
pub(crate) async fn ensure(db: &Db, settings: &Settings) -> Result<()> {
    let waiting = pending::<registry::Migrator>(db.reader()).await.context("schema")?;
    if waiting == 0 {
        return Ok(());
    }
    if db.engine() == DatabaseBackend::Sqlite || settings.migrate {
        return bring_up::<registry::Migrator>(db.migrator(), registry::SCHEMA)
            .await
            .context("migration");
    }
    bail!("{waiting} migrations are to be run first: unionhall migrate --database-url ...")
}
