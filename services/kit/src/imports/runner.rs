//! The one worker of a process. What is to be done stands in the database; the bell only says
//! when to look.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::Instant;
use uuid::Uuid;

use super::{
    Imports, apply,
    state::State,
    store::{
        batch::{self, Batch},
        claim::claim,
    },
    undo, validate,
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
struct PutOff {
    /// Only while nobody moved it.
    version: i64,
    delay: Duration,
    /// `None`: not by itself.
    until: Option<Instant>,
}

impl Imports {
    /// Does what is to be done until the future is dropped; a killed process's batches first.
    pub async fn run(self: Arc<Self>) {
        let mut put_off = HashMap::new();
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

    /// Moves one batch on. False where none waits.
    async fn work_once(&self, put_off: &mut HashMap<Uuid, PutOff>) -> Outcome<bool> {
        let waiting = batch::working(self.ledger.db().reader()).await?;
        put_off.retain(|id, _| waiting.iter().any(|batch| batch.id == *id));
        for batch in waiting {
            let ready = put_off.get(&batch.id).is_none_or(|put_off| {
                put_off.version != batch.version
                    || put_off.until.is_some_and(|until| until <= Instant::now())
            });
            if !ready {
                continue;
            }
            let Some(_claim) = claim(self.ledger.db(), batch.id).await? else { continue };
            match self.job(&batch).await {
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

    async fn job(&self, batch: &Batch) -> Outcome<()> {
        match batch.state()? {
            State::Validating => validate::run(self, batch).await,
            State::Applying => apply::run(self, batch).await,
            State::Undoing => undo::run(self, batch).await,
            _ => Ok(()),
        }
    }

    /// A batch that the storage did not let pass is tried again. Any other failure is ours: a
    /// validation falls back to the upload, and what writes to the register rests until somebody
    /// moves the batch or the process starts anew.
    async fn failed(&self, batch: &Batch, fault: &Fault, delay: Duration) -> PutOff {
        let passes = may_pass(fault);
        tracing::warn!(%fault, cause = ?fault, batch = %batch.id, passes, "an import stopped");
        if !passes && batch.state == State::Validating.code() {
            self.fall_back(batch).await;
        }
        let now = batch::load(self.ledger.db().reader(), batch.id).await;
        let version = now.ok().flatten().map_or(batch.version, |now| now.version);
        PutOff { version, delay, until: passes.then(|| Instant::now() + delay) }
    }

    async fn fall_back(&self, batch: &Batch) {
        let fallen = async {
            let tx = self.ledger.db().begin().await?;
            let now = batch::lock(tx.conn(), batch.id).await?;
            let validating = State::Validating.code();
            if let Some(mut now) = now.filter(|now| now.state == validating) {
                now.state = State::Uploaded.code();
                batch::save(tx.conn(), &mut now, self.ledger.clock().now()).await?;
            }
            tx.commit().await
        };
        if let Err(fault) = fallen.await {
            tracing::warn!(%fault, batch = %batch.id, "the import stays in validation");
        }
        self.bells.moved.notify_waiters();
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
