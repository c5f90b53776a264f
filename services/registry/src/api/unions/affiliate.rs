//! Affiliating a union to another one. The line changes at once, and a job carries along whoever
//! stands below.

use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{AuditNote, Begun, Done, Entry},
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{AffiliateUnionRequest, StructureChange as Message};

use super::{
    Unions,
    change::{Order, located},
    decode, effect,
    enter::{placed, superior},
    note, scoped,
};
use crate::{
    api::{
        areas::{structure as changes, view},
        order::orders,
    },
    jobs::structure::follow::follow,
    rules::{
        Refusal,
        history::History,
        union::{
            UnionFacts, UnionId,
            affiliation::{AffiliationPath, Label, left},
            change::{SuperiorFault, UnionFault},
            superior::{Above, affiliate, fits},
        },
    },
    store::{
        structure_changes::{
            self, Progress, Root, StructureChange, UnionChangeKind, UnionWork, Work,
        },
        unions::{self, Placed, UnionRecord, paths_of},
    },
};

orders!(AffiliateUnionRequest);

/// A union that covers more employers is carried by the job, like those below it.
const EMPLOYERS_AT_ONCE: usize = 500;

impl Unions {
    pub(super) async fn affiliate(&self, call: Call<AffiliateUnionRequest>) -> Outcome<Message> {
        let message = &call.message;
        let order = Order::from(message);
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let above = Some(message.superior.as_str()).filter(|name| !name.is_empty());
        let above = above.map(decode::id).transpose()?;
        let entry = match self.register.ledger.begin(&call.intent(order.effective_id())).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => {
                return changes::again(&self.register, &call.caller.scope, &done).await;
            }
        };
        unions::lock_affiliation(entry.conn()).await?;
        // Whoever asks for a ring names one below as the one above: held in the order of the line.
        let ends = above.as_slice();
        unions::hold_around(entry.conn(), decode::id(order.name)?, ends).await?;
        let above = match above {
            Some(id) => {
                let record = superior(&entry, &call.caller, id).await?;
                Some(located(&entry, record).await?)
            }
            None => None,
        };
        let before = held(&entry, &call.caller, order).await?;
        let plan = Plan::of(&entry, before, above, from).await?;
        self.carry_out(entry, plan, &call, order.validate_only).await
    }
}

/// The union as it is held, if the caller sees it and it has the etag.
async fn held(entry: &Entry, caller: &Caller, order: Order<'_>) -> Outcome<Placed> {
    let locked = unions::load_for_update(entry.conn(), &[decode::id(order.name)?]).await?;
    let record = locked.into_iter().next().ok_or_else(|| not_found(order.name))?;
    let record = scoped(record).open(&caller.scope, order.name)?;
    if !order.etag.is_empty() && order.etag != record.etag() {
        return Err(Fault::new(&kit_reasons::ETAG_MISMATCH).with("etag", order.etag));
    }
    located(entry, record).await
}

/// What is to happen.
struct Plan {
    from: CivilDate,
    before: Placed,
    above: Option<Placed>,
    facts: UnionFacts,
    root: Root,
    union_count: i64,
    employer_count: i64,
}

impl Plan {
    async fn of(
        entry: &Entry,
        before: Placed,
        above: Option<Placed>,
        from: CivilDate,
    ) -> Outcome<Self> {
        let record = &before.record;
        let known = above.as_ref().map(|above| Above {
            id: above.record.id,
            facts: &above.record.facts,
            paths: &above.paths,
        });
        let decided = affiliate((record.id, &record.facts), known, (from, entry.today()));
        let facts = decided.map_err(|fault| fault.to_fault())?;
        let about = [Some(&before), above.as_ref()].into_iter().flatten();
        settled(entry, about.map(|placed| &placed.paths), &[record.id]).await?;
        let paths = placed(entry, record.id, &facts).await?;
        let left = left(&before.paths, &paths);
        everybody_fits(entry, (&before.paths, &paths)).await?;
        let following = unions::following(entry.conn(), &left).await?;
        let employer_count = unions::count_last_covered(entry.conn(), &following, from).await?;
        let root = Root { union: record.id, left };
        let union_count = i64::try_from(following.len()).unwrap_or(i64::MAX);
        Ok(Self { from, before, above, facts, root, union_count, employer_count })
    }

    fn change(&self, id: uuid::Uuid, entry: &Entry, client: &str) -> StructureChange {
        let work = UnionWork {
            kind: UnionChangeKind::Affiliated,
            sources: vec![self.before.record.id],
            target: self.above.as_ref().map(|above| above.record.id),
            roots: vec![self.root.clone()],
            parts: Vec::new(),
            members: None,
        };
        StructureChange {
            id,
            work: Work::Unions(work),
            on: self.from,
            progress: Progress::Applying,
            client: client.to_owned(),
            area_count: 0,
            employer_count: self.employer_count,
            moved_employer_count: 0,
            union_count: self.union_count,
            moved_union_count: 0,
            member_count: 0,
            moved_member_count: 0,
            created_at: entry.now(),
            updated_at: entry.now(),
        }
    }
}

impl Unions {
    async fn carry_out(
        &self,
        mut entry: Box<Entry>,
        plan: Plan,
        call: &Call<AffiliateUnionRequest>,
        validate_only: bool,
    ) -> Outcome<Message> {
        let id = self.register.ledger.ids().fresh();
        let mut change = plan.change(id, &entry, call.caller.client.as_str());
        if validate_only {
            entry.discard().await?;
            change.progress = Progress::Preview;
            return Ok(view::structure_change(&change));
        }
        let after = self.begin(&mut entry, &plan, &mut change).await?;
        let left_behind = unions::left_behind(entry.conn(), &plan.root.left, &[], 1).await?;
        if left_behind.is_empty() {
            change.progress = Progress::Done;
        }
        structure_changes::insert(entry.conn(), &change).await?;
        let following = change.progress == Progress::Applying;
        note::affiliated(&mut entry, &plan.before.record, &after, following);
        let detail = format!(
            "{} unions, {} employers from {} on",
            change.union_count, change.employer_count, change.on
        );
        entry.audit(effect::audit(&after, &plan.before.record.facts, "affiliated"));
        entry.audit(AuditNote { record: change.name(), area: after.area.path().clone(), detail });
        entry.commit(Done { record: change.name(), version: 1 }).await?;
        self.register.structure_bell.notify_waiters();
        Ok(view::structure_change(&change))
    }

    /// The union itself: with whom it covers at once, if these are few.
    async fn begin(
        &self,
        entry: &mut Entry,
        plan: &Plan,
        change: &mut StructureChange,
    ) -> Outcome<UnionRecord> {
        let id = plan.before.record.id;
        let covered = unions::covered_by_each(entry.conn(), &[id], plan.from).await?;
        if covered.get(&id).is_some_and(|count| *count > EMPLOYERS_AT_ONCE) {
            let (facts, paths) = (plan.facts.clone(), plan.before.paths.clone());
            let saved = unions::save(entry.conn(), &plan.before, facts, paths, entry.now()).await?;
            // Nothing that only one union has changes hands.
            let saved = saved.map_err(|taken| Fault::new(&kit_reasons::INTERNAL).caused_by(taken));
            return Ok(saved?.record);
        }
        let facts = |_: &UnionRecord| plan.facts.clone();
        let followed = follow(&self.register, entry, &[id], facts).await?;
        change.moved_union_count = 1;
        change.moved_employer_count = followed.employers;
        let step = followed.unions.into_iter().next();
        Ok(step.ok_or_else(|| Fault::new(&kit_reasons::INTERNAL))?.after.record)
    }
}

/// `SUPERIOR_INVALID` where somebody below would stand too deep.
async fn everybody_fits(
    entry: &Entry,
    (old, new): (&History<AffiliationPath>, &History<AffiliationPath>),
) -> Outcome<()> {
    let mut deepest = Vec::new();
    for row in left(old, new) {
        deepest.push((row.value.clone(), unions::deepest(entry.conn(), &row).await?));
    }
    let depth = |path: &AffiliationPath| {
        deepest.iter().filter(|(left, _)| left == path).map(|(_, depth)| *depth).max().unwrap_or(0)
    };
    if fits(old, new, depth) {
        return Ok(());
    }
    Err(UnionFault::Superior(SuperiorFault::TooDeep).to_fault())
}

/// `CONFLICT` while somebody whom the change is about is still on the way to another place, or
/// somebody is on the way out of, or to, what lies below one that `moves`: so a change is always
/// decided on unions that stand where the line says.
pub(crate) async fn settled<'a>(
    entry: &Entry,
    about: impl Iterator<Item = &'a History<AffiliationPath>>,
    moves: &[UnionId],
) -> Outcome<()> {
    let applying = structure_changes::applying(entry.conn()).await?;
    let works: Vec<&UnionWork> = applying.iter().filter_map(|change| change.of_unions()).collect();
    if works.is_empty() {
        return Ok(());
    }
    let paths: Vec<&AffiliationPath> =
        about.flat_map(History::rows).map(|row| &row.value).collect();
    let carried = works.iter().any(|work| work.carries(&paths));
    let labels: Vec<Label> = moves.iter().copied().map(Label::of).collect();
    let targets: Vec<UnionId> = works.iter().flat_map(|work| work.targets()).collect();
    let targets = paths_of(entry.conn(), &targets).await?;
    let left = works.iter().flat_map(|work| work.left());
    let mut ways = left.chain(targets.values().flat_map(History::rows));
    let crossed = ways.any(|row| labels.iter().any(|label| row.value.passes(label)));
    let splits = works.iter().filter(|work| work.kind == UnionChangeKind::Split);
    let divided = splits.into_iter().any(|work| moves.iter().any(|id| work.unsettles(*id)));
    if carried || crossed || divided { Err(Fault::new(&kit_reasons::CONFLICT)) } else { Ok(()) }
}
