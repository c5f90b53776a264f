//! Brings the figures under a new revision of the quality rules.
//!
//! A record says under which revision its share of the figures is kept, and every write of it moves
//! the figures by that one. So a record is brought under the newest in one transaction, whatever
//! happens to it before and after: what it was worth on each day is taken back, what it is worth
//! from now on is added. The records that are still behind are what is left to do, so the job goes
//! on by itself wherever it was cut off. A rule judges the days on which it is in force; a revision
//! that adds one from a day on leaves the days before as they were.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use unionhall_kit::{
    fault::Outcome,
    ledger::{AuditNote, Done},
    path::nowhere,
};

use crate::{
    api::employers::effect,
    register::Register,
    store::{
        employers::{self, EmployerRecord},
        grounds,
    },
};

/// Employers that one transaction recounts.
const EMPLOYERS_A_CHUNK: u64 = 500;
/// An instance of an older program may enter employers by older rules, so the job looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// How the books name the job.
const CLIENT: &str = "unionhall";
const METHOD: &str = "recount";

/// The job.
pub struct Recounter {
    register: Register,
}

impl Recounter {
    /// The job of this register.
    pub fn new(register: Register) -> Self {
        Self { register }
    }

    /// Works until `stop`; a database that is away is tried again.
    pub async fn run(self, stop: CancellationToken) {
        let mut recounted = 0;
        while !stop.is_cancelled() {
            match self.step().await {
                Ok(0) => {
                    if recounted > 0 {
                        let revision = self.register.quality.revision();
                        tracing::info!(recounted, revision, "figures follow the quality rules");
                    }
                    recounted = 0;
                }
                Ok(count) => {
                    recounted += count;
                    continue;
                }
                Err(fault) => tracing::warn!(%fault, "employers could not be recounted"),
            }
            stop.run_until_cancelled(tokio::time::sleep(LOOK_AGAIN)).await;
        }
    }

    /// Recounts one chunk, and answers how many employers it looked at. Public so that tests can
    /// drive it.
    pub async fn step(&self) -> Outcome<usize> {
        let (ledger, newest) = (&self.register.ledger, self.register.quality.revision());
        let reader = ledger.db().reader();
        let ids = employers::counted_before(reader, newest, EMPLOYERS_A_CHUNK).await?;
        if ids.is_empty() {
            return Ok(0);
        }
        let mut entry = ledger.begin_own(CLIENT, METHOD).await?;
        let held = employers::load_for_update(entry.conn(), &ids).await?;
        // Another instance may have been faster.
        let behind: Vec<&EmployerRecord> = held.iter().filter(|one| one.rules < newest).collect();
        if behind.is_empty() {
            entry.discard().await?;
            return Ok(ids.len());
        }
        let mut deltas = Vec::new();
        let facts = behind.iter().map(|record| &record.facts);
        let grounds = grounds::held(entry.conn(), facts).await?;
        for record in &behind {
            let counted = self.register.rules_of(entry.conn(), record).await?;
            let rules = (&*counted, &*self.register.quality);
            deltas.extend(effect::recount(&record.facts, rules, &grounds));
        }
        employers::mark_counted(entry.conn(), &behind, newest).await?;
        entry.figures(deltas);
        entry.audit(note(behind.len(), newest));
        entry.commit(Done { record: String::new(), version: 0 }).await?;
        Ok(ids.len())
    }
}

/// A chunk stands anywhere in the tree, so its entry stands beside it.
fn note(count: usize, revision: i32) -> AuditNote {
    let detail = format!("recounted {count} employers by revision {revision} of the quality rules");
    AuditNote { record: "metrics/valid_records".to_owned(), area: nowhere(), detail }
}
