//! What a split does, decided.

use std::collections::{BTreeSet, HashMap};

use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::Entry,
    scoped::not_found,
};
use unionhall_proto::registry::v1::SplitUnionRequest;
use uuid::Uuid;

use super::{Asked, Held, told};
use crate::{
    api::{
        employers::scoped as scoped_employer,
        unions::{
            Unions,
            affiliate::settled,
            enter::placed,
            members::{Following, following, of_split},
            scoped,
        },
    },
    rules::{
        Refusal,
        history::History,
        member::aftermath::Heir,
        reasons,
        union::{
            UnionFacts, UnionId,
            affiliation::{AffiliationPath, MAX_DEPTH},
            change::{SplitFault, SuperiorFault, Surroundings, UnionFault},
            ending::Ending,
            split::{Wish, covers, leaves, part, remaining, split, stands_beside, taken_over},
            term::lawful,
        },
    },
    store::{
        employers,
        structure_changes::{
            Part, Progress, Root, StructureChange, UnionChangeKind, UnionWork, Work,
        },
        unions::{self, NewUnion, UnionRecord, paths_of, resource_name},
    },
};

/// The employers whom a refusal names.
const NAMED: usize = 20;
/// The most employers of one union that are looked through.
const ALL: u64 = 1_000_000;

/// What is to happen.
pub(super) struct Plan {
    /// The facts of the union that is split.
    pub(super) facts: UnionFacts,
    /// The parts, each with whom it takes over.
    pub(super) parts: Vec<(NewUnion, Wish)>,
    /// The union above, where unions that no part names come below it.
    target: Option<UnionId>,
    roots: Vec<Root>,
    union_count: i64,
    employer_count: i64,
    members: Following,
}

impl Plan {
    pub(super) fn change(
        &self,
        (id, on): (Uuid, CivilDate),
        source: UnionId,
        entry: &Entry,
        client: &str,
    ) -> StructureChange {
        let part = |(new, wish): &(NewUnion, Wish)| Part {
            union: new.id,
            employers: wish.employers.clone(),
            unions: wish.unions.clone(),
        };
        let work = UnionWork {
            kind: UnionChangeKind::Split,
            sources: vec![source],
            target: self.target,
            roots: self.roots.clone(),
            parts: self.parts.iter().map(part).collect(),
            members: self.members.work.clone(),
        };
        let handed_over = self.parts.iter().all(|(_, wish)| wish.employers.is_empty());
        let nobody = self.roots.is_empty() && handed_over && self.members.work.is_none();
        StructureChange {
            id,
            work: Work::Unions(work),
            on,
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

impl Unions {
    /// What a split does. The first fault, if it cannot be.
    pub(super) async fn plan(
        &self,
        entry: &Entry,
        call: &Call<SplitUnionRequest>,
        (held, asked): (&Held, Vec<Asked>),
        (ending, from): (Ending<'_>, CivilDate),
    ) -> Outcome<Plan> {
        let known = &held.before.record;
        let ids: Vec<UnionId> = asked.iter().map(|part| part.id).collect();
        let ends = call.message.ends;
        let days = (from, entry.today());
        let facts = split((known.id, &known.facts), (&ids, ends), ending, days);
        let facts = facts.map_err(|fault| fault.to_fault())?;
        self.undisturbed(entry, held).await?;
        let wishes: Vec<Wish> = asked.iter().map(|part| part.wish.clone()).collect();
        self.handed_over(entry, call, (known, &wishes), from).await?;
        let parts = self.parts(entry, call, (held, asked), (ending, from)).await?;
        let above = known.facts.superiors.on(from).copied();
        let movers = movers(entry, (known.id, &wishes), (ends, from)).await?;
        let unnamed = movers.iter().any(|id| !wishes.iter().any(|wish| wish.unions.contains(id)));
        let target = above.filter(|_| unnamed);
        if unnamed && target.is_none() {
            return Err(UnionFault::Split(SplitFault::NoneAbove).to_fault());
        }
        let takes = Takes::of(entry, (held, target), &parts, from).await?;
        let roots = takes.roots(entry, (known.id, &movers), from).await?;
        let left: Vec<_> = roots.iter().flat_map(|root| root.left.clone()).collect();
        let follow = unions::following(entry.conn(), &left).await?;
        let below = unions::count_last_covered(entry.conn(), &follow, from).await?;
        let heirs = parts.iter().map(|(new, wish)| Heir {
            union: new.id,
            employers: wish.employers.iter().copied().collect(),
        });
        let passes = of_split((known.id, ends), heirs.collect(), ending.membership, from);
        let members = following(entry, passes, ending.keeper).await?;
        let named: usize = wishes.iter().map(|wish| wish.employers.len()).sum();
        Ok(Plan {
            facts,
            parts,
            target,
            roots,
            union_count: i64::try_from(follow.len()).unwrap_or(i64::MAX),
            employer_count: i64::try_from(named).unwrap_or(i64::MAX).saturating_add(below),
            members,
        })
    }

    /// `CONFLICT` while the union, or one that its parts rely on, is still on its way.
    async fn undisturbed(&self, entry: &Entry, held: &Held) -> Outcome<()> {
        let others: Vec<UnionId> = held.others.iter().map(|record| record.id).collect();
        let others = paths_of(entry.conn(), &others).await?;
        let about = others.values().chain([&held.before.paths]);
        settled(entry, about, &[held.before.record.id]).await
    }

    /// Whether whom the parts name is there to be taken over, and nobody is left over where the
    /// union ends.
    async fn handed_over(
        &self,
        entry: &Entry,
        call: &Call<SplitUnionRequest>,
        (known, wishes): (&UnionRecord, &[Wish]),
        from: CivilDate,
    ) -> Outcome<()> {
        let (conn, scope) = (entry.conn(), &call.caller.scope);
        let ids: Vec<Uuid> = wishes.iter().flat_map(|wish| wish.employers.clone()).collect();
        let mut found = employers::load(conn, &ids).await?;
        for id in &ids {
            let record = found.remove(id).and_then(|one| scoped_employer(one).visible(scope));
            // One that is named twice is there and refused below.
            let twice = ids.iter().filter(|other| *other == id).count() > 1;
            if record.is_none() && !twice {
                return Err(not_found(&employers::resource_name(*id)));
            }
        }
        let ids: Vec<UnionId> = wishes.iter().flat_map(|wish| wish.unions.clone()).collect();
        let mut found = unions::load(conn, &ids).await?;
        for id in ids.iter().collect::<BTreeSet<_>>() {
            let record = found.remove(id).and_then(|one| scoped(one).visible(scope));
            record.ok_or_else(|| not_found(&resource_name(*id)))?;
        }
        let covered = employers::covered_since(conn, &[known.id], from, (None, ALL)).await?;
        let below = unions::directly_below(conn, known.id, from).await?;
        let (covered, below) = (covered.into_iter().collect(), below.into_iter().collect());
        let there = taken_over(wishes, &covered, &below).map_err(UnionFault::Split);
        there.map_err(|fault| fault.to_fault())?;
        if !call.message.ends {
            return Ok(());
        }
        let left = remaining(wishes, employers::covered_from(conn, known.id, from).await?);
        if left.is_empty() {
            return Ok(());
        }
        let first = told(entry, call, &left[..left.len().min(NAMED)]).await?;
        let fault = Fault::new(&reasons::UNION_SPLIT_REMAINS).with("day", from);
        Err(fault.with("count", left.len()).with("employers", first))
    }

    /// The parts with their facts and paths.
    async fn parts(
        &self,
        entry: &Entry,
        call: &Call<SplitUnionRequest>,
        (held, asked): (&Held, Vec<Asked>),
        (ending, from): (Ending<'_>, CivilDate),
    ) -> Outcome<Vec<(NewUnion, Wish)>> {
        let known = &held.before.record;
        let above = known.facts.superiors.on(from).copied();
        let mut parts = Vec::with_capacity(asked.len());
        for (number, one) in (1..).zip(asked) {
            let around = Surroundings {
                today: entry.today(),
                areas: &held.areas,
                superior: held.other(one.superior.or(above)).map(|record| &record.facts),
            };
            let lineage = (known.id, above);
            let facts = part(one.said, lineage, ending.decision, (from, around));
            let facts = facts.map_err(|fault| fault.to_fault())?;
            let lawful = lawful(&self.register.law, &UnionFacts::default(), &facts);
            lawful.map_err(|fault| fault.to_fault())?;
            let paths = placed(entry, one.id, &facts).await?;
            let fits = stands_beside(number, known.id, &paths)
                .and_then(|()| covers(number, &facts, &one.wish.employers, from));
            fits.map_err(|fault| UnionFault::Split(fault).to_fault())?;
            parts.push((NewUnion { id: one.id, facts, paths }, one.wish));
        }
        // By id, as everybody holds employers.
        let own = |(new, _): &(NewUnion, Wish)| new.facts.employers.on(from).map(|own| own.0);
        let own: Vec<Uuid> = parts.iter().filter_map(own).collect();
        employers::load_for_update(entry.conn(), &own).await?;
        for (new, _) in &parts {
            self.hold_employer(entry, &call.caller, &new.facts).await?;
        }
        Ok(parts)
    }
}

/// Every union that comes to answer to another one: those that a part names, and where the union
/// ends everybody else below it.
async fn movers(
    entry: &Entry,
    (id, wishes): (UnionId, &[Wish]),
    (ends, from): (bool, CivilDate),
) -> Outcome<Vec<UnionId>> {
    if ends {
        return unions::directly_below(entry.conn(), id, from).await;
    }
    let mut named: Vec<UnionId> = wishes.iter().flat_map(|wish| wish.unions.clone()).collect();
    named.sort_unstable();
    Ok(named)
}

/// Who takes over unions: level on the day, and paths.
struct Taker {
    number: usize,
    facts: UnionFacts,
    paths: History<AffiliationPath>,
}

struct Takes {
    by_union: HashMap<UnionId, Taker>,
    otherwise: Option<Taker>,
}

impl Takes {
    async fn of(
        entry: &Entry,
        (held, target): (&Held, Option<UnionId>),
        parts: &[(NewUnion, Wish)],
        from: CivilDate,
    ) -> Outcome<Self> {
        let mut by_union = HashMap::new();
        for (number, (new, wish)) in (1..).zip(parts) {
            for id in &wish.unions {
                let (facts, paths) = (new.facts.clone(), new.paths.clone());
                by_union.insert(*id, Taker { number, facts, paths });
            }
        }
        let otherwise = match held.other(target) {
            Some(above) => {
                let lasts = above.facts.active_on(from) && above.facts.ended_on().is_none();
                if !lasts {
                    return Err(UnionFault::Superior(SuperiorFault::NotActive).to_fault());
                }
                let paths = paths_of(entry.conn(), &[above.id]).await?.remove(&above.id);
                let (facts, paths) = (above.facts.clone(), paths.unwrap_or_default());
                Some(Taker { number: 0, facts, paths })
            }
            None => None,
        };
        Ok(Self { by_union, otherwise })
    }

    /// The subtrees that come elsewhere; `UNION_SPLIT_INVALID` where one would stand below a lower
    /// union, `SUPERIOR_INVALID` where somebody would stand too deep.
    async fn roots(
        &self,
        entry: &Entry,
        (of, movers): (UnionId, &[UnionId]),
        from: CivilDate,
    ) -> Outcome<Vec<Root>> {
        let records = unions::load(entry.conn(), movers).await?;
        let mut paths = paths_of(entry.conn(), movers).await?;
        let mut roots = Vec::with_capacity(movers.len());
        for id in movers {
            let (Some(record), Some(paths)) = (records.get(id), paths.remove(id)) else { continue };
            let left = leaves((&record.facts, &paths), of, from);
            let taker = self.by_union.get(id).or(self.otherwise.as_ref());
            if let Some(taker) = taker {
                taker.fits(entry, record, &left, from).await?;
            }
            if !left.is_empty() {
                roots.push(Root { union: *id, left });
            }
        }
        Ok(roots)
    }
}

impl Taker {
    async fn fits(
        &self,
        entry: &Entry,
        record: &UnionRecord,
        left: &[crate::rules::history::Dated<AffiliationPath>],
        from: CivilDate,
    ) -> Outcome<()> {
        let first = left.first().map_or(from, |row| row.period.from());
        if let (Some(own), Some(other)) =
            (record.facts.levels.on(first), self.facts.levels.on(first))
            && !own.may_answer_to(*other)
        {
            return Err(UnionFault::Split(SplitFault::Lower(self.number)).to_fault());
        }
        for row in left {
            let below = unions::deepest(entry.conn(), row).await?.saturating_sub(row.value.depth());
            let mut comes = self.paths.rows().iter().filter(|new| new.period.overlaps(row.period));
            if comes.any(|new| new.value.depth() + 1 + below > MAX_DEPTH) {
                return Err(UnionFault::Superior(SuperiorFault::TooDeep).to_fault());
            }
        }
        Ok(())
    }
}
