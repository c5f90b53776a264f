//! Writing a chunk of rows: one plan for all of them.

use serde::{Deserialize, Serialize};
use unionhall_kit::{
    civil::CivilDate,
    fault::{Fault, Outcome},
    imports::{Actor, Applied, Effect},
    ledger::{Entry, EventKind},
    reasons,
    sheet::Record,
};

use super::row::{Change, Decision, decide};
use crate::{
    api::areas::{note, view},
    rules::{
        area::{
            AreaPath,
            official::OfficialCode,
            plan::{AreaPlan, AreaStep},
            tree::AreaTree,
        },
        name::Name,
    },
    store::areas::{self, Recorded},
};

/// What a row changed in a known area, and what was there before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Before {
    /// The first day of the change.
    pub(super) from: CivilDate,
    /// The name, where it changed.
    pub(super) name: Option<Name>,
    /// The official code with its edition, where it changed; `None` inside where there was none.
    pub(super) code: Option<Option<(OfficialCode, CivilDate)>>,
}

pub(super) async fn apply(
    entry: &mut Entry,
    actor: &Actor,
    rows: &[Record],
) -> Outcome<Vec<Applied>> {
    areas::lock(entry.conn(), &[]).await?;
    let recorded = areas::load(entry.conn()).await?;
    let mut tree = AreaTree::clone(&recorded.tree);
    let (mut applied, mut whole, mut changes) = (Vec::new(), AreaPlan::default(), Vec::new());
    for row in rows {
        applied.push(match decide(row, &tree, &actor.scope, entry.today()) {
            Decision::Refused(faults) => Applied::Refused(faults),
            Decision::Unchanged => Applied::Unchanged,
            Decision::Change(change) => {
                tree.apply(&change.plan);
                whole.steps.extend_from_slice(&change.plan.steps);
                changes.push((applied.len(), change));
                Applied::Unchanged
            }
        });
    }
    if changes.is_empty() {
        return Ok(applied);
    }
    let after = areas::save(entry.conn(), &recorded, &whole, entry.now()).await?;
    for (at, change) in changes {
        let kind = if change.created { EventKind::Created } else { EventKind::Updated };
        note::event(entry, &after, &change.path, kind);
        applied[at] = Applied::Changed(effect(&recorded, &after, &change)?);
    }
    Ok(applied)
}

fn effect(recorded: &Recorded, after: &Recorded, change: &Change) -> Outcome<Effect> {
    let before = if change.created {
        Vec::new()
    } else {
        let before = before(&recorded.tree, change);
        serde_json::to_vec(&before)
            .map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))?
    };
    Ok(Effect {
        record: view::name(&change.path),
        version_before: recorded.version(&change.path),
        version_after: after.version(&change.path),
        before,
    })
}

fn before(tree: &AreaTree, change: &Change) -> Option<Before> {
    let known = tree.get(&change.path)?;
    let mut before: Option<Before> = None;
    for step in &change.plan.steps {
        let (AreaStep::Name { from, .. } | AreaStep::Code { from, .. }) = step else { continue };
        let before = before.get_or_insert(Before { from: *from, name: None, code: None });
        match step {
            AreaStep::Name { .. } => before.name = known.name_on(*from).cloned(),
            _ => {
                let held = known.code_on(*from);
                before.code = Some(held.map(|dated| (dated.code.clone(), dated.edition)));
            }
        }
    }
    before
}

/// The area that an effect is about.
pub(super) fn path(effect: &Effect) -> Option<AreaPath> {
    effect.record.strip_prefix("areas/").and_then(|label| AreaPath::parse(label).ok())
}
