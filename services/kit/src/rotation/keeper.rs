//! Learns of new keys without a restart.
//!
//! Every few seconds the key files are read again. What was added is noted in the database before
//! anybody uses it, so that every process of the database has the same key under the same number and
//! a later start without it is refused. A file that got worse is told and left alone.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use opentelemetry::metrics::Gauge;
use tokio_util::sync::CancellationToken;

use super::{
    SETTLED,
    books::{self, Standing},
    holding::Holding,
};
use crate::{
    fault::Fault,
    keys::{Key, KeyError, KeyRing, Purpose, Reread, Said},
    ledger::{Ledger, LedgerKeys},
    server::Probe,
};

/// How often the files are read again.
const EVERY: Duration = Duration::from_secs(2);
/// How often the same trouble is told.
const TELL_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Why keys cannot be used beside this database.
#[derive(Debug, thiserror::Error)]
pub enum AdmitError {
    /// They are not the keys that the database was written with.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The database does not answer.
    #[error(transparent)]
    Books(#[from] Fault),
}

/// Refuses a ring that lacks a version under which something may be, or has another key under its
/// number. A version is noted before its first use, so that these are all of them.
pub fn covers(ring: &KeyRing, found: &[Standing]) -> Result<(), KeyError> {
    let holding = Holding::of(ring);
    holding.first_of(&holding.lacking(found))
}

/// Keeps a ring as its files and the database say.
pub struct Keeper {
    ledger: Ledger,
    ring: Arc<KeyRing>,
    stale: Gauge<u64>,
    missing: Gauge<u64>,
}

impl Keeper {
    /// A keeper of this ring.
    pub fn new(ledger: Ledger, ring: Arc<KeyRing>) -> Self {
        let stale = opentelemetry::global::meter("unionhall")
            .u64_gauge("keys.stale")
            .with_description("1 while the key files cannot be followed, else 0.")
            .build();
        let missing = opentelemetry::global::meter("unionhall")
            .u64_gauge("keys.missing")
            .with_description("Versions of keys that are in use and that this process lacks.")
            .build();
        Self { ledger, ring, stale, missing }
    }

    /// Notes the ring's versions in the database. Refuses keys that are not those that the database
    /// was written with, or lack one of them.
    pub async fn admit(&self) -> Result<(), AdmitError> {
        let found = self.note(|purpose| self.ring.all(purpose).to_vec()).await?;
        covers(&self.ring, &found)?;
        self.follow(&found);
        Ok(())
    }

    /// Reads the files again and takes over what was added. Refuses when a key is in use that the
    /// process lacks then: what needs it is refused from now on. Public so that tests can drive it.
    pub async fn refresh(&self) -> Result<(), AdmitError> {
        // Versions whose time has come seal, whatever became of the files.
        self.ring.tick();
        self.ledger.renew_keys(LedgerKeys::of(&self.ring));
        let learned = self.learn().await;
        // Whatever became of the files, the books say what is in use.
        let found = books::standings(self.ledger.db().reader()).await?;
        self.follow(&found);
        let holding = Holding::of(&self.ring);
        holding.first_of(self.ring.lacking().iter().filter(|lack| lack.in_use))?;
        learned
    }

    async fn learn(&self) -> Result<(), AdmitError> {
        let reread = self.ring.reread()?;
        self.note(|purpose| reread.keys(purpose).to_vec()).await?;
        self.adopt(reread);
        Ok(())
    }

    /// Follows the files until `stop`, and says whether the process holds every key that is in use.
    pub async fn run(self, probe: Probe, stop: CancellationToken) {
        let mut told: Option<(DateTime<Utc>, usize)> = None;
        probe.set(true);
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            let refreshed = self.refresh().await;
            let lacking = self.ring.lacking();
            let missing = lacking.iter().filter(|lack| lack.in_use).count();
            self.missing.record(missing as u64, &[]);
            let troubled = refreshed.is_err() || !lacking.is_empty();
            self.stale.record(u64::from(troubled), &[]);
            let now = self.ledger.clock().now();
            // A clock that was set back must not silence it, nor a lesser trouble a greater one.
            let due =
                told.is_none_or(|(at, before)| before != missing || (now - at).abs() >= TELL_EVERY);
            if troubled && due {
                self.tell(refreshed, missing > 0);
            }
            told = if troubled { told.filter(|_| !due).or(Some((now, missing))) } else { None };
            probe.set(missing == 0);
        }
    }

    /// Tells what is missing, and what to do.
    fn tell(&self, refreshed: Result<(), AdmitError>, missing: bool) {
        match refreshed {
            Err(error) if missing => tracing::error!(
                %error,
                "a key that is in use is missing here: what needs it is refused with KEY_MISSING, and \
                 the process is not ready; put its file in place, no restart is needed"
            ),
            Err(error) => {
                tracing::error!(%error, "the key files cannot be followed; the old keys stay");
            }
            Ok(()) => {
                let holding = Holding::of(&self.ring);
                if let Err(error) = holding.first_of(&self.ring.lacking()) {
                    tracing::warn!(%error, "a new key is not here yet; put its file in place");
                }
            }
        }
    }

    fn adopt(&self, reread: Reread) {
        let count = |ring: &KeyRing| -> usize {
            Purpose::ALL.into_iter().map(|purpose| ring.all(purpose).len()).sum()
        };
        let before = count(&self.ring);
        self.ring.adopt(reread);
        let after = count(&self.ring);
        if before != after {
            tracing::info!(before, after, "the key files changed");
        }
    }

    /// Notes versions that the database does not know, and refuses those that it knows otherwise.
    async fn note(&self, keys: impl Fn(Purpose) -> Vec<Key>) -> Result<Vec<Standing>, AdmitError> {
        let db = self.ledger.db();
        let mut found = books::standings(db.reader()).await?;
        let known: BTreeSet<_> =
            found.iter().map(|standing| (standing.purpose, standing.version)).collect();
        let all: Vec<(Purpose, Key)> = Purpose::ALL
            .into_iter()
            .flat_map(|purpose| keys(purpose).into_iter().map(move |key| (purpose, key)))
            .collect();
        let unknown: Vec<_> =
            all.iter().filter(|(purpose, key)| !known.contains(&(*purpose, key.version))).collect();
        if !unknown.is_empty() {
            let (tx, now) = (db.begin().await?, self.ledger.clock().now());
            for (purpose, key) in unknown {
                // What there was before the first note was made with the oldest version.
                let first = !known.iter().any(|(of, _)| of == purpose)
                    && keys(*purpose).first().is_some_and(|oldest| oldest.version == key.version);
                books::note(tx.conn(), *purpose, key, (now, first)).await?;
            }
            tx.commit().await?;
            found = books::standings(db.reader()).await?;
        }
        for (purpose, key) in &all {
            let same = |standing: &Standing| standing.fingerprint == key.fingerprint();
            let mut known = found.iter().filter(|standing| standing.purpose == *purpose);
            if !known.find(|standing| standing.version == key.version).is_some_and(same) {
                let (path, version) = (self.ring.file_of(*purpose), key.version);
                return Err(KeyError::Strange { path, version }.into());
            }
        }
        Ok(found)
    }

    /// Looks up by the newest version that every row has, and writes older ones until every process
    /// does so. A new one is written once the books say that it is in use: from then on nobody
    /// without it takes a value away.
    fn follow(&self, found: &[Standing]) {
        let (now, blind) = (self.ledger.clock().now(), Purpose::BlindIndex);
        let look_up = books::newest_finished(found, blind, now).unwrap_or(0);
        let from = books::newest_finished(found, blind, now - SETTLED).unwrap_or(0);
        let used =
            found.iter().filter(|standing| standing.purpose == blind && standing.is_in_use());
        let until = used.map(|standing| standing.version).max().unwrap_or(u32::MAX);
        let lacking = Holding::of(&self.ring).lacking(found);
        self.ring.follow(Said { look_up, indexed: (from, until), lacking });
        self.ledger.renew_keys(LedgerKeys::of(&self.ring));
    }
}
