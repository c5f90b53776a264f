//! Reading unions.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{fault, number, places, rows_per_statement, sql},
    fault::Outcome,
};
use uuid::Uuid;

use super::{
    UnionRecord,
    fact::{self, Fact},
    paths::affiliation,
    present::place_key,
};
use crate::{
    rules::{
        area::AreaPath,
        union::{EmployerId, UnionId, code::UnionCode, kind::UnionType},
    },
    store::dated::{self, broken},
};

/// The columns of a whole record.
pub(super) const RECORD: &str = "id, version, area, affiliation, facts, created_at, updated_at";

#[derive(FromQueryResult)]
pub(super) struct Row {
    id: Uuid,
    version: i64,
    area: String,
    affiliation: String,
    facts: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    pub(super) fn record(self) -> Outcome<UnionRecord> {
        Ok(UnionRecord {
            id: UnionId(self.id),
            version: self.version,
            area: AreaPath::parse(&self.area).map_err(broken)?,
            affiliation: affiliation(&self.affiliation)?,
            facts: fact::facts(dated::read(&self.facts)?)?,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The unions with these ids; a withdrawn or unknown one is absent.
pub async fn load(
    conn: &impl ConnectionTrait,
    ids: &[UnionId],
) -> Outcome<HashMap<UnionId, UnionRecord>> {
    let records = select(conn, ids, "").await?;
    Ok(records.into_iter().map(|record| (record.id, record)).collect())
}

/// The unions with these ids, those above before those below them, held until the transaction ends.
/// On SQLite the one writer holds everything.
pub async fn load_for_update(
    conn: &impl ConnectionTrait,
    ids: &[UnionId],
) -> Outcome<Vec<UnionRecord>> {
    locked(conn, ids, "FOR UPDATE").await
}

/// The unions with these ids, those above before those below them, kept from changing until the
/// transaction ends. Those who only rely on a union do not wait for each other.
pub async fn hold(conn: &impl ConnectionTrait, ids: &[UnionId]) -> Outcome<Vec<UnionRecord>> {
    locked(conn, ids, "FOR SHARE").await
}

/// The union with this id, held as by [`load_for_update`], and others as by [`hold`], all in one
/// order: those above before those below them.
pub async fn hold_around(
    conn: &impl ConnectionTrait,
    id: UnionId,
    others: &[UnionId],
) -> Outcome<HashMap<UnionId, UnionRecord>> {
    let ids: Vec<UnionId> = others.iter().copied().chain([id]).collect();
    let mut held = HashMap::with_capacity(ids.len());
    for other in from_above(conn, &ids).await? {
        let lock = if other == id { "FOR UPDATE" } else { "FOR SHARE" };
        held.extend(locked(conn, &[other], lock).await?.into_iter().map(|found| (found.id, found)));
    }
    Ok(held)
}

async fn locked(
    conn: &impl ConnectionTrait,
    ids: &[UnionId],
    lock: &str,
) -> Outcome<Vec<UnionRecord>> {
    let postgres = conn.get_database_backend() == DatabaseBackend::Postgres;
    let lock = if postgres { lock } else { "" };
    // Rows are locked in the order in which they come.
    let ending = format!("ORDER BY affiliation, id {lock}");
    let ids = match ids {
        [] | [_] => ids.to_vec(),
        several => from_above(conn, several).await?,
    };
    select(conn, &ids, &ending).await
}

/// The ids, those above before those below them, by where they stand at the moment.
async fn from_above(conn: &impl ConnectionTrait, ids: &[UnionId]) -> Outcome<Vec<UnionId>> {
    #[derive(FromQueryResult)]
    struct Place {
        id: Uuid,
        affiliation: String,
    }
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut found: Vec<(String, Uuid)> = Vec::with_capacity(ids.len());
    for some in ids.chunks(rows_per_statement(1)) {
        let text = format!(
            "SELECT id, affiliation FROM trade_union WHERE id IN (VALUES {})",
            places(some.len(), 1)
        );
        let statement = sql(conn, &text, some.iter().map(|UnionId(id)| Value::from(*id)));
        let rows = Place::find_by_statement(statement).all(conn).await.map_err(fault::of)?;
        found.extend(rows.into_iter().map(|row| (row.affiliation, row.id)));
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|(_, id)| UnionId(id)).collect())
}

async fn select(
    conn: &impl ConnectionTrait,
    ids: &[UnionId],
    ending: &str,
) -> Outcome<Vec<UnionRecord>> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(rows_per_statement(1)) {
        let text = format!(
            "SELECT {RECORD} FROM trade_union
             WHERE id IN (VALUES {}) AND deleted_at IS NULL {ending}",
            places(some.len(), 1)
        );
        let statement = sql(conn, &text, some.iter().map(|UnionId(id)| Value::from(*id)));
        for row in Row::find_by_statement(statement).all(conn).await.map_err(fault::of)? {
            found.push(row.record()?);
        }
    }
    Ok(found)
}

#[derive(FromQueryResult)]
struct Found {
    id: Uuid,
}

async fn find(conn: &impl ConnectionTrait, column: &str, value: Value) -> Outcome<Option<UnionId>> {
    let text = format!("SELECT id FROM trade_union WHERE {column} = $1 AND deleted_at IS NULL");
    let found = Found::find_by_statement(sql(conn, &text, [value])).one(conn).await;
    Ok(found.map_err(fault::of)?.map(|row| UnionId(row.id)))
}

/// The union with a credit code.
pub async fn find_by_code(
    conn: &impl ConnectionTrait,
    code: &UnionCode,
) -> Outcome<Option<UnionId>> {
    find(conn, "credit_code", code.as_str().into()).await
}

/// The union that an employer has of its own.
pub async fn find_by_employer(
    conn: &impl ConnectionTrait,
    EmployerId(employer): EmployerId,
) -> Outcome<Option<UnionId>> {
    find(conn, "own_employer", employer.into()).await
}

/// The union of a type that an area has.
pub async fn find_by_place(
    conn: &impl ConnectionTrait,
    kind: UnionType,
    area: &AreaPath,
) -> Outcome<Option<UnionId>> {
    find(conn, "place", place_key(kind.code(), area).into()).await
}

/// Every union that answers to this one directly on any day from `day` on, by id. Those that have
/// ended are among them: they are found where they stood.
pub async fn directly_below(
    conn: &impl ConnectionTrait,
    id: UnionId,
    day: CivilDate,
) -> Outcome<Vec<UnionId>> {
    let text = "SELECT DISTINCT f.trade_union AS id
                FROM trade_union_fact f JOIN trade_union u ON u.id = f.trade_union
                WHERE f.field = 'superior' AND f.superseded_at IS NULL AND f.value = $1
                  AND (f.valid_until IS NULL OR f.valid_until > $2) AND u.deleted_at IS NULL
                ORDER BY f.trade_union";
    let superior = serde_json::to_string(&Fact::Superior(id)).map_err(broken)?;
    let values: [Value; 2] = [superior.into(), NaiveDate::from(day).into()];
    let found = Found::find_by_statement(sql(conn, text, values)).all(conn).await;
    Ok(found.map_err(fault::of)?.into_iter().map(|row| UnionId(row.id)).collect())
}

/// How many unions answer to this one directly on any day from `day` on.
pub async fn below(conn: &impl ConnectionTrait, id: UnionId, day: CivilDate) -> Outcome<i64> {
    let text = "SELECT COUNT(DISTINCT u.id) AS count
                FROM trade_union_fact f JOIN trade_union u ON u.id = f.trade_union
                WHERE f.field = 'superior' AND f.superseded_at IS NULL AND f.value = $1
                  AND (f.valid_until IS NULL OR f.valid_until > $2)
                  AND (u.ended_on IS NULL OR u.ended_on > $3) AND u.deleted_at IS NULL";
    let day = NaiveDate::from(day);
    let superior = serde_json::to_string(&Fact::Superior(id)).map_err(broken)?;
    let values: [Value; 3] = [superior.into(), day.into(), day.into()];
    number(conn, text, values).await
}
