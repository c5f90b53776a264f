//! Reading members.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, places, rows_per_statement, sql},
    fault::Outcome,
};
use uuid::Uuid;

use super::{MemberRecord, Stand, fact, present::read_confirmations};
use crate::{
    rules::{area::AreaPath, member::MemberId},
    store::{
        dated::{self, broken},
        unions::affiliation,
    },
};

/// The columns of a whole record, and the tables from which they come.
pub(super) const RECORD: &str = "m.id, m.version, m.confirmations, m.facts, m.merged_into, \
    m.erased_at, m.created_at, m.updated_at, u.area, u.affiliation, t.area AS transfer_area, \
    t.affiliation AS transfer_affiliation";
/// See [`RECORD`].
pub(super) const TABLES: &str = "member m LEFT JOIN trade_union u ON u.id = m.trade_union \
    LEFT JOIN trade_union t ON t.id = m.transfer_to";

#[derive(FromQueryResult)]
pub(super) struct Row {
    id: Uuid,
    version: i64,
    confirmations: String,
    facts: String,
    merged_into: Option<Uuid>,
    erased_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    area: Option<String>,
    affiliation: Option<String>,
    transfer_area: Option<String>,
    transfer_affiliation: Option<String>,
}

impl Row {
    pub(super) fn record(self) -> Outcome<MemberRecord> {
        let mut facts = fact::facts(dated::read(&self.facts)?)?;
        facts.confirmations = read_confirmations(&self.confirmations)?;
        Ok(MemberRecord {
            id: MemberId(self.id),
            version: self.version,
            stand: stand(self.area, self.affiliation)?,
            transfer: stand(self.transfer_area, self.transfer_affiliation)?,
            facts,
            merged_into: self.merged_into.map(MemberId),
            erased_at: self.erased_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

fn stand(area: Option<String>, path: Option<String>) -> Outcome<Option<Stand>> {
    let (Some(area), Some(path)) = (area, path) else { return Ok(None) };
    let area = AreaPath::parse(&area).map_err(broken)?;
    Ok(Some(Stand { area, affiliation: affiliation(&path)? }))
}

/// The members with these ids; a withdrawn or unknown one is absent.
pub async fn load(
    conn: &impl ConnectionTrait,
    ids: &[MemberId],
) -> Outcome<HashMap<MemberId, MemberRecord>> {
    let records = select(conn, ids, "").await?;
    Ok(records.into_iter().map(|record| (record.id, record)).collect())
}

/// The members with these ids, by ascending id, held until the transaction ends. On SQLite the one
/// writer holds everything.
pub async fn load_for_update(
    conn: &impl ConnectionTrait,
    ids: &[MemberId],
) -> Outcome<Vec<MemberRecord>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    // Held first and read then: a row that another transaction let go is seen as that one left it, but
    // the unions beside it as they were joined before the wait, which may be another one or none.
    if conn.get_database_backend() == DatabaseBackend::Postgres {
        for some in ids.chunks(rows_per_statement(1)) {
            let text = format!(
                "SELECT id FROM member WHERE id IN (VALUES {}) ORDER BY id FOR UPDATE",
                places(some.len(), 1)
            );
            let statement = sql(conn, &text, some.iter().map(|MemberId(id)| Value::from(*id)));
            conn.query_all_raw(statement).await.map_err(fault::of)?;
        }
    }
    select(conn, &ids, "ORDER BY m.id").await
}

async fn select(
    conn: &impl ConnectionTrait,
    ids: &[MemberId],
    ending: &str,
) -> Outcome<Vec<MemberRecord>> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(rows_per_statement(1)) {
        let text = format!(
            "SELECT {RECORD} FROM {TABLES}
             WHERE m.id IN (VALUES {}) AND m.deleted_at IS NULL {ending}",
            places(some.len(), 1)
        );
        let statement = sql(conn, &text, some.iter().map(|MemberId(id)| Value::from(*id)));
        for row in Row::find_by_statement(statement).all(conn).await.map_err(fault::of)? {
            found.push(row.record()?);
        }
    }
    Ok(found)
}

/// Whose figures hang on a union or an employer: at most `limit` members by id, behind `after`.
pub async fn of_units(
    conn: &impl ConnectionTrait,
    (unions, employers): (&[Uuid], &[Uuid]),
    (after, limit): (Option<MemberId>, u64),
) -> Outcome<Vec<MemberId>> {
    #[derive(FromQueryResult)]
    struct Found {
        member: Uuid,
    }
    let after = after.map_or(Uuid::nil(), |MemberId(id)| id);
    let mut ids = Vec::new();
    for (column, units) in [("trade_union", unions), ("employer", employers)] {
        for some in units.chunks(rows_per_statement(1)) {
            let (list, behind) = (places(some.len(), 1), some.len() + 1);
            let of = |units: &str| {
                format!(
                    "SELECT DISTINCT member FROM member_unit
                     WHERE {column} {units} AND member > ${behind} ORDER BY member LIMIT {limit}"
                )
            };
            // PostgreSQL would read the whole table for a list in which a unit may have many.
            let text = match conn.get_database_backend() {
                DatabaseBackend::Postgres => format!(
                    "SELECT DISTINCT found.member FROM (VALUES {list}) AS asked (unit)
                     CROSS JOIN LATERAL ({}) AS found ORDER BY found.member LIMIT {limit}",
                    of("= asked.unit")
                ),
                _ => of(&format!("IN (VALUES {list})")),
            };
            let values = some.iter().map(|id| Value::from(*id)).chain([after.into()]);
            let rows = Found::find_by_statement(sql(conn, &text, values)).all(conn).await;
            ids.extend(rows.map_err(fault::of)?.into_iter().map(|row| MemberId(row.member)));
        }
    }
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(ids)
}
