//! Reading employers by id.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, sql},
    fault::Outcome,
};
use uuid::Uuid;

use super::{EmployerRecord, fact};
use crate::{
    rules::area::AreaPath,
    store::{dated::broken, unions::affiliation},
};

/// The columns of a whole record.
pub(super) const RECORD: &str =
    "id, version, area, affiliation, rules, facts, created_at, updated_at";
/// Ids in one statement; within what both engines take.
const IDS_A_STATEMENT: usize = 1_024;

#[derive(FromQueryResult)]
pub(super) struct Row {
    id: Uuid,
    version: i64,
    area: String,
    affiliation: Option<String>,
    rules: i32,
    facts: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    pub(super) fn record(self) -> Outcome<EmployerRecord> {
        Ok(EmployerRecord {
            id: self.id,
            version: self.version,
            area: AreaPath::parse(&self.area).map_err(broken)?,
            affiliation: self.affiliation.as_deref().map(affiliation).transpose()?,
            facts: fact::read(&self.facts)?,
            rules: self.rules,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The employers with these ids; a withdrawn or unknown one is absent.
pub async fn load(
    conn: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Outcome<HashMap<Uuid, EmployerRecord>> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(IDS_A_STATEMENT) {
        for record in select(conn, some, "").await? {
            found.insert(record.id, record);
        }
    }
    Ok(found)
}

/// The employers with these ids, by ascending id, held until the transaction ends. On SQLite the
/// one writer holds everything.
pub async fn load_for_update(
    conn: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Outcome<Vec<EmployerRecord>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let postgres = conn.get_database_backend() == DatabaseBackend::Postgres;
    let lock = if postgres { "ORDER BY id FOR UPDATE" } else { "ORDER BY id" };
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(IDS_A_STATEMENT) {
        found.extend(select(conn, some, lock).await?);
    }
    Ok(found)
}

/// The employers with these ids, by ascending id, kept from changing until the transaction ends.
/// Those who only rely on an employer do not wait for each other.
pub async fn hold(conn: &impl ConnectionTrait, ids: &[Uuid]) -> Outcome<Vec<EmployerRecord>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let postgres = conn.get_database_backend() == DatabaseBackend::Postgres;
    let lock = if postgres { "ORDER BY id FOR SHARE" } else { "ORDER BY id" };
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(IDS_A_STATEMENT) {
        found.extend(select(conn, some, lock).await?);
    }
    Ok(found)
}

async fn select(
    conn: &impl ConnectionTrait,
    ids: &[Uuid],
    ending: &str,
) -> Outcome<Vec<EmployerRecord>> {
    let Some(last) = ids.last() else { return Ok(Vec::new()) };
    // Padding to a power of two keeps the number of distinct statements small.
    let width = ids.len().next_power_of_two();
    let places: Vec<String> = (1..=width).map(|place| format!("${place}")).collect();
    let text = format!(
        "SELECT {RECORD} FROM employer WHERE id IN ({}) AND deleted_at IS NULL {ending}",
        places.join(", ")
    );
    let padded = ids.iter().chain(std::iter::repeat(last)).take(width);
    let statement = sql(conn, &text, padded.map(|id| Value::from(*id)));
    let rows = Row::find_by_statement(statement).all(conn).await.map_err(fault::of)?;
    rows.into_iter().map(Row::record).collect()
}
