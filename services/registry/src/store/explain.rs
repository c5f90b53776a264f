//! Which employers make up a figure. The predicate of the figure is evaluated over the facts of
//! every employer that ever stood in the node: one that has moved away counts there on an old day.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{Db, fault, places, sql},
    fault::Outcome,
    path::{Path, PathRange},
};
use uuid::Uuid;

use super::employers::{self, EmployerRecord, Place};
use crate::{
    revisions::Revisions,
    rules::contribution::{Metric, share},
};

/// Employers that are loaded at a time.
const BATCH: usize = 512;
/// Employers that are looked at for one page. On an old day most of a node may not count, and a
/// page that is short is better than one that never comes.
const LOOKS_A_PAGE: usize = 8 * BATCH;

/// A figure of a node.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// The figure.
    pub metric: Metric,
    /// The node: everything in its subtree counts.
    pub node: &'a Path,
    /// The day.
    pub day: CivilDate,
    /// The day before the period of a flow.
    pub before: Option<CivilDate>,
    /// The rules of quality; a record is judged by those under which the figure counts it.
    pub rules: &'a Revisions,
}

/// An employer that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The employer.
    pub record: EmployerRecord,
    /// Where it counts, and its id.
    pub place: Place,
    /// What it adds.
    pub value: i64,
}

/// A page of employers that count.
#[derive(Debug, Default)]
pub struct Page {
    /// They ascend by the area at which they count, then by id.
    pub counted: Vec<Counted>,
    /// Where the next page goes on; `None` behind the last employer.
    pub next: Option<Place>,
}

/// At most `at_most` employers behind `after`, sometimes fewer although more follow.
pub async fn explain(
    state: &impl ConnectionTrait,
    asked: &Asked<'_>,
    after: Option<Place>,
    at_most: usize,
) -> Outcome<Page> {
    let range = asked.node.range();
    // No employer has the nil id, so this lies before every place of the node.
    let mut at = after.unwrap_or_else(|| Place { area: range.from.clone(), id: Uuid::nil() });
    let mut page = Page::default();
    for _ in 0..LOOKS_A_PAGE / BATCH {
        let looked_at = stood_in(state, &range, &at).await?;
        let ended = looked_at.len() < BATCH;
        for counted in evaluate(state, asked, &looked_at).await? {
            if page.counted.len() == at_most {
                page.next = page.counted.last().map(|last| last.place.clone());
                return Ok(page);
            }
            page.counted.push(counted);
        }
        match looked_at.into_iter().next_back() {
            Some(last) if !ended => at = last,
            _ => return Ok(page),
        }
    }
    page.next = Some(at);
    Ok(page)
}

#[derive(FromQueryResult)]
struct Row {
    area: String,
    employer: Uuid,
}

/// The next places of the node, whether or not anyone counts there on the day.
async fn stood_in(
    state: &impl ConnectionTrait,
    range: &PathRange,
    after: &Place,
) -> Outcome<Vec<Place>> {
    let text = "SELECT area, employer FROM employer_place
                WHERE (area, employer) > ($1, $2) AND area < $3
                ORDER BY area, employer LIMIT $4";
    let values: [Value; 4] = [
        after.area.as_str().into(),
        after.id.into(),
        range.until.as_str().into(),
        (BATCH as i64).into(),
    ];
    let rows = Row::find_by_statement(sql(state, text, values)).all(state).await;
    let place = |row: Row| Place { area: row.area, id: row.employer };
    Ok(rows.map_err(fault::of)?.into_iter().map(place).collect())
}

/// Those that count there. An employer is found at every place that it ever had, and counts at
/// one of them at most on a day.
async fn evaluate(
    state: &impl ConnectionTrait,
    asked: &Asked<'_>,
    looked_at: &[Place],
) -> Outcome<Vec<Counted>> {
    let ids: Vec<Uuid> = looked_at.iter().map(|place| place.id).collect();
    let records = employers::load(state, &ids).await?;
    let days = (asked.day, asked.before);
    let mut counted = Vec::new();
    for place in looked_at {
        let Some(record) = records.get(&place.id) else { continue };
        let rules = asked.rules.of(state, record.rules).await?;
        let value = share(asked.metric, &record.facts, &rules, &place.area, days);
        if value != 0 {
            counted.push(Counted { record: record.clone(), place: place.clone(), value });
        }
    }
    Ok(counted)
}

#[derive(FromQueryResult)]
struct Label {
    label: String,
}

/// Those of `areas` that are recorded, open or closed.
pub async fn known_areas(db: &Db, areas: &[Path]) -> Outcome<BTreeSet<Path>> {
    if areas.is_empty() {
        return Ok(BTreeSet::new());
    }
    let conn = db.reader();
    let text = format!("SELECT label FROM area WHERE label IN (VALUES {})", places(areas.len(), 1));
    let values = areas.iter().map(|area| Value::from(area.as_str()));
    let rows = Label::find_by_statement(sql(conn, &text, values)).all(conn).await;
    let rows = rows.map_err(fault::of)?;
    Ok(rows.into_iter().filter_map(|row| Path::parse(&row.label).ok()).collect())
}
