//! The end of a union: dissolution, and withdrawal of what was entered in error.

use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{Done, Entry},
};
use unionhall_proto::registry::v1::{DeleteUnionRequest, DissolveUnionRequest, Union};

use super::{
    Unions,
    change::{Held, Opened, Order},
    decode, effect,
    merge::no_merger,
};
use crate::{
    rules::{
        history::History,
        reasons,
        union::{Status, UnionFacts, UnionId, change::UnionChange},
    },
    store::{employers, officers, unions},
};

impl Unions {
    pub(super) async fn dissolve(&self, call: Call<DissolveUnionRequest>) -> Outcome<Union> {
        let message = &call.message;
        let order = Order::from(message);
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let held = match self.open(&call, order, (&[], from)).await? {
            Opened::Fresh(held) => *held,
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let change = [UnionChange::Status(Status::Dissolved)];
        // Whether it may end at all is told before what stands in the way.
        held.amended(&change, from)?;
        empty(&held.entry, held.before.record.id, from).await?;
        self.change(&call, order, held, (&change, from), "dissolved").await
    }

    pub(super) async fn delete(&self, call: Call<DeleteUnionRequest>) -> Outcome<()> {
        let order = Order::from(&call.message);
        let held = match self.open(&call, order, (&[], self.today())).await? {
            Opened::Fresh(held) => *held,
            Opened::Replay(_) => return Ok(()),
        };
        let Held { mut entry, before, .. } = held;
        no_merger(&entry, before.record.id).await?;
        never_named(&entry, &before.record).await?;
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

/// Whether any fact names the union, or somebody held an office in it.
pub(crate) async fn relied_upon(entry: &Entry, id: UnionId) -> Outcome<bool> {
    let (below, covered) = unions::named(entry.conn(), id).await?;
    let officers = officers::of_union(entry.conn(), id).await?;
    Ok(below > 0 || covered > 0 || !officers.is_empty())
}

/// What is withdrawn was never there, so that no fact may name it, not even of those who have ended
/// since. `UNION_NOT_EMPTY`.
async fn never_named(entry: &Entry, record: &unions::UnionRecord) -> Outcome<()> {
    let first = record.facts.established_on().unwrap_or_else(|| entry.today());
    match unions::named(entry.conn(), record.id).await? {
        (0, 0) => Ok(()),
        (below, covered) => Err(occupied(first, covered, below)),
    }
}

/// Nobody is left behind without a union, and nobody is on the way into it. `UNION_NOT_EMPTY`,
/// `CONFLICT`.
pub(crate) async fn empty(entry: &Entry, id: UnionId, day: CivilDate) -> Outcome<()> {
    no_merger(entry, id).await?;
    let below = unions::below(entry.conn(), id, day).await?;
    let covered = employers::count_covered_from(entry.conn(), id, day).await?;
    if below == 0 && covered == 0 { Ok(()) } else { Err(occupied(day, covered, below)) }
}

/// `UNION_NOT_EMPTY` for a union that covers somebody from the day on.
pub(super) async fn covers_nobody(entry: &Entry, id: UnionId, day: CivilDate) -> Outcome<()> {
    let covered = employers::count_covered_from(entry.conn(), id, day).await?;
    if covered == 0 { Ok(()) } else { Err(occupied(day, covered, 0)) }
}

fn occupied(day: CivilDate, covered: i64, below: i64) -> Fault {
    let fault = Fault::new(&reasons::UNION_NOT_EMPTY).with("day", day);
    fault.with("employers", covered).with("unions", below)
}
