//! Pass 2: the valid rows, in chunks that are one transaction each. The chunk that is committed
//! also moves `applied_line`, so a pass that was cut off goes on with the next row and no row is
//! applied twice.

use std::pin::pin;

use futures::{
    FutureExt, StreamExt,
    stream::{self, Stream},
};
use tokio::sync::watch;

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
const AT_ONCE: usize = 2;

/// Runs pass 2 from behind `applied_line`. Ends early where somebody else moved the batch: it is
/// being undone, or another process applies it. `alone` keeps chunks from getting into the way of
/// each other.
pub(super) async fn run(imports: &Imports, batch: &Batch, alone: bool) -> Outcome<()> {
    let importer = imports.importer(&batch.kind)?;
    let actor = batch.actor()?;
    let rows = Rows::of(imports, &**importer, batch, importer.layout().await?, batch.applied_line);
    let at_once = if importer.rows_are_independent() && !alone { AT_ONCE } else { 1 };
    let (committed, _) = watch::channel(batch.applied_line);
    let pass = Pass { imports, importer: &**importer, actor: &actor, batch, committed: &committed };
    let chunks = chunks(rows, batch.applied_line);
    let applied = chunks.map(|next| pass.chunk(next).boxed()).buffered(at_once);
    let mut applied = pin!(applied);
    while let Some(line) = applied.next().await {
        match line? {
            Some(line) => committed.send_replace(line),
            None => return Ok(()),
        };
    }
    let line = *committed.borrow();
    end(imports, batch, line).await
}

/// Rows, and the last line before them.
type Chunk = (i64, Vec<Record>);

fn chunks(rows: Rows, line: i64) -> impl Stream<Item = Outcome<Chunk>> {
    stream::try_unfold((rows, line), async |(mut rows, line)| match rows.next().await? {
        Read::Rows(some) => {
            let last = some.last().map_or(line, |row| i64::from(row.line()));
            Ok(Some(((line, some), (rows, last))))
        }
        Read::End => Ok(None),
        // Pass 1 read the same bytes to their end.
        Read::Broken(_) => Err(Fault::new(&reasons::INTERNAL)),
    })
}

/// What became of a chunk's rows.
#[derive(Default)]
struct Outcomes {
    effects: Vec<(u32, Effect)>,
    unchanged: i64,
    refused: i64,
    faults: Vec<CellFault>,
}

/// Pass 2 over one file.
struct Pass<'a> {
    imports: &'a Imports,
    importer: &'a dyn Importer,
    actor: &'a Actor,
    batch: &'a Batch,
    /// The last line that is committed.
    committed: &'a watch::Sender<i64>,
}

impl Pass<'_> {
    /// Writes a chunk. Answers its last line; `None` where somebody else moved the batch.
    async fn chunk(&self, next: Outcome<Chunk>) -> Outcome<Option<i64>> {
        let (behind, rows) = next?;
        let Self { imports, importer, actor, batch, committed } = self;
        let lines = (rows.first().map(Record::line), rows.last().map(Record::line));
        let (Some(first), Some(last)) = lines else { return Ok(Some(behind)) };
        let mut entry = imports.ledger.begin_own(&actor.client, METHOD).await?;
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
