//! Carries records along when the structure changes: unions and employers when areas move or merge,
//! unions and whom they cover when a union is affiliated to another one, members when their union ends
//! or is split.
//!
//! The structure changes in the transaction of the request. From then on nobody can be put into the
//! areas that ended, and those who are there follow in chunks, each one transaction: their dated
//! places, their path, their version, the figures of every day from the change on. A chunk leaves no
//! events of the records, but of employers and members that come to another union. One pair of events
//! for each subtree tells its followers to take it again, when the last record has arrived: told
//! before, they would take what is not there yet, and nothing would tell them of it later.

mod areas;
pub(crate) mod follow;
mod members;
mod unions;

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use unionhall_kit::fault::Outcome;

use crate::{
    register::Register,
    store::structure_changes::{self, Work},
};

/// Without a bell (another instance began a change, or died over one) the job looks this often.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How the books name the job.
const METHOD: &str = "carry";

/// The job. Changes are carried out one after the other, in the order in which they were decided;
/// an instance that finds a change taken leaves it to the one that has it.
pub struct Carrier {
    register: Register,
}

impl Carrier {
    /// The job of this register.
    pub fn new(register: Register) -> Self {
        Self { register }
    }

    /// Works until `stop`, beginning with what an earlier process left; a database that is away is
    /// tried again.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let rung = self.register.structure_bell.notified();
            match self.step().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(fault) => tracing::warn!(%fault, "records could not be carried along"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = rung => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Carries one chunk, or ends a change that has none left. Answers whether there was anything
    /// to do. Public so that tests can drive it.
    pub async fn step(&self) -> Outcome<bool> {
        let ledger = &self.register.ledger;
        let applying = structure_changes::applying(ledger.db().reader()).await?;
        let Some(next) = applying.into_iter().next() else { return Ok(false) };
        let entry = ledger.begin_own(&next.client, METHOD).await?;
        let Some(change) = structure_changes::take(entry.conn(), next.id).await? else {
            entry.discard().await?;
            return Ok(false);
        };
        match change.work.clone() {
            Work::Areas(work) => self.follow_areas(entry, change, &work).await?,
            Work::Unions(work) => self.follow_unions(entry, change, &work).await?,
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
