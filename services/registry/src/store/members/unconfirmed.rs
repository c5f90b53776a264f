//! Members whose record is not confirmed, by union.

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{fault, number, sql},
    fault::Outcome,
    path::{Line, Path},
};
use uuid::Uuid;

use crate::rules::{member::MemberId, union::UnionId};

/// Whose confirmation is missing: active members, last confirmed before `$1`.
const WAITING: &str = "m.state = 2 AND m.confirmed_on < $1 AND m.deleted_at IS NULL \
    AND m.merged_into IS NULL";

/// How far a union's records are behind.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct UnconfirmedUnion {
    /// The union.
    pub id: Uuid,
    /// Its path on the line that was asked.
    pub path: String,
    /// Its name.
    pub display_name: String,
    /// Active members whose record is not confirmed.
    pub waiting: i64,
    /// Active members.
    pub active: i64,
    /// The longest ago that one of them was confirmed.
    pub oldest: NaiveDate,
}

/// At most `limit` unions of a subtree with members last confirmed before `day`, by path and id
/// behind `after`; without those that have their seat below one of `shown`.
pub async fn unconfirmed_unions(
    conn: &impl ConnectionTrait,
    (line, subtree, shown): (Line, &Path, &[Path]),
    day: CivilDate,
    (after, limit): (Option<(&str, Uuid)>, u64),
) -> Outcome<Vec<UnconfirmedUnion>> {
    let column = match line {
        Line::Area => "u.area",
        Line::Affiliation => "u.affiliation",
    };
    let range = subtree.range();
    let mut values: Vec<Value> =
        vec![NaiveDate::from(day).into(), range.from.into(), range.until.into()];
    let mut conditions = String::new();
    if let Some((path, id)) = after {
        values.extend([Value::from(path), id.into()]);
        conditions.push_str(&format!(" AND ({column}, u.id) > ($4, $5)"));
    }
    for area in shown {
        let (at, range) = (values.len(), area.range());
        values.extend([Value::from(range.from), range.until.into()]);
        let (from, until) = (at + 1, at + 2);
        conditions.push_str(&format!(" AND NOT (u.area >= ${from} AND u.area < ${until})"));
    }
    // The page of unions first, then its members: a join would count those of every union. The oldest
    // is asked of each union by itself, where EXISTS could become a join.
    let of_union = format!("FROM member m WHERE m.trade_union = u.id AND {WAITING}");
    let oldest =
        format!("(SELECT m.confirmed_on {of_union} ORDER BY m.confirmed_on, m.id LIMIT 1)");
    let text = format!(
        "SELECT u.id, u.path, u.display_name, {oldest} AS oldest,
                (SELECT COUNT(*) {of_union}) AS waiting,
                (SELECT COUNT(*) FROM member a WHERE a.trade_union = u.id AND a.state = 2
                    AND a.deleted_at IS NULL AND a.merged_into IS NULL) AS active
         FROM (SELECT u.id, {column} AS path, u.display_name FROM trade_union u
               WHERE {column} >= $2 AND {column} < $3{conditions} AND {oldest} IS NOT NULL
               ORDER BY {column}, u.id LIMIT {limit}) u
         ORDER BY u.path, u.id"
    );
    let found = UnconfirmedUnion::find_by_statement(sql(conn, &text, values)).all(conn).await;
    found.map_err(fault::of)
}

/// How many members of the union were last confirmed before `day`, these left out.
pub async fn count_unconfirmed(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
    day: CivilDate,
    except: &[MemberId],
) -> Outcome<i64> {
    let (but, mut values) = without(except);
    let text = format!(
        "SELECT COUNT(*) AS count FROM member m WHERE {WAITING} AND m.trade_union = $2{but}"
    );
    values.splice(0..0, [NaiveDate::from(day).into(), union.into()]);
    number(conn, &text, values).await
}

/// At most `limit` of them, who waited longest.
pub async fn longest_unconfirmed(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
    day: CivilDate,
    (except, limit): (&[MemberId], u64),
) -> Outcome<Vec<MemberId>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: Uuid,
    }
    let (but, mut values) = without(except);
    let text = format!(
        "SELECT m.id FROM member m WHERE {WAITING} AND m.trade_union = $2{but}
         ORDER BY m.confirmed_on, m.id LIMIT {limit}"
    );
    values.splice(0..0, [NaiveDate::from(day).into(), union.into()]);
    let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
    Ok(rows.map_err(fault::of)?.into_iter().map(|row| MemberId(row.id)).collect())
}

/// The condition that leaves these out, with its values from the third on.
fn without(except: &[MemberId]) -> (String, Vec<Value>) {
    if except.is_empty() {
        return (String::new(), Vec::new());
    }
    let values: Vec<Value> = except.iter().map(|MemberId(id)| (*id).into()).collect();
    let list: Vec<String> = (3..).take(values.len()).map(|at| format!("${at}")).collect();
    (format!(" AND m.id NOT IN ({})", list.join(", ")), values)
}
