//! Backup: one encrypted file with everything that an empty machine needs to stand up again. It is
//! taken while servers run, and restored by `restore`.
//!
//! The file is a gzipped tar in the age format, so that the tools `age` and `tar` open it too.

mod container;
mod key_files;
pub(crate) mod manifest;
pub(crate) mod passphrase;
mod snapshot;
mod target;

use std::{fs, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context, Result, ensure};
use sea_orm::{ConnectionTrait, prelude::Uuid};
use tokio::time::Instant;
use unionhall_kit::{
    backup::State,
    clock::{SharedClock, SystemClock},
    db::{DbConfig, sql},
    ids::{Ids, SystemRandomness},
    keys::{KeyRing, Purpose},
    ledger::{AuditKey, audit},
};
use unionhall_migrations::registry;

use self::{
    container::Writer,
    manifest::{AuditState, FORMAT, Header, Manifest},
    snapshot::Snapshot,
    target::Target,
};
use crate::{cli, data_folder::DataFolder, settings::Settings};

/// The services whose databases are kept; today there is one.
pub(crate) const SCHEMAS: [&str; 1] = [registry::SCHEMA];

/// Takes a backup.
pub(crate) async fn backup(ask: &cli::Backup, settings: &Settings) -> Result<ExitCode> {
    let started = Instant::now();
    let passphrase = passphrase::read_new(&ask.passphrase_file)?;
    ensure!(
        settings.data.is_dir(),
        "there is no data folder {}; name it with --data",
        settings.data.display()
    );
    let target = Target::open(&ask.out)?;
    let folder = DataFolder::open(&settings.data)?;
    let clock: SharedClock = Arc::new(SystemClock);
    let taken = Box::pin(take(&folder, settings, &clock, &target, passphrase)).await;
    let manifest = match taken {
        Ok(manifest) => manifest,
        Err(error) => {
            target.discard();
            return Err(error.context(format!("no backup was written to {}", ask.out.display())));
        }
    };
    target.finish()?;
    println!(
        "{}: {} rows of {} tables, {} bytes, in {} ms",
        ask.out.display(),
        manifest.rows(),
        manifest.tables(),
        fs::metadata(&ask.out)?.len(),
        started.elapsed().as_millis(),
    );
    manifest.tell_heads();
    Ok(ExitCode::SUCCESS)
}

async fn take(
    folder: &DataFolder,
    settings: &Settings,
    clock: &SharedClock,
    target: &Target,
    passphrase: passphrase::Passphrase,
) -> Result<Manifest> {
    let mut snapshots = Vec::new();
    for schema in SCHEMAS {
        snapshots.push(Snapshot::begin(folder, &settings.db(schema), schema).await?);
    }
    // After the snapshots: a key that seals a row of theirs was in the folder before the row was
    // written. A version that was retired since is missed, and named, by the check.
    let (keys, ring) = key_files::read(folder, clock)?;
    let mut services = Vec::new();
    for snapshot in &snapshots {
        services.push(snapshot.describe(&ring).await?);
    }
    let ids = Ids::new(Arc::clone(clock), Arc::new(SystemRandomness));
    let header = Header {
        format: FORMAT,
        id: ids.fresh().to_string(),
        release: env!("CARGO_PKG_VERSION").to_owned(),
        created: clock.now(),
        services,
    };
    let policy = folder.policy_file();
    let policy = fs::read(&policy).with_context(|| format!("the policy {}", policy.display()))?;
    let mut writer = Writer::start(target.file()?, passphrase);
    let written = async {
        writer.bytes(manifest::HEADER, header.to_json()?).await?;
        writer.bytes(manifest::POLICY, policy).await?;
        for (name, content) in &keys {
            writer.bytes(&format!("{}{name}", manifest::KEYS), content.to_vec()).await?;
        }
        let mut contents = Vec::new();
        for (snapshot, service) in snapshots.iter().zip(&header.services) {
            contents.push(snapshot.write(service, &ring, &mut writer).await?);
        }
        let manifest = Manifest { id: header.id.clone(), services: contents };
        writer.bytes(manifest::MANIFEST, manifest.to_json()?).await?;
        Ok(manifest)
    };
    let written = written.await;
    let written = writer.end(written).await;
    // Behind the writer, which reads SQLite's copy to its end.
    for snapshot in snapshots {
        snapshot.end().await;
    }
    written
}

/// What the audit chain of a state is, and its head under the key that seals.
pub(crate) async fn audit_state(state: &State, schema: &str, ring: &KeyRing) -> Result<AuditState> {
    let keys: Vec<AuditKey> = ring.all(Purpose::Audit).iter().map(AuditKey::of).collect();
    let report = audit::verify(state.conn(), &keys).await?;
    Ok(AuditState::of(report, schema, keys.last()))
}

/// The epoch of the feed; empty before the first start.
pub(crate) async fn feed_epoch(state: &State) -> Result<String> {
    let conn = state.conn();
    let row = conn.query_one_raw(sql(conn, "SELECT epoch FROM feed", [])).await?;
    let epoch = row.map(|row| row.try_get::<Uuid>("", "epoch")).transpose()?;
    Ok(epoch.map(|epoch| epoch.to_string()).unwrap_or_default())
}

/// Where SQLite keeps a database.
pub(crate) fn database_file(db: &DbConfig) -> PathBuf {
    let path = db.url.strip_prefix("sqlite://").or_else(|| db.url.strip_prefix("sqlite:"));
    let path = path.unwrap_or(&db.url);
    PathBuf::from(path.split_once('?').map_or(path, |(path, _)| path))
}
