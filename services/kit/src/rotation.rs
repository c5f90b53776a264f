//! New keys while the service runs: the [`Keeper`] learns of them, and the job of this module brings
//! what is protected under them.
//!
//! A new version opens at once and seals from its time on, by when every process knows it. Then it is
//! in use: a process without it is refused what needs it. A while later the
//! job goes over the rows in chunks, each one transaction with the place that it came to: sealed
//! values are sealed anew, look-up values are added. Whatever becomes of the process, every row is
//! under a version that the ring holds. A look-up goes by the newest version whose rows are complete;
//! the older ones are written on for a while, for the sake of processes that do not know that yet.

mod books;
mod data_keys;
mod holding;
mod keeper;
mod patience;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use opentelemetry::{KeyValue, metrics::Counter};
use parking_lot::Mutex;
use sea_orm::{ConnectionTrait, DatabaseBackend, Value};
use tokio_util::sync::CancellationToken;

use self::patience::Patience;
pub use self::{
    books::{Standing, reopen, retire, standings},
    data_keys::DataKeys,
    holding::{Holding, Indexing},
    keeper::{AdmitError, Keeper, covers},
};
use crate::{
    db::{Tx, fault, number, places, rows_per_statement, sql},
    fault::{Fault, Outcome},
    keys::Purpose,
    ledger::Ledger,
    reasons,
    vault::Vault,
};

/// How long after a moment every process has taken notice of it: several looks of the [`Keeper`].
const SETTLED: TimeDelta = TimeDelta::seconds(10);
/// Rows that one transaction looks at. On SQLite every other write waits for it.
const ROWS_A_CHUNK: u64 = 100;
/// How often the job looks for work.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// What a source did with some rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Rows that changed.
    pub renewed: u64,
    /// The last row that was looked at; `None` when none were left.
    pub last: Option<String>,
}

/// A table with sealed values.
#[async_trait]
pub trait Sealed: Send + Sync {
    /// Names the source for ever, for the place that is kept.
    fn name(&self) -> &'static str;

    /// Looks at no more than `limit` rows behind the row `after` (at first the empty text), in a fixed
    /// order, holds them against writers, and seals anew what [`Vault::resealed`] gives. What a
    /// record shows does not change, so neither its version nor its etag does, and it is no event.
    async fn reseal_after(
        &self,
        conn: &Tx,
        vault: &Vault,
        after: &str,
        limit: u64,
    ) -> Outcome<Chunk>;

    /// How many rows are sealed under a version.
    async fn count_sealed(&self, conn: &Tx, version: u32) -> Outcome<u64>;
}

/// A table with look-up values.
#[async_trait]
pub trait Indexed: Send + Sync {
    /// Names the source for ever, for the place that is kept.
    fn name(&self) -> &'static str;

    /// Looks at no more than `limit` records behind `after`, holds them against writers, opens their
    /// values and adds what [`Vault::blind_indexes`] gives and the table lacks.
    async fn index_after(
        &self,
        conn: &Tx,
        vault: &Vault,
        after: &str,
        limit: u64,
    ) -> Outcome<Chunk>;

    /// How many rows a version has.
    async fn count_indexed(&self, conn: &Tx, version: u32) -> Outcome<u64>;

    /// Removes no more than `limit` rows of versions before `version`; answers how many.
    async fn forget_before(&self, conn: &Tx, version: u32, limit: u64) -> Outcome<u64>;
}

/// Everything of a service that keys protect.
#[derive(Clone, Default)]
pub struct Sources {
    /// Tables with sealed values. New ones go to the end.
    pub sealed: Vec<Arc<dyn Sealed>>,
    /// Tables with look-up values. New ones go to the end.
    pub indexed: Vec<Arc<dyn Indexed>>,
}

impl Sources {
    /// How many rows need a version.
    pub async fn count(&self, conn: &Tx, purpose: Purpose, version: u32) -> Outcome<u64> {
        let mut count = 0;
        if purpose == Purpose::Vault {
            for source in &self.sealed {
                count += source.count_sealed(conn, version).await?;
            }
        }
        if purpose == Purpose::BlindIndex {
            for source in &self.indexed {
                count += source.count_indexed(conn, version).await?;
            }
        }
        Ok(count)
    }

    fn names(&self, purpose: Purpose) -> Vec<&'static str> {
        match purpose {
            Purpose::Vault => self.sealed.iter().map(|source| source.name()).collect(),
            _ => self.indexed.iter().map(|source| source.name()).collect(),
        }
    }

    async fn renew(
        &self,
        conn: &Tx,
        vault: &Vault,
        (purpose, source): (Purpose, usize),
        after: &str,
    ) -> Outcome<Chunk> {
        match purpose {
            Purpose::Vault => {
                self.sealed[source].reseal_after(conn, vault, after, ROWS_A_CHUNK).await
            }
            _ => self.indexed[source].index_after(conn, vault, after, ROWS_A_CHUNK).await,
        }
    }
}

/// The job. One instance at a time works, by an advisory lock that ends with its transaction.
pub struct Rotation {
    ledger: Ledger,
    vault: Vault,
    sources: Sources,
    renewed: Counter<u64>,
    /// The version that rows are being brought under, and the first transaction that began after
    /// every process could know it.
    began: Mutex<Option<(Purpose, u32, i64)>>,
    patience: Patience,
}

/// What there is to do.
enum Work<'a> {
    /// A version is in use from now on.
    Use(&'a Standing),
    /// Rows are to be brought under it.
    Bring(&'a Standing),
    /// Look-up values of versions before this one are not needed.
    Forget(u32),
}

impl Rotation {
    /// The job for these sources.
    pub fn new(ledger: Ledger, vault: Vault, sources: Sources) -> Self {
        let renewed = opentelemetry::global::meter("unionhall")
            .u64_counter("keys.rotation.rows")
            .with_description("Rows that were brought under a new version of a key.")
            .build();
        Self {
            ledger,
            vault,
            sources,
            renewed,
            began: Mutex::new(None),
            patience: Patience::default(),
        }
    }

    /// Works until `stop`, from where an earlier process came to; a database that is away is tried
    /// again.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.step().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(fault) => tracing::warn!(%fault, cause = ?fault, "keys could not be rotated"),
            }
            stop.run_until_cancelled(tokio::time::sleep(LOOK_AGAIN)).await;
        }
    }

    /// Brings one chunk along. Answers whether there was anything to do. Public so that tests can
    /// drive it.
    pub async fn step(&self) -> Outcome<bool> {
        let holding = Holding::of(self.vault.keys());
        holding.serves(self.ledger.db().reader()).await?;
        let found = books::standings(self.ledger.db().reader()).await?;
        if self.work(&found).is_none() {
            return Ok(false);
        }
        let tx = self.ledger.db().begin().await?;
        let conn = tx.conn();
        // Another instance may have been faster, or be at it.
        let found = if leads(conn).await? { books::standings(conn).await? } else { Vec::new() };
        let worked = match self.work(&found) {
            Some(Work::Use(standing)) => self.begin(conn, standing).await?,
            Some(Work::Bring(standing)) => self.bring(conn, standing).await?,
            Some(Work::Forget(version)) => self.forget(conn, version).await?,
            None => false,
        };
        holding.serves(conn).await?;
        tx.commit().await?;
        Ok(worked)
    }

    fn work<'a>(&self, found: &'a [Standing]) -> Option<Work<'a>> {
        let begins = self.beginning(found).map(Work::Use);
        let next = || self.next(found).map(Work::Bring);
        begins.or_else(next).or_else(|| self.forgettable(found).map(Work::Forget))
    }

    /// A version whose time has come.
    fn beginning<'a>(&self, found: &'a [Standing]) -> Option<&'a Standing> {
        let (ring, now) = (self.vault.keys(), self.ledger.clock().now());
        found.iter().find(|standing| {
            let key = ring.version(standing.purpose, standing.version);
            standing.is_open()
                && standing.begun_at.is_none()
                && key.is_some_and(|key| key.is_active(now))
        })
    }

    async fn begin(&self, conn: &Tx, standing: &Standing) -> Outcome<bool> {
        let begun_at = Some(self.ledger.clock().now());
        books::save(conn, &Standing { begun_at, ..standing.clone() }).await?;
        let (purpose, version) = (standing.purpose.name(), standing.version);
        tracing::info!(purpose, version, "a new key is in use");
        Ok(true)
    }

    /// The version that rows are to be brought under.
    fn next<'a>(&self, found: &'a [Standing]) -> Option<&'a Standing> {
        let (ring, now) = (self.vault.keys(), self.ledger.clock().now());
        // The vault's rows go to the newest at once; look-up values are wanted of each.
        let sealing = ring.current(Purpose::Vault).version;
        found.iter().find(|standing| {
            let key = ring.version(standing.purpose, standing.version);
            // Processes that did not take notice yet would write old rows behind the job's back.
            let before = now - SETTLED;
            let settled = key.is_some_and(|key| key.is_active(before))
                && standing.begun_at.is_some_and(|at| at <= before);
            let wanted = match standing.purpose {
                Purpose::Vault => standing.version == sealing,
                Purpose::BlindIndex => true,
                _ => false,
            };
            wanted && settled && standing.is_open()
        })
    }

    /// Says first, in a transaction of its own, that rows are brought along, so that whoever writes
    /// after it knows.
    async fn bring(&self, conn: &Tx, standing: &Standing) -> Outcome<bool> {
        let first = self.sources.names(standing.purpose).first().copied();
        if let Some(first) = first.filter(|_| standing.source.is_empty()) {
            let (source, place) = (first.to_owned(), String::new());
            books::save(conn, &Standing { source, place, ..standing.clone() }).await?;
            return Ok(true);
        }
        if !self.others_ended(conn, standing).await? {
            if self.patience.ends(self.ledger.clock().now()) {
                let (purpose, version) = (standing.purpose.name(), standing.version);
                tracing::warn!(
                    purpose,
                    version,
                    "rows wait for a transaction that began before the rotation and has not ended"
                );
            }
            return Ok(false);
        }
        self.patience.begin_anew();
        self.chunk(conn, standing).await?;
        Ok(true)
    }

    /// Whether every transaction has ended that may have asked the books before they said that rows
    /// are brought along. SQLite has one at a time.
    async fn others_ended(&self, conn: &Tx, standing: &Standing) -> Outcome<bool> {
        if conn.get_database_backend() != DatabaseBackend::Postgres {
            return Ok(true);
        }
        let Standing { purpose, version, .. } = *standing;
        let known = *self.began.lock();
        let first = match known.filter(|(of, number, _)| (*of, *number) == (purpose, version)) {
            Some((.., first)) => first,
            // Whoever asks the books has written before, and so has a number below this one.
            None => transaction(conn, "pg_current_xact_id()").await?,
        };
        *self.began.lock() = Some((purpose, version, first));
        Ok(transaction(conn, "pg_snapshot_xmin(pg_current_snapshot())").await? >= first)
    }

    async fn chunk(&self, conn: &Tx, standing: &Standing) -> Outcome<()> {
        let Standing { purpose, version, .. } = *standing;
        let names = self.sources.names(purpose);
        // A source that is gone is as good as done.
        let at = names.iter().position(|name| *name == standing.source).unwrap_or(0);
        let mut next = standing.clone();
        if let Some(name) = names.get(at) {
            let after = if *name == standing.source { standing.place.as_str() } else { "" };
            let chunk = self.sources.renew(conn, &self.vault, (purpose, at), after).await?;
            next.renewed += chunk.renewed;
            self.count(purpose, name, chunk.renewed);
            (next.source, next.place) = match (chunk.last, names.get(at + 1)) {
                (Some(last), _) => ((*name).to_owned(), last),
                (None, Some(following)) => ((*following).to_owned(), String::new()),
                (None, None) => (String::new(), String::new()),
            };
        }
        if next.source.is_empty() {
            self.end(conn, &mut next).await?;
        }
        books::save(conn, &next).await?;
        tracing::debug!(
            ?purpose,
            version,
            source = next.source,
            renewed = next.renewed,
            "rotating"
        );
        Ok(())
    }

    /// All sources were gone over. Rows that are under an older version all the same were written by
    /// a process that was late; they are gone over again.
    async fn end(&self, conn: &Tx, standing: &mut Standing) -> Outcome<()> {
        let Standing { purpose, version, renewed, .. } = *standing;
        let mut left = 0;
        if purpose == Purpose::Vault {
            for key in self.vault.keys().all(purpose).iter().filter(|key| key.version < version) {
                left += self.sources.count(conn, purpose, key.version).await?;
            }
        }
        if left > 0 {
            tracing::warn!(
                purpose = purpose.name(),
                version,
                left,
                "rows came in under an old key"
            );
            return Ok(());
        }
        standing.finished_at = Some(self.ledger.clock().now());
        tracing::info!(
            purpose = purpose.name(),
            version,
            renewed,
            "every row is under the new key"
        );
        Ok(())
    }

    /// The version of the blind index before which no look-up values are needed or written any more.
    fn forgettable(&self, found: &[Standing]) -> Option<u32> {
        let before = self.ledger.clock().now() - SETTLED - SETTLED;
        let ring = self.vault.keys().all(Purpose::BlindIndex);
        let from = books::newest_finished(found, Purpose::BlindIndex, before)?;
        let old = |standing: &&Standing| {
            standing.purpose == Purpose::BlindIndex
                && standing.version < from
                && standing.retired_at.is_none()
                && !standing.is_forgotten()
        };
        let held = |version| ring.iter().any(|key| key.version == version);
        found.iter().find(old).filter(|_| held(from)).map(|_| from)
    }

    /// Removes look-up values that nobody asks by.
    async fn forget(&self, conn: &Tx, version: u32) -> Outcome<bool> {
        for source in &self.sources.indexed {
            let removed = source.forget_before(conn, version, ROWS_A_CHUNK).await?;
            if removed > 0 {
                return Ok(true);
            }
        }
        books::forgotten(conn, version).await?;
        Ok(true)
    }

    fn count(&self, purpose: Purpose, source: &'static str, renewed: u64) {
        let labels = [KeyValue::new("purpose", purpose.name()), KeyValue::new("source", source)];
        self.renewed.add(renewed, &labels);
    }
}

/// Whether rows are under a newer version for long enough that every process knows it; that none is
/// under this one is [`Sources::count`]'s to say.
pub fn is_replaced(found: &[Standing], purpose: Purpose, version: u32, now: DateTime<Utc>) -> bool {
    let before = now - SETTLED - SETTLED;
    books::newest_finished(found, purpose, before).is_some_and(|newest| newest > version)
}

/// The number of a statement with one value.
pub(crate) async fn counted(conn: &Tx, text: &str, value: Value) -> Outcome<u64> {
    Ok(number(conn, text, [value]).await?.unsigned_abs())
}

/// The number of a transaction, on PostgreSQL.
async fn transaction(conn: &Tx, which: &str) -> Outcome<i64> {
    let text = format!("SELECT {which}::text::bigint AS n");
    let row = conn.query_one_raw(sql(conn, &text, [])).await.map_err(fault::of)?;
    let row = row.ok_or_else(|| Fault::new(&reasons::INTERNAL))?;
    row.try_get("", "n").map_err(fault::of)
}

/// Sets columns of a table to each row's own values, in few statements: a row is its key and them.
pub async fn set_each(
    conn: &impl ConnectionTrait,
    (table, key, columns): (&str, &str, &[&str]),
    rows: Vec<Vec<Value>>,
) -> Outcome<()> {
    let width = 1 + columns.len();
    for some in rows.chunks(rows_per_statement(width)) {
        let sets: Vec<String> = columns
            .iter()
            .zip(2..)
            .map(|(column, at)| format!("{column} = v.column{at}"))
            .collect();
        let text = format!(
            "UPDATE {table} SET {} FROM (VALUES {}) AS v WHERE {table}.{key} = v.column1",
            sets.join(", "),
            places(some.len(), width)
        );
        let statement = sql(conn, &text, some.iter().flatten().cloned());
        conn.execute_raw(statement).await.map_err(fault::of)?;
    }
    Ok(())
}

async fn leads(conn: &impl ConnectionTrait) -> Outcome<bool> {
    if conn.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(true);
    }
    let lock = "SELECT pg_try_advisory_xact_lock(7554, hashtext(current_schema())) AS leads";
    let row = conn.query_one_raw(sql(conn, lock, [])).await.map_err(fault::of)?;
    row.map_or(Ok(false), |row| row.try_get("", "leads").map_err(fault::of))
}

#[cfg(test)]
mod tests;
