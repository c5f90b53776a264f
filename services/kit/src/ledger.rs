//! What every write leaves behind, in one transaction: the key that makes it safe to repeat, the
//! figures it moves, its audit entry and, last, its events.
//!
//! A handler begins an [`Entry`], writes its own tables through it, notes what happened and
//! commits. Nothing is acknowledged before the commit returned.

pub mod audit;
pub mod denials;
pub mod events;
pub mod feed;
mod idempotency;
pub mod looks;
pub mod sequencer;
#[cfg(test)]
pub(crate) mod testing;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use uuid::Uuid;

pub use self::{
    audit::{AuditKey, AuditNote},
    events::{Event, EventKind},
};
use crate::{
    civil::CivilDate,
    clock::{SharedClock, civil_day},
    db::{Db, Tx, WriteTx, fault},
    fault::Outcome,
    figures::{self, Delta},
    ids::Ids,
    keys::{KeyRing, Purpose},
    rotation::Holding,
};

/// The keys that the books are made with.
#[derive(Clone)]
pub struct LedgerKeys {
    /// For the MAC by which a repeated request is recognised.
    pub idempotency: [u8; 32],
    /// Its other versions: requests from before a rotation are recognised by them, and those that
    /// another process took a moment after it.
    pub idempotency_before: Vec<[u8; 32]>,
    /// For the MAC of an audit entry.
    pub audit: AuditKey,
    /// Everything that the process holds: a write that needs more is refused.
    pub held: Arc<Holding>,
}

impl LedgerKeys {
    /// The keys of a ring, as they are now.
    pub fn of(ring: &KeyRing) -> Self {
        let idempotency = ring.current(Purpose::Idempotency);
        let all = ring.all(Purpose::Idempotency);
        let others = all.iter().filter(|key| key.version != idempotency.version);
        Self {
            idempotency: *idempotency.bytes(),
            idempotency_before: others.map(|key| *key.bytes()).collect(),
            audit: AuditKey::of(&ring.current(Purpose::Audit)),
            held: Arc::new(Holding::of(ring)),
        }
    }
}

/// Who does what, as far as the books must know.
#[derive(Debug, Clone)]
pub struct Intent<'a> {
    /// The calling client.
    pub client: &'a str,
    /// Full method name, for instance `/unionhall.registry.v1.EmployerService/CreateEmployer`.
    pub method: &'a str,
    /// The request id under which the call is traced.
    pub trace: &'a str,
    /// The caller's idempotency key.
    pub request_id: Option<Uuid>,
    /// The decoded and normalised message, encoded again.
    pub body: Vec<u8>,
}

/// What beginning a write found.
pub enum Begun {
    /// The request is new.
    Fresh(Box<Entry>),
    /// The request was done before: read the record again and answer with it.
    Replay(Done),
}

/// What an earlier request with the same id did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Resource name of the record.
    pub record: String,
    /// Its version right after.
    pub version: i64,
}

/// The books of one service.
#[derive(Clone)]
pub struct Ledger {
    db: Db,
    clock: SharedClock,
    ids: Ids,
    keys: Arc<ArcSwap<LedgerKeys>>,
    /// Rings when something was committed, for the sequencer and for waiting readers.
    bell: Arc<Notify>,
}

impl Ledger {
    /// The books in this database.
    pub fn new(db: Db, clock: SharedClock, ids: Ids, keys: LedgerKeys) -> Self {
        let keys = Arc::new(ArcSwap::from_pointee(keys));
        Self { db, clock, ids, keys, bell: Arc::new(Notify::new()) }
    }

    /// Goes on with these keys.
    pub fn renew_keys(&self, keys: LedgerKeys) {
        self.keys.store(Arc::new(keys));
    }

    /// The keys that the process holds now. Taken before anything is sealed, indexed or sought, and
    /// asked after it ([`Holding::serves`]) where that is not done by an [`Entry`].
    pub fn held(&self) -> Arc<Holding> {
        Arc::clone(&self.keys.load().held)
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The clock.
    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// The source of ids.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// Begins a write. The idempotency key is the first row of the transaction.
    pub async fn begin(&self, intent: &Intent<'_>) -> Outcome<Begun> {
        let tx = self.db.begin().await?;
        let now = self.clock.now();
        if let Some(request_id) = intent.request_id {
            let keys = self.keys.load_full();
            let known = idempotency::claim(tx.conn(), &keys, intent, request_id, now).await?;
            if let Some(done) = known {
                tx.rollback().await?;
                return Ok(Begun::Replay(done));
            }
        }
        Ok(Begun::Fresh(Box::new(self.entry(tx, intent, now))))
    }

    /// Begins a write of the service itself (a job), which nobody repeats.
    pub async fn begin_own(&self, client: &str, method: &str) -> Outcome<Entry> {
        let tx = self.db.begin().await?;
        let intent = Intent { client, method, trace: "", request_id: None, body: Vec::new() };
        Ok(self.entry(tx, &intent, self.clock.now()))
    }

    fn entry(&self, tx: WriteTx, intent: &Intent<'_>, now: DateTime<Utc>) -> Entry {
        let keys = self.keys.load();
        Entry {
            tx,
            now,
            batch: self.ids.fresh(),
            client: intent.client.to_owned(),
            method: intent.method.to_owned(),
            trace: intent.trace.to_owned(),
            request_id: intent.request_id,
            events: Vec::new(),
            deltas: Vec::new(),
            notes: Vec::new(),
            audit_key: keys.audit.clone(),
            held: Arc::clone(&keys.held),
            bell: Arc::clone(&self.bell),
        }
    }
}

/// A write that is being made.
pub struct Entry {
    tx: WriteTx,
    now: DateTime<Utc>,
    batch: Uuid,
    client: String,
    method: String,
    trace: String,
    request_id: Option<Uuid>,
    events: Vec<Event>,
    deltas: Vec<Delta>,
    notes: Vec<AuditNote>,
    audit_key: AuditKey,
    held: Arc<Holding>,
    bell: Arc<Notify>,
}

impl Entry {
    /// The transaction, for the service's own tables.
    pub fn conn(&self) -> &Tx {
        self.tx.conn()
    }

    /// The instant of this write, taken when it began: before it waited for anything.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Raises the instant to one that a record shows, which another writer of it may have taken
    /// later and committed earlier: the moments of one record's events ascend with its versions.
    pub fn not_before(&mut self, at: DateTime<Utc>) {
        self.now = self.now.max(at);
    }

    /// The civil day of this write.
    pub fn today(&self) -> CivilDate {
        civil_day(self.now)
    }

    /// Notes that a record changed.
    pub fn event(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Shows another snapshot in every event of a record that showed one: what it showed was erased.
    pub async fn overwrite_events(&self, snapshots: Vec<(String, Vec<u8>)>) -> Outcome<()> {
        events::overwrite(self.conn(), snapshots).await.map_err(fault::of)
    }

    /// Notes how figures move.
    pub fn figures(&mut self, deltas: impl IntoIterator<Item = Delta>) {
        self.deltas.extend(deltas);
    }

    /// Notes what was done, for the audit.
    pub fn audit(&mut self, note: AuditNote) {
        self.notes.push(note);
    }

    /// Writes the books and commits. `done` is what a repetition of the request is answered with.
    /// `KEY_MISSING` where a key is in use that the process did not hold when it began.
    pub async fn commit(self, done: Done) -> Outcome<()> {
        let conn = self.tx.conn();
        if let Some(request_id) = self.request_id {
            idempotency::finish(conn, &self.client, &self.method, request_id, &done).await?;
        }
        figures::tail::append(conn, &self.deltas).await.map_err(fault::of)?;
        audit::append(conn, &self.audit_key, &self.notes, &self.stamp()).await?;
        events::append(conn, self.batch, self.now, &self.events).await.map_err(fault::of)?;
        // Last: the job waits for those who asked before it began.
        self.try_keys().await?;
        self.tx.commit().await?;
        self.bell.notify_waiters();
        Ok(())
    }

    /// Takes everything back, as `validate_only` asks.
    pub async fn discard(self) -> Outcome<()> {
        self.tx.rollback().await
    }

    /// What a commit would refuse: `KEY_MISSING` where what was found out rests on other keys than
    /// those in use.
    pub async fn try_keys(&self) -> Outcome<()> {
        self.held.serves(self.conn()).await
    }

    fn stamp(&self) -> audit::Stamp<'_> {
        audit::Stamp {
            at: self.now,
            client: &self.client,
            method: &self.method,
            trace: &self.trace,
        }
    }
}
