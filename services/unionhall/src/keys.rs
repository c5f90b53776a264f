//! The keys of the data folder: which there are, a new one, one that is needed no more. Running
//! servers follow the files by themselves.

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Result, bail, ensure};
use unionhall_kit::{
    clock::{SharedClock, SystemClock},
    db::{Db, Tx},
    ids::SystemRandomness,
    keys::{Key, KeyRing, Purpose},
    rotation::{self, Standing, standings},
};
use unionhall_migrations::registry;
use unionhall_registry::services;

use crate::{
    cli::{Keys, KeysAction, RotatedPurpose},
    data_folder::DataFolder,
    settings::Settings,
};

/// Does what is asked.
pub(crate) async fn keys(ask: &Keys, settings: &Settings) -> Result<ExitCode> {
    let clock: SharedClock = Arc::new(SystemClock);
    let folder = DataFolder::open(&settings.data)?;
    match &ask.action {
        KeysAction::List => list(&folder, settings, &clock).await?,
        KeysAction::Rotate { purpose, active_in } => {
            rotate(&folder, &clock, (*purpose).into(), *active_in)?;
        }
        KeysAction::Retire { purpose, version } => {
            retire(&folder, settings, &clock, ((*purpose).into(), *version)).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl From<RotatedPurpose> for Purpose {
    fn from(purpose: RotatedPurpose) -> Self {
        match purpose {
            RotatedPurpose::Vault => Self::Vault,
            RotatedPurpose::BlindIndex => Self::BlindIndex,
            RotatedPurpose::Page => Self::Page,
            RotatedPurpose::Audit => Self::Audit,
            RotatedPurpose::Idempotency => Self::Idempotency,
        }
    }
}

/// A line for each version, with what needs it.
async fn list(folder: &DataFolder, settings: &Settings, clock: &SharedClock) -> Result<()> {
    let ring = folder.existing_keys(clock)?;
    let db = Db::open(&settings.db(registry::SCHEMA)).await?;
    let state = Tx::Mapped(db.begin_read().await?);
    let (found, sources) = (standings(&state).await?, services::protected());
    for purpose in Purpose::ALL {
        for key in ring.all(purpose).iter() {
            let known =
                found.iter().find(|known| (known.purpose, known.version) == (purpose, key.version));
            let rows = sources.count(&state, purpose, key.version).await?;
            println!("{}", line(&ring, (purpose, key), known, rows, clock));
        }
    }
    drop(state);
    db.close().await;
    Ok(())
}

fn line(
    ring: &KeyRing,
    (purpose, key): (Purpose, &Key),
    known: Option<&Standing>,
    rows: u64,
    clock: &SharedClock,
) -> String {
    let Key { version, created, .. } = key;
    let state = match key.active_from {
        Some(from) if from > clock.now() => format!("seals from {} on", from.to_rfc3339()),
        _ if ring.current(purpose).version == *version => "seals".to_owned(),
        _ => "opens".to_owned(),
    };
    let rotates = matches!(purpose, Purpose::Vault | Purpose::BlindIndex);
    let progress = match known {
        _ if !rotates => String::new(),
        None => ", not noted by a server yet".to_owned(),
        Some(known) if known.finished_at.is_none() => {
            format!(", {rows} rows, {} renewed so far", known.renewed)
        }
        Some(_) => format!(", {rows} rows"),
    };
    format!("{} version {version}, made {created}: {state}{progress}", purpose.name())
}

fn rotate(
    folder: &DataFolder,
    clock: &SharedClock,
    purpose: Purpose,
    active_in: u32,
) -> Result<()> {
    // A folder that lacks keys is refused before anything is written.
    folder.existing_keys(clock)?;
    let wait = Duration::from_secs(u64::from(active_in));
    let dir = folder.key_folder();
    let key = KeyRing::rotate(&dir, purpose, wait, &**clock, &SystemRandomness)?;
    println!(
        "{} version {} is in {}; it seals from {} on",
        purpose.name(),
        key.version,
        dir.display(),
        key.active_from.unwrap_or_else(|| clock.now()).to_rfc3339(),
    );
    Ok(())
}

/// Takes a version out, if no row is under it and every server seals with a newer one.
async fn retire(
    folder: &DataFolder,
    settings: &Settings,
    clock: &SharedClock,
    (purpose, version): (Purpose, u32),
) -> Result<()> {
    let ring = folder.existing_keys(clock)?;
    let name = purpose.name();
    ensure!(ring.version(purpose, version).is_some(), "'{name}' has no version {version}");
    if !matches!(purpose, Purpose::Vault | Purpose::BlindIndex) {
        bail!("versions of '{name}' are kept: what they made is still to be recognised");
    }
    let db = Db::open(&settings.db(registry::SCHEMA)).await?;
    let tx = db.begin().await?;
    let rows = services::protected().count(tx.conn(), purpose, version).await?;
    let found = standings(tx.conn()).await?;
    if !rotation::is_replaced(&found, purpose, version, clock.now()) {
        tx.rollback().await?;
        bail!(
            "'{name}' version {version} is in use: {rows} rows, and no newer version has them all"
        );
    }
    if rows > 0 {
        rotation::reopen(tx.conn(), purpose).await?;
        tx.commit().await?;
        bail!(
            "'{name}' version {version} is in use: {rows} rows came in under it; servers go over \
             them now, try again after that"
        );
    }
    rotation::retire(tx.conn(), purpose, version, clock.now()).await?;
    tx.commit().await?;
    db.close().await;
    KeyRing::retire(&folder.key_folder(), purpose, version, &**clock)?;
    println!(
        "'{name}' version {version} is retired; what an older backup holds under it stays closed"
    );
    Ok(())
}
