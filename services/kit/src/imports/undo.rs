//! Taking a batch back: the effects that stand, last row first, in chunks that are one
//! transaction each. Nothing is erased; what the batch recorded is superseded.

use super::{
    Actor, Effect, Importer, Imports, Undone,
    state::State,
    store::{
        batch::{self, Batch},
        effect, fault,
    },
    validate::count,
};
use crate::{
    fault::{Fault, Outcome},
    ledger::{AuditNote, Done, Entry},
    reasons,
    sheet::CellFault,
};

/// Under which name chunks stand in the audit.
const METHOD: &str = "imports/undo";

/// Takes back what stands. Ends early where another process does.
pub(super) async fn run(imports: &Imports, batch: &Batch) -> Outcome<()> {
    let importer = imports.importer(&batch.kind)?;
    let actor = batch.actor()?;
    while chunk(imports, &**importer, &actor, batch).await? {}
    Ok(())
}

/// One chunk. False at the end.
async fn chunk(
    imports: &Imports,
    importer: &dyn Importer,
    actor: &Actor,
    batch: &Batch,
) -> Outcome<bool> {
    let mut entry = imports.ledger.begin_own(&actor.client, METHOD).await?;
    let now = batch::lock(entry.conn(), batch.id).await?;
    let undoing = |now: &Batch| now.state == State::Undoing.code();
    let Some(mut now) = now.filter(undoing) else { return Ok(false) };
    let standing = effect::standing(entry.conn(), now.id, importer.rows_a_chunk()).await?;
    if standing.is_empty() {
        now.state = State::Undone.code();
    } else {
        let (lines, effects): (Vec<u32>, Vec<Effect>) = standing.into_iter().unzip();
        let undone = importer.undo(&mut entry, actor, &effects).await?;
        note(&mut entry, &mut now, actor, (&lines, &effects), undone).await?;
    }
    let at = entry.now();
    batch::save(entry.conn(), &mut now, at).await?;
    let done = Done { record: now.name(), version: now.version };
    entry.commit(done).await?;
    importer.committed();
    imports.bells.moved.notify_waiters();
    Ok(undoing(&now))
}

async fn note(
    entry: &mut Entry,
    now: &mut Batch,
    actor: &Actor,
    (lines, effects): (&[u32], &[Effect]),
    undone: Vec<Undone>,
) -> Outcome<()> {
    if undone.len() != effects.len() {
        return Err(Fault::new(&reasons::INTERNAL));
    }
    let (mut taken_back, mut refused, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for ((line, effect), undone) in lines.iter().zip(effects).zip(undone) {
        match undone {
            Undone::Done => taken_back.push(*line),
            Undone::Refused(kind) => {
                refused.push(*line);
                faults.push(CellFault::at(kind, "", *line, "", effect.record.as_str()));
            }
        }
    }
    effect::settle(entry.conn(), now.id, &taken_back, &refused).await?;
    fault::append(entry.conn(), now.id, now.fault_count, &faults).await?;
    now.fault_count += count(faults.len());
    now.refused_undo_count += count(refused.len());
    let detail = format!("{} taken back, {} refused", taken_back.len(), refused.len());
    entry.audit(AuditNote { record: now.name(), area: actor.root()?, detail });
    Ok(())
}
