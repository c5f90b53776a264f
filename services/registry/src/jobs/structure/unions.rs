//! Changes of affiliation: unions and whom they cover follow the union above.

use unionhall_kit::{
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{AuditNote, Done, Entry},
    path::{Path, nowhere},
    reasons,
};
use uuid::Uuid;

use super::{
    Carrier,
    follow::{follow, last_covered_by},
};
use crate::{
    api::{
        employers::effect as employer_effect,
        unions::{effect, note},
    },
    rules::{
        Refusal,
        employer::cover::{Cover, pass},
        union::{
            UnionId,
            merge::{below, takes_over},
        },
    },
    store::{
        employers::{self, EmployerRecord},
        grounds,
        structure_changes::{self, Progress, StructureChange, UnionChangeKind, UnionWork, Work},
        unions::{self, UnionRecord},
    },
};

/// Unions that one transaction carries.
const UNIONS_A_CHUNK: usize = 50;
/// Employers that pass in one transaction; each leaves two events.
const EMPLOYERS_THAT_PASS: u64 = 250;
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
        let conn = entry.conn();
        let behind = unions::left_behind(conn, work.left(), work.ended(), UNIONS_A_CHUNK).await?;
        let ids: Vec<UnionId> = behind.into_iter().map(|(id, _)| id).collect();
        if ids.is_empty() && work.kind == UnionChangeKind::Split {
            return self.hand_over(entry, change, work).await;
        }
        if ids.is_empty() {
            let place = (None, EMPLOYERS_THAT_PASS);
            let covered = employers::covered_since(conn, work.ended(), change.on, place).await?;
            return match work.target {
                Some(target) if !covered.is_empty() => {
                    self.pass_employers(entry, (change, work), target, &covered).await
                }
                _ => self.follow_members(entry, change, work).await,
            };
        }
        let ids = chunk(&entry, ids, &change).await?;
        let on = change.on;
        let facts = |record: &UnionRecord| match work.takes_over(record.id) {
            Some((of, target)) => below(&record.facts, of, target, on),
            None => record.facts.clone(),
        };
        let followed = follow(&self.register, &mut entry, &ids, facts).await?;
        for step in &followed.unions {
            let (before, after) = (&step.before.record, &step.after.record);
            if before.facts != after.facts {
                note::affiliated(&mut entry, before, after, true);
                entry.audit(effect::audit(after, &before.facts, "affiliated"));
            }
        }
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

    /// Employers pass to the union that took in the one that covered them.
    async fn pass_employers(
        &self,
        mut entry: Entry,
        (mut change, work): (StructureChange, &UnionWork),
        target: UnionId,
        ids: &[Uuid],
    ) -> Outcome<()> {
        let ways = (work.ended(), target);
        let passed = self.pass(&mut entry, ways, ids, change.on).await?;
        let counted = passed.before.iter().filter(|record| last_covered_by(record, work.ended()));
        change.moved_employer_count += i64::try_from(counted.count()).unwrap_or(i64::MAX);
        self.passed(entry, change, passed).await
    }

    /// The next employers of a split pass to the part that takes them over; with none left, the
    /// members follow. Those who are done are struck off: the union that goes on may cover one anew.
    async fn hand_over(
        &self,
        mut entry: Entry,
        mut change: StructureChange,
        work: &UnionWork,
    ) -> Outcome<()> {
        let mut left = work.clone();
        let Some(part) = left.parts.iter_mut().find(|part| !part.employers.is_empty()) else {
            return self.follow_members(entry, change, work).await;
        };
        let at_most = usize::try_from(EMPLOYERS_THAT_PASS).unwrap_or(usize::MAX);
        let rest = part.employers.split_off(part.employers.len().min(at_most));
        let ids = std::mem::replace(&mut part.employers, rest);
        let ways = (work.sources.as_slice(), part.union);
        let passed = self.pass(&mut entry, ways, &ids, change.on).await?;
        change.moved_employer_count += i64::try_from(passed.before.len()).unwrap_or(i64::MAX);
        change.work = Work::Unions(left);
        self.passed(entry, change, passed).await
    }

    /// Lets employers pass. Each leaves its own event: whoever follows its area learns of it there.
    async fn pass(
        &self,
        entry: &mut Entry,
        (of, target): (&[UnionId], UnionId),
        ids: &[Uuid],
        on: CivilDate,
    ) -> Outcome<Passed> {
        let broken = || Fault::new(&reasons::INTERNAL);
        let held = unions::hold(entry.conn(), &[target]).await?.into_iter().next();
        let union = held.ok_or_else(broken)?;
        let kind = takes_over(&union.facts, on).map_err(|fault| fault.to_fault())?;
        let before = employers::load_for_update(entry.conn(), ids).await?;
        let into = Cover { union: target, kind };
        let passed = |record: &EmployerRecord| pass(&record.facts, of, into, on);
        let changes: Vec<_> = before.iter().map(|record| (record, passed(record))).collect();
        let saved = employers::save_many(entry.conn(), changes, entry.now()).await?;
        // Coverage takes no code from anybody.
        let saved = saved.map_err(|taken| broken().caused_by(taken))?;
        let facts = before.iter().chain(&saved).map(|record| &record.facts);
        let grounds = grounds::held(entry.conn(), facts).await?;
        // One that meanwhile went elsewhere, or was handed over before, stays as it is.
        let changed = before.iter().zip(&saved).filter(|(old, new)| old != new);
        let noted: Vec<_> = changed.map(|(old, new)| (Some(old), new)).collect();
        employer_effect::note_many(&self.register, entry, &noted, &grounds).await?;
        for (old, new) in noted {
            entry.audit(employer_effect::audit(old, new, "passed to another union"));
        }
        Ok(Passed { before, area: union.area.path().clone() })
    }

    async fn passed(
        &self,
        mut entry: Entry,
        mut change: StructureChange,
        Passed { before, area }: Passed,
    ) -> Outcome<()> {
        change.updated_at = entry.now().max(change.updated_at);
        structure_changes::advance(entry.conn(), &change).await?;
        let detail = format!("{} employers passed", before.len());
        entry.audit(AuditNote { record: change.name(), area, detail });
        entry.commit(Done { record: change.name(), version: 1 }).await
    }

    /// Everybody has followed: whoever holds a subtree takes it again.
    pub(super) async fn end_unions(
        &self,
        mut entry: Entry,
        mut change: StructureChange,
        work: &UnionWork,
    ) -> Outcome<()> {
        let area = note::arrived(&mut entry, work).await?;
        change.progress = Progress::Done;
        change.employer_count = change.moved_employer_count;
        change.union_count = change.moved_union_count;
        change.member_count = change.moved_member_count;
        change.updated_at = entry.now().max(change.updated_at);
        structure_changes::advance(entry.conn(), &change).await?;
        let detail = "everybody followed".to_owned();
        entry.audit(AuditNote { record: change.name(), area, detail });
        entry.commit(Done { record: change.name(), version: 1 }).await
    }
}

/// Employers that passed to another union.
struct Passed {
    before: Vec<EmployerRecord>,
    /// Where the union stands that took them over.
    area: Path,
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
