//! Merging unions. They end at once, and a job carries along whom they cover and who stands below.

use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{AuditNote, Begun, Done, Entry},
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{MergeUnionsRequest, StructureChange as Message};

use super::{
    Unions,
    affiliate::settled,
    approver::signed_by,
    change::{Order, located},
    decode, effect,
    members::{Following, following as members_of, of_merger},
    note, scoped,
};
use crate::{
    api::{
        areas::{structure as changes, view},
        formations::ended as formation_cases,
        order::orders,
    },
    rules::{
        Refusal,
        history::Dated,
        union::{
            EmployerId, UnionFacts, UnionId,
            affiliation::{AffiliationPath, MAX_DEPTH},
            approval::MembershipOutcome,
            change::{MergeFault, SuperiorFault, UnionFault},
            ending::Ending,
            kind::CoverKind,
            merge::{merge, paths_since, takes_over},
            superior::Above,
        },
    },
    store::{
        employers,
        structure_changes::{
            self, Progress, Root, StructureChange, UnionChangeKind, UnionWork, Work,
        },
        unions::{self, Placed, resource_name},
    },
};

orders!(MergeUnionsRequest);

impl Unions {
    pub(super) async fn merge(&self, call: Call<MergeUnionsRequest>) -> Outcome<Message> {
        let message = &call.message;
        let order = Order::from(message);
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let decision = message.decision.as_ref().ok_or_else(|| decode::required("decision"))?;
        let decision = decode::decision(decision)?;
        let membership = message.membership.as_ref().map(decode::membership).transpose()?;
        let target = decode::id(order.name)?;
        let sources = message.sources.iter().map(|name| decode::id(name));
        let sources = sources.collect::<Outcome<Vec<UnionId>>>()?;
        let entry = match self.register.ledger.begin(&call.intent(order.effective_id())).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => {
                return changes::again(&self.register, &call.caller.scope, &done).await;
            }
        };
        unions::lock_affiliation(entry.conn()).await?;
        let mut held = Vec::new();
        let asked = sources.iter().copied().chain([target]);
        let kept = keeper_of(membership).filter(|id| *id != target && !sources.contains(id));
        let mut keeper = None;
        for (id, record) in in_order(&entry, asked.chain(kept)).await? {
            let record = record.and_then(|record| scoped(record).visible(&call.caller.scope));
            let record = record.ok_or_else(|| not_found(&resource_name(id)))?;
            if kept == Some(id) {
                keeper = Some(record);
            } else {
                held.push(located(&entry, record).await?);
            }
        }
        let target = held.iter().position(|placed| placed.record.id == target);
        // It was asked for, so it is there.
        let target = target.map(|at| held.swap_remove(at));
        let target = target.ok_or_else(|| Fault::new(&kit_reasons::INTERNAL))?;
        if !order.etag.is_empty() && order.etag != target.record.etag() {
            return Err(Fault::new(&kit_reasons::ETAG_MISMATCH).with("etag", order.etag));
        }
        let keeper = match keeper_of(membership) {
            Some(id) if id == target.record.id => Some(target.record.facts.clone()),
            _ => keeper.map(|record| record.facts),
        };
        let ending = Ending { decision: &decision, membership, keeper: keeper.as_ref() };
        let plan = Plan::of(&entry, (sources, held), target, (ending, from)).await?;
        signed_by(&entry, Some(&decision)).await?;
        self.merged(entry, plan, &call, order.validate_only).await
    }

    async fn merged(
        &self,
        mut entry: Box<Entry>,
        plan: Plan,
        call: &Call<MergeUnionsRequest>,
        validate_only: bool,
    ) -> Outcome<Message> {
        let id = self.register.ledger.ids().fresh();
        let mut change = plan.change(id, &entry, call.caller.client.as_str());
        if validate_only {
            entry.discard().await?;
            change.progress = Progress::Preview;
            return Ok(view::structure_change(&change));
        }
        for (before, facts) in plan.ending {
            let (paths, now) = (before.paths.clone(), entry.now());
            let saved = unions::save(entry.conn(), &before, facts, paths, now).await?;
            // One that ends takes nothing from anybody.
            let saved = saved.map_err(|taken| Fault::new(&kit_reasons::INTERNAL).caused_by(taken));
            note::ended(&mut entry, &before, &saved?);
            formation_cases::union_ended(&mut entry, before.record.id, change.on).await?;
        }
        let target = unions::touch(entry.conn(), &plan.target.record, entry.now()).await?;
        entry.not_before(target.updated_at);
        entry.event(effect::event(&target, entry.today()));
        structure_changes::insert(entry.conn(), &change).await?;
        let detail = format!(
            "{} unions, {} employers, {} members from {} on",
            change.union_count, change.employer_count, change.member_count, change.on
        );
        let area = target.area.path().clone();
        entry.audit(AuditNote { record: change.name(), area, detail });
        entry.commit(Done { record: change.name(), version: 1 }).await?;
        self.register.structure_bell.notify_waiters();
        Ok(view::structure_change(&change))
    }
}

/// The union that is to keep memberships.
pub(super) fn keeper_of(membership: Option<MembershipOutcome>) -> Option<UnionId> {
    match membership {
        Some(MembershipOutcome::Retained(id)) => Some(id),
        Some(MembershipOutcome::ToSuccessor) | None => None,
    }
}

/// The unions held for the change, those above before those below them.
pub(super) async fn in_order(
    entry: &Entry,
    ids: impl IntoIterator<Item = UnionId>,
) -> Outcome<Vec<(UnionId, Option<unions::UnionRecord>)>> {
    let mut order: Vec<UnionId> = ids.into_iter().collect();
    let seen = unions::load(entry.conn(), &order).await?;
    order.sort_by_key(|id| (seen.get(id).map(|record| record.affiliation.clone()), *id));
    order.dedup();
    let mut held = Vec::with_capacity(order.len());
    for id in order {
        let locked = unions::load_for_update(entry.conn(), &[id]).await?;
        held.push((id, locked.into_iter().next()));
    }
    Ok(held)
}

/// What is to happen.
struct Plan {
    from: CivilDate,
    sources: Vec<UnionId>,
    /// The unions that end, each with the facts that it has from then on.
    ending: Vec<(Placed, UnionFacts)>,
    target: Placed,
    roots: Vec<Root>,
    union_count: i64,
    employer_count: i64,
    covers: bool,
    members: Following,
}

impl Plan {
    async fn of(
        entry: &Entry,
        (sources, held): (Vec<UnionId>, Vec<Placed>),
        target: Placed,
        (ending, from): (Ending<'_>, CivilDate),
    ) -> Outcome<Self> {
        let record = &target.record;
        if sources.contains(&record.id) {
            return Err(UnionFault::Merge(MergeFault::Itself).to_fault());
        }
        let into = Above { id: record.id, facts: &record.facts, paths: &target.paths };
        let mut ended = Vec::with_capacity(held.len());
        for placed in held {
            let known = (placed.record.id, &placed.record.facts);
            let facts = merge(known, into, ending, (from, entry.today()));
            let facts = facts.map_err(|fault| fault.to_fault())?;
            ended.push((placed, facts));
        }
        let about = ended.iter().map(|(placed, _)| &placed.paths).chain([&target.paths]);
        let moves: Vec<UnionId> = sources.iter().copied().chain([record.id]).collect();
        settled(entry, about, &moves).await?;
        let root = |(placed, _): &(Placed, UnionFacts)| Root {
            union: placed.record.id,
            left: paths_since(&placed.paths, from),
        };
        let roots: Vec<Root> = ended.iter().map(root).collect();
        let covers = whom_it_takes(entry, &sources, &target, from).await?;
        let left: Vec<_> = roots.iter().flat_map(|root| root.left.clone()).collect();
        everybody_fits(entry, &left, &target).await?;
        let following = unions::following(entry.conn(), &left).await?;
        let employer_count = unions::count_last_covered(entry.conn(), &following, from).await?;
        let passes = of_merger((&sources, record.id), ending.membership, from);
        let host = match passes.targets().next() {
            Some(union) if union == record.id => Some(&record.facts),
            _ => ending.keeper,
        };
        let members = members_of(entry, passes, host).await?;
        let below = following.iter().filter(|id| !sources.contains(id)).count();
        let union_count = i64::try_from(below).unwrap_or(i64::MAX);
        Ok(Self {
            from,
            sources,
            ending: ended,
            target,
            roots,
            union_count,
            employer_count,
            covers,
            members,
        })
    }

    fn change(&self, id: uuid::Uuid, entry: &Entry, client: &str) -> StructureChange {
        let work = UnionWork {
            kind: UnionChangeKind::Merged,
            sources: self.sources.clone(),
            target: Some(self.target.record.id),
            roots: self.roots.clone(),
            parts: Vec::new(),
            members: self.members.work.clone(),
        };
        let nobody = self.union_count == 0 && !self.covers && self.members.work.is_none();
        StructureChange {
            id,
            work: Work::Unions(work),
            on: self.from,
            progress: if nobody { Progress::Done } else { Progress::Applying },
            client: client.to_owned(),
            area_count: 0,
            employer_count: self.employer_count,
            moved_employer_count: 0,
            union_count: self.union_count,
            moved_union_count: 0,
            member_count: self.members.count,
            moved_member_count: 0,
            created_at: entry.now(),
            updated_at: entry.now(),
        }
    }
}

/// Whether employers pass; `UNION_MERGE_INVALID` where the union that takes over cannot cover them.
async fn whom_it_takes(
    entry: &Entry,
    sources: &[UnionId],
    target: &Placed,
    from: CivilDate,
) -> Outcome<bool> {
    let covered = employers::covered_since(entry.conn(), sources, from, (None, 2)).await?;
    if covered.is_empty() {
        return Ok(false);
    }
    let facts = &target.record.facts;
    let kind = takes_over(facts, from).map_err(|fault| fault.to_fault())?;
    let own = facts.employers.on(from);
    let foreign = covered.into_iter().any(|id| own != Some(&EmployerId(id)));
    if kind == CoverKind::Own && foreign {
        return Err(UnionFault::Merge(MergeFault::AnothersOwn).to_fault());
    }
    Ok(true)
}

/// `SUPERIOR_INVALID` where somebody below would stand too deep.
async fn everybody_fits(
    entry: &Entry,
    left: &[Dated<AffiliationPath>],
    target: &Placed,
) -> Outcome<()> {
    for row in left {
        let below = unions::deepest(entry.conn(), row).await?.saturating_sub(row.value.depth());
        let mut comes = target.paths.rows().iter().filter(|new| new.period.overlaps(row.period));
        if comes.any(|new| new.value.depth() + below > MAX_DEPTH) {
            return Err(UnionFault::Superior(SuperiorFault::TooDeep).to_fault());
        }
    }
    Ok(())
}

/// `CONFLICT` while the union still takes somebody in, or gives somebody away: what it is, and whether
/// it is at all, stays until then.
pub(crate) async fn no_merger(entry: &Entry, id: UnionId) -> Outcome<()> {
    let applying = structure_changes::applying(entry.conn()).await?;
    let mut works = applying.iter().filter_map(StructureChange::of_unions);
    let under_way = works.any(|work| work.unsettles(id));
    if under_way { Err(Fault::new(&kit_reasons::CONFLICT)) } else { Ok(()) }
}
