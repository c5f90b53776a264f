//! Listing members: by their union's place, then by name or by the last confirmation.
//!
//! A listing goes through one union after the other, so that every page is a range of an index. What
//! names a union, an employer or a transfer goes through that one alone.

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{fault, sql},
    fault::Outcome,
    path::{Line, Path, Prefixes, Scope},
};
use uuid::Uuid;

use super::{
    MemberRecord,
    present::state_code,
    read::{RECORD, Row, TABLES},
};
use crate::{
    rules::{
        member::filter::State,
        union::{EmployerId, UnionId},
    },
    store::employers::{behind, name_key},
};

/// What columns must say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Want {
    /// The union.
    pub union: Option<UnionId>,
    /// The union to which the membership is to pass.
    pub transfer_to: Option<UnionId>,
    /// The employer.
    pub employer: Option<EmployerId>,
    /// How the person stands.
    pub state: Option<State>,
    /// Code of the worker group.
    pub worker_group: Option<&'static str>,
    /// Last confirmed before this day; the listing goes by that day then.
    pub confirmed_before: Option<CivilDate>,
    /// The beginning of the name.
    pub name_prefix: Option<String>,
}

/// Where a listing goes on: behind this member of this union.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The line whose paths are gone through.
    pub line: Line,
    /// The union's path on that line.
    pub path: String,
    /// The union.
    pub union: Uuid,
    /// The name's key, or the day of the last confirmation.
    pub key: String,
    /// The member.
    pub id: Uuid,
}

/// A stretch of a listing.
pub struct Page {
    /// The members, each with the place behind which the listing goes on.
    pub records: Vec<(MemberRecord, Place)>,
    /// Whether nothing follows.
    pub ended: bool,
}

/// At most `limit` members that `scope` shows, behind `after`; all of one line.
pub async fn list(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    (line, after): (Line, Option<&Place>),
    want: &Want,
    limit: u64,
) -> Outcome<Page> {
    let listing = Listing { scope, line, want, limit };
    let mut page = Page { records: Vec::new(), ended: false };
    let alone = want.union.is_some() || want.transfer_to.is_some() || want.employer.is_some();
    if alone {
        listing.read(conn, Stretch::All(after), &mut page).await?;
        page.ended = (page.records.len() as u64) < limit;
        return Ok(page);
    }
    if let Some(place) = after {
        listing.read(conn, Stretch::Union(place), &mut page).await?;
    }
    for subtree in listing.subtrees().iter() {
        let range = subtree.range();
        if after.is_some_and(|place| place.path >= range.until) {
            continue;
        }
        if page.records.len() as u64 == limit {
            return Ok(page);
        }
        // Before the subtree's own range a place says nothing.
        let after = after.filter(|place| place.path >= range.from);
        listing.read(conn, Stretch::Subtree(subtree, after), &mut page).await?;
    }
    page.ended = (page.records.len() as u64) < limit;
    Ok(page)
}

struct Listing<'a> {
    scope: &'a Scope,
    line: Line,
    want: &'a Want,
    limit: u64,
}

/// What one statement reads.
enum Stretch<'a> {
    /// What follows in the union of a place.
    Union(&'a Place),
    /// The unions of a subtree behind that of a place.
    Subtree(&'a Path, Option<&'a Place>),
    /// Everything that the terms name, behind a place.
    All(Option<&'a Place>),
}

#[derive(FromQueryResult)]
struct Listed {
    #[sea_orm(nested)]
    row: Row,
    name_key: String,
    confirmed_on: NaiveDate,
    trade_union: Uuid,
    listed_id: Uuid,
    union_path: String,
}

impl Listing<'_> {
    fn subtrees(&self) -> &Prefixes {
        match self.line {
            Line::Area => &self.scope.area,
            Line::Affiliation => &self.scope.affiliation,
        }
    }

    fn column(&self) -> &'static str {
        match self.line {
            Line::Area => "u.area",
            Line::Affiliation => "u.affiliation",
        }
    }

    /// The column by which the members of one union follow each other.
    fn key(&self) -> &'static str {
        if self.by_confirmation() { "m.confirmed_on" } else { "m.name_key" }
    }

    /// Those of one employer or of one transfer are few and go by name: no index has their days.
    fn by_confirmation(&self) -> bool {
        let Want { confirmed_before, employer, transfer_to, .. } = self.want;
        confirmed_before.is_some() && employer.is_none() && transfer_to.is_none()
    }

    fn key_value(&self, key: &str) -> Value {
        if self.by_confirmation() { Value::ChronoDate(key.parse().ok()) } else { key.into() }
    }

    async fn read(
        &self,
        conn: &impl ConnectionTrait,
        stretch: Stretch<'_>,
        page: &mut Page,
    ) -> Outcome<()> {
        let left = self.limit - page.records.len() as u64;
        if left == 0 {
            return Ok(());
        }
        let (text, values) = self.statement(stretch, left);
        let rows = Listed::find_by_statement(sql(conn, &text, values)).all(conn).await;
        for row in rows.map_err(fault::of)? {
            let key =
                if self.by_confirmation() { row.confirmed_on.to_string() } else { row.name_key };
            let place = Place {
                line: self.line,
                path: row.union_path,
                union: row.trade_union,
                key,
                id: row.listed_id,
            };
            page.records.push((row.row.record()?, place));
        }
        Ok(())
    }

    fn statement(&self, stretch: Stretch<'_>, left: u64) -> (String, Vec<Value>) {
        let (column, key) = (self.column(), self.key());
        let mut query = Query::default();
        self.wanting(&mut query);
        let order = match stretch {
            Stretch::Union(place) => {
                query.equal("m.trade_union", place.union);
                query.behind(&[key, "m.id"], vec![self.key_value(&place.key), place.id.into()]);
                format!("{key}, m.id")
            }
            Stretch::Subtree(subtree, after) => {
                let range = subtree.range();
                query.range(column, range.from, range.until);
                if let Some(place) = after {
                    let values = vec![place.path.as_str().into(), place.union.into()];
                    query.behind(&[column, "u.id"], values);
                }
                format!("{column}, u.id, {key}, m.id")
            }
            Stretch::All(after) => {
                self.inside(&mut query);
                if let Some(place) = after {
                    query.behind(&[key, "m.id"], vec![self.key_value(&place.key), place.id.into()]);
                }
                format!("{key}, m.id")
            }
        };
        let text = format!(
            "SELECT {RECORD}, m.name_key, m.confirmed_on, m.trade_union, m.id AS listed_id,
                    {column} AS union_path
             FROM {TABLES} WHERE {} ORDER BY {order} LIMIT {left}",
            query.conditions.join(" AND ")
        );
        (text, query.values)
    }

    fn wanting(&self, query: &mut Query) {
        query.conditions.push("m.deleted_at IS NULL".to_owned());
        query.conditions.push("m.merged_into IS NULL AND m.erased_at IS NULL".to_owned());
        let want = self.want;
        if let Some(UnionId(union)) = want.union {
            query.equal("m.trade_union", union);
        }
        if let Some(UnionId(union)) = want.transfer_to {
            query.equal("m.transfer_to", union);
        }
        if let Some(EmployerId(employer)) = want.employer {
            query.equal("m.employer", employer);
        }
        if let Some(state) = want.state {
            // In the text, so that both engines see which index has it.
            let code = state_code(state);
            query.conditions.push(format!("m.state = {code}"));
            if state != State::Active {
                query.conditions.push("m.state <> 2".to_owned());
            }
        }
        if let Some(group) = want.worker_group {
            query.equal("m.worker_group", group);
        }
        if let Some(day) = want.confirmed_before {
            // Only an active membership is to be confirmed.
            query.conditions.push("m.state = 2".to_owned());
            let place = query.place(NaiveDate::from(day));
            query.conditions.push(format!("m.confirmed_on < {place}"));
        }
        if let Some(prefix) = &want.name_prefix {
            let from = name_key(prefix);
            let until = behind(&from);
            let place = query.place(from);
            query.conditions.push(format!("m.name_key >= {place}"));
            if let Some(until) = until {
                let place = query.place(until);
                query.conditions.push(format!("m.name_key < {place}"));
            }
        }
        if self.line == Line::Affiliation {
            // The areas have shown these already.
            let column = if want.transfer_to.is_some() { "t.area" } else { "u.area" };
            for area in self.scope.area.iter() {
                let range = area.range();
                let (from, until) = (query.place(range.from), query.place(range.until));
                query.conditions.push(format!("NOT ({column} >= {from} AND {column} < {until})"));
            }
        }
    }

    /// Only what the scope shows on this line: at the member's union, or at the one to which the
    /// membership is to pass where that is asked for.
    fn inside(&self, query: &mut Query) {
        let column = match (self.want.transfer_to, self.line) {
            (Some(_), Line::Area) => "t.area",
            (Some(_), Line::Affiliation) => "t.affiliation",
            (None, _) => self.column(),
        };
        let mut ranges = Vec::new();
        for subtree in self.subtrees().iter() {
            let range = subtree.range();
            let (from, until) = (query.place(range.from), query.place(range.until));
            ranges.push(format!("({column} >= {from} AND {column} < {until})"));
        }
        let any = if ranges.is_empty() { "1 = 0".to_owned() } else { ranges.join(" OR ") };
        query.conditions.push(format!("({any})"));
    }
}

#[derive(Default)]
struct Query {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Query {
    fn place(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn equal(&mut self, column: &str, value: impl Into<Value>) {
        let place = self.place(value);
        self.conditions.push(format!("{column} = {place}"));
    }

    fn range(&mut self, column: &str, from: String, until: String) {
        let (from, until) = (self.place(from), self.place(until));
        self.conditions.push(format!("{column} >= {from} AND {column} < {until}"));
    }

    fn behind(&mut self, columns: &[&str], values: Vec<Value>) {
        let places: Vec<String> = values.into_iter().map(|value| self.place(value)).collect();
        self.conditions.push(format!("({}) > ({})", columns.join(", "), places.join(", ")));
    }
}

#[cfg(test)]
mod tests;
