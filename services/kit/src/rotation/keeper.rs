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
};
use crate::{
    fault::Fault,
    keys::{Key, KeyError, KeyRing, Purpose, Reread},
    ledger::{Ledger, LedgerKeys},
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
    for standing in found.iter().filter(|standing| standing.retired_at.is_none()) {
        let (path, version) = (ring.file_of(standing.purpose), standing.version);
        match ring.version(standing.purpose, version) {
            None => return Err(KeyError::Lost { path, version }),
            Some(key) if standing.fingerprint != key.fingerprint() => {
                return Err(KeyError::Strange { path, version });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Keeps a ring as its files and the database say.
pub struct Keeper {
    ledger: Ledger,
    ring: Arc<KeyRing>,
    stale: Gauge<u64>,
}

impl Keeper {
    /// A keeper of this ring.
    pub fn new(ledger: Ledger, ring: Arc<KeyRing>) -> Self {
        let stale = opentelemetry::global::meter("unionhall")
            .u64_gauge("keys.stale")
            .with_description("1 while the key files cannot be followed, else 0.")
            .build();
        Self { ledger, ring, stale }
    }

    /// Notes the ring's versions in the database. Refuses keys that are not those that the database
    /// was written with, or lack one of them.
    pub async fn admit(&self) -> Result<(), AdmitError> {
        let found = self.note(|purpose| self.ring.all(purpose).to_vec()).await?;
        covers(&self.ring, &found)?;
        self.follow(&found);
        Ok(())
    }

    /// Reads the files again and takes over what was added. Public so that tests can drive it.
    pub async fn refresh(&self) -> Result<(), AdmitError> {
        // Versions whose time has come seal, whatever became of the files.
        self.ring.tick();
        let reread = self.ring.reread();
        if let Ok(reread) = &reread {
            let found = self.note(|purpose| reread.keys(purpose).to_vec()).await?;
            self.adopt(reread.clone());
            self.follow(&found);
        }
        self.ledger.renew_keys(LedgerKeys::of(&self.ring));
        reread.map(|_| ()).map_err(AdmitError::from)
    }

    /// Follows the files until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut told: Option<DateTime<Utc>> = None;
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            let refreshed = self.refresh().await;
            self.stale.record(u64::from(refreshed.is_err()), &[]);
            let now = self.ledger.clock().now();
            match refreshed {
                Ok(()) => told = None,
                // A clock that was set back must not silence it.
                Err(error) if told.is_none_or(|told| (now - told).abs() >= TELL_EVERY) => {
                    tracing::error!(%error, "the key files cannot be followed; the old keys stay");
                    told = Some(now);
                }
                Err(_) => {}
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
    /// does so.
    fn follow(&self, found: &[Standing]) {
        let (now, blind) = (self.ledger.clock().now(), Purpose::BlindIndex);
        if let Some(look_up) = books::newest_finished(found, blind, now) {
            let from = books::newest_finished(found, blind, now - SETTLED).unwrap_or(0);
            self.ring.set_look_ups(look_up, from);
        }
    }
}
