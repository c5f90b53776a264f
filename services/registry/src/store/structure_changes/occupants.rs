//! Whom a change of the tree concerns: employers and unions by the areas in which they stand.

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{fault, number, sql},
    fault::Outcome,
};
use uuid::Uuid;

use crate::{
    rules::{area::AreaPath, union::UnionId},
    store::areas::list,
};

/// Addresses in the areas `$2, ...` that hold on or after the day `$1`.
fn addresses(areas: usize) -> String {
    format!(
        "FROM employer_fact f JOIN employer e ON e.id = f.employer
         WHERE (f.valid_until IS NULL OR f.valid_until > $1) AND f.superseded_at IS NULL
           AND e.deleted_at IS NULL AND f.area IN ({})",
        list(areas, 2)
    )
}

fn values(areas: &[AreaPath], on: CivilDate) -> impl Iterator<Item = Value> {
    let labels = areas.iter().map(|area| area.as_str().into());
    std::iter::once(NaiveDate::from(on).into()).chain(labels)
}

/// How many employers have an address in one of the areas on or after `on`.
pub async fn employers_in(
    conn: &impl ConnectionTrait,
    areas: &[AreaPath],
    on: CivilDate,
) -> Outcome<i64> {
    let text = format!("SELECT COUNT(DISTINCT f.employer) AS count {}", addresses(areas.len()));
    number(conn, &text, values(areas, on)).await
}

/// The first of the employers with an address in one of the areas on or after `on`, by id.
pub async fn next_employers(
    conn: &impl ConnectionTrait,
    areas: &[AreaPath],
    on: CivilDate,
    at_most: u64,
) -> Outcome<Vec<Uuid>> {
    let text = format!(
        "SELECT DISTINCT f.employer {} ORDER BY f.employer LIMIT {at_most}",
        addresses(areas.len())
    );
    let rows = conn.query_all_raw(sql(conn, &text, values(areas, on))).await;
    let id = |row: sea_orm::QueryResult| row.try_get("", "employer").map_err(fault::of);
    rows.map_err(fault::of)?.into_iter().map(id).collect()
}

/// Places of unions in the areas `$2, ...` that hold on or after the day `$1`.
fn seats(areas: usize) -> String {
    format!(
        "FROM trade_union_fact f JOIN trade_union u ON u.id = f.trade_union
         WHERE (f.valid_until IS NULL OR f.valid_until > $1) AND f.superseded_at IS NULL
           AND u.deleted_at IS NULL AND f.area IN ({})",
        list(areas, 2)
    )
}

/// How many unions have a seat, an office or a territory in one of the areas on or after `on`.
pub async fn unions_in(
    conn: &impl ConnectionTrait,
    areas: &[AreaPath],
    on: CivilDate,
) -> Outcome<i64> {
    let text = format!("SELECT COUNT(DISTINCT f.trade_union) AS count {}", seats(areas.len()));
    number(conn, &text, values(areas, on)).await
}

/// The first of those unions, by id.
pub async fn next_unions(
    conn: &impl ConnectionTrait,
    areas: &[AreaPath],
    on: CivilDate,
    at_most: u64,
) -> Outcome<Vec<UnionId>> {
    let text = format!(
        "SELECT DISTINCT f.trade_union {} ORDER BY f.trade_union LIMIT {at_most}",
        seats(areas.len())
    );
    let rows = conn.query_all_raw(sql(conn, &text, values(areas, on))).await;
    let id =
        |row: sea_orm::QueryResult| row.try_get("", "trade_union").map(UnionId).map_err(fault::of);
    rows.map_err(fault::of)?.into_iter().map(id).collect()
}

/// How many unions stand within `area` on or after `on` and have not ended before.
pub async fn union_occupants(
    conn: &impl ConnectionTrait,
    area: &AreaPath,
    on: CivilDate,
) -> Outcome<u64> {
    let text = "SELECT COUNT(DISTINCT u.id) AS count
         FROM trade_union_fact f JOIN trade_union u ON u.id = f.trade_union
         WHERE f.area >= $1 AND f.area < $2
           AND (f.valid_until IS NULL OR f.valid_until > $3) AND f.superseded_at IS NULL
           AND u.deleted_at IS NULL AND (u.ended_on IS NULL OR u.ended_on > $3)";
    let range = area.path().range();
    let values = [range.from.into(), range.until.into(), NaiveDate::from(on).into()];
    Ok(number(conn, text, values).await?.unsigned_abs())
}

/// How many employers work within `area` on or after `on` and have not ended before.
pub async fn occupants(
    conn: &impl ConnectionTrait,
    area: &AreaPath,
    on: CivilDate,
) -> Outcome<u64> {
    let text = "SELECT COUNT(DISTINCT f.employer) AS count
         FROM employer_fact f JOIN employer e ON e.id = f.employer
         WHERE f.area >= $1 AND f.area < $2 AND f.field = 'actual_address'
           AND (f.valid_until IS NULL OR f.valid_until > $3) AND f.superseded_at IS NULL
           AND e.deleted_at IS NULL AND (e.closed_on IS NULL OR e.closed_on > $3)";
    let range = area.path().range();
    let values = [range.from.into(), range.until.into(), NaiveDate::from(on).into()];
    Ok(number(conn, text, values).await?.unsigned_abs())
}
