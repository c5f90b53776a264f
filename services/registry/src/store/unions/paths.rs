//! The dated paths of unions on the line of affiliation.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    civil::Period,
    db::{Tx, fault, insert_rows, places, rows_per_statement, sql},
    fault::Outcome,
    path::Path,
};
use uuid::Uuid;

use crate::{
    rules::{
        contribution::Paths,
        history::{Dated, History},
        union::{UnionId, affiliation::AffiliationPath},
    },
    store::dated::broken,
};

#[derive(FromQueryResult)]
struct Row {
    trade_union: Uuid,
    path: String,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
}

/// The paths of these unions; one without paths is absent.
pub async fn paths_of(conn: &impl ConnectionTrait, ids: &[UnionId]) -> Outcome<Paths> {
    let mut rows: BTreeMap<UnionId, Vec<Dated<AffiliationPath>>> = BTreeMap::new();
    for some in ids.chunks(rows_per_statement(1)) {
        let text = format!(
            "SELECT trade_union, path, valid_from, valid_until FROM trade_union_path
             WHERE trade_union IN (VALUES {})",
            places(some.len(), 1)
        );
        let statement = sql(conn, &text, some.iter().map(|UnionId(id)| Value::from(*id)));
        for row in Row::find_by_statement(statement).all(conn).await.map_err(fault::of)? {
            let period = Period::new(row.valid_from.into(), row.valid_until.map(Into::into));
            let period = period.ok_or_else(|| broken("a path ends before it begins"))?;
            rows.entry(UnionId(row.trade_union))
                .or_default()
                .push(Dated { value: affiliation(&row.path)?, period });
        }
    }
    rows.into_iter().map(|(id, rows)| Ok((id, History::new(rows).map_err(broken)?))).collect()
}

/// Writes the paths of these unions, in place of those that they had.
pub(super) async fn keep_paths(
    conn: &Tx,
    paths: &[(UnionId, &History<AffiliationPath>)],
) -> Outcome<()> {
    for some in paths.chunks(rows_per_statement(1)) {
        let text = format!(
            "DELETE FROM trade_union_path WHERE trade_union IN (VALUES {})",
            places(some.len(), 1)
        );
        let ids = some.iter().map(|(UnionId(id), _)| Value::from(*id));
        conn.execute_raw(sql(conn, &text, ids)).await.map_err(fault::of)?;
    }
    let row = |id: Uuid, row: &Dated<AffiliationPath>| -> Vec<Value> {
        let (from, until) = (row.period.from(), row.period.until());
        vec![
            id.into(),
            row.value.path().as_str().into(),
            NaiveDate::from(from).into(),
            until.map(NaiveDate::from).into(),
        ]
    };
    let rows = paths
        .iter()
        .flat_map(|(UnionId(id), history)| history.rows().iter().map(move |dated| row(*id, dated)));
    let columns = "trade_union, path, valid_from, valid_until";
    insert_rows(conn, "trade_union_path", columns, rows.collect()).await.map_err(fault::of)
}

/// The path in a text of the store.
pub fn affiliation(text: &str) -> Outcome<AffiliationPath> {
    Path::parse(text).map_err(broken)?.try_into().map_err(broken)
}
