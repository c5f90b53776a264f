//! Listing unions: first those of some areas, by area and id, then those that only the line of
//! affiliation shows, by path and id.

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
    UnionRecord,
    read::{RECORD, Row},
};
use crate::{
    rules::{area::AreaPath, union::UnionId},
    store::employers::{behind, name_key},
};

/// What columns must say; everything else is judged from the facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Want {
    /// One of these.
    pub ids: Option<Vec<UnionId>>,
    /// A territory on some day, or an area above it.
    pub territory: Option<AreaPath>,
    /// The union above as it stands.
    pub superior: Option<UnionId>,
    /// Code of the type as it stands.
    pub union_type: Option<&'static str>,
    /// Code of the level as it stands.
    pub union_level: Option<&'static str>,
    /// The term runs out on this day or before.
    pub term_due_by: Option<CivilDate>,
    /// It stands ordered to re-elect by this day or before.
    pub order_due_by: Option<CivilDate>,
    /// An office is to be filled by this day or before.
    pub vacancy_due_by: Option<CivilDate>,
    /// Whether an office was to be filled before this day.
    pub vacancy_overdue: Option<(bool, CivilDate)>,
    /// The beginning of the name as it stands.
    pub name_prefix: Option<String>,
}

/// Where a listing goes on: behind the union with this path and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The line whose paths are gone through.
    pub line: Line,
    /// Path on that line.
    pub path: String,
    /// The id.
    pub id: Uuid,
}

/// A stretch of a listing.
pub struct Page {
    /// The unions.
    pub records: Vec<UnionRecord>,
    /// Whether nothing follows.
    pub ended: bool,
}

impl Place {
    /// The place of a record on a line.
    pub fn of(record: &UnionRecord, line: Line) -> Self {
        let UnionId(id) = record.id;
        let path = match line {
            Line::Area => record.area.path(),
            Line::Affiliation => record.affiliation.path(),
        };
        Self { line, path: path.to_string(), id }
    }
}

/// At most `limit` unions that `scope` shows, behind `after`; all of one line.
pub async fn list(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    (line, after): (Line, Option<&Place>),
    want: &Want,
    limit: u64,
) -> Outcome<Page> {
    let subtrees = match line {
        Line::Area => &scope.area,
        Line::Affiliation => &scope.affiliation,
    };
    let mut records = Vec::new();
    // The subtrees are disjoint and ascend, so going through them in turn keeps the order.
    for subtree in subtrees.iter() {
        let range = subtree.range();
        if after.is_some_and(|place| place.path >= range.until) {
            continue;
        }
        let left = limit - records.len() as u64;
        if left == 0 {
            return Ok(Page { records, ended: false });
        }
        let mut query = Query::within(line, &range.from, &range.until);
        query.wanting(want);
        if line == Line::Affiliation {
            query.unseen(&scope.area);
        }
        // Before the subtree's own range a place says nothing.
        if let Some(place) = after.filter(|place| place.path >= range.from) {
            query.behind(place);
        }
        let statement = sql(conn, &query.text(left), query.values);
        for row in Row::find_by_statement(statement).all(conn).await.map_err(fault::of)? {
            records.push(row.record()?);
        }
    }
    let ended = (records.len() as u64) < limit;
    Ok(Page { records, ended })
}

struct Query {
    column: &'static str,
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Query {
    fn within(line: Line, from: &str, until: &str) -> Self {
        let column = match line {
            Line::Area => "area",
            Line::Affiliation => "affiliation",
        };
        let conditions = vec![
            "deleted_at IS NULL".to_owned(),
            format!("{column} >= $1"),
            format!("{column} < $2"),
        ];
        Self { column, conditions, values: vec![from.into(), until.into()] }
    }

    fn place(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn equal(&mut self, column: &str, value: impl Into<Value>) {
        let place = self.place(value);
        self.conditions.push(format!("{column} = {place}"));
    }

    fn wanting(&mut self, want: &Want) {
        if let Some(ids) = &want.ids {
            let places: Vec<String> = ids.iter().map(|UnionId(id)| self.place(*id)).collect();
            self.conditions.push(format!("id IN ({})", places.join(", ")));
        }
        if let Some(territory) = &want.territory {
            let range = territory.path().range();
            let (from, until) = (self.place(range.from), self.place(range.until));
            self.conditions.push(format!(
                "id IN (SELECT f.trade_union FROM trade_union_fact f
                 WHERE f.area >= {from} AND f.area < {until} AND f.area IS NOT NULL
                   AND f.superseded_at IS NULL AND f.field = 'territory')"
            ));
        }
        if let Some(UnionId(superior)) = want.superior {
            self.equal("superior", superior);
        }
        if let Some(code) = want.union_type {
            self.equal("union_type", code);
        }
        if let Some(code) = want.union_level {
            self.equal("union_level", code);
        }
        let days = [
            ("term_due_on", want.term_due_by),
            ("order_due_by", want.order_due_by),
            ("vacancy_due_by", want.vacancy_due_by),
        ];
        for (column, day) in days {
            if let Some(day) = day {
                let place = self.place(NaiveDate::from(day));
                self.conditions.push(format!("{column} <= {place}"));
            }
        }
        if let Some((overdue, day)) = want.vacancy_overdue {
            let place = self.place(NaiveDate::from(day));
            self.conditions.push(match overdue {
                true => format!("vacancy_due_by < {place}"),
                false => format!("(vacancy_due_by IS NULL OR vacancy_due_by >= {place})"),
            });
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

    /// Leaves out what the areas have shown already.
    fn unseen(&mut self, areas: &Prefixes) {
        for area in areas.iter() {
            let range = area.range();
            let (from, until) = (self.place(range.from), self.place(range.until));
            self.conditions.push(format!("NOT (area >= {from} AND area < {until})"));
        }
    }

    fn behind(&mut self, place: &Place) {
        let column = self.column;
        let path = self.place(place.path.as_str());
        let id = self.place(place.id);
        self.conditions.push(format!("({column}, id) > ({path}, {id})"));
    }

    fn text(&self, limit: u64) -> String {
        let (conditions, column) = (self.conditions.join(" AND "), self.column);
        format!(
            "SELECT {RECORD} FROM trade_union WHERE {conditions} ORDER BY {column}, id LIMIT {limit}"
        )
    }
}

#[cfg(test)]
mod tests;
