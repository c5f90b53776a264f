//! Employers that may be without a union. Whether they are is judged from the facts; the columns
//! keep those apart that cannot be.

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{fault, sql},
    fault::Outcome,
    path::{Line, Prefixes, Scope},
};
use uuid::Uuid;

use super::{
    EmployerRecord,
    read::{RECORD, Row},
};

/// Where a listing goes on: behind the employer with this key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UncoveredPlace {
    /// The line whose paths are gone through.
    pub line: Line,
    /// Its path on that line.
    pub path: String,
    /// Since when it has no union; `None` in a listing of an earlier day, which is not in that
    /// order.
    pub from: Option<CivilDate>,
    /// The id.
    pub id: Uuid,
}

/// A stretch of a listing.
pub struct Stretch {
    /// Employers, each with its place behind it.
    pub records: Vec<(EmployerRecord, UncoveredPlace)>,
    /// Whether nothing follows on the line.
    pub ended: bool,
}

/// At most `limit` employers of these areas whom no union covers as the facts stand, by area, then
/// by since when, then by id. Nobody sees one through a union: it has none.
pub async fn uncovered_now(
    conn: &impl ConnectionTrait,
    areas: &Prefixes,
    after: Option<&UncoveredPlace>,
    limit: u64,
) -> Outcome<Stretch> {
    #[derive(FromQueryResult)]
    struct Since {
        uncovered_from: NaiveDate,
        #[sea_orm(nested)]
        row: Row,
    }
    let mut records = Vec::new();
    // The subtrees are disjoint and ascend, so going through them in turn keeps the order.
    for subtree in areas.iter() {
        let range = subtree.range();
        if after.is_some_and(|place| place.path >= range.until) {
            continue;
        }
        let left = limit - records.len() as u64;
        if left == 0 {
            return Ok(Stretch { records, ended: false });
        }
        let mut values: Vec<Value> = vec![range.from.as_str().into(), range.until.into()];
        let behind = match after.filter(|place| place.path >= range.from) {
            Some(place) => {
                let from = place.from.map(NaiveDate::from);
                values.extend([place.path.as_str().into(), from.into(), place.id.into()]);
                "AND (area, uncovered_from, id) > ($3, $4, $5)"
            }
            None => "",
        };
        let text = format!(
            "SELECT {RECORD}, uncovered_from FROM employer
             WHERE area >= $1 AND area < $2 AND uncovered_from IS NOT NULL AND closed_on IS NULL
               AND deleted_at IS NULL {behind}
             ORDER BY area, uncovered_from, id LIMIT {left}"
        );
        let rows = Since::find_by_statement(sql(conn, &text, values)).all(conn).await;
        for Since { uncovered_from, row } in rows.map_err(fault::of)? {
            let record = row.record()?;
            let path = record.area.to_string();
            let from = Some(uncovered_from.into());
            let place = UncoveredPlace { line: Line::Area, path, from, id: record.id };
            records.push((record, place));
        }
    }
    let ended = (records.len() as u64) < limit;
    Ok(Stretch { records, ended })
}

/// At most `limit` employers of the scope that had not ended by `day`, whether a union covered them
/// or not, by path and id; all of one line.
pub async fn uncovered_then(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    (line, after): (Line, Option<&UncoveredPlace>),
    day: CivilDate,
    limit: u64,
) -> Outcome<Stretch> {
    let (subtrees, column) = match line {
        Line::Area => (&scope.area, "area"),
        Line::Affiliation => (&scope.affiliation, "affiliation"),
    };
    let mut records = Vec::new();
    for subtree in subtrees.iter() {
        let range = subtree.range();
        if after.is_some_and(|place| place.path >= range.until) {
            continue;
        }
        let left = limit - records.len() as u64;
        if left == 0 {
            return Ok(Stretch { records, ended: false });
        }
        let mut values: Vec<Value> =
            vec![range.from.as_str().into(), range.until.into(), NaiveDate::from(day).into()];
        let mut conditions = String::new();
        if let Some(place) = after.filter(|place| place.path >= range.from) {
            values.extend([place.path.as_str().into(), place.id.into()]);
            conditions += &format!(" AND ({column}, id) > ($4, $5)");
        }
        if line == Line::Affiliation {
            // What the areas have shown already.
            for area in scope.area.iter() {
                let shown = area.range();
                values.extend([shown.from.into(), shown.until.into()]);
                let last = values.len();
                conditions += &format!(" AND NOT (area >= ${} AND area < ${last})", last - 1);
            }
        }
        let text = format!(
            "SELECT {RECORD} FROM employer
             WHERE {column} >= $1 AND {column} < $2 AND (closed_on IS NULL OR closed_on > $3)
               AND deleted_at IS NULL {conditions}
             ORDER BY {column}, id LIMIT {left}"
        );
        let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
        for row in rows.map_err(fault::of)? {
            let record = row.record()?;
            let affiliation = record.affiliation.as_ref().map(|path| path.path().to_string());
            let path = match line {
                Line::Area => record.area.to_string(),
                Line::Affiliation => affiliation.unwrap_or_default(),
            };
            let place = UncoveredPlace { line, path, from: None, id: record.id };
            records.push((record, place));
        }
    }
    let ended = (records.len() as u64) < limit;
    Ok(Stretch { records, ended })
}
