//! The unions that make up a figure. The predicate is evaluated over the facts of every union that
//! ever stood at the node.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{fault, sql},
    fault::Outcome,
    path::{Line, Path, PathRange},
};
use uuid::Uuid;

use super::{BATCH, LOOKS_A_PAGE};
use crate::{
    rules::{
        contribution::Paths,
        union::{
            UnionId,
            contribution::{UnionMetric, worth},
        },
    },
    store::{
        employers::Place,
        unions::{self, UnionRecord, paths_of},
    },
};

/// A figure of a node, which has a path on each of the days.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The figure.
    pub metric: UnionMetric,
    /// The line of the node.
    pub line: Line,
    /// The day, and the node's path on it.
    pub day: (CivilDate, Path),
}

/// A union that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The union.
    pub record: UnionRecord,
    /// Where it counts, and its id.
    pub place: Place,
    /// What it adds.
    pub value: i64,
}

/// A page of unions that count.
#[derive(Debug, Default)]
pub struct Page {
    /// They ascend by the path at which they count, then by id.
    pub counted: Vec<Counted>,
    /// Where the next page goes on; `None` behind the last union.
    pub next: Option<Place>,
}

/// At most `at_most` unions behind `after`, sometimes fewer although more follow.
pub async fn explain(
    state: &impl ConnectionTrait,
    asked: &Asked,
    after: Option<Place>,
    at_most: usize,
) -> Outcome<Page> {
    let range = asked.day.1.range();
    // No union has the nil id, so this lies before every place of the node.
    let mut at = after.unwrap_or_else(|| Place { area: range.from.clone(), id: Uuid::nil() });
    let mut page = Page::default();
    for _ in 0..LOOKS_A_PAGE / BATCH {
        let looked_at = stood_in(state, asked.line, &range, &at).await?;
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
    path: String,
    trade_union: Uuid,
}

/// The next places of the node, whether or not anyone counts there on the day.
async fn stood_in(
    state: &impl ConnectionTrait,
    line: Line,
    range: &PathRange,
    after: &Place,
) -> Outcome<Vec<Place>> {
    let (table, column) = match line {
        Line::Area => ("trade_union_place", "area"),
        Line::Affiliation => ("trade_union_path", "path"),
    };
    // A union that came back to a path has it twice.
    let text = format!(
        "SELECT DISTINCT {column} AS path, trade_union FROM {table}
         WHERE ({column}, trade_union) > ($1, $2) AND {column} < $3
         ORDER BY {column}, trade_union LIMIT $4"
    );
    let values: [Value; 4] = [
        after.area.as_str().into(),
        after.id.into(),
        range.until.as_str().into(),
        (BATCH as i64).into(),
    ];
    let rows = Row::find_by_statement(sql(state, &text, values)).all(state).await;
    let place = |row: Row| Place { area: row.path, id: row.trade_union };
    Ok(rows.map_err(fault::of)?.into_iter().map(place).collect())
}

/// Those that count there. A union is found at every place that it ever had, and counts at one of
/// them at most on a day.
async fn evaluate(
    state: &impl ConnectionTrait,
    asked: &Asked,
    looked_at: &[Place],
) -> Outcome<Vec<Counted>> {
    let ids: Vec<UnionId> = looked_at.iter().map(|place| UnionId(place.id)).collect();
    let records: HashMap<UnionId, UnionRecord> = unions::load(state, &ids).await?;
    let paths: Paths = paths_of(state, &ids).await?;
    let mut counted = Vec::new();
    for place in looked_at {
        let id = UnionId(place.id);
        let (Some(record), Some(paths)) = (records.get(&id), paths.get(&id)) else { continue };
        let there = worth(asked.metric, &record.facts, paths, asked.day.0).into_iter();
        let there =
            there.filter(|(leaf, _)| leaf.line == asked.line && leaf.node.as_str() == place.area);
        let value = there.map(|(_, value)| value).sum();
        if value != 0 {
            counted.push(Counted { record: record.clone(), place: place.clone(), value });
        }
    }
    Ok(counted)
}
