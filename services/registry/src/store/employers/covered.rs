//! Whom a union covers.

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{fault, number, places, sql},
    fault::Outcome,
};
use uuid::Uuid;

use crate::rules::union::{UnionId, affiliation::AffiliationPath};

#[derive(FromQueryResult)]
struct Row {
    employer: Uuid,
}

/// At most `limit` employers that the union covers on `day`, by id, behind `after`.
pub async fn covered_by(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
    day: CivilDate,
    after: Option<Uuid>,
    limit: u64,
) -> Outcome<Vec<Uuid>> {
    // An employer has one standing coverage a day.
    let text = format!(
        "SELECT employer FROM employer_fact
         WHERE trade_union = $1 AND employer > $2 AND superseded_at IS NULL
           AND valid_from <= $3 AND (valid_until IS NULL OR valid_until > $4)
         ORDER BY employer LIMIT {limit}"
    );
    let (after, day) = (after.unwrap_or(Uuid::nil()), NaiveDate::from(day));
    let values: [Value; 4] = [union.into(), after.into(), day.into(), day.into()];
    let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
    Ok(rows.map_err(fault::of)?.into_iter().map(|row| row.employer).collect())
}

/// At most `limit` employers that one of the unions covers on any day from `from` on, by id, behind
/// `after`. Those that have ended are among them: their figures of earlier days count.
pub async fn covered_since(
    conn: &impl ConnectionTrait,
    unions: &[UnionId],
    from: CivilDate,
    (after, limit): (Option<Uuid>, u64),
) -> Outcome<Vec<Uuid>> {
    if unions.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT DISTINCT employer FROM employer_fact
         WHERE trade_union IN (VALUES {}) AND employer > ${} AND superseded_at IS NULL
           AND (valid_until IS NULL OR valid_until > ${})
         ORDER BY employer LIMIT {limit}",
        places(unions.len(), 1),
        unions.len() + 1,
        unions.len() + 2
    );
    let rest: [Value; 2] = [after.unwrap_or(Uuid::nil()).into(), NaiveDate::from(from).into()];
    let values = unions.iter().map(|UnionId(id)| Value::from(*id)).chain(rest);
    let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
    Ok(rows.map_err(fault::of)?.into_iter().map(|row| row.employer).collect())
}

/// The place on the line of affiliation of everybody whom the union covers as it stands. Their facts
/// and versions stay: the path is the union's.
pub async fn affiliate_covered(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
    affiliation: &AffiliationPath,
) -> Outcome<()> {
    let text = "UPDATE employer SET affiliation = $1 WHERE cover = $2 AND deleted_at IS NULL";
    let values: [Value; 2] = [affiliation.path().as_str().into(), union.into()];
    conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    Ok(())
}

/// Every employer that the union covers on any day from `day` on, by id, but for those that have
/// ended by then.
pub async fn covered_from(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
    day: CivilDate,
) -> Outcome<Vec<Uuid>> {
    let text = "SELECT DISTINCT f.employer AS employer
                FROM employer_fact f JOIN employer e ON e.id = f.employer
                WHERE f.trade_union = $1 AND f.superseded_at IS NULL
                  AND (f.valid_until IS NULL OR f.valid_until > $2)
                  AND (e.closed_on IS NULL OR e.closed_on > $3)
                ORDER BY f.employer";
    let day = NaiveDate::from(day);
    let values: [Value; 3] = [union.into(), day.into(), day.into()];
    let rows = Row::find_by_statement(sql(conn, text, values)).all(conn).await;
    Ok(rows.map_err(fault::of)?.into_iter().map(|row| row.employer).collect())
}

/// How many employers the union covers on `day` that have not ended by then.
pub async fn count_covered_on(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
    day: CivilDate,
) -> Outcome<i64> {
    let text = "SELECT COUNT(DISTINCT f.employer) AS count
                FROM employer_fact f JOIN employer e ON e.id = f.employer
                WHERE f.trade_union = $1 AND f.superseded_at IS NULL AND f.valid_from <= $2
                  AND (f.valid_until IS NULL OR f.valid_until > $3)
                  AND (e.closed_on IS NULL OR e.closed_on > $4)";
    let day = NaiveDate::from(day);
    let values: [Value; 4] = [union.into(), day.into(), day.into(), day.into()];
    number(conn, text, values).await
}

/// How many employers the union covers on any day from `day` on. Those that have ended by then need
/// no union any more.
pub async fn count_covered_from(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
    day: CivilDate,
) -> Outcome<i64> {
    let text = "SELECT COUNT(DISTINCT f.employer) AS count
                FROM employer_fact f JOIN employer e ON e.id = f.employer
                WHERE f.trade_union = $1 AND f.superseded_at IS NULL
                  AND (f.valid_until IS NULL OR f.valid_until > $2)
                  AND (e.closed_on IS NULL OR e.closed_on > $3)";
    let day = NaiveDate::from(day);
    let values: [Value; 3] = [union.into(), day.into(), day.into()];
    number(conn, text, values).await
}
