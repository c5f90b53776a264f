//! Making one record of two, and taking that back.

use unionhall_kit::{
    call::Call,
    clock::civil_day,
    fault::{Fault, Outcome},
    ledger::{Begun, Done, Entry},
    reasons as kit_reasons,
    scoped::not_found,
    vault::DataKey,
};
use unionhall_proto::registry::v1::{
    MergeMembersRequest, MergeMembersResponse, UnmergeMembersRequest, UnmergeMembersResponse,
};

use super::{
    Members,
    change::{Named, Several, unchanged},
    decode,
    desk::{Desk, FoundBy},
    effect, encode,
    pass::followed,
    reveal::lives,
    scoped,
};
use crate::{
    api::order::{Order, orders},
    rules::{
        Refusal,
        member::{
            MemberFacts,
            merge::{MergeFault, Merged, UnmergeFault, merge},
        },
    },
    store::members::{
        self, Changed, Held, MemberRecord, Merge, Merging, Numbers, Restoring, resource_name,
    },
};

orders!(MergeMembersRequest, UnmergeMembersRequest);

/// Two records that change together.
struct Pair<'a> {
    entry: Box<Entry>,
    held: &'a Held,
    /// Each as it was, as it is, and what the audit calls the change.
    changes: [(&'a MemberRecord, &'a MemberRecord, String); 2],
    validate_only: bool,
}

impl Members {
    pub(super) async fn merge(
        &self,
        call: Call<MergeMembersRequest>,
    ) -> Outcome<MergeMembersResponse> {
        let message = &call.message;
        let order = Order::from(message);
        if message.name == message.source {
            return Err(MergeFault::Itself.to_fault());
        }
        let entry = match self.register.ledger.begin(&call.intent(order.effective_id())).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => {
                let member = Some(self.again(&call.caller, &done).await?);
                return Ok(MergeMembersResponse { member, findings: Vec::new() });
            }
        };
        let names = [order.name, message.source.as_str()];
        let several = self.hold(&call.caller, &entry, (&names, &[]), Named::default()).await?;
        let held = several.held.clone();
        let [target, source] = pair(several)?;
        for (record, etag) in [(&target, order.etag), (&source, message.source_etag.as_str())] {
            unchanged(record, etag)?;
            lives(record)?;
            followed(&entry, record).await?;
        }
        let keys = [self.key(&entry, target.id).await?, self.key(&entry, source.id).await?];
        let vault = &self.register.vault;
        let desk = Desk { vault, key: &keys[0], today: entry.today() };
        let sealed = desk.resealed(&keys[1], &source.facts)?;
        let merged = merge(&target.facts, &source.facts, &sealed);
        let Merged { facts, left, findings } = merged.map_err(|fault| fault.to_fault())?;
        let gained = self.difference(&keys[0], (&target.facts, &facts))?;
        let passed = self.difference(&keys[1], (&source.facts, &left))?;
        let documents = gained.documents.clone();
        let target_change = changed(&target, &held, facts, gained);
        let merging = Merging { target: target_change, source: &source, left, passed };
        let saved = members::merge(entry.conn(), merging, entry.now()).await?;
        let Ok((remained, pointer)) = saved else {
            entry.discard().await?;
            return Err(self.exists(&call.caller, &documents).await?);
        };
        let member = Some(encode::member(&remained, entry.today()));
        let changes = [
            (&target, &remained, format!("took {} over", source.name())),
            (&source, &pointer, format!("merged into {}", target.name())),
        ];
        let validate_only = order.validate_only;
        finish(Pair { entry, held: &held, changes, validate_only }).await?;
        let findings = findings.iter().map(encode::finding).collect();
        Ok(MergeMembersResponse { member, findings })
    }

    pub(super) async fn unmerge(
        &self,
        call: Call<UnmergeMembersRequest>,
    ) -> Outcome<UnmergeMembersResponse> {
        let order = Order::from(&call.message);
        let id = decode::id(order.name)?;
        let entry = match self.register.ledger.begin(&call.intent(order.effective_id())).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => {
                let member = Some(self.again(&call.caller, &done).await?);
                return Ok(UnmergeMembersResponse { member, remained: None });
            }
        };
        let missing = || not_found(order.name);
        let peeked = members::load(entry.conn(), &[id]).await?.remove(&id).ok_or_else(missing)?;
        scoped(peeked).open(&call.caller.scope, order.name)?;
        let merge = members::merge_of(entry.conn(), id).await?;
        let merge = merge.ok_or_else(|| UnmergeFault::NotMerged.to_fault())?;
        let into = resource_name(merge.target);
        let named = naming([&merge.source_before, &merge.target_before]);
        let names = [into.as_str(), order.name];
        let several = self.hold(&call.caller, &entry, (&names, &[]), named).await?;
        let held = several.held.clone();
        let [target, source] = pair(several)?;
        unchanged(&source, order.etag)?;
        // Somebody may have taken it back, and made another one, before the records were held.
        let again = members::merge_of(entry.conn(), id).await?;
        if again.map(|again| again.merged_at) != Some(merge.merged_at) {
            return Err(Fault::new(&kit_reasons::CONFLICT));
        }
        as_merged(&target, &merge)?;
        followed(&entry, &target).await?;
        let keys = [self.key(&entry, target.id).await?, self.key(&entry, source.id).await?];
        let before = target_before(&target, &merge);
        let gone = self.difference(&keys[0], (&target.facts, &before))?;
        let numbers = self.difference(&keys[1], (&source.facts, &merge.source_before))?;
        let documents = numbers.documents.clone();
        let facts = merge.source_before;
        let (stand, transfer) = stands(&facts, &held);
        let restoring = Restoring { source: &source, facts, stand, transfer, numbers };
        let target_change = changed(&target, &held, before, gone);
        let saved = members::unmerge(entry.conn(), target_change, restoring, entry.now()).await?;
        let Ok((remained, given_back)) = saved else {
            entry.discard().await?;
            return Err(self.exists(&call.caller, &documents).await?);
        };
        let [member, other] =
            [&given_back, &remained].map(|record| Some(encode::member(record, entry.today())));
        let changes = [
            (&source, &given_back, format!("no longer merged into {into}")),
            (&target, &remained, format!("gave {} back", source.name())),
        ];
        let validate_only = order.validate_only;
        finish(Pair { entry, held: &held, changes, validate_only }).await?;
        Ok(UnmergeMembersResponse { member, remained: other })
    }

    /// The numbers that come and go with a change of a person whose key this is.
    fn difference(
        &self,
        key: &DataKey,
        (before, after): (&MemberFacts, &MemberFacts),
    ) -> Outcome<Numbers> {
        let vault = &self.register.vault;
        Ok(FoundBy::of(vault, key, before)?.becoming(FoundBy::of(vault, key, after)?))
    }
}

/// Notes what became of both in the books and commits; `Done` is the first one.
async fn finish(pair: Pair<'_>) -> Outcome<()> {
    let Pair { mut entry, held, changes, validate_only } = pair;
    if validate_only {
        return entry.discard().await;
    }
    for (before, after, what) in &changes {
        effect::note(&mut entry, Some(*before), after, &held.grounds);
        entry.audit(effect::audit(Some(*before), after, what));
    }
    let [(_, first, _), _] = &changes;
    let done = Done { record: first.name(), version: first.version };
    entry.commit(done).await
}

fn pair(several: Several) -> Outcome<[MemberRecord; 2]> {
    <[MemberRecord; 2]>::try_from(several.records).map_err(|_| decode::broken())
}

fn stands(facts: &MemberFacts, held: &Held) -> (Option<members::Stand>, Option<members::Stand>) {
    let transfer = facts.passages.last_standing().transfer();
    let union = facts.passages.last_union();
    let stand = |union| held.stand(union);
    (union.and_then(stand), transfer.and_then(stand))
}

fn changed<'a>(
    before: &'a MemberRecord,
    held: &Held,
    facts: MemberFacts,
    numbers: Numbers,
) -> Changed<'a> {
    let (stand, transfer) = stands(&facts, held);
    Changed { before, facts, stand, transfer, numbers }
}

/// What these facts name.
fn naming(facts: [&MemberFacts; 2]) -> Named {
    let mut named = Named::default();
    for facts in facts {
        named.unions.extend(facts.passages.unions());
        let employers = facts.employments.rows().iter().filter_map(|row| row.value.employer);
        named.employers.extend(employers);
    }
    named
}

/// `MEMBER_UNMERGE_INVALID` unless the record is as the merge left it.
fn as_merged(target: &MemberRecord, merge: &Merge) -> Outcome<()> {
    let fields = if target.merged_into.is_some() {
        vec!["merged_into"]
    } else {
        lives(target)?;
        effect::differing(&merge.target_after, &target.facts)
    };
    if fields.is_empty() {
        return Ok(());
    }
    Err(UnmergeFault::Changed(fields.join(", ")).to_fault())
}

/// The facts of the record that remained as they were, with what has confirmed the person since.
fn target_before(target: &MemberRecord, merge: &Merge) -> MemberFacts {
    let mut facts = merge.target_before.clone();
    let other = merge.source_before.confirmations.days();
    let merged_on = civil_day(merge.merged_at);
    let days = target.facts.confirmations.days().iter();
    for day in days.filter(|day| **day >= merged_on && !other.contains(day)) {
        facts.confirmations.note(*day);
    }
    facts
}
