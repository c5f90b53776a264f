//! Restore: a backup stands up again on an empty place, whole or not at all. Everything is put beside
//! its place and checked against the manifest, row by row and seal by seal, before anything gets its
//! name.

mod load;
mod place;
mod reading;
mod staging;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context, Result};
use tokio::time::Instant;
use unionhall_kit::{
    backup::{State, postgres::Session, sqlite::Copy},
    clock::{SharedClock, SystemClock},
    ids::{Ids, SystemRandomness},
};
use unionhall_migrations::{applied, known, registry};

use self::{load::Loaded, place::Place, reading::Reading, staging::Staging};
use crate::{
    backup::{SCHEMAS, database_file, feed_epoch, passphrase},
    cli,
    data_folder::DataFolder,
    migrate,
    settings::Settings,
};

/// Restores a backup.
pub(crate) async fn restore(ask: &cli::Restore, settings: &Settings) -> Result<ExitCode> {
    let started = Instant::now();
    let passphrase = passphrase::read(&ask.passphrase_file)?;
    let folder = DataFolder::open(&settings.data)?;
    let _lock = folder.lock()?;
    if let Some(left) = Staging::left_over(&folder) {
        if is_committed(&left, settings).await? {
            left.finish()?;
            println!("the restore that was interrupted is complete now: only names were missing");
            return next(ask, settings).await;
        }
        left.clear()?;
    }
    staging::ensure_vacant(&folder, &databases(settings))?;
    let mut reading = Reading::start(&ask.from, passphrase)?;
    let staging = Staging::make(&folder)?;
    let clock: SharedClock = Arc::new(SystemClock);
    let epoch = Ids::new(Arc::clone(&clock), Arc::new(SystemRandomness)).fresh();
    let loaded = Box::pin(load::load(&mut reading, &staging, settings, &clock, epoch)).await;
    let Loaded { header, manifest, places } = match loaded {
        Ok(loaded) => loaded,
        Err(error) => {
            place::clear(settings);
            staging.clear()?;
            return Err(error.context("nothing was restored"));
        }
    };
    let cut = "the restore was checked and could not be ended; run it again, and it goes on";
    staging.is_ready(&epoch.to_string()).context(cut)?;
    for place in places {
        place.commit().await.context(cut)?;
    }
    staging.finish().context(cut)?;
    println!(
        "restored the backup {} of {}: {} rows of {} tables, as they were, in {} ms",
        header.id,
        header.created.to_rfc3339(),
        manifest.rows(),
        manifest.tables(),
        started.elapsed().as_millis(),
    );
    manifest.tell_heads();
    println!("the feed has a new epoch: who follows it gets CURSOR_INVALID and begins anew");
    next(ask, settings).await
}

/// Whether an interrupted restore had everything in the database already.
async fn is_committed(left: &Staging, settings: &Settings) -> Result<bool> {
    let Some(epoch) = left.epoch() else { return Ok(false) };
    for schema in SCHEMAS {
        let db = settings.db(schema);
        let state = if db.url.starts_with("postgres") {
            State::Postgres(Session::reading(&db).await?)
        } else if database_file(&db).exists() {
            State::Sqlite(Copy::open(&database_file(&db)).await?)
        } else {
            return Ok(false);
        };
        let restored =
            !applied(state.conn()).await?.is_empty() && feed_epoch(&state).await? == epoch;
        place::close(state).await;
        if !restored {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The files in which SQLite keeps the databases, and what it keeps beside them.
fn databases(settings: &Settings) -> Vec<PathBuf> {
    let of_sqlite = SCHEMAS.iter().map(|schema| settings.db(schema));
    let of_sqlite = of_sqlite.filter(|db| !db.url.starts_with("postgres"));
    let beside = |file: PathBuf| {
        ["", "-wal", "-shm", "-journal"].map(|ending| {
            let mut name = file.clone().into_os_string();
            name.push(ending);
            PathBuf::from(name)
        })
    };
    of_sqlite.flat_map(|db| beside(database_file(&db))).collect()
}

/// Brings the schema to this release's, or says what is to be done.
async fn next(ask: &cli::Restore, settings: &Settings) -> Result<ExitCode> {
    let state = Place::look(settings, registry::SCHEMA).await?;
    let has = applied(state.conn()).await?;
    place::close(state).await;
    let waiting = known::<registry::Migrator>().iter().filter(|name| !has.contains(name)).count();
    if waiting == 0 {
        println!("next: unionhall serve");
        return Ok(ExitCode::SUCCESS);
    }
    if !ask.migrate {
        println!("next: unionhall migrate ({waiting} migrations), then unionhall serve");
        return Ok(ExitCode::SUCCESS);
    }
    migrate::run(settings).await?;
    Ok(ExitCode::SUCCESS)
}
