//! Denials, aggregated by caller, method, reason and minute: a flood of them is one audit entry.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::{AuditNote, Done, Ledger};
use crate::{
    access::{Denial, DenialSink},
    clock::SharedClock,
    fault::Outcome,
    path::Path,
};

const MINUTE: Duration = Duration::from_secs(60);
/// Kinds of denials in one minute; what is beyond is counted together.
const KINDS: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    minute: i64,
    client: String,
    method: String,
    reason: &'static str,
}

/// Counts denials until they are written.
pub struct Denials {
    clock: SharedClock,
    counts: Mutex<BTreeMap<Kind, u64>>,
}

impl DenialSink for Denials {
    fn denied(&self, denial: Denial) {
        let mut counts = self.counts.lock();
        let mut kind = Kind {
            minute: self.clock.now().timestamp().div_euclid(60),
            client: denial.client.map_or_else(String::new, |client| client.as_str().to_owned()),
            method: denial.method.to_string(),
            reason: denial.reason.name,
        };
        if counts.len() >= KINDS && !counts.contains_key(&kind) {
            (kind.client, kind.method) = (String::new(), String::new());
        }
        *counts.entry(kind).or_insert(0) += 1;
    }
}

impl Denials {
    /// Nothing counted yet.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, counts: Mutex::default() }
    }

    /// Writes what was counted each minute, and once more at the end.
    pub async fn keep_written(self: Arc<Self>, ledger: Ledger, stop: CancellationToken) {
        loop {
            let stopped = tokio::select! {
                () = stop.cancelled() => true,
                () = tokio::time::sleep(MINUTE) => false,
            };
            if let Err(fault) = self.write(&ledger).await {
                tracing::warn!(%fault, cause = ?fault, "denials could not be written to the audit");
            }
            if stopped {
                return;
            }
        }
    }

    /// Writes what was counted; on a failure it is kept for the next time.
    pub async fn write(&self, ledger: &Ledger) -> Outcome<()> {
        let counted = std::mem::take(&mut *self.counts.lock());
        let written = self.write_all(ledger, &counted).await;
        if written.is_err() {
            let mut counts = self.counts.lock();
            for (kind, count) in counted {
                *counts.entry(kind).or_insert(0) += count;
            }
        }
        written
    }

    /// One transaction for all, so that a failure leaves none of them written.
    async fn write_all(&self, ledger: &Ledger, counted: &BTreeMap<Kind, u64>) -> Outcome<()> {
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
}
