//! Taking rows back. No label is ever used twice, so an area that came in is not erased: it ends
//! on its first day. A known area gets its former name and code again.

use unionhall_kit::{
    civil::CivilDate,
    fault::{Fault, Outcome},
    imports::{
        Actor, Effect, Undone,
        kinds::{CHANGED_SINCE, OUT_OF_SCOPE},
    },
    ledger::{Entry, EventKind},
    path::Line,
    reasons,
    sheet::FaultKind,
};

use super::apply::{Before, path};
use crate::{
    api::areas::note,
    imports::kinds::{AREA_CODE_STAYS, AREA_IN_USE},
    rules::area::{
        AreaPath,
        plan::{AreaPlan, plan_close, plan_code, plan_rename},
        tree::AreaTree,
    },
    store::{
        areas::{self, Recorded},
        base_registers::count_listed,
        structure_changes::{occupants, union_occupants},
    },
};

pub(super) async fn undo(
    entry: &mut Entry,
    actor: &Actor,
    effects: &[Effect],
) -> Outcome<Vec<Undone>> {
    let mut entered: Vec<AreaPath> =
        effects.iter().filter(|effect| effect.version_before == 0).filter_map(path).collect();
    entered.sort();
    areas::lock(entry.conn(), &entered).await?;
    let recorded = areas::load(entry.conn()).await?;
    let mut tree = AreaTree::clone(&recorded.tree);
    let (mut undone, mut whole, mut changed) = (Vec::new(), AreaPlan::default(), Vec::new());
    for effect in effects {
        let found = match unchanged(&recorded, actor, effect) {
            Ok(path) => plan(entry, &tree, &path, effect).await?.map(|plan| (path, plan)),
            Err(kind) => Err(kind),
        };
        undone.push(match found {
            Ok((path, plan)) => {
                tree.apply(&plan);
                whole.steps.extend(plan.steps);
                changed.push(path);
                Undone::Done
            }
            Err(kind) => Undone::Refused(kind),
        });
    }
    let after = areas::save(entry.conn(), &recorded, &whole, entry.now()).await?;
    for path in changed {
        note::event(entry, &after, &path, EventKind::Updated);
    }
    Ok(undone)
}

fn unchanged(
    recorded: &Recorded,
    actor: &Actor,
    effect: &Effect,
) -> Result<AreaPath, &'static FaultKind> {
    let path = path(effect).filter(|path| recorded.version(path) == effect.version_after);
    let path = path.ok_or(&CHANGED_SINCE)?;
    if actor.scope.covers(Line::Area, path.path()) { Ok(path) } else { Err(&OUT_OF_SCOPE) }
}

async fn plan(
    entry: &Entry,
    tree: &AreaTree,
    path: &AreaPath,
    effect: &Effect,
) -> Outcome<Result<AreaPlan, &'static FaultKind>> {
    if effect.version_before == 0 {
        let Some(fact) = tree.get(path) else { return Ok(Err(&CHANGED_SINCE)) };
        let first = fact.period.from();
        let conn = entry.conn();
        let occupants = occupants(conn, path, first).await?
            + union_occupants(conn, path, first).await?
            + count_listed(conn, path, first).await?;
        let closed = plan_close(tree, path, None, occupants, first, entry.today());
        return Ok(closed.map_err(|_| &AREA_IN_USE));
    }
    let before = serde_json::from_slice(&effect.before);
    let before = before.map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))?;
    Ok(restored(tree, path, before, entry.today()))
}

fn restored(
    tree: &AreaTree,
    path: &AreaPath,
    before: Before,
    today: CivilDate,
) -> Result<AreaPlan, &'static FaultKind> {
    let mut plan = AreaPlan::default();
    if let Some(name) = before.name {
        let named = plan_rename(tree, path, name, before.from, today);
        plan.steps.extend(named.map_err(|_| &CHANGED_SINCE)?.steps);
    }
    if let Some(code) = before.code {
        let (code, edition) = code.ok_or(&AREA_CODE_STAYS)?;
        let coded = plan_code(tree, path, code, edition, before.from, today);
        plan.steps.extend(coded.map_err(|_| &CHANGED_SINCE)?.steps);
    }
    Ok(plan)
}
