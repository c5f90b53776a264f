//! Whoever stands below a path on some days: what a change of affiliation carries along.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{fault, number, places, rows_per_statement, sql},
    fault::Outcome,
};
use uuid::Uuid;

use crate::{
    rules::{
        history::Dated,
        union::{UnionId, affiliation::AffiliationPath},
    },
    store::unions::paths::affiliation,
};

/// The number under which changes of affiliation queue on PostgreSQL.
const AFFILIATION_LOCK: i32 = 7555;

/// Makes changes of affiliation follow each other until the transaction ends. Taken before anything
/// is read of the unions.
pub async fn lock_affiliation(conn: &impl ConnectionTrait) -> Outcome<()> {
    queue(conn, "pg_advisory_xact_lock", AFFILIATION_LOCK).await
}

/// Keeps changes of affiliation out until the transaction ends: a union that is entered comes below
/// one that stays where it is.
pub async fn share_affiliation(conn: &impl ConnectionTrait) -> Outcome<()> {
    queue(conn, "pg_advisory_xact_lock_shared", AFFILIATION_LOCK).await
}

/// Waits for those who hold the lock of this number until their transaction ends.
pub(super) async fn queue(conn: &impl ConnectionTrait, lock: &str, number: i32) -> Outcome<()> {
    // On SQLite the one writer holds everything.
    if conn.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    let text = format!("SELECT {lock}($1, hashtext(current_schema()))");
    conn.execute_raw(sql(conn, &text, [number.into()])).await.map_err(fault::of)?;
    Ok(())
}

/// A path that is left, on some days, by everybody who stands there or below.
type Left = Dated<AffiliationPath>;

/// Those who stand at or below a path that is left, on one of its days.
fn standing(left: &Left) -> (String, Vec<Value>) {
    let range = left.value.path().range();
    let from = NaiveDate::from(left.period.from());
    let mut values: Vec<Value> = vec![range.from.into(), range.until.into(), from.into()];
    let mut text =
        "path >= $1 AND path < $2 AND (valid_until IS NULL OR valid_until > $3)".to_owned();
    if let Some(until) = left.period.until() {
        values.push(NaiveDate::from(until).into());
        text.push_str(" AND valid_from < $4");
    }
    (text, values)
}

#[derive(FromQueryResult)]
struct Row {
    trade_union: Uuid,
    path: String,
}

/// The first of the unions that have not followed yet, those above before those below them, with the
/// path at which each stands still. `ended` stay where they are for ever.
pub async fn left_behind(
    conn: &impl ConnectionTrait,
    left: impl IntoIterator<Item = &Left>,
    ended: &[UnionId],
    at_most: usize,
) -> Outcome<Vec<(UnionId, AffiliationPath)>> {
    // Each of these has one path on a day, so that so many rows more are enough.
    let rows_at_most = at_most + ended.len();
    let mut first: BTreeMap<String, Uuid> = BTreeMap::new();
    for left in left {
        let (standing, values) = standing(left);
        let text = format!(
            "SELECT trade_union, path FROM trade_union_path WHERE {standing}
             ORDER BY path, trade_union LIMIT {rows_at_most}"
        );
        let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
        // A path is one union's, for the last label on it is.
        first.extend(rows.map_err(fault::of)?.into_iter().map(|row| (row.path, row.trade_union)));
    }
    let mut found: Vec<(UnionId, AffiliationPath)> = Vec::new();
    for (path, id) in first {
        if found.len() == at_most {
            break;
        }
        let id = UnionId(id);
        if !ended.contains(&id) && !found.iter().any(|(known, _)| *known == id) {
            found.push((id, affiliation(&path)?));
        }
    }
    Ok(found)
}

/// Every union that stands at or below a path that is left, by id.
pub async fn following(
    conn: &impl ConnectionTrait,
    left: impl IntoIterator<Item = &Left>,
) -> Outcome<Vec<UnionId>> {
    #[derive(FromQueryResult)]
    struct Found {
        trade_union: Uuid,
    }
    let mut ids = Vec::new();
    for left in left {
        let (standing, values) = standing(left);
        let text = format!("SELECT DISTINCT trade_union FROM trade_union_path WHERE {standing}");
        let rows = Found::find_by_statement(sql(conn, &text, values)).all(conn).await;
        ids.extend(rows.map_err(fault::of)?.into_iter().map(|row| UnionId(row.trade_union)));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The number of unions on the longest path at or below one that is left.
pub async fn deepest(conn: &impl ConnectionTrait, left: &Left) -> Outcome<usize> {
    let (standing, values) = standing(left);
    let text = format!(
        "SELECT trade_union, path FROM trade_union_path WHERE {standing}
         ORDER BY LENGTH(path) DESC LIMIT 1"
    );
    let row = Row::find_by_statement(sql(conn, &text, values)).one(conn).await;
    let path = row.map_err(fault::of)?.map(|row| affiliation(&row.path)).transpose()?;
    Ok(path.map_or(0, |path| path.depth()))
}

/// How many employers these unions cover on any day from the first day of `since` on, each union.
pub async fn covered_by_each(
    conn: &impl ConnectionTrait,
    unions: &[UnionId],
    since: CivilDate,
) -> Outcome<BTreeMap<UnionId, usize>> {
    #[derive(FromQueryResult)]
    struct Count {
        trade_union: Uuid,
        count: i64,
    }
    let mut counts = BTreeMap::new();
    for some in unions.chunks(rows_per_statement(1)) {
        let text = format!(
            "SELECT trade_union, COUNT(*) AS count FROM employer_fact
             WHERE trade_union IN (VALUES {}) AND superseded_at IS NULL
               AND (valid_until IS NULL OR valid_until > ${})
             GROUP BY trade_union",
            places(some.len(), 1),
            some.len() + 1
        );
        let ids = some.iter().map(|UnionId(id)| Value::from(*id));
        let values = ids.chain([NaiveDate::from(since).into()]);
        let rows = Count::find_by_statement(sql(conn, &text, values)).all(conn).await;
        for row in rows.map_err(fault::of)? {
            counts.insert(UnionId(row.trade_union), usize::try_from(row.count).unwrap_or(0));
        }
    }
    Ok(counts)
}

/// How many employers one of these unions covers as the last one, on any day from `since` on: each
/// is told of once.
pub async fn count_last_covered(
    conn: &impl ConnectionTrait,
    unions: &[UnionId],
    since: CivilDate,
) -> Outcome<i64> {
    let mut count = 0;
    for some in unions.chunks(rows_per_statement(1)) {
        let text = format!(
            "SELECT COUNT(*) AS count FROM employer_fact f
             WHERE f.trade_union IN (VALUES {}) AND f.superseded_at IS NULL
               AND (f.valid_until IS NULL OR f.valid_until > ${})
               AND NOT EXISTS (
                   SELECT 1 FROM employer_fact later
                   WHERE later.employer = f.employer AND later.field = f.field
                     AND later.superseded_at IS NULL AND later.valid_from > f.valid_from)",
            places(some.len(), 1),
            some.len() + 1
        );
        let ids = some.iter().map(|UnionId(id)| Value::from(*id));
        let values = ids.chain([NaiveDate::from(since).into()]);
        count += number(conn, &text, values).await?;
    }
    Ok(count)
}
