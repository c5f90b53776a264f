//! The tree of areas as every call needs it: read once and shared until it changes.

mod seed;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use unionhall_kit::{fault::Outcome, ledger::Ledger};

pub use self::seed::seed;
use crate::{
    register::Register,
    rules::area::tree::AreaTree,
    store::areas::{self, Recorded},
};

/// For so long a tree is taken for the present one without a look at the database. This process
/// sees its own changes at once; those of another instance may come so much later.
const UNSEEN: TimeDelta = TimeDelta::seconds(1);

/// The shared tree.
#[derive(Clone, Default)]
pub struct AreaTrees(Arc<Mutex<Shared>>);

#[derive(Default)]
struct Shared {
    known: Option<Known>,
    /// Counts the own changes, so that a tree read before one is not kept as the tree after it.
    changes: u64,
}

#[derive(Clone)]
struct Known {
    recorded: Arc<Recorded>,
    stamp: i64,
    seen_at: DateTime<Utc>,
}

impl AreaTrees {
    /// The tree with its records.
    pub async fn recorded(&self, ledger: &Ledger) -> Outcome<Arc<Recorded>> {
        let now = ledger.clock().now();
        let (known, changes) = {
            let shared = self.0.lock();
            (shared.known.clone(), shared.changes)
        };
        if let Some(known) = &known
            && (now - known.seen_at).abs() < UNSEEN
        {
            return Ok(Arc::clone(&known.recorded));
        }
        let tx = ledger.db().begin_read().await?;
        let stamp = areas::stamp(&tx).await?;
        let recorded = match known.filter(|known| known.stamp == stamp) {
            Some(known) => known.recorded,
            None => Arc::new(areas::load(&tx).await?),
        };
        let mut shared = self.0.lock();
        if shared.changes == changes {
            let recorded = Arc::clone(&recorded);
            shared.known = Some(Known { recorded, stamp, seen_at: now });
        }
        Ok(recorded)
    }

    /// Makes the next reader look: this process has changed the tree.
    pub fn forget(&self) {
        let mut shared = self.0.lock();
        shared.changes += 1;
        shared.known = None;
    }
}

impl Register {
    /// The tree of areas, as fresh as [`AreaTrees`] has it. A write decides on areas
    /// that it holds until it ends instead.
    pub async fn tree(&self) -> Outcome<Arc<AreaTree>> {
        Ok(Arc::clone(&self.areas().await?.tree))
    }

    /// The tree with its records.
    pub async fn areas(&self) -> Outcome<Arc<Recorded>> {
        self.areas.recorded(&self.ledger).await
    }
}

#[cfg(test)]
mod tests;
