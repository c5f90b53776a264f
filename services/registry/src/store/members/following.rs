//! Members who follow the end of a union, or its split.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, number, places, rows_per_statement, sql},
    fault::Outcome,
};
use uuid::Uuid;

use crate::rules::{
    member::{
        MemberId,
        aftermath::{Aftermath, Fate},
    },
    union::UnionId,
};

/// Those whose record names one of the unions in a column, as the placeholders `$1, ...` give them.
fn named(column: &str, aftermath: &Aftermath) -> (String, Vec<Value>) {
    let open = match aftermath.rest {
        // Who is retained at the union stays so.
        Fate::Retain(_) if column == "trade_union" && aftermath.heirs.is_empty() => {
            "state IN (1, 2)"
        }
        _ => "state > 0",
    };
    let text = format!(
        "FROM member WHERE {column} IN (VALUES {}) AND {open} AND deleted_at IS NULL",
        places(aftermath.unions.len(), 1)
    );
    let values = aftermath.unions.iter().map(|UnionId(id)| Value::from(*id)).collect();
    (text, values)
}

/// The columns by which the change may concern somebody.
fn columns(aftermath: &Aftermath) -> &'static [&'static str] {
    if aftermath.ends() { &["trade_union", "transfer_to"] } else { &["trade_union"] }
}

/// How many persons follow, as their records stand: of a union that goes on, those whose employer a
/// part takes over.
pub async fn count_following(conn: &impl ConnectionTrait, aftermath: &Aftermath) -> Outcome<i64> {
    let mut count = 0;
    let employers = aftermath.heirs.iter().flat_map(|heir| heir.employers.iter().copied());
    let employers: Vec<Uuid> = employers.collect();
    for column in columns(aftermath) {
        let (from, values) = named(column, aftermath);
        let text = format!("SELECT COUNT(*) AS count {from}");
        if aftermath.ends() {
            count += number(conn, &text, values).await?;
            continue;
        }
        for some in employers.chunks(rows_per_statement(1) - values.len()) {
            let list: Vec<String> =
                (1..=some.len()).map(|at| format!("${}", at + values.len())).collect();
            let text = format!("{text} AND employer IN ({})", list.join(", "));
            let ids = some.iter().map(|id| Value::from(*id));
            count += number(conn, &text, values.iter().cloned().chain(ids)).await?;
        }
    }
    Ok(count)
}

/// Those whom the change may concern: at most `limit` members by id, behind `after`.
pub async fn next_following(
    conn: &impl ConnectionTrait,
    aftermath: &Aftermath,
    (after, limit): (Option<MemberId>, usize),
) -> Outcome<Vec<MemberId>> {
    #[derive(FromQueryResult)]
    struct Found {
        id: Uuid,
    }
    let after = after.map_or(Uuid::nil(), |MemberId(id)| id);
    let mut ids = Vec::new();
    for column in columns(aftermath) {
        let (from, mut values) = named(column, aftermath);
        values.push(after.into());
        let text = format!("SELECT id {from} AND id > ${} ORDER BY id LIMIT {limit}", values.len());
        let rows = Found::find_by_statement(sql(conn, &text, values)).all(conn).await;
        ids.extend(rows.map_err(fault::of)?.into_iter().map(|row| MemberId(row.id)));
    }
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(limit);
    Ok(ids)
}
