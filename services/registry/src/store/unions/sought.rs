//! Looking for many unions at once.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, places, rows_per_statement, sql},
    fault::Outcome,
};
use uuid::Uuid;

use crate::rules::union::UnionId;

/// By what unions are sought; empty texts find nothing.
#[derive(Debug, Default)]
pub struct Sought {
    /// Credit codes.
    pub codes: Vec<String>,
    /// Names as they are looked up.
    pub names: Vec<String>,
    /// Types and areas of which an area has one.
    pub places: Vec<String>,
    /// Employers that have a union of their own.
    pub employers: Vec<Uuid>,
}

#[derive(FromQueryResult)]
struct Found {
    id: Uuid,
}

/// Those of the employers that have a union of their own, which has not ended.
pub async fn with_own_union(
    conn: &impl ConnectionTrait,
    employers: &[Uuid],
) -> Outcome<HashSet<Uuid>> {
    let mut found = HashSet::new();
    for some in employers.chunks(rows_per_statement(1)) {
        let text = format!(
            "SELECT own_employer AS id FROM trade_union
             WHERE own_employer IN (VALUES {}) AND deleted_at IS NULL",
            places(some.len(), 1)
        );
        let statement = sql(conn, &text, some.iter().map(|id| Value::from(*id)));
        let rows = Found::find_by_statement(statement).all(conn).await.map_err(fault::of)?;
        found.extend(rows.into_iter().map(|row| row.id));
    }
    Ok(found)
}

/// The unions that have any of this, by id.
pub async fn find_many(conn: &impl ConnectionTrait, sought: &Sought) -> Outcome<Vec<UnionId>> {
    let texts = |texts: &[String]| -> Vec<Value> {
        let mut texts: Vec<&str> =
            texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        texts.sort_unstable();
        texts.dedup();
        texts.into_iter().map(Value::from).collect()
    };
    let employers = sought.employers.iter().map(|id| Value::from(*id)).collect();
    let mut found = Vec::new();
    for (column, values) in [
        ("credit_code", texts(&sought.codes)),
        ("name_key", texts(&sought.names)),
        ("place", texts(&sought.places)),
        ("own_employer", employers),
    ] {
        for some in values.chunks(rows_per_statement(1)) {
            let text = format!(
                "SELECT id FROM trade_union
                 WHERE {column} IN (VALUES {}) AND deleted_at IS NULL",
                places(some.len(), 1)
            );
            let rows = Found::find_by_statement(sql(conn, &text, some.to_vec())).all(conn).await;
            found.extend(rows.map_err(fault::of)?.into_iter().map(|row| UnionId(row.id)));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
