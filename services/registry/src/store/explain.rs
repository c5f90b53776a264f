//! Which records make up a figure; here the employers. The predicate of the figure is evaluated over the facts of
//! every employer that ever stood in the node: one that has moved away counts there on an old day.

pub mod nodes;
pub mod unions;

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, sql},
    fault::Outcome,
    figures::service::Stretch,
    path::{Line, Path, Prefixes},
};
use uuid::Uuid;

use super::{
    employers::{self, EmployerRecord, Place},
    grounds,
};
use crate::{
    revisions::Revisions,
    rules::contribution::{Counting, Metric, share},
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
    /// The line of the node.
    pub line: Line,
    /// The places of the node and their days: everything in their subtrees counts.
    pub stretches: &'a [Stretch],
    /// The rules of quality.
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
    let places = asked.stretches.iter().map(|stretch| stretch.path.clone()).collect();
    let places = Prefixes::normalised(places);
    // No employer has the nil id, so this lies before every place.
    let mut at = after.unwrap_or_else(|| Place { area: String::new(), id: Uuid::nil() });
    let mut page = Page::default();
    for _ in 0..LOOKS_A_PAGE / BATCH {
        let looked_at = stood_in(state, asked.line, &places, &at).await?;
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
    employer: Uuid,
}

/// The next places of the node, whether or not anyone counts there on the day.
async fn stood_in(
    state: &impl ConnectionTrait,
    line: Line,
    subtrees: &Prefixes,
    after: &Place,
) -> Outcome<Vec<Place>> {
    let text = match line {
        Line::Area => {
            "SELECT area AS path, employer FROM employer_place
             WHERE (area, employer) > ($1, $2) AND area >= $3 AND area < $4
             ORDER BY area, employer LIMIT $5"
        }
        // Every path of every union that ever covered the employer.
        Line::Affiliation => {
            "SELECT DISTINCT p.path, f.employer FROM trade_union_path p
             JOIN employer_fact f ON f.trade_union = p.trade_union
             WHERE (p.path, f.employer) > ($1, $2) AND p.path >= $3 AND p.path < $4
             ORDER BY p.path, f.employer LIMIT $5"
        }
    };
    let mut places = Vec::new();
    // The subtrees are disjoint and ascend, so going through them in turn keeps the order.
    for range in subtrees.iter().map(Path::range).filter(|range| after.area < range.until) {
        let left = BATCH - places.len();
        if left == 0 {
            break;
        }
        let values: [Value; 5] = [
            after.area.as_str().into(),
            after.id.into(),
            range.from.into(),
            range.until.into(),
            (left as i64).into(),
        ];
        let rows = Row::find_by_statement(sql(state, text, values)).all(state).await;
        let place = |row: Row| Place { area: row.path, id: row.employer };
        places.extend(rows.map_err(fault::of)?.into_iter().map(place));
    }
    Ok(places)
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
    let facts = records.values().map(|record| &record.facts);
    let grounds = grounds::of(state, facts).await?;
    let mut counted = Vec::new();
    for place in looked_at {
        let Some(record) = records.get(&place.id) else { continue };
        let rules = asked.rules.of(state, record.rules).await?;
        let by = Counting { rules: &rules, grounds: &grounds };
        let here = asked.stretches.iter();
        let here = here.filter(|stretch| place.area.starts_with(stretch.path.as_str()));
        let leaf = (asked.line, place.area.as_str());
        let shares = here.map(|stretch| {
            share(asked.metric, &record.facts, by, leaf, (stretch.day, stretch.before))
        });
        let value = shares.sum();
        if value != 0 {
            counted.push(Counted { record: record.clone(), place: place.clone(), value });
        }
    }
    Ok(counted)
}
