//! Moves and merges of areas: unions and employers follow the areas in which they stand.

use std::collections::BTreeMap;

use unionhall_kit::{
    fault::{Fault, Outcome},
    ledger::{AuditNote, Done, Entry},
    reasons,
};
use uuid::Uuid;

use super::Carrier;
use crate::{
    api::{
        areas::note, employers::effect, members::follow as members, unions::effect as union_effect,
    },
    jobs::base_register,
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
        structure_changes::{self, AreaWork, Progress, StructureChange},
        unions::{self, Placed},
    },
};

/// Unions that one transaction carries.
const UNIONS_A_CHUNK: u64 = 100;
/// Employers that one transaction carries.
const EMPLOYERS_A_CHUNK: u64 = 500;

impl Carrier {
    /// Carries one chunk of those who stand in areas that ended, or ends the change.
    pub(super) async fn follow_areas(
        &self,
        entry: Entry,
        change: StructureChange,
        work: &AreaWork,
    ) -> Outcome<()> {
        let ways = ways(&entry, &change, work).await?;
        let from: Vec<AreaPath> = ways.keys().cloned().collect();
        let conn = entry.conn();
        let seated = structure_changes::next_unions(conn, &from, change.on, UNIONS_A_CHUNK).await?;
        if !seated.is_empty() {
            return self.carry_unions(entry, (change, work), &ways, &seated).await;
        }
        let ids =
            structure_changes::next_employers(conn, &from, change.on, EMPLOYERS_A_CHUNK).await?;
        if ids.is_empty() {
            self.carry_listed(entry, (change, work), &ways).await
        } else {
            self.carry(entry, (change, work), &ways, &ids).await
        }
    }

    async fn carry(
        &self,
        mut entry: Entry,
        (mut change, work): (StructureChange, &AreaWork),
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
        let followed = before.iter().zip(&saved).map(|(old, new)| (old, &new.facts));
        members::employers(&mut entry, followed).await?;
        change.moved_employer_count += count;
        change.updated_at = entry.now().max(change.updated_at);
        structure_changes::advance(entry.conn(), &change).await?;
        entry.figures(deltas);
        entry.audit(audit(&change, work, format!("carried {count} employers")));
        entry.commit(Done { record: change.name(), version: 1 }).await
    }

    /// Unions go first: what comes later may rely on their places.
    async fn carry_unions(
        &self,
        mut entry: Entry,
        (mut change, work): (StructureChange, &AreaWork),
        ways: &BTreeMap<AreaPath, Lineage>,
        ids: &[UnionId],
    ) -> Outcome<()> {
        let before = unions::load_for_update(entry.conn(), ids).await?;
        let paths = unions::paths_of(entry.conn(), ids).await?;
        let (mut deltas, mut carried) = (Vec::new(), Vec::with_capacity(before.len()));
        for record in &before {
            let standing = History::default();
            let standing = paths.get(&record.id).unwrap_or(&standing);
            let facts = ways
                .values()
                .fold(record.facts.clone(), |facts, step| union_change::relocate(&facts, step));
            deltas.extend(union_effect::figures((&record.facts, standing), (&facts, standing)));
            let before = Placed { record: record.clone(), paths: standing.clone() };
            let paths = standing.clone();
            let saved = unions::carry(entry.conn(), &before, facts, paths, entry.now()).await?;
            // The merge was refused where two would take one place.
            let after = saved.map_err(|taken| Fault::new(&reasons::INTERNAL).caused_by(taken))?;
            carried.push((before, after));
        }
        members::unions(&mut entry, carried.iter().map(|(old, new)| (old, new))).await?;
        let count = i64::try_from(before.len()).unwrap_or(i64::MAX);
        change.moved_union_count += count;
        change.updated_at = entry.now().max(change.updated_at);
        structure_changes::advance(entry.conn(), &change).await?;
        entry.figures(deltas);
        entry.audit(audit(&change, work, format!("carried {count} unions")));
        entry.commit(Done { record: change.name(), version: 1 }).await
    }

    /// The enterprises that base registers list there go last; with none left, the change ends.
    async fn carry_listed(
        &self,
        mut entry: Entry,
        (change, work): (StructureChange, &AreaWork),
        ways: &BTreeMap<AreaPath, Lineage>,
    ) -> Outcome<()> {
        let areas: Vec<AreaPath> = ways.keys().cloned().collect();
        let relocated = |places: &History<AreaPath>| {
            ways.values().fold(places.clone(), |places, step| relocate_listing(&places, step))
        };
        let carried = base_register::carry(&mut entry, &areas, change.on, relocated).await?;
        if carried == 0 {
            return self.end_areas(entry, change, work).await;
        }
        entry.audit(audit(&change, work, format!("carried {carried} listed enterprises")));
        entry.commit(Done { record: change.name(), version: 1 }).await
    }

    /// Everybody has followed: whoever holds the subtree takes it again.
    async fn end_areas(
        &self,
        mut entry: Entry,
        mut change: StructureChange,
        work: &AreaWork,
    ) -> Outcome<()> {
        let mut touched = work.sources.clone();
        touched.push(work.target.clone());
        areas::lock(entry.conn(), &touched).await?;
        let recorded = areas::load(entry.conn()).await?;
        let recorded = areas::touch(entry.conn(), &recorded, &touched, entry.now()).await?;
        note::subtrees(&mut entry, &recorded, work);
        change.progress = Progress::Done;
        // Whoever left the area by another way meanwhile was not carried.
        change.employer_count = change.moved_employer_count;
        change.union_count = change.moved_union_count;
        change.updated_at = entry.now().max(change.updated_at);
        structure_changes::advance(entry.conn(), &change).await?;
        entry.audit(audit(&change, work, "every employer followed".to_owned()));
        entry.commit(Done { record: change.name(), version: 1 }).await?;
        self.register.areas.forget();
        Ok(())
    }
}

/// The way of each area that ended with this change. Read in the transaction: the shared tree
/// may not have seen the change yet.
async fn ways(
    entry: &Entry,
    change: &StructureChange,
    work: &AreaWork,
) -> Outcome<BTreeMap<AreaPath, Lineage>> {
    let of_change = |step: &Lineage| {
        let source = |source: &AreaPath| step.predecessor.within(source);
        step.on == change.on && step.kind == work.kind && work.sources.iter().any(source)
    };
    let steps = areas::lineage(entry.conn()).await?.into_iter().filter(of_change);
    Ok(steps.map(|step| (step.predecessor.clone(), step)).collect())
}

fn carried(facts: &EmployerFacts, ways: &BTreeMap<AreaPath, Lineage>) -> EmployerFacts {
    let rows = facts.actual_addresses.rows().iter().chain(facts.registered_addresses.rows());
    let steps = rows.filter_map(|row| ways.get(row.value.area()));
    steps.fold(facts.clone(), |facts, step| relocate(&facts, step))
}

fn audit(change: &StructureChange, work: &AreaWork, detail: String) -> AuditNote {
    AuditNote { record: change.name(), area: work.target.path().clone(), detail }
}
