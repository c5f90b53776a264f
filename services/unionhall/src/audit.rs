//! The audit chain, checked over the database itself.

use std::{fs, process::ExitCode, sync::Arc};

use anyhow::{Context, Result, ensure};
use unionhall_kit::{
    clock::{SharedClock, SystemClock},
    db::Db,
    keys::{KeyRing, Purpose},
    ledger::{
        AuditKey,
        audit::{
            self, ChainReport,
            head::{Fate, Head},
        },
    },
};
use unionhall_migrations::registry;

use crate::{cli, data_folder::DataFolder, settings::Settings};

/// Recomputes every MAC and hash, looks for the given heads, and tells what does not hold.
pub(crate) async fn verify(ask: &cli::Audit, settings: &Settings) -> Result<ExitCode> {
    let heads = heads(ask)?;
    let clock: SharedClock = Arc::new(SystemClock);
    let keys = audit_keys(&DataFolder::open(&settings.data)?.existing_keys(&clock)?);
    let db = Db::open(&settings.db(registry::SCHEMA)).await?;
    // One state of the database: a server may seal entries meanwhile.
    let state = db.begin_read().await?;
    let report = audit::verify(&state, &keys).await?;
    let mut fates = Vec::new();
    for head in &heads {
        fates.push(head.fate(&state, registry::SCHEMA, &keys).await?);
    }
    state.rollback().await?;
    db.close().await;
    let chain_holds = tell_chain(&report, keys.last());
    let heads_hold = tell_heads(&heads, &fates, report.sealed);
    Ok(if chain_holds && heads_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The heads of the command line and of the file that it names.
fn heads(ask: &cli::Audit) -> Result<Vec<Head>> {
    let mut heads = ask.heads.clone();
    if let Some(file) = &ask.heads_file {
        let text = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let found = Head::all_in(&String::from_utf8_lossy(&text));
        ensure!(!found.is_empty(), "{} names no head", file.display());
        heads.extend(found);
    }
    Ok(heads)
}

fn tell_chain(report: &ChainReport, key: Option<&AuditKey>) -> bool {
    let head = key.filter(|_| report.sealed > 0).map_or_else(
        || "none".to_owned(),
        |key| Head::signed(report.sealed, report.head.clone(), registry::SCHEMA, key).to_string(),
    );
    println!("{} entries sealed, {} waiting, head {head}", report.sealed, report.unsealed);
    if let Some(sequence) = report.broken_at {
        println!("THE CHAIN BREAKS at sequence {sequence}: the audit was changed from outside");
    }
    if let Some(id) = report.false_entry {
        println!("ENTRY {id} IS FALSE: it waits for its seal under a MAC that is not its own");
    }
    let holds = report.broken_at.is_none() && report.false_entry.is_none();
    if holds {
        println!("the chain holds");
    }
    holds
}

fn tell_heads(heads: &[Head], fates: &[Fate], sealed: i64) -> bool {
    for (head, fate) in heads.iter().zip(fates) {
        match fate {
            Fate::Kept => {}
            Fate::Cut => println!("THE CHAIN WAS CUT: it ends at {sealed}, before the head {head}"),
            Fate::Rewritten => {
                println!("THE CHAIN WAS REWRITTEN: it does not hold the head {head}")
            }
            Fate::Strange => println!("A STRANGE HEAD: no key of this register made {head}"),
        }
    }
    let kept = fates.iter().filter(|fate| **fate == Fate::Kept).count();
    if !heads.is_empty() {
        println!("{kept} of {} heads are in the chain", heads.len());
    }
    kept == heads.len()
}

/// Every version of the key that entries are authenticated with.
fn audit_keys(keys: &KeyRing) -> Vec<AuditKey> {
    keys.all(Purpose::Audit).iter().map(AuditKey::of).collect()
}
