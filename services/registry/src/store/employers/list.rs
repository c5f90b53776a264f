//! Listing employers of some subtrees, by area and id.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, sql},
    fault::Outcome,
    path::Prefixes,
};
use uuid::Uuid;

use super::{
    EmployerRecord,
    present::{industry_key, name_key},
    read::{RECORD, Row},
};
use crate::rules::employer::code::Industry;

/// What columns must say; everything else is judged from the facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Want {
    /// Ownership nature as it stands.
    pub ownership: Option<String>,
    /// Industry as it stands.
    pub industry: Option<Industry>,
    /// The beginning of the name as it stands.
    pub name_prefix: Option<String>,
}

/// Where a listing goes on: behind the employer with this area and id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Path of the area.
    pub area: String,
    /// The id.
    pub id: Uuid,
}

/// A stretch of a listing.
pub struct Page {
    /// The employers, ascending by area and id.
    pub records: Vec<EmployerRecord>,
    /// Whether nothing follows.
    pub ended: bool,
}

/// At most `limit` employers that stand in `subtrees`, behind `after`.
pub async fn list(
    conn: &impl ConnectionTrait,
    subtrees: &Prefixes,
    want: &Want,
    after: Option<&Place>,
    limit: u64,
) -> Outcome<Page> {
    let mut records = Vec::new();
    // The subtrees are disjoint and ascend, so going through them in turn keeps the order.
    for subtree in subtrees.iter() {
        let range = subtree.range();
        if after.is_some_and(|place| place.area >= range.until) {
            continue;
        }
        let left = limit - records.len() as u64;
        if left == 0 {
            return Ok(Page { records, ended: false });
        }
        let mut query = Query::within(&range.from, &range.until);
        query.wanting(want);
        // Before the subtree's own range a place says nothing.
        if let Some(place) = after.filter(|place| place.area >= range.from) {
            query.behind(place);
        }
        let statement = sql(conn, &query.text(left), query.values);
        let rows = Row::find_by_statement(statement).all(conn).await.map_err(fault::of)?;
        for row in rows {
            records.push(row.record()?);
        }
    }
    let ended = (records.len() as u64) < limit;
    Ok(Page { records, ended })
}

struct Query {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Query {
    fn within(from: &str, until: &str) -> Self {
        let conditions = ["deleted_at IS NULL", "area >= $1", "area < $2"];
        Self {
            conditions: conditions.map(str::to_owned).to_vec(),
            values: vec![from.into(), until.into()],
        }
    }

    fn place(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn wanting(&mut self, want: &Want) {
        if let Some(ownership) = &want.ownership {
            let place = self.place(ownership.as_str());
            self.conditions.push(format!("ownership = {place}"));
        }
        if let Some(industry) = &want.industry {
            let place = self.place(industry_key(industry));
            self.conditions.push(format!("industry = {place}"));
        }
        if let Some(prefix) = &want.name_prefix {
            let from = name_key(prefix);
            let until = behind(&from);
            let place = self.place(from);
            self.conditions.push(format!("name_key >= {place}"));
            if let Some(until) = until {
                let place = self.place(until);
                self.conditions.push(format!("name_key < {place}"));
            }
        }
    }

    fn behind(&mut self, place: &Place) {
        let area = self.place(place.area.as_str());
        let id = self.place(place.id);
        self.conditions.push(format!("(area, id) > ({area}, {id})"));
    }

    fn text(&self, limit: u64) -> String {
        let conditions = self.conditions.join(" AND ");
        format!("SELECT {RECORD} FROM employer WHERE {conditions} ORDER BY area, id LIMIT {limit}")
    }
}

/// The first text behind all that begin with `prefix`; `None` where every later text does.
pub fn behind(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        // A range of characters steps over the surrogates.
        if let Some(next) = (last..=char::MAX).nth(1) {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}
