//! Carries unions and employers along when areas move or merge.
//!
//! The tree changes in the transaction of the request. From then on nobody can be put into the
//! areas that ended, and those who are there follow in chunks, each one transaction: their dated
//! addresses, their path, their version, the figures of every day from the change on. A chunk
//! leaves no events of the records. One pair of events for each subtree tells its followers to
//! take it again: with the change of the tree, and once more when the last employer has arrived.

use std::{collections::BTreeMap, time::Duration};

use tokio_util::sync::CancellationToken;
use unionhall_kit::{
    fault::{Fault, Outcome},
    ledger::{AuditNote, Done, Entry},
    reasons,
};
use uuid::Uuid;

use super::{base_register, summed};
use crate::{
    api::{areas::note, employers::effect, unions::effect as union_effect},
    register::Register,
    rules::{
        area::{AreaPath, tree::Lineage},
        base_register::contribution::relocate as relocate_listing,
        contribution::Counting,
        employer::{EmployerFacts, change::relocate},
        history::History,
        union::{UnionId, change as union_change},
    },
    store::{
        areas,
        employers::{self, EmployerRecord},
        grounds,
        structure_changes::{self, Progress, StructureChange},
        unions,
    },
};

/// Unions that one transaction carries.
const UNIONS_A_CHUNK: u64 = 100;
/// Employers that one transaction carries.
const EMPLOYERS_A_CHUNK: u64 = 500;
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
                Err(fault) => tracing::warn!(%fault, "employers could not be carried along"),
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
        let ways = ways(&entry, &change).await?;
        let from: Vec<AreaPath> = ways.keys().cloned().collect();
        let conn = entry.conn();
        let seated = structure_changes::next_unions(conn, &from, change.on, UNIONS_A_CHUNK).await?;
        if !seated.is_empty() {
            self.carry_unions(entry, change, &ways, &seated).await?;
            return Ok(true);
        }
        let ids =
            structure_changes::next_employers(conn, &from, change.on, EMPLOYERS_A_CHUNK).await?;
        if ids.is_empty() {
            self.carry_listed(entry, change, &ways).await?;
        } else {
            self.carry(entry, change, &ways, &ids).await?;
        }
        Ok(true)
    }

    async fn carry(
        &self,
        mut entry: Entry,
        mut change: StructureChange,
        ways: &BTreeMap<AreaPath, Lineage>,
        ids: &[Uuid],
    ) -> Outcome<()> {
        let before = employers::load_for_update(entry.conn(), ids).await?;
        let mut deltas = Vec::new();
        let facts = before.iter().map(|record| &record.facts);
        let grounds = grounds::held(entry.conn(), facts).await?;
        let mut relocated: Vec<(&EmployerRecord, EmployerFacts)> = Vec::with_capacity(before.len());
        for record in &before {
            let facts = carried(&record.facts, ways);
            let rules = self.register.rules_of(entry.conn(), record).await?;
            let by = Counting { rules: &rules, grounds: &grounds };
            deltas.extend(effect::figures(&record.facts, &facts, by));
            relocated.push((record, facts));
        }
        let saved = employers::save_many(entry.conn(), relocated, entry.now()).await?;
        // A change of address takes no code from anybody.
        let saved = saved.map_err(|taken| Fault::new(&reasons::INTERNAL).caused_by(taken))?;
        let followed = saved.iter().zip(&before).filter(|(new, old)| new.version > old.version);
        let count = i64::try_from(followed.count()).unwrap_or(i64::MAX);
        change.moved_employer_count += count;
        change.updated_at = entry.now().max(change.updated_at);
        structure_changes::advance(entry.conn(), &change).await?;
        entry.figures(summed(deltas));
        entry.audit(audit(&change, format!("carried {count} employers")));
        entry.commit(Done { record: change.name(), version: 1 }).await
    }

    /// Unions go first: what comes later may rely on their places.
    async fn carry_unions(
        &self,
        mut entry: Entry,
        mut change: StructureChange,
        ways: &BTreeMap<AreaPath, Lineage>,
        ids: &[UnionId],
    ) -> Outcome<()> {
        let before = unions::load_for_update(entry.conn(), ids).await?;
        let paths = unions::paths_of(entry.conn(), ids).await?;
        let mut deltas = Vec::new();
        for record in &before {
            let standing = History::default();
            let standing = paths.get(&record.id).unwrap_or(&standing);
            let facts = ways
                .values()
                .fold(record.facts.clone(), |facts, step| union_change::relocate(&facts, step));
            deltas.extend(union_effect::figures((&record.facts, standing), (&facts, standing)));
            let paths = standing.clone();
            let saved = unions::save(entry.conn(), record, facts, paths, entry.now()).await?;
            // The merge was refused where two would take one place.
            saved.map_err(|taken| Fault::new(&reasons::INTERNAL).caused_by(taken))?;
        }
        let count = i64::try_from(before.len()).unwrap_or(i64::MAX);
        change.moved_union_count += count;
        change.updated_at = entry.now().max(change.updated_at);
        structure_changes::advance(entry.conn(), &change).await?;
        entry.figures(summed(deltas));
        entry.audit(audit(&change, format!("carried {count} unions")));
        entry.commit(Done { record: change.name(), version: 1 }).await
    }

    /// The enterprises that base registers list there go last; with none left, the change ends.
    async fn carry_listed(
        &self,
        mut entry: Entry,
        change: StructureChange,
        ways: &BTreeMap<AreaPath, Lineage>,
    ) -> Outcome<()> {
        let areas: Vec<AreaPath> = ways.keys().cloned().collect();
        let relocated = |places: &History<AreaPath>| {
            ways.values().fold(places.clone(), |places, step| relocate_listing(&places, step))
        };
        let carried = base_register::carry(&mut entry, &areas, change.on, relocated).await?;
        if carried == 0 {
            return self.end(entry, change).await;
        }
        entry.audit(audit(&change, format!("carried {carried} listed enterprises")));
        entry.commit(Done { record: change.name(), version: 1 }).await
    }

    /// Everybody has followed: whoever took the subtree while they were under way takes it again.
    async fn end(&self, mut entry: Entry, mut change: StructureChange) -> Outcome<()> {
        let mut touched = change.sources.clone();
        touched.push(change.target.clone());
        areas::lock(entry.conn(), &touched).await?;
        let recorded = areas::load(entry.conn()).await?;
        let recorded = areas::touch(entry.conn(), &recorded, &touched, entry.now()).await?;
        note::subtrees(&mut entry, &recorded, &change);
        change.progress = Progress::Done;
        // Whoever left the area by another way meanwhile was not carried.
        change.employer_count = change.moved_employer_count;
        change.union_count = change.moved_union_count;
        change.updated_at = entry.now().max(change.updated_at);
        structure_changes::advance(entry.conn(), &change).await?;
        entry.audit(audit(&change, "every employer followed".to_owned()));
        entry.commit(Done { record: change.name(), version: 1 }).await?;
        self.register.areas.forget();
        Ok(())
    }
}

/// The way of each area that ended with this change. Read in the transaction: the shared tree
/// may not have seen the change yet.
async fn ways(entry: &Entry, change: &StructureChange) -> Outcome<BTreeMap<AreaPath, Lineage>> {
    let of_change = |step: &Lineage| {
        let source = |source: &AreaPath| step.predecessor.within(source);
        step.on == change.on && step.kind == change.kind && change.sources.iter().any(source)
    };
    let steps = areas::lineage(entry.conn()).await?.into_iter().filter(of_change);
    Ok(steps.map(|step| (step.predecessor.clone(), step)).collect())
}

fn carried(facts: &EmployerFacts, ways: &BTreeMap<AreaPath, Lineage>) -> EmployerFacts {
    let rows = facts.actual_addresses.rows().iter().chain(facts.registered_addresses.rows());
    let steps = rows.filter_map(|row| ways.get(row.value.area()));
    steps.fold(facts.clone(), |facts, step| relocate(&facts, step))
}

fn audit(change: &StructureChange, detail: String) -> AuditNote {
    AuditNote { record: change.name(), area: change.target.path().clone(), detail }
}

#[cfg(test)]
mod tests;
