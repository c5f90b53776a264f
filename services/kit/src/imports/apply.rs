//! Pass 2: the valid rows, in chunks that are one transaction each. The chunk that is committed
//! also moves `applied_line`, so a pass that was cut off goes on with the next row and no row is
//! applied twice.

use super::{
    Actor, Applied, Effect, Importer, Imports,
    rows::{Read, Rows, unlabelled},
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
    sheet::{CellFault, Record},
};

/// Under which name chunks stand in the audit.
const METHOD: &str = "imports/apply";

/// Runs pass 2 from behind `applied_line`. Ends early where somebody else moved the batch: it is
/// being undone, or another process applies it.
pub(super) async fn run(imports: &Imports, batch: &Batch) -> Outcome<()> {
    let importer = imports.importer(&batch.kind)?;
    let actor = batch.actor()?;
    let mut rows =
        Rows::of(imports, &**importer, batch, importer.layout().await?, batch.applied_line);
    let mut line = batch.applied_line;
    loop {
        match rows.next().await? {
            Read::Rows(rows) => {
                match chunk(imports, &**importer, &actor, batch, line, rows).await? {
                    Some(now) => line = now,
                    None => return Ok(()),
                }
            }
            Read::End => return end(imports, batch, line).await,
            // Pass 1 read the same bytes to their end.
            Read::Broken(_) => return Err(Fault::new(&reasons::INTERNAL)),
        }
    }
}

/// What became of a chunk's rows.
#[derive(Default)]
struct Outcomes {
    effects: Vec<(u32, Effect)>,
    unchanged: i64,
    refused: i64,
    faults: Vec<CellFault>,
}

async fn chunk(
    imports: &Imports,
    importer: &dyn Importer,
    actor: &Actor,
    batch: &Batch,
    line: i64,
    rows: Vec<Record>,
) -> Outcome<Option<i64>> {
    let (Some(first), Some(last)) = (rows.first().map(Record::line), rows.last().map(Record::line))
    else {
        return Ok(Some(line));
    };
    let mut entry = imports.ledger.begin_own(&actor.client, METHOD).await?;
    let Some(mut now) = where_left(&entry, batch, line).await? else { return Ok(None) };
    let faulty = fault::faulty_lines(entry.conn(), now.id, first, last).await?;
    let valid: Vec<Record> = rows.into_iter().filter(|row| !faulty.contains(&row.line())).collect();
    let applied = if valid.is_empty() {
        Vec::new()
    } else {
        importer.apply(&mut entry, actor, &valid).await?
    };
    let outcomes = sorted(&valid, applied)?;
    note(&mut entry, &mut now, actor, &outcomes, (first, last)).await?;
    let done = Done { record: now.name(), version: now.version };
    entry.commit(done).await?;
    importer.committed();
    imports.bells.moved.notify_waiters();
    Ok(Some(now.applied_line))
}

fn sorted(rows: &[Record], applied: Vec<Applied>) -> Outcome<Outcomes> {
    if rows.len() != applied.len() {
        return Err(Fault::new(&reasons::INTERNAL));
    }
    let mut outcomes = Outcomes::default();
    for (row, applied) in rows.iter().zip(applied) {
        match applied {
            Applied::Changed(effect) => outcomes.effects.push((row.line(), effect)),
            Applied::Unchanged => outcomes.unchanged += 1,
            Applied::Refused(faults) => {
                outcomes.refused += 1;
                outcomes.faults.extend(unlabelled(faults));
            }
        }
    }
    Ok(outcomes)
}

async fn note(
    entry: &mut Entry,
    now: &mut Batch,
    actor: &Actor,
    outcomes: &Outcomes,
    (first, last): (u32, u32),
) -> Outcome<()> {
    effect::append(entry.conn(), now.id, &outcomes.effects).await?;
    fault::append(entry.conn(), now.id, now.fault_count, &outcomes.faults).await?;
    now.applied_row_count += count(outcomes.effects.len());
    now.unchanged_row_count += outcomes.unchanged;
    now.valid_row_count -= outcomes.refused;
    now.fault_count += count(outcomes.faults.len());
    now.applied_line = i64::from(last);
    let at = entry.now();
    batch::save(entry.conn(), now, at).await?;
    let (changed, unchanged, refused) =
        (outcomes.effects.len(), outcomes.unchanged, outcomes.refused);
    let detail = format!(
        "lines {first}-{last}: {changed} changed, {unchanged} unchanged, {refused} refused"
    );
    entry.audit(AuditNote { record: now.name(), area: actor.root()?, detail });
    Ok(())
}

/// Every valid row is in the register.
async fn end(imports: &Imports, batch: &Batch, line: i64) -> Outcome<()> {
    let entry = imports.ledger.begin_own(&batch.actor, METHOD).await?;
    let Some(mut now) = where_left(&entry, batch, line).await? else { return Ok(()) };
    now.state = State::Applied.code();
    let at = entry.now();
    batch::save(entry.conn(), &mut now, at).await?;
    let done = Done { record: now.name(), version: now.version };
    entry.commit(done).await?;
    imports.bells.moved.notify_waiters();
    Ok(())
}

async fn where_left(entry: &Entry, batch: &Batch, line: i64) -> Outcome<Option<Batch>> {
    let now = batch::lock(entry.conn(), batch.id).await?;
    let applying = State::Applying.code();
    Ok(now.filter(|now| now.state == applying && now.applied_line == line))
}
