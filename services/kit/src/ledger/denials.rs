//! Denials of a service, written to its audit.

use std::{collections::BTreeMap, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::{AuditNote, Done, Ledger};
use crate::{
    access::{
        Denials,
        denials::{Kind, minute_or},
    },
    fault::Outcome,
    path::Path,
};

/// Writes what was counted each minute, and once more at the end.
pub async fn keep_written(denials: Arc<Denials>, ledger: Ledger, stop: CancellationToken) {
    loop {
        let stopped = minute_or(&stop).await;
        if let Err(fault) = write(&denials, &ledger).await {
            tracing::warn!(%fault, cause = ?fault, "denials could not be written to the audit");
        }
        if stopped {
            return;
        }
    }
}

/// Writes what was counted; on a failure it is kept for the next time.
pub async fn write(denials: &Denials, ledger: &Ledger) -> Outcome<()> {
    let counted = denials.take();
    let written = write_all(ledger, &counted).await;
    if written.is_err() {
        denials.give_back(counted);
    }
    written
}

/// One transaction for all, so that a failure leaves none of them written.
async fn write_all(ledger: &Ledger, counted: &BTreeMap<Kind, u64>) -> Outcome<()> {
    // Denials stand beside the tree: who is denied has no place in it.
    let Ok(nowhere) = Path::parse("-") else { return Ok(()) };
    if counted.is_empty() {
        return Ok(());
    }
    let mut entry = ledger.begin_own("unionhall", "denials").await?;
    for (kind, count) in counted {
        entry.audit(AuditNote {
            record: kind.client.clone(),
            area: nowhere.clone(),
            detail: format!(
                "{}: denied {count} times in minute {}: {}",
                kind.method, kind.minute, kind.reason
            ),
        });
    }
    entry.commit(Done { record: String::new(), version: 0 }).await
}

#[cfg(test)]
mod tests;
