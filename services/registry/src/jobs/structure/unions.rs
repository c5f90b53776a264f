//! Changes of affiliation: unions and whom they cover follow the union above.

use unionhall_kit::{
    fault::{Fault, Outcome},
    ledger::{AuditNote, Done, Entry},
    path::nowhere,
    reasons,
};

use super::{Carrier, follow::follow};
use crate::{
    api::unions::note,
    rules::union::UnionId,
    store::{
        structure_changes::{self, Progress, StructureChange, UnionWork},
        unions,
    },
};

/// Unions that one transaction carries.
const UNIONS_A_CHUNK: usize = 50;
/// Employers of several unions that one transaction carries. Those of one union go together.
const EMPLOYERS_A_CHUNK: usize = 500;

impl Carrier {
    /// Carries one chunk of those who stand below a path that was left, or ends the change.
    pub(super) async fn follow_unions(
        &self,
        mut entry: Entry,
        mut change: StructureChange,
        work: &UnionWork,
    ) -> Outcome<()> {
        let behind = unions::left_behind(entry.conn(), work.left(), UNIONS_A_CHUNK).await?;
        let ids: Vec<UnionId> = behind.into_iter().map(|(id, _)| id).collect();
        if ids.is_empty() {
            return self.end_unions(entry, change, work).await;
        }
        let ids = chunk(&entry, ids, &change).await?;
        let facts = |record: &unions::UnionRecord| record.facts.clone();
        let followed = follow(&self.register, &mut entry, &ids, facts).await?;
        let moved = followed.unions.iter().filter(|step| step.before != step.after).count();
        // The one at the front always has somewhere to go; without this it would be tried for ever.
        if moved == 0 && !followed.unions.is_empty() {
            return Err(Fault::new(&reasons::INTERNAL));
        }
        change.moved_union_count += i64::try_from(moved).unwrap_or(i64::MAX);
        change.moved_employer_count += followed.employers;
        change.updated_at = entry.now().max(change.updated_at);
        structure_changes::advance(entry.conn(), &change).await?;
        let detail = format!("carried {moved} unions, {} employers", followed.employers);
        let area = followed.unions.first().map(|step| step.after.record.area.path().clone());
        entry.audit(AuditNote {
            record: change.name(),
            area: area.unwrap_or_else(nowhere),
            detail,
        });
        entry.commit(Done { record: change.name(), version: 1 }).await
    }

    /// Everybody has followed: whoever took a subtree while they were under way takes it again.
    async fn end_unions(
        &self,
        mut entry: Entry,
        mut change: StructureChange,
        work: &UnionWork,
    ) -> Outcome<()> {
        let area = note::arrived(&mut entry, work).await?;
        change.progress = Progress::Done;
        change.employer_count = change.moved_employer_count;
        change.union_count = change.moved_union_count;
        change.updated_at = entry.now().max(change.updated_at);
        structure_changes::advance(entry.conn(), &change).await?;
        let detail = "everybody followed".to_owned();
        entry.audit(AuditNote { record: change.name(), area, detail });
        entry.commit(Done { record: change.name(), version: 1 }).await
    }
}

/// As many of the unions, from the front, as cover few enough employers together.
async fn chunk(
    entry: &Entry,
    mut ids: Vec<UnionId>,
    change: &StructureChange,
) -> Outcome<Vec<UnionId>> {
    let counts = unions::covered_by_each(entry.conn(), &ids, change.on).await?;
    let mut employers = 0;
    let fitting = ids.iter().take_while(|id| {
        employers += counts.get(id).copied().unwrap_or(0);
        employers <= EMPLOYERS_A_CHUNK
    });
    let count = fitting.count().max(1);
    ids.truncate(count);
    Ok(ids)
}
