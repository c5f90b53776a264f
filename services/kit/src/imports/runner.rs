//! The one worker of a process. What is to be done stands in the database; the bell only says
//! when to look.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    Imports, apply,
    state::State,
    store::{
        batch::{self, Batch},
        claim::{Claim, claim},
    },
    sweep, undo, validate,
};
use crate::{
    fault::{Fault, Outcome},
    reasons,
};

/// How often it looks without a bell: another process may have died over a batch.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// First and longest delay before a batch is tried again that the storage did not let pass.
const DELAYS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How often it removes what nobody needs.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// When a batch that failed is tried again.
#[derive(Clone, Copy)]
pub(super) struct PutOff {
    /// Only while nobody moved it.
    version: i64,
    delay: Duration,
    until: Instant,
}

impl Imports {
    /// Does what is to be done until the future is dropped; a killed process's batches first.
    pub async fn run(self: Arc<Self>) {
        let mut put_off = HashMap::new();
        self.begin_anew().await;
        let mut swept: Option<Instant> = None;
        loop {
            if swept.is_none_or(|at| at.elapsed() >= SWEEP_EVERY) {
                self.sweep().await;
                swept = Some(Instant::now());
            }
            match self.work_once(&mut put_off).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(fault) => tracing::warn!(%fault, "the imports could not look for work"),
            }
            tokio::select! {
                () = self.bells.work.notified() => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Whatever the service failed at, it may have been mended since.
    async fn begin_anew(&self) {
        let begun = async {
            let tx = self.ledger.db().begin().await?;
            batch::forget_failures(tx.conn(), self.ledger.clock().now()).await?;
            tx.commit().await
        };
        if let Err(fault) = begun.await {
            tracing::warn!(%fault, "imports that failed before stay as they are");
        }
        self.bells.moved.notify_waiters();
    }

    /// Moves one batch on. False where none waits.
    pub(super) async fn work_once(
        self: &Arc<Self>,
        put_off: &mut HashMap<Uuid, PutOff>,
    ) -> Outcome<bool> {
        let waiting = batch::working(self.ledger.db().reader()).await?;
        put_off.retain(|id, _| waiting.iter().any(|batch| batch.id == *id));
        if !waiting.is_empty() && self.is_keyless().await? {
            // Another process has the keys, and takes the batches on.
            return Ok(false);
        }
        for batch in waiting {
            let ready = put_off.get(&batch.id).is_none_or(|put_off| {
                put_off.version != batch.version || put_off.until <= Instant::now()
            });
            if !ready {
                continue;
            }
            let Some((_claim, batch)) = self.claimed(&batch).await? else { continue };
            // A panic is a failure of this batch, not the end of all imports.
            let job = AssertUnwindSafe(self.job(&batch, put_off.contains_key(&batch.id)))
                .catch_unwind()
                .await;
            match job.unwrap_or_else(|_| Err(Fault::new(&reasons::INTERNAL))) {
                Ok(()) => {
                    put_off.remove(&batch.id);
                    self.drop_idle_files().await;
                }
                Err(fault) => {
                    let delay = put_off.get(&batch.id).map_or(DELAYS.0, |last| last.delay * 2);
                    let next = self.failed(&batch, &fault, delay.min(DELAYS.1)).await;
                    put_off.insert(batch.id, next);
                }
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// The batch for this process alone. None where another one has it, or moved it between the look
    /// and the claim: whoever went on from the look would forget what the other one found.
    pub(super) async fn claimed(&self, seen: &Batch) -> Outcome<Option<(Claim, Batch)>> {
        let Some(claim) = claim(self.ledger.db(), seen.id).await? else { return Ok(None) };
        let now = batch::load(self.ledger.db().reader(), seen.id).await?;
        Ok(now.filter(|now| now.version == seen.version).map(|now| (claim, now)))
    }

    /// `again`: the batch stopped before.
    async fn job(self: &Arc<Self>, batch: &Batch, again: bool) -> Outcome<()> {
        match batch.state()? {
            State::Validating => Box::pin(validate::run(self, batch)).await,
            State::Applying => Box::pin(apply::run(self, batch, again)).await,
            State::Undoing => undo::run(self, batch).await,
            _ => Ok(()),
        }
    }

    /// A batch that the storage did not let pass is tried again. Any other failure is ours: it is
    /// told with the batch, which rests until somebody moves it or the process starts anew.
    async fn failed(&self, batch: &Batch, fault: &Fault, delay: Duration) -> PutOff {
        let passes = may_pass(fault) || self.lacks_keys(fault).await;
        tracing::warn!(%fault, cause = ?fault, batch = %batch.id, passes, "an import stopped");
        if !passes && let Err(fault) = self.rest(batch, fault).await {
            tracing::warn!(%fault, batch = %batch.id, "the import does not rest yet");
        }
        let now = batch::load(self.ledger.db().reader(), batch.id).await;
        let version = now.ok().flatten().map_or(batch.version, |now| now.version);
        PutOff { version, delay, until: Instant::now() + delay }
    }

    /// Whether it failed because the process lacks a key, which another process has.
    async fn lacks_keys(&self, fault: &Fault) -> bool {
        *fault.reason() == reasons::KEY_MISSING && self.is_keyless().await.unwrap_or(true)
    }

    /// Whether a key is in use that this process lacks; the log says so where keys are looked after.
    async fn is_keyless(&self) -> Outcome<bool> {
        match self.ledger.held().serves(self.ledger.db().reader()).await {
            Err(fault) if *fault.reason() == reasons::KEY_MISSING => Ok(true),
            served => served.map(|()| false),
        }
    }

    /// A validation falls back to the upload, as if no row had been read yet.
    async fn rest(&self, batch: &Batch, fault: &Fault) -> Outcome<()> {
        let db = self.ledger.db();
        let validating = batch.state == State::Validating.code();
        if validating {
            sweep::faults(db, batch.id).await?;
        }
        let tx = db.begin().await?;
        let now = batch::lock(tx.conn(), batch.id).await?;
        let Some(mut now) = now.filter(|now| now.state == batch.state) else { return Ok(()) };
        if validating {
            now.state = State::Uploaded.code();
            now.forget_rows();
        }
        now.failure = fault.reason().name.to_owned();
        batch::save(tx.conn(), &mut now, self.ledger.clock().now()).await?;
        tx.commit().await?;
        self.bells.moved.notify_waiters();
        Ok(())
    }
}

/// Whether the same work may succeed later.
fn may_pass(fault: &Fault) -> bool {
    let passing = [
        &reasons::STORAGE_FULL,
        &reasons::STORAGE_UNAVAILABLE,
        &reasons::CONFLICT,
        &reasons::OVERLOADED,
        &reasons::DEADLINE_EXCEEDED,
    ];
    passing.contains(&fault.reason())
}
