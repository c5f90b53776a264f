//! The audit chain, checked over the database itself.

use std::{process::ExitCode, sync::Arc};

use anyhow::Result;
use unionhall_kit::{
    clock::{SharedClock, SystemClock},
    db::Db,
    keys::{KeyRing, Purpose},
    ledger::{AuditKey, audit},
};
use unionhall_migrations::registry;

use crate::{data_folder::DataFolder, settings::Settings};

/// Recomputes every MAC and hash and tells where the chain breaks, if it does.
pub(crate) async fn verify(settings: &Settings) -> Result<ExitCode> {
    let clock: SharedClock = Arc::new(SystemClock);
    let keys = DataFolder::open(&settings.data)?.existing_keys(&clock)?;
    let db = Db::open(&settings.db(registry::SCHEMA)).await?;
    // One state of the database: a server may seal entries meanwhile.
    let state = db.begin_read().await?;
    let report = audit::verify(&state, &audit_keys(&keys)).await?;
    state.rollback().await?;
    db.close().await;
    let head: String = report.head.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("{} entries sealed, {} waiting, head {head}", report.sealed, report.unsealed);
    let Some(sequence) = report.broken_at else {
        println!("the chain holds");
        return Ok(ExitCode::SUCCESS);
    };
    println!("THE CHAIN BREAKS at sequence {sequence}: the audit was changed from outside");
    Ok(ExitCode::FAILURE)
}

/// Every version of the key that entries are authenticated with.
pub(crate) fn audit_keys(keys: &KeyRing) -> Vec<AuditKey> {
    let versions = keys.all(Purpose::Audit).iter();
    versions.map(|key| AuditKey { version: version(key.version), bytes: *key.bytes() }).collect()
}

fn version(number: u32) -> i32 {
    // Versions count rotations; there will not be two thousand million of them.
    i32::try_from(number).unwrap_or(i32::MAX)
}
