//! Writing base registers.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, Value};
use unionhall_kit::{
    civil::Period,
    db::{Tx, fault, insert_rows, sql},
    fault::Outcome,
};
use uuid::Uuid;

use super::BaseRegisterRecord;
use crate::{
    rules::base_register::{BaseRegister, BaseRegisterId},
    store::dated::all_changed,
};

/// The district has an edition of this name. On PostgreSQL the transaction can only be rolled back
/// then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the district has an edition of this name")]
pub struct Taken;

/// Enters a draft as version 1.
pub async fn insert(
    conn: &Tx,
    id: BaseRegisterId,
    register: BaseRegister,
    now: DateTime<Utc>,
) -> Outcome<Result<BaseRegisterRecord, Taken>> {
    let BaseRegisterId(uuid) = id;
    let row: Vec<Value> = vec![
        uuid.into(),
        1_i64.into(),
        register.edition.as_str().into(),
        register.source.as_str().into(),
        NaiveDate::from(register.as_of).into(),
        register.area.as_str().into(),
        register.entries.into(),
        now.into(),
        now.into(),
    ];
    let columns = "id, version, edition, source, as_of, area, entries, created_at, updated_at";
    match insert_rows(conn, "base_register", columns, vec![row]).await {
        Ok(()) => {}
        Err(error) if fault::unique_violation(&error).is_some() => return Ok(Err(Taken)),
        Err(error) => return Err(fault::of(error)),
    }
    let (settled_through, created_at, updated_at) = (None, now, now);
    Ok(Ok(BaseRegisterRecord { id, version: 1, register, settled_through, created_at, updated_at }))
}

/// Saves what changed of an edition that [`super::load_for_update`] gave in this transaction.
///
/// `CONFLICT` when the record is no longer at the version that it had.
pub async fn save(
    conn: &impl ConnectionTrait,
    changed: &BaseRegisterRecord,
    now: DateTime<Utc>,
) -> Outcome<BaseRegisterRecord> {
    let now = now.max(changed.updated_at);
    let text = "UPDATE base_register SET version = version + 1, updated_at = $3, entries = $4,
                       counts_from = $5, counts_until = $6, successor = $7, settled_through = $8
                WHERE id = $1 AND version = $2 AND deleted_at IS NULL";
    let BaseRegisterId(id) = changed.id;
    let (from, until) = days(changed.register.counts);
    let successor = changed.register.successor.map(|BaseRegisterId(id)| id);
    let values: [Value; 8] = [
        id.into(),
        changed.version.into(),
        now.into(),
        changed.register.entries.into(),
        from.into(),
        until.into(),
        successor.into(),
        changed.settled_through.into(),
    ];
    let done = conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    all_changed(done.rows_affected(), 1)?;
    Ok(BaseRegisterRecord { version: changed.version + 1, updated_at: now, ..changed.clone() })
}

/// Notes how far the entries of an edition count as it says, which is no change of the edition.
pub async fn settle(
    conn: &impl ConnectionTrait,
    BaseRegisterId(id): BaseRegisterId,
    through: Uuid,
) -> Outcome<()> {
    let text = "UPDATE base_register SET settled_through = $2 WHERE id = $1";
    conn.execute_raw(sql(conn, text, [id.into(), through.into()])).await.map_err(fault::of)?;
    Ok(())
}

/// Withdraws a draft with its entries, which never counted.
pub async fn remove(
    conn: &impl ConnectionTrait,
    before: &BaseRegisterRecord,
    now: DateTime<Utc>,
) -> Outcome<BaseRegisterRecord> {
    let now = now.max(before.updated_at);
    let BaseRegisterId(id) = before.id;
    hold_all(conn, id).await?;
    for table in ["base_register_place", "base_register_entry"] {
        let text = format!("DELETE FROM {table} WHERE base_register = $1");
        conn.execute_raw(sql(conn, &text, [id.into()])).await.map_err(fault::of)?;
    }
    let text = "UPDATE base_register SET version = version + 1, updated_at = $3, deleted_at = $4
                WHERE id = $1 AND version = $2 AND deleted_at IS NULL";
    let values: [Value; 4] = [id.into(), before.version.into(), now.into(), now.into()];
    let done = conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    all_changed(done.rows_affected(), 1)?;
    Ok(BaseRegisterRecord { version: before.version + 1, updated_at: now, ..before.clone() })
}

/// Holds the entries, as everybody does who changes where they are listed.
async fn hold_all(conn: &impl ConnectionTrait, id: Uuid) -> Outcome<()> {
    if conn.get_database_backend() == DatabaseBackend::Postgres {
        let text = "SELECT id FROM base_register_entry WHERE base_register = $1
                    ORDER BY id FOR UPDATE";
        conn.query_all_raw(sql(conn, text, [id.into()])).await.map_err(fault::of)?;
    }
    Ok(())
}

/// A period as two columns.
pub(super) fn days(counts: Option<Period>) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let from = counts.map(|counts| NaiveDate::from(counts.from()));
    (from, counts.and_then(Period::until).map(NaiveDate::from))
}
