//! Reading cases.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, places, rows_per_statement, sql},
    fault::Outcome,
    path::Path,
};
use uuid::Uuid;

use super::{CaseRecord, write::place_key};
use crate::{
    rules::{
        area::AreaPath,
        formation::{CaseId, Subject, journal::Journal, step::Step},
        union::{EmployerId, UnionId, kind::UnionType},
    },
    store::dated::broken,
};

/// A whole record, with its place.
pub(super) const SELECT: &str = "SELECT c.id, c.version, c.employer, c.territory, c.opened_on, \
    c.numbers, c.steps, c.wishes, c.created_at, c.updated_at, \
    COALESCE(e.area, c.territory) AS area, s.affiliation \
    FROM formation_case c \
    LEFT JOIN employer e ON e.id = c.employer \
    LEFT JOIN trade_union s ON s.id = c.superior";

#[derive(FromQueryResult)]
pub(super) struct Row {
    id: Uuid,
    version: i64,
    employer: Option<Uuid>,
    territory: Option<String>,
    opened_on: NaiveDate,
    numbers: i32,
    steps: String,
    wishes: Option<String>,
    area: String,
    affiliation: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    pub(super) fn record(self) -> Outcome<CaseRecord> {
        let subject = match (self.employer, &self.territory) {
            (Some(employer), _) => Subject::Employer(EmployerId(employer)),
            (None, Some(area)) => Subject::Area(AreaPath::parse(area).map_err(broken)?),
            (None, None) => return Err(broken("a case of nobody")),
        };
        let mut steps: Vec<Step> = serde_json::from_str(&self.steps).map_err(broken)?;
        let wishes = self.wishes.as_deref().map(serde_json::from_str::<Vec<Step>>).transpose();
        steps.extend(wishes.map_err(broken)?.unwrap_or_default());
        steps.sort_by_key(|step| step.place);
        let numbers = u32::try_from(self.numbers).map_err(broken)?;
        let path = |text: &str| Path::parse(text).map_err(broken);
        Ok(CaseRecord {
            id: CaseId(self.id),
            version: self.version,
            subject,
            journal: Journal::stored(self.opened_on.into(), numbers, steps),
            area: path(&self.area)?,
            affiliation: self.affiliation.as_deref().map(path).transpose()?,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The cases with these ids; an unknown one is absent.
pub async fn load(
    conn: &impl ConnectionTrait,
    ids: &[CaseId],
) -> Outcome<HashMap<CaseId, CaseRecord>> {
    let ids: Vec<Uuid> = ids.iter().map(|CaseId(id)| *id).collect();
    let records = select(conn, "c.id", &ids, "").await?;
    Ok(records.into_iter().map(|record| (record.id, record)).collect())
}

/// The case, held until the transaction ends. On SQLite the one writer holds everything.
pub async fn load_for_update(
    conn: &impl ConnectionTrait,
    CaseId(id): CaseId,
) -> Outcome<Option<CaseRecord>> {
    // Held first and read then: the rows beside it would be those from before a wait.
    if conn.get_database_backend() == DatabaseBackend::Postgres {
        let text = "SELECT id FROM formation_case WHERE id = $1 FOR UPDATE";
        conn.execute_raw(sql(conn, text, [id.into()])).await.map_err(fault::of)?;
    }
    Ok(select(conn, "c.id", &[id], "").await?.into_iter().next())
}

/// Every case of these employers, by id.
pub async fn of_employers(
    conn: &impl ConnectionTrait,
    employers: &[Uuid],
) -> Outcome<Vec<CaseRecord>> {
    select(conn, "c.employer", employers, "ORDER BY c.id").await
}

#[derive(FromQueryResult)]
struct Found {
    id: Uuid,
}

/// The cases that came to a union by an establishment, by id.
pub async fn come_to(conn: &impl ConnectionTrait, UnionId(id): UnionId) -> Outcome<Vec<CaseId>> {
    let text = "SELECT DISTINCT formation_case AS id FROM formation_step
                WHERE kind = 'establishment' AND superseded_at IS NULL AND value LIKE $1
                ORDER BY formation_case";
    found(conn, text, [format!("%\"{id}\"%").into()]).await
}

/// The open cases of an area whose type has an open case in another one, by id.
pub async fn outdone(
    conn: &impl ConnectionTrait,
    (from, to): (&AreaPath, &AreaPath),
) -> Outcome<Vec<CaseId>> {
    let text = "SELECT c.id FROM formation_case c
                WHERE c.territory = $1 AND c.open_place IS NOT NULL AND EXISTS (
                    SELECT 1 FROM formation_case other
                    WHERE other.open_place = c.union_type || ':' || $2)
                ORDER BY c.id";
    found(conn, text, [from.as_str().into(), to.as_str().into()]).await
}

async fn found(
    conn: &impl ConnectionTrait,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Outcome<Vec<CaseId>> {
    let rows = Found::find_by_statement(sql(conn, text, values)).all(conn).await;
    Ok(rows.map_err(fault::of)?.into_iter().map(|row| CaseId(row.id)).collect())
}

async fn select(
    conn: &impl ConnectionTrait,
    column: &str,
    ids: &[Uuid],
    ending: &str,
) -> Outcome<Vec<CaseRecord>> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(rows_per_statement(1)) {
        let places = places(some.len(), 1);
        let text = format!("{SELECT} WHERE {column} IN (VALUES {places}) {ending}");
        let statement = sql(conn, &text, some.iter().map(|id| Value::from(*id)));
        for row in Row::find_by_statement(statement).all(conn).await.map_err(fault::of)? {
            found.push(row.record()?);
        }
    }
    Ok(found)
}

/// The open case of an employer.
pub async fn find_open_employer(
    conn: &impl ConnectionTrait,
    EmployerId(employer): EmployerId,
) -> Outcome<Option<CaseRecord>> {
    find(conn, "c.open_employer", employer.into()).await
}

/// The open case of a type in an area.
pub async fn find_open_place(
    conn: &impl ConnectionTrait,
    kind: UnionType,
    area: &AreaPath,
) -> Outcome<Option<CaseRecord>> {
    find(conn, "c.open_place", place_key(kind, area).into()).await
}

async fn find(
    conn: &impl ConnectionTrait,
    column: &str,
    value: Value,
) -> Outcome<Option<CaseRecord>> {
    let text = format!("{SELECT} WHERE {column} = $1");
    let found = Row::find_by_statement(sql(conn, &text, [value])).one(conn).await;
    found.map_err(fault::of)?.map(Row::record).transpose()
}
