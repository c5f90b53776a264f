//! Pass 2: the valid rows, in chunks that are one transaction each. The chunk that is committed
//! also moves `applied_line`, so a pass that was cut off goes on with the next row and no row is
//! applied twice.

use std::{pin::pin, sync::Arc};

use futures::{
    StreamExt,
    stream::{self, Stream},
};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

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

/// Chunks under way at once where rows are independent: while the database writes one, the next is
/// judged. They are committed in their order.
const AT_ONCE: usize = 3;
/// Chunks between two looks at how much the tables have grown.
const LOOK_EVERY: u32 = 16;

/// Runs pass 2 from behind `applied_line`. Ends early where somebody else moved the batch: it is
/// being undone, or another process applies it. `alone` keeps chunks from getting into the way of
/// each other.
pub(super) async fn run(imports: &Arc<Imports>, batch: &Batch, alone: bool) -> Outcome<()> {
    let importer = Arc::clone(imports.importer(&batch.kind)?);
    let rows = Rows::of(imports, &*importer, batch, importer.layout().await?, batch.applied_line);
    let at_once = if importer.rows_are_independent() && !alone { AT_ONCE } else { 1 };
    let (committed, _) = watch::channel(batch.applied_line);
    let (actor, batch) = (batch.actor()?, batch.clone());
    let pass = Arc::new(Pass { imports: Arc::clone(imports), importer, actor, batch, committed });
    // They begin in their order: where only one can write, the first of them does. Then each has a
    // task of its own, so that they share the cores, which ends with the pass.
    let applied = Arc::clone(&pass)
        .chunks(rows)
        .map(|begun| tokio::spawn(Arc::clone(&pass).chunk(begun).in_current_span()))
        .map(AbortOnDropHandle::new)
        .buffered(at_once);
    let mut applied = pin!(applied);
    let mut chunks = 0_u32;
    while let Some(line) = applied.next().await {
        match line.map_err(|panic| Fault::new(&reasons::INTERNAL).caused_by(panic))?? {
            Some(line) => pass.committed.send_replace(line),
            None => return Ok(()),
        };
        chunks += 1;
        if chunks.is_multiple_of(LOOK_EVERY) {
            imports.ledger.db().refresh_statistics().await;
        }
    }
    imports.ledger.db().refresh_statistics().await;
    let line = *pass.committed.borrow();
    end(imports, &pass.batch, line).await
}

/// Rows, and the last line before them.
type Chunk = (i64, Vec<Record>);

/// What became of a chunk's rows.
#[derive(Default)]
struct Outcomes {
    effects: Vec<(u32, Effect)>,
    unchanged: i64,
    refused: i64,
    faults: Vec<CellFault>,
}

/// Pass 2 over one file.
struct Pass {
    imports: Arc<Imports>,
    importer: Arc<dyn Importer>,
    actor: Actor,
    batch: Batch,
    /// The last line that is committed.
    committed: watch::Sender<i64>,
}

impl Pass {
    /// The next rows, each chunk with its transaction.
    fn chunks(self: Arc<Self>, rows: Rows) -> impl Stream<Item = Outcome<(Entry, Chunk)>> {
        let from = (rows, self.batch.applied_line, self);
        stream::try_unfold(from, async |(mut rows, line, pass)| match rows.next().await? {
            Read::Rows(some) => {
                let last = some.last().map_or(line, |row| i64::from(row.line()));
                let entry = pass.imports.ledger.begin_own(&pass.actor.client, METHOD).await?;
                Ok(Some(((entry, (line, some)), (rows, last, pass))))
            }
            Read::End => Ok(None),
            // Pass 1 read the same bytes to their end.
            Read::Broken(_) => Err(Fault::new(&reasons::INTERNAL)),
        })
    }

    /// Writes a chunk. Answers its last line; `None` where somebody else moved the batch.
    async fn chunk(self: Arc<Self>, begun: Outcome<(Entry, Chunk)>) -> Outcome<Option<i64>> {
        let (mut entry, (behind, rows)) = begun?;
        let Self { imports, importer, actor, batch, committed } = &*self;
        let lines = (rows.first().map(Record::line), rows.last().map(Record::line));
        let (Some(first), Some(last)) = lines else { return Ok(Some(behind)) };
        let faulty = fault::faulty_lines(entry.conn(), batch.id, first, last).await?;
        let valid: Vec<Record> =
            rows.into_iter().filter(|row| !faulty.contains(&row.line())).collect();
        let applied = if valid.is_empty() {
            Vec::new()
        } else {
            importer.apply(&mut entry, actor, &valid).await?
        };
        // The sender outlives every chunk.
        let _ = committed.subscribe().wait_for(|line| *line >= behind).await;
        let Some(mut now) = where_left(&entry, batch, behind).await? else { return Ok(None) };
        let outcomes = sorted(&valid, applied)?;
        note(&mut entry, &mut now, actor, &outcomes, (first, last)).await?;
        let done = Done { record: now.name(), version: now.version };
        entry.commit(done).await?;
        importer.committed();
        imports.bells.moved.notify_waiters();
        Ok(Some(now.applied_line))
    }
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
