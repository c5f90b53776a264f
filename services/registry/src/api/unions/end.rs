//! The end of a union: dissolution, and withdrawal of what was entered in error.

use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{Done, Entry},
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{DeleteUnionRequest, DissolveUnionRequest, Union};

use super::{
    Unions,
    approver::signed_by,
    change::{Held, Opened, Order},
    decode, effect,
    members::{ended, of_dissolution},
    merge::{keeper_of, no_merger},
    scoped,
};
use crate::{
    api::formations::ended as formation_cases,
    rules::{
        Refusal,
        history::History,
        reasons,
        union::{
            UnionFacts, UnionId,
            approval::EndReason,
            dissolve::{Dissolution, Dissolved, dissolve},
        },
    },
    store::{
        employers,
        structure_changes::{self, StructureChange},
        unions::{self, Reliance},
    },
};

impl Unions {
    pub(super) async fn dissolve(&self, call: Call<DissolveUnionRequest>) -> Outcome<Union> {
        let message = &call.message;
        let order = Order::from(message);
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let decision = message.decision.as_ref().map(decode::decision).transpose()?;
        let membership = message.membership.as_ref().map(decode::membership).transpose()?;
        let keeper = keeper_of(membership);
        let held = match self.open_beside(&call, order, (&[], from), keeper).await? {
            Opened::Fresh(held) => *held,
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let Held { mut entry, before, beside, .. } = held;
        let keeper = beside.and_then(|record| scoped(record).visible(&call.caller.scope));
        if let (Some(id), None) = (keeper_of(membership), &keeper) {
            return Err(not_found(&unions::resource_name(id)));
        }
        let wish = Dissolution {
            reason: decode::end_reason(message.reason()),
            decision: decision.as_ref(),
            membership,
            keeper: keeper.as_ref().map(|record| &record.facts),
        };
        let known = (before.record.id, &before.record.facts);
        // Whether it may end at all is told before what stands in the way.
        let decided = dissolve(known, wish, (from, entry.today()));
        let decided = decided.map_err(|fault| fault.to_fault())?;
        signed_by(&entry, decision.as_ref()).await?;
        let (facts, ends) = match decided {
            Dissolved::Ends(facts) => {
                let members = unsaid(&entry, before.record.id, wish).await?;
                empty(&entry, before.record.id, (from, members)).await?;
                (facts, true)
            }
            Dissolved::Filed(facts) => (facts, false),
        };
        let mut members = 0;
        if ends || membership.is_some() {
            let said = (facts.end_reasons.on(from).copied(), membership);
            let passes = of_dissolution(before.record.id, said, from);
            let client = call.caller.client.as_str();
            members = ended(&self.register, &mut entry, client, passes, wish.keeper).await?;
        }
        let (paths, now) = (before.paths.clone(), entry.now());
        let saved = unions::save(entry.conn(), &before, facts, paths, now).await?;
        // One that ends takes nothing from anybody.
        let after = saved.map_err(|taken| Fault::new(&kit_reasons::INTERNAL).caused_by(taken))?;
        formation_cases::union_ended(&mut entry, before.record.id, from).await?;
        let finished =
            self.finish(entry, Some(&before), &after, "dissolved", order.validate_only).await?;
        self.register.structure_bell.notify_waiters();
        Ok(Union { following_member_count: members, ..finished })
    }

    pub(super) async fn delete(&self, call: Call<DeleteUnionRequest>) -> Outcome<()> {
        let order = Order::from(&call.message);
        let held = match self.open(&call, order, (&[], self.today())).await? {
            Opened::Fresh(held) => *held,
            Opened::Replay(_) => return Ok(()),
        };
        let Held { mut entry, before, .. } = held;
        no_merger(&entry, before.record.id).await?;
        arrived(&entry, before.record.id).await?;
        never_relied_upon(&entry, &before.record).await?;
        let after = unions::remove(entry.conn(), &before.record, entry.now()).await?;
        if order.validate_only {
            return entry.discard().await;
        }
        let (no_facts, no_paths) = (UnionFacts::default(), History::default());
        let old = (&before.record.facts, &before.paths);
        entry.not_before(after.updated_at);
        entry.event(effect::removal(&after));
        entry.figures(effect::figures(old, (&no_facts, &no_paths)));
        entry.audit(effect::audit(&after, &before.record.facts, "withdrawn"));
        entry.commit(Done { record: after.name(), version: after.version }).await
    }
}

/// `CONFLICT` while somebody still follows the union: its subtree is to be told of by it.
async fn arrived(entry: &Entry, id: UnionId) -> Outcome<()> {
    let applying = structure_changes::applying(entry.conn()).await?;
    let mut works = applying.iter().filter_map(StructureChange::of_unions);
    let leads = works.any(|work| work.leads(id));
    if leads { Err(Fault::new(&kit_reasons::CONFLICT)) } else { Ok(()) }
}

/// What is withdrawn was never there, so that nothing may rely on it, not even what has ended since.
/// `UNION_NOT_EMPTY`.
async fn never_relied_upon(entry: &Entry, record: &unions::UnionRecord) -> Outcome<()> {
    let first = record.facts.established_on().unwrap_or_else(|| entry.today());
    let found = unions::reliance(entry.conn(), record.id).await?;
    if found.any() { Err(occupied(first, found)) } else { Ok(()) }
}

/// How many members the union has of whom it is not said what becomes of them, or who should not be
/// there.
async fn unsaid(entry: &Entry, id: UnionId, wish: Dissolution<'_>) -> Outcome<i64> {
    if wish.membership.is_some() && wish.reason != Some(EndReason::NoMembers) {
        return Ok(0);
    }
    unions::open_memberships(entry.conn(), id).await
}

/// Nobody is left behind without a union, and nobody is on the way into it; `members` are those of
/// whom nobody says what becomes of them. `UNION_NOT_EMPTY`, `CONFLICT`.
pub(crate) async fn empty(
    entry: &Entry,
    id: UnionId,
    (day, members): (CivilDate, i64),
) -> Outcome<()> {
    no_merger(entry, id).await?;
    let below = unions::below(entry.conn(), id, day).await?;
    let covered = employers::count_covered_from(entry.conn(), id, day).await?;
    let found = Reliance { employers: covered, unions: below, members, ..Reliance::default() };
    if found.any() { Err(occupied(day, found)) } else { Ok(()) }
}

/// `UNION_NOT_EMPTY` for a union that covers somebody from the day on.
pub(super) async fn covers_nobody(entry: &Entry, id: UnionId, day: CivilDate) -> Outcome<()> {
    let covered = employers::count_covered_from(entry.conn(), id, day).await?;
    let found = Reliance { employers: covered, ..Reliance::default() };
    if found.any() { Err(occupied(day, found)) } else { Ok(()) }
}

fn occupied(day: CivilDate, found: Reliance) -> Fault {
    let fault = Fault::new(&reasons::UNION_NOT_EMPTY).with("day", day);
    let fault = fault.with("employers", found.employers).with("unions", found.unions);
    let fault = fault.with("officers", found.offices).with("elections", found.elections);
    let fault = fault.with("cases", found.cases).with("splits", found.splits);
    fault.with("members", found.members)
}
