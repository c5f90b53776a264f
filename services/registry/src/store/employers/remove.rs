//! Withdrawing employers: they were never there. Their facts stay readable as superseded ones.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, Value};
use unionhall_kit::{
    db::{Tx, fault, places, rows_per_statement, sql},
    fault::{Fault, Outcome},
    reasons,
};

use super::{
    EmployerRecord,
    fact::{self, Fact},
};
use crate::{
    rules::employer::EmployerFacts,
    store::dated::{self, Differences, all_changed},
};

/// Withdraws one employer; see [`remove_many`].
pub async fn remove(
    conn: &Tx,
    before: &EmployerRecord,
    now: DateTime<Utc>,
) -> Outcome<EmployerRecord> {
    let removed = remove_many(conn, &[before], now).await?;
    removed.into_iter().next().ok_or_else(|| Fault::new(&reasons::INTERNAL))
}

/// Withdraws distinct employers that [`super::load_for_update`] gave in this transaction.
///
/// `CONFLICT` when a record is no longer at the version that it had.
pub async fn remove_many(
    conn: &Tx,
    records: &[&EmployerRecord],
    now: DateTime<Utc>,
) -> Outcome<Vec<EmployerRecord>> {
    let (mut differences, mut removed) = (Differences::default(), Vec::new());
    for before in records {
        let (facts, version) = (EmployerFacts::default(), before.version + 1);
        let now = now.max(before.updated_at);
        differences.note(before.id, &fact::rows(&before.facts), &[], now)?;
        removed.push(EmployerRecord { version, facts, updated_at: now, ..(*before).clone() });
    }
    mark(conn, &removed).await?;
    differences.write::<Fact>(conn).await?;
    Ok(removed)
}

async fn mark(conn: &impl ConnectionTrait, removed: &[EmployerRecord]) -> Outcome<()> {
    let nothing = dated::written::<Fact>(Vec::new())?;
    for some in removed.chunks(rows_per_statement(4)) {
        let text = format!(
            "UPDATE employer SET version = v.column2, updated_at = v.column3,
                 deleted_at = v.column3, facts = v.column4
             FROM (VALUES {}) AS v
             WHERE employer.id = v.column1 AND employer.version = v.column2 - 1
               AND employer.deleted_at IS NULL",
            places(some.len(), 4)
        );
        let row = |record: &EmployerRecord| -> [Value; 4] {
            let (id, version, at) = (record.id, record.version, record.updated_at);
            [id.into(), version.into(), at.into(), nothing.clone().into()]
        };
        let statement = sql(conn, &text, some.iter().flat_map(row));
        let done = conn.execute_raw(statement).await.map_err(fault::of)?;
        all_changed(done.rows_affected(), some.len())?;
    }
    Ok(())
}
