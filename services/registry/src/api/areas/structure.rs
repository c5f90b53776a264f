//! Moves and merges: the tree changes at once, and a job carries the employers along.

use std::collections::HashMap;

use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{AuditNote, Done},
    paging::{Place, page_size},
    path::{Line, Scope},
    reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1 as proto;
use uuid::Uuid;

use super::{
    draft::{Ask, Draft},
    named, note, read, refused, view,
};
use crate::{
    api::{
        formations::ended as formation_cases,
        wire::{self, invalid},
    },
    register::Register,
    rules::{
        area::{
            AreaPath,
            plan::{AreaPlan, plan_merge, plan_move},
            tree::LineageKind,
        },
        reasons as domain,
        union::UnionId,
    },
    store::{
        base_registers, formations,
        structure_changes::{self, AreaWork, Progress, StructureChange, UnionWork, Work},
        unions::{self, UnionRecord},
    },
};

pub(super) async fn move_area(
    register: &Register,
    call: &Call<proto::MoveAreaRequest>,
) -> Outcome<proto::StructureChange> {
    let request = &call.message;
    let path = named(&request.name)?;
    let parent = named(&request.destination_parent)?;
    let new = AreaPath::parse(&request.destination_area_id).map_err(refused)?;
    for node in [&path, &parent] {
        call.caller.require_node(Line::Area, node.path())?;
    }
    if new.parent().as_ref() != Some(&parent) {
        return Err(invalid("destination_area_id", "is no label directly below the new parent"));
    }
    let on = wire::day("effective_date", request.effective_date.as_ref())?;
    let touches = [path.clone()];
    let ask = Ask {
        request_id: &request.request_id,
        validate_only: request.validate_only,
        touches: &touches,
    };
    let draft = match Draft::begin(register, call, ask).await? {
        Ok(draft) => draft,
        Err(done) => return again(register, &call.caller.scope, &done).await,
    };
    draft.expect(&path, &request.etag)?;
    let on = on.unwrap_or_else(|| draft.today());
    let plan = plan_move(&draft.recorded.tree, &path, &new, on, draft.today()).map_err(refused)?;
    settled(&draft, &[path.clone(), parent]).await?;
    let wish = Wish { kind: LineageKind::Moved, sources: vec![path], target: new, on };
    wish.carry_out(draft, &plan, call.caller.client.as_str()).await
}

pub(super) async fn merge(
    register: &Register,
    call: &Call<proto::MergeAreasRequest>,
) -> Outcome<proto::StructureChange> {
    let request = &call.message;
    let target = named(&request.name)?;
    let sources = request.sources.iter().map(|name| named(name)).collect::<Outcome<Vec<_>>>()?;
    let touches: Vec<AreaPath> = sources.iter().chain([&target]).cloned().collect();
    for node in &touches {
        call.caller.require_node(Line::Area, node.path())?;
    }
    let on = wire::day("effective_date", request.effective_date.as_ref())?;
    let ask = Ask {
        request_id: &request.request_id,
        validate_only: request.validate_only,
        touches: &touches,
    };
    let draft = match Draft::begin(register, call, ask).await? {
        Ok(draft) => draft,
        Err(done) => return again(register, &call.caller.scope, &done).await,
    };
    draft.expect(&target, &request.etag)?;
    let on = on.unwrap_or_else(|| draft.today());
    let tree = &draft.recorded.tree;
    let plan = plan_merge(tree, &sources, &target, on, draft.today()).map_err(refused)?;
    settled(&draft, &touches).await?;
    one_union_an_area(&draft, &plan).await?;
    let wish = Wish { kind: LineageKind::Merged, sources, target, on };
    wish.carry_out(draft, &plan, call.caller.client.as_str()).await
}

/// An area has one union of some types on a day, so that areas with one each cannot become one area:
/// their unions are merged or dissolved first. `UNION_PLACE_TAKEN`.
async fn one_union_an_area(draft: &Draft<'_>, plan: &AreaPlan) -> Outcome<()> {
    let ways: Vec<_> = plan.relocations().cloned().collect();
    let Some((holding, id)) = unions::meeting(draft.entry.conn(), &ways).await? else {
        return Ok(());
    };
    let fault = Fault::new(&domain::UNION_PLACE_TAKEN).with("area", &holding.area);
    let fault = fault.with("type", holding.kind.code());
    Err(fault.with("union", unions::resource_name(id)))
}

/// Areas whose employers are still on their way are left alone until these have arrived: the
/// caller tries again. So a change is always decided on records that stand where the tree says.
pub(super) async fn settled(draft: &Draft<'_>, areas: &[AreaPath]) -> Outcome<()> {
    let meet = |one: &AreaPath, other: &AreaPath| one.within(other) || other.within(one);
    let applying = structure_changes::applying(draft.entry.conn()).await?;
    let unsettled = applying.iter().any(|change| {
        let work = change.of_areas();
        let mut taken = work.into_iter().flat_map(|work| work.sources.iter().chain([&work.target]));
        taken.any(|taken| areas.iter().any(|area| meet(area, taken)))
    });
    if unsettled { Err(Fault::new(&reasons::CONFLICT)) } else { Ok(()) }
}

struct Wish {
    kind: LineageKind,
    sources: Vec<AreaPath>,
    target: AreaPath,
    on: CivilDate,
}

impl Wish {
    async fn carry_out(
        self,
        mut draft: Draft<'_>,
        plan: &AreaPlan,
        client: &str,
    ) -> Outcome<proto::StructureChange> {
        draft.save(plan).await?;
        // The cases of an area are few, and nobody's figures: they go along at once.
        for step in plan.relocations() {
            let way = (&step.predecessor, &step.successor);
            formation_cases::outdone(&mut draft.entry, way, self.on).await?;
            formations::relocate(draft.entry.conn(), way, draft.entry.now()).await?;
        }
        let Self { kind, sources, target, on } = self;
        let work = AreaWork { kind, sources, target };
        let change = change(&draft, plan, (&work, on), client).await?;
        structure_changes::insert(draft.entry.conn(), &change).await?;
        note(&mut draft, &change, &work);
        let (register, trial) = (draft.register, draft.validate_only);
        draft.finish(Done { record: change.name(), version: 1 }).await?;
        if trial {
            let progress = Progress::Preview;
            return Ok(view::structure_change(&StructureChange { progress, ..change }));
        }
        register.structure_bell.notify_waiters();
        Ok(view::structure_change(&change))
    }
}

async fn change(
    draft: &Draft<'_>,
    plan: &AreaPlan,
    (work, on): (&AreaWork, CivilDate),
    client: &str,
) -> Outcome<StructureChange> {
    let ending: Vec<_> = plan.relocations().map(|step| step.predecessor.clone()).collect();
    let conn = draft.entry.conn();
    let employer_count = structure_changes::employers_in(conn, &ending, on).await?;
    // Without anybody there is nothing to wait for.
    let union_count = structure_changes::unions_in(conn, &ending, on).await?;
    let listed = base_registers::unlisted(conn, &ending, on, 1).await?;
    let nobody = employer_count == 0 && union_count == 0 && listed.is_empty();
    let progress = if nobody { Progress::Done } else { Progress::Applying };
    let area_count = i64::try_from(plan.areas().len()).unwrap_or(i64::MAX);
    let now = draft.entry.now();
    Ok(StructureChange {
        id: draft.register.ledger.ids().fresh(),
        work: Work::Areas(work.clone()),
        on,
        progress,
        client: client.to_owned(),
        area_count,
        employer_count,
        moved_employer_count: 0,
        union_count,
        moved_union_count: 0,
        member_count: 0,
        moved_member_count: 0,
        created_at: now,
        updated_at: now,
    })
}

fn note(draft: &mut Draft<'_>, change: &StructureChange, work: &AreaWork) {
    let (entry, recorded) = (&mut draft.entry, &draft.recorded);
    if change.progress == Progress::Applying {
        note::changed(entry, recorded, work);
    } else {
        note::subtrees(entry, recorded, work);
    }
    for source in &work.sources {
        note::audit(entry, source, format!("went into {} on {}", work.target, change.on));
    }
    entry.audit(AuditNote {
        record: change.name(),
        area: work.target.path().clone(),
        detail: format!(
            "{} areas, {} employers, {} unions",
            change.area_count, change.employer_count, change.union_count
        ),
    });
}

/// The change that an earlier request made, as far as it has come.
pub(crate) async fn again(
    register: &Register,
    scope: &Scope,
    done: &Done,
) -> Outcome<proto::StructureChange> {
    shown(register, scope, &done.record).await
}

async fn shown(register: &Register, scope: &Scope, name: &str) -> Outcome<proto::StructureChange> {
    let id = name.strip_prefix("structureChanges/").and_then(|id| Uuid::parse_str(id).ok());
    let id = id.ok_or_else(|| not_found(name))?;
    let found = structure_changes::find(register.ledger.db().reader(), id).await?;
    let found = found.ok_or_else(|| not_found(name))?;
    let named = named_unions(register, std::iter::once(&found)).await?;
    within(scope, &found, &named).ok_or_else(|| not_found(name))
}

pub(super) async fn get(
    register: &Register,
    call: &Call<proto::GetStructureChangeRequest>,
) -> Outcome<proto::StructureChange> {
    shown(register, &call.caller.scope, &call.message.name).await
}

/// The unions that the changes name.
async fn named_unions<'a>(
    register: &Register,
    changes: impl Iterator<Item = &'a StructureChange>,
) -> Outcome<HashMap<UnionId, UnionRecord>> {
    let works = changes.filter_map(StructureChange::of_unions);
    let mut ids: Vec<UnionId> =
        works.flat_map(|work| work.sources.iter().copied().chain(work.targets())).collect();
    ids.sort_unstable();
    ids.dedup();
    unions::load(register.ledger.db().reader(), &ids).await
}

/// The change as the caller may see it. The tree is everybody's, but how many employers an area
/// has is a figure, and figures are shown inside the scope alone. A change among unions is seen by
/// who sees every one that it names.
fn within(
    scope: &Scope,
    change: &StructureChange,
    unions: &HashMap<UnionId, UnionRecord>,
) -> Option<proto::StructureChange> {
    let mut shown = view::structure_change(change);
    match &change.work {
        Work::Areas(work) => {
            let mut places = work.sources.iter().chain([&work.target]);
            if !places.all(|place| scope.covers(Line::Area, place.path())) {
                (shown.employer_count, shown.moved_employer_count) = (0, 0);
                (shown.union_count, shown.moved_union_count) = (0, 0);
            }
            Some(shown)
        }
        Work::Unions(work) => seen(scope, work, unions).then_some(shown),
    }
}

fn seen(scope: &Scope, work: &UnionWork, unions: &HashMap<UnionId, UnionRecord>) -> bool {
    let sees =
        |union: &UnionRecord| scope.sees(Some(union.area.path()), Some(union.affiliation.path()));
    let mut named = work.sources.iter().copied().chain(work.targets());
    named.all(|id| unions.get(&id).is_some_and(sees))
}

pub(super) async fn list(
    register: &Register,
    call: &Call<proto::ListStructureChangesRequest>,
) -> Outcome<proto::ListStructureChangesResponse> {
    let request = &call.message;
    let binding = call.binding(&proto::ListStructureChangesRequest::default());
    let before = read::number(register.pager.place(&binding, &request.page_token)?)?;
    let size = page_size(request.page_size);
    let conn = register.ledger.db().reader();
    let mut found = structure_changes::page(conn, before, size + 1).await?;
    let more = found.len() as u64 > size;
    found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let next_page_token = match found.last().filter(|_| more) {
        Some((number, _)) => {
            let place = Place { phase: 0, key: vec![number.to_string()] };
            register.pager.token(&binding, &place)?
        }
        None => String::new(),
    };
    let named = named_unions(register, found.iter().map(|(_, change)| change)).await?;
    let shown = found.iter().filter_map(|(_, change)| within(&call.caller.scope, change, &named));
    Ok(proto::ListStructureChangesResponse { structure_changes: shown.collect(), next_page_token })
}
