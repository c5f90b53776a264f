//! The ledger without a server around it: on an empty database of either engine, or on that of a
//! suite that does not run.

use std::sync::Arc;

use anyhow::Result;
use unionhall_finder::folder::SearchedFolder;
use unionhall_kit::{
    clock::{ManualClock, SharedClock},
    db::{Db, DbConfig},
    figures::fold::Ancestors,
    ids::{Ids, SystemRandomness},
    keys::{KeyRing, OpenMode},
    ledger::{AuditKey, Ledger, LedgerKeys, sequencer::Sequencer},
    path::{Line, Path},
    rotation::Keeper,
};
use unionhall_migrations::{migrate, registry};

use crate::{
    engine::{Database, Engine},
    suite::Suite,
};

/// The ledger and what it stands on.
pub struct Books {
    /// The ledger.
    pub ledger: Ledger,
    /// Its clock, which stands still.
    pub clock: Arc<ManualClock>,
    _database: Database,
    /// Searched for numbers of persons when the books are closed.
    _folder: SearchedFolder,
}

impl Books {
    /// Empty books.
    ///
    /// # Errors
    /// When the database cannot be made.
    pub async fn open(engine: Engine) -> Result<Self> {
        let folder = SearchedFolder::new()?;
        let database = engine.database().await?;
        let file = format!("sqlite://{}", folder.path().join("books.db").display());
        let url = database.url().map_or(file, str::to_owned);
        let db = Db::open(&DbConfig::new(url, registry::SCHEMA)).await?;
        migrate::<registry::Migrator>(db.migrator(), registry::SCHEMA).await?;
        let clock = ManualClock::at("2014-02-27T02:00:00Z".parse()?);
        let shared: SharedClock = clock.clone();
        let ids = Ids::new(Arc::clone(&shared), Arc::new(SystemRandomness));
        let ledger = Ledger::new(db, shared, ids, Self::keys());
        ledger.open_feed().await?;
        Ok(Self { ledger, clock, _database: database, _folder: folder })
    }

    /// The keys of every test's books.
    #[must_use]
    pub fn keys() -> LedgerKeys {
        LedgerKeys {
            idempotency: [1; 32],
            idempotency_before: Vec::new(),
            audit: AuditKey { version: 1, bytes: [2; 32] },
            held: Arc::default(),
        }
    }

    /// A clerk of its own, as another instance of the service would have.
    #[must_use]
    pub fn sequencer(&self) -> Sequencer {
        Sequencer::new(self.ledger.clone(), Self::ancestors())
    }

    /// Paths of two characters a level.
    #[must_use]
    pub fn ancestors() -> Arc<Ancestors> {
        Arc::new(|_: Line, path: &Path| {
            let text = path.as_str();
            let levels = (2..=text.len()).step_by(2);
            levels.filter_map(|end| Path::parse(&text[..end]).ok()).collect()
        })
    }
}

/// The ledger that a suite left which does not run, with the keys of its data folder.
///
/// # Errors
/// When the database or the keys cannot be opened.
pub async fn left_by(suite: &Suite, clock: SharedClock) -> Result<(Ledger, Arc<KeyRing>)> {
    let file = suite.data().join(format!("{}.db", registry::SCHEMA));
    let file = format!("sqlite://{}", file.display());
    let url = suite.database_url().map_or(file, str::to_owned);
    let db = Db::open(&DbConfig::new(url, registry::SCHEMA)).await?;
    let folder = suite.data().join("keys");
    let keys = KeyRing::open(&folder, OpenMode::MustExist, &clock, &SystemRandomness)?;
    let keys = Arc::new(keys);
    let ids = Ids::new(Arc::clone(&clock), Arc::new(SystemRandomness));
    let ledger = Ledger::new(db, clock, ids, LedgerKeys::of(&keys));
    ledger.open_feed().await?;
    Keeper::new(ledger.clone(), Arc::clone(&keys)).admit().await?;
    Ok((ledger, keys))
}
