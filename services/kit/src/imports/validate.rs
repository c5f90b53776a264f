//! Pass 1: every fault of every row. Writes faults and counts, nothing of the register.

use super::{
    Checks, Importer, Imports, Verdict, kinds,
    rows::{Read, Rows, unlabelled},
    seen::Seen,
    state::State,
    store::{
        batch::{self, Batch},
        fault,
    },
    sweep,
};
use crate::{
    fault::{Fault, Outcome},
    ledger::{AuditNote, Done},
    reasons,
    sheet::{CellFault, Layout, Record},
};

/// Under which name the end of a pass stands in the audit.
const METHOD: &str = "imports/validate";

/// What a chunk adds to the batch.
#[derive(Default)]
struct Found {
    rows: i64,
    valid: i64,
    unchanged: i64,
    faults: Vec<CellFault>,
    /// Where the pass ends with this chunk.
    end: Option<State>,
    /// What the audit keeps of the pass that ends.
    account: Option<String>,
}

impl Found {
    fn end(state: State, faults: Vec<CellFault>) -> Self {
        Self { faults, end: Some(state), ..Self::default() }
    }
}

/// Runs pass 1 from the first row. Ends early where the batch was moved by somebody else.
pub(super) async fn run(imports: &Imports, batch: &Batch) -> Outcome<()> {
    let importer = imports.importer(&batch.kind)?;
    let layout = importer.layout().await?;
    let Some(mut now) = begin(imports, batch).await? else { return Ok(()) };
    imports.ledger.db().refresh_statistics().await;
    let checks = importer.open(&batch.actor()?).await?;
    let rows = Rows::of(imports, &**importer, batch, layout.clone(), 0);
    let judge = Judge { importer: &**importer, layout: &layout, seen: Seen::default() };
    let mut pass = Pass { rows, checks, judge };
    let mut next = pass.next().await?;
    loop {
        let mut found = match next {
            Next::Rows(rows, verdicts) => {
                pass.judge.rows(rows, verdicts, &now, i64::from(imports.config.max_faults))?
            }
            Next::Broken(faults) => Found::end(State::Rejected, faults),
            Next::End => Found::end(State::Validated, Vec::new()),
        };
        if found.end.is_some() {
            found.account = pass.checks.account();
            note(imports, &now, found).await?;
            return Ok(());
        }
        // The next rows are looked at while these are noted.
        let (noted, ahead) = tokio::join!(note(imports, &now, found), pass.next());
        match noted? {
            Some(moved) if moved.state == State::Validating.code() => now = moved,
            _ => return Ok(()),
        }
        next = ahead?;
    }
}

/// Rows with what the domain says of them.
enum Next {
    Rows(Vec<Record>, Vec<Verdict>),
    Broken(Vec<CellFault>),
    End,
}

/// Pass 1 over one file.
struct Pass<'a> {
    rows: Rows,
    checks: Box<dyn Checks>,
    judge: Judge<'a>,
}

impl Pass<'_> {
    async fn next(&mut self) -> Outcome<Next> {
        Ok(match self.rows.next().await? {
            Read::Rows(mut rows) => {
                // Before the domain looks: a row that is refused for its key leaves nothing that a
                // later row could build on.
                rows.iter_mut().for_each(|row| self.judge.repeated(row));
                let verdicts = self.checks.check(&rows).await?;
                Next::Rows(rows, verdicts)
            }
            Read::Broken(faults) => Next::Broken(faults),
            Read::End => Next::End,
        })
    }
}

/// A pass that was cut off begins anew.
async fn begin(imports: &Imports, batch: &Batch) -> Outcome<Option<Batch>> {
    sweep::faults(imports.ledger.db(), batch.id).await?;
    let tx = imports.ledger.db().begin().await?;
    let Some(mut now) = in_validation(tx.conn(), batch).await? else { return Ok(None) };
    now.forget_rows();
    batch::save(tx.conn(), &mut now, imports.ledger.clock().now()).await?;
    tx.commit().await?;
    Ok(Some(now))
}

/// Adds to the batch what was found. `None` where the batch is no longer where this pass left it.
async fn note(imports: &Imports, batch: &Batch, found: Found) -> Outcome<Option<Batch>> {
    let actor = batch.actor()?;
    let mut entry = imports.ledger.begin_own(&actor.client, METHOD).await?;
    let now = in_validation(entry.conn(), batch).await?;
    let left = |now: &Batch| now.row_count == batch.row_count;
    let Some(mut now) = now.filter(left) else { return Ok(None) };
    fault::append(entry.conn(), now.id, now.fault_count, &found.faults).await?;
    now.row_count += found.rows;
    now.valid_row_count += found.valid;
    now.unchanged_row_count += found.unchanged;
    now.fault_count += count(found.faults.len());
    if let Some(end) = found.end {
        now.state = end.code();
    }
    if let Some(detail) = found.account {
        entry.audit(AuditNote { record: now.name(), area: actor.root()?, detail });
    }
    let at = entry.now();
    batch::save(entry.conn(), &mut now, at).await?;
    entry.commit(Done { record: now.name(), version: now.version }).await?;
    imports.bells.moved.notify_waiters();
    Ok(Some(now))
}

async fn in_validation(
    conn: &impl sea_orm::ConnectionTrait,
    batch: &Batch,
) -> Outcome<Option<Batch>> {
    let now = batch::lock(conn, batch.id).await?;
    Ok(now.filter(|now| now.state == State::Validating.code()))
}

struct Judge<'a> {
    importer: &'a dyn Importer,
    layout: &'a Layout,
    seen: Seen,
}

impl Judge<'_> {
    /// The rows behind those of `before`. A row is told with all its faults or not at all: where
    /// the batch would get more than `most`, the pass ends before the row.
    fn rows(
        &mut self,
        rows: Vec<Record>,
        verdicts: Vec<Verdict>,
        before: &Batch,
        most: i64,
    ) -> Outcome<Found> {
        if verdicts.len() != rows.len() {
            return Err(Fault::new(&reasons::INTERNAL));
        }
        let mut found = Found::default();
        for (mut row, verdict) in rows.into_iter().zip(verdicts) {
            let unchanged = verdict.unchanged;
            let faults = self.faults(&mut row, verdict);
            if before.fault_count + count(found.faults.len() + faults.len()) > most {
                let marker = CellFault::of_file(&kinds::TOO_MANY_FAULTS, row.sheet())
                    .with("rows", before.row_count + found.rows)
                    .with("from_line", row.line());
                found.faults.extend(unlabelled(vec![marker]));
                found.end = Some(State::Rejected);
                return Ok(found);
            }
            found.rows += 1;
            if faults.is_empty() {
                found.valid += 1;
                found.unchanged += i64::from(unchanged);
            }
            found.faults.extend(faults);
        }
        Ok(found)
    }

    /// Notes the keys of the row, and as its faults those that an earlier row had.
    fn repeated(&mut self, row: &mut Record) {
        let line = row.line();
        for key in self.importer.keys(row) {
            if let Some(first) = self.seen.earlier(&key, line) {
                let fault =
                    row.fault(key.column, &kinds::DUPLICATE_IN_FILE).with("first_line", first);
                row.faults.extend(unlabelled(vec![fault]));
            }
        }
    }

    /// Every fault of a row, in the layout's order of columns.
    fn faults(&self, row: &mut Record, verdict: Verdict) -> Vec<CellFault> {
        let mut faults = std::mem::take(&mut row.faults);
        faults.extend(unlabelled(verdict.faults));
        faults.sort_by_key(|fault| self.layout.column_for(&fault.column).unwrap_or(usize::MAX));
        faults
    }
}

/// A file has fewer rows than this type counts.
pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
