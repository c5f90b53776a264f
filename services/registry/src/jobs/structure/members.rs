//! Members follow the end of their union, or its split: each with steps of their own, events, figures
//! and an audit entry, as if somebody had recorded them one by one.

use unionhall_kit::{
    fault::{Fault, Outcome},
    ledger::{AuditNote, Done, Entry},
    path::nowhere,
    reasons,
};

use super::Carrier;
use crate::{
    api::members::effect,
    rules::member::MemberFacts,
    store::{
        members::{
            self, Changed, MemberRecord, Numbers, Wanted, hold_grounds, load, load_for_update,
            next_following,
        },
        structure_changes::{self, MemberWork, StructureChange, UnionWork, Work},
    },
};

/// Members whom one transaction looks at; each leaves three events at most.
const MEMBERS_A_CHUNK: usize = 250;

impl Carrier {
    /// Carries the next members, or ends the change where none is left.
    pub(super) async fn follow_members(
        &self,
        mut entry: Entry,
        mut change: StructureChange,
        work: &UnionWork,
    ) -> Outcome<()> {
        let Some(MemberWork { aftermath, after }) = work.members.clone() else {
            return self.end_unions(entry, change, work).await;
        };
        let ids = next_following(entry.conn(), &aftermath, (after, MEMBERS_A_CHUNK)).await?;
        let Some(last) = ids.last().copied() else {
            return self.end_unions(entry, change, work).await;
        };
        let peeked = load(entry.conn(), &ids).await?;
        let mut wanted = Wanted::of(peeked.values().map(|record| &record.facts));
        aftermath.targets().for_each(|union| wanted.union(union));
        let held = hold_grounds(entry.conn(), &wanted).await?;
        let before = load_for_update(entry.conn(), &ids).await?;
        if !wanted.covers(&Wanted::of(before.iter().map(|record| &record.facts))) {
            // Somebody named another union or employer in between: looked at once more.
            return entry.discard().await;
        }
        let followed = |record: &MemberRecord| {
            let passages = aftermath.follow(&record.facts)?;
            Some(MemberFacts { passages, ..record.facts.clone() })
        };
        let some = before.iter().filter_map(|record| Some((record, followed(record)?)));
        let (old, changes): (Vec<&MemberRecord>, Vec<Changed<'_>>) = some
            .map(|(before, facts)| {
                let to = facts.passages.last_standing().transfer();
                let stand = facts.passages.last_union().and_then(|union| held.stand(union));
                let transfer = to.and_then(|union| held.stand(union));
                let numbers = Numbers::default();
                (before, Changed { before, facts, stand, transfer, numbers })
            })
            .unzip();
        let saved = members::save_many(entry.conn(), changes, entry.now()).await?;
        // No document changes hands.
        let saved = saved.map_err(|taken| Fault::new(&reasons::INTERNAL).caused_by(taken))?;
        for (before, after) in old.into_iter().zip(&saved) {
            effect::note(&mut entry, Some(before), after, &held.grounds);
            entry.audit(effect::audit(Some(before), after, "followed the union"));
        }
        change.work = Work::Unions(UnionWork {
            members: Some(MemberWork { aftermath, after: Some(last) }),
            ..work.clone()
        });
        change.moved_member_count += i64::try_from(saved.len()).unwrap_or(i64::MAX);
        change.updated_at = entry.now().max(change.updated_at);
        structure_changes::advance(entry.conn(), &change).await?;
        let detail = format!("{} members followed", saved.len());
        entry.audit(AuditNote { record: change.name(), area: nowhere(), detail });
        entry.commit(Done { record: change.name(), version: 1 }).await
    }
}
