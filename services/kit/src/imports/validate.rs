//! Pass 1: every fault of every row. Writes faults and counts, nothing of the register.

use super::{
    Checks, Importer, Imports, Verdict, kinds,
    rows::{Read, Rows, unlabelled},
    seen::Seen,
    state::State,
    store::{
        batch::{self, Batch},
        fault, piece,
    },
};
use crate::{
    fault::{Fault, Outcome},
    reasons,
    sheet::{CellFault, Layout, Record},
};

/// What a chunk adds to the batch.
#[derive(Default)]
struct Found {
    rows: i64,
    valid: i64,
    unchanged: i64,
    faults: Vec<CellFault>,
}

/// Runs pass 1 from the first row. Ends early where the batch was moved by somebody else.
pub(super) async fn run(imports: &Imports, batch: &Batch) -> Outcome<()> {
    let importer = imports.importer(&batch.kind)?;
    let layout = importer.layout().await?;
    let Some(mut read) = begin(imports, batch).await? else { return Ok(()) };
    let mut checks = importer.open(&batch.actor()?).await?;
    let mut rows = Rows::of(imports, &**importer, batch, layout.clone(), 0);
    let mut seen = Seen::default();
    loop {
        let (found, end) = match rows.next().await? {
            Read::Rows(rows) => {
                (judge(&**importer, &layout, &mut *checks, &mut seen, rows).await?, None)
            }
            Read::Broken(faults) => (Found { faults, ..Found::default() }, Some(State::Rejected)),
            Read::End => (Found::default(), Some(State::Validated)),
        };
        match note(imports, batch, read, found, end).await? {
            Some(now) if end.is_none() => read = now,
            _ => return Ok(()),
        }
    }
}

/// A pass that was cut off begins anew.
async fn begin(imports: &Imports, batch: &Batch) -> Outcome<Option<i64>> {
    let tx = imports.ledger.db().begin().await?;
    let Some(mut now) = in_validation(tx.conn(), batch).await? else { return Ok(None) };
    fault::remove(tx.conn(), now.id).await?;
    now.forget_rows();
    batch::save(tx.conn(), &mut now, imports.ledger.clock().now()).await?;
    tx.commit().await?;
    Ok(Some(now.row_count))
}

/// Adds to the batch what was found; answers the rows read so far. `None` where the batch is no
/// longer where this pass left it.
async fn note(
    imports: &Imports,
    batch: &Batch,
    read: i64,
    found: Found,
    end: Option<State>,
) -> Outcome<Option<i64>> {
    let tx = imports.ledger.db().begin().await?;
    let now = in_validation(tx.conn(), batch).await?;
    let Some(mut now) = now.filter(|now| now.row_count == read) else { return Ok(None) };
    fault::append(tx.conn(), now.id, now.fault_count, &found.faults).await?;
    now.row_count += found.rows;
    now.valid_row_count += found.valid;
    now.unchanged_row_count += found.unchanged;
    now.fault_count += count(found.faults.len());
    if let Some(end) = end {
        now.state = end.code();
    }
    if end == Some(State::Rejected) {
        // Nothing can be done with the file any more.
        piece::remove(tx.conn(), now.id).await?;
    }
    batch::save(tx.conn(), &mut now, imports.ledger.clock().now()).await?;
    tx.commit().await?;
    imports.bells.moved.notify_waiters();
    Ok(Some(now.row_count))
}

async fn in_validation(
    conn: &impl sea_orm::ConnectionTrait,
    batch: &Batch,
) -> Outcome<Option<Batch>> {
    let now = batch::lock(conn, batch.id).await?;
    Ok(now.filter(|now| now.state == State::Validating.code()))
}

async fn judge(
    importer: &dyn Importer,
    layout: &Layout,
    checks: &mut dyn Checks,
    seen: &mut Seen,
    mut rows: Vec<Record>,
) -> Outcome<Found> {
    let verdicts = checks.check(&rows).await?;
    if verdicts.len() != rows.len() {
        return Err(Fault::new(&reasons::INTERNAL));
    }
    let mut found = Found { rows: count(rows.len()), ..Found::default() };
    for (row, verdict) in rows.iter_mut().zip(verdicts) {
        let unchanged = verdict.unchanged;
        let faults = faults(importer, layout, seen, row, verdict);
        if faults.is_empty() {
            found.valid += 1;
            found.unchanged += i64::from(unchanged);
        }
        found.faults.extend(faults);
    }
    Ok(found)
}

/// Every fault of a row, in the layout's order of columns.
fn faults(
    importer: &dyn Importer,
    layout: &Layout,
    seen: &mut Seen,
    row: &mut Record,
    verdict: Verdict,
) -> Vec<CellFault> {
    let mut faults = std::mem::take(&mut row.faults);
    faults.extend(unlabelled(verdict.faults));
    let line = row.line();
    for key in importer.keys(row) {
        if let Some(first) = seen.earlier(&key, line) {
            let fault = row.fault(key.column, &kinds::DUPLICATE_IN_FILE).with("first_line", first);
            faults.extend(unlabelled(vec![fault]));
        }
    }
    faults.sort_by_key(|fault| layout.column_for(&fault.column).unwrap_or(usize::MAX));
    faults
}

/// A file has fewer rows than this type counts.
pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
