//! Spreadsheets on their way into a register (批量导入), whatever their rows are.
//!
//! ```text
//! upload     the file, sealed in pieces; nobody sees it before its last byte is here
//! validate   pass 1: every fault of every row; nothing is written to the register
//! commit     pass 2: chunks of at most 1,000 rows, each one transaction with its books
//! undo       compensating changes, last row first
//! ```
//! A service gives an [`Importer`] for each kind of row. The long passes are jobs of
//! [`Imports::run`]; what is to be done stands in the database, so a job goes on where a killed
//! process left it.
//!
//! # Memory
//! The sheet reader's bound, five chunks of rows of at most 2 MiB with their faults, four pieces of
//! the file, and in pass 1 sixteen bytes a row, in a table that is at least 7/16 full.
//!
//! # Space
//! A batch keeps at most [`ImportsConfig::max_faults`] faults; with more it is rejected. What nobody
//! needs any more is deleted in slices, so that no transaction grows with a file.

mod actor;
mod apply;
mod calls;
mod importer;
pub mod kinds;
mod rows;
mod runner;
mod seen;
mod spool;
mod state;
mod store;
mod sweep;
mod template;
mod undo;
mod upload;
mod validate;
mod view;
mod watch;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use tokio::sync::Notify;

pub use self::{
    actor::Actor,
    importer::{Applied, Checks, Effect, Importer, Needs, RowKey, Undone, Verdict},
    template::{Spreadsheet, spreadsheet},
};
use crate::{
    fault::{Fault, Outcome},
    ledger::Ledger,
    paging::Pager,
    reasons,
    rotation::Sealed,
    vault::Vault,
};

/// The files that wait or are being read, as something that keys rotate under.
pub fn spooled() -> Arc<dyn Sealed> {
    Arc::new(store::piece::Spooled)
}

/// Rows in one transaction at most; each makes one event, unless the importer takes fewer.
pub const CHUNK_ROWS: usize = 1_000;

/// What an upload may be.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportsConfig {
    /// Bytes of one file. Default 2 GiB.
    pub max_file_bytes: u64,
    /// Faults that validation keeps of one batch. Default 200,000.
    pub max_faults: u32,
}

impl Default for ImportsConfig {
    fn default() -> Self {
        Self { max_file_bytes: 2 * 1024 * 1024 * 1024, max_faults: 200_000 }
    }
}

/// What rings between those who ask and the one who works, and back. Shared by every [`Imports`]
/// of one process over one database.
#[derive(Debug, Clone, Default)]
pub struct Bells {
    /// There is something to do.
    work: Arc<Notify>,
    /// A batch moved, for its watchers.
    moved: Arc<Notify>,
}

/// The imports of one service.
pub struct Imports {
    ledger: Ledger,
    vault: Vault,
    pager: Pager,
    config: ImportsConfig,
    importers: BTreeMap<&'static str, Arc<dyn Importer>>,
    bells: Bells,
}

impl Imports {
    /// Imports into the register behind `ledger`.
    pub fn new(
        ledger: Ledger,
        vault: Vault,
        pager: Pager,
        config: ImportsConfig,
        bells: Bells,
        importers: impl IntoIterator<Item = Arc<dyn Importer>>,
    ) -> Arc<Self> {
        let importers = importers.into_iter().map(|importer| (importer.kind(), importer)).collect();
        Arc::new(Self { ledger, vault, pager, config, importers, bells })
    }

    /// The importer of a kind. `IMPORT_KIND_UNKNOWN`.
    fn importer(&self, kind: &str) -> Outcome<&Arc<dyn Importer>> {
        self.importers.get(kind).ok_or_else(|| {
            let known: Vec<&str> = self.importers.keys().copied().collect();
            Fault::new(&reasons::IMPORT_KIND_UNKNOWN)
                .with("kind", kind)
                .with("known", known.join(", "))
        })
    }
}
