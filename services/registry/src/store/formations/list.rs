//! Listing cases of a scope, by id, which is the order in which they were entered.

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{fault, sql},
    fault::Outcome,
    path::{Prefixes, Scope},
};
use uuid::Uuid;

use super::{
    CaseRecord,
    read::{Row, SELECT},
};
use crate::rules::{
    formation::filter::CaseFilter,
    union::{EmployerId, UnionId},
};

/// What columns must say.
#[derive(Debug, Clone, Copy)]
pub struct CaseWant<'a> {
    /// The filter; its area is already in the scope.
    pub filter: &'a CaseFilter,
    /// The day by which an action is overdue.
    pub today: CivilDate,
}

/// At most `limit` cases that the scope shows on either line, behind the one with the id `after`.
pub async fn list(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    want: CaseWant<'_>,
    after: Option<Uuid>,
    limit: u64,
) -> Outcome<Vec<CaseRecord>> {
    let mut query = Query::default();
    let visible = query.within(scope);
    query.conditions.push(visible);
    query.wanting(want);
    if let Some(after) = after {
        query.compare("c.id >", after);
    }
    let conditions = query.conditions.join(" AND ");
    let text = format!("{SELECT} WHERE {conditions} ORDER BY c.id LIMIT {limit}");
    let rows = Row::find_by_statement(sql(conn, &text, query.values)).all(conn).await;
    rows.map_err(fault::of)?.into_iter().map(Row::record).collect()
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

    fn compare(&mut self, left: &str, value: impl Into<Value>) {
        let place = self.place(value);
        self.conditions.push(format!("{left} {place}"));
    }

    /// What the scope shows, whatever the line: a case stands in some area, and mostly below a
    /// union.
    fn within(&mut self, scope: &Scope) -> String {
        let mut ranges = self.ranges("COALESCE(e.area, c.territory)", &scope.area);
        ranges.extend(self.ranges("s.affiliation", &scope.affiliation));
        if ranges.is_empty() { "1 = 0".to_owned() } else { format!("({})", ranges.join(" OR ")) }
    }

    fn ranges(&mut self, column: &str, prefixes: &Prefixes) -> Vec<String> {
        let mut ranges = Vec::new();
        for prefix in prefixes.iter() {
            let range = prefix.range();
            let (from, until) = (self.place(range.from), self.place(range.until));
            ranges.push(format!("({column} >= {from} AND {column} < {until})"));
        }
        ranges
    }

    fn wanting(&mut self, want: CaseWant<'_>) {
        let CaseWant { filter, today } = want;
        if let Some(state) = filter.state {
            self.compare("c.state =", state.code());
        }
        if let Some(assignee) = &filter.assignee {
            self.compare("c.assignee =", assignee.as_str());
        }
        if let Some(UnionId(superior)) = filter.superior {
            self.compare("c.superior =", superior);
        }
        if let Some(EmployerId(employer)) = filter.employer {
            self.compare("c.employer =", employer);
        }
        if let Some(kind) = filter.union_type {
            self.compare("c.union_type =", kind.code());
        }
        match filter.overdue {
            Some(true) => self.compare("c.due_on <", NaiveDate::from(today)),
            Some(false) => {
                let today = self.place(NaiveDate::from(today));
                self.conditions.push(format!("(c.due_on IS NULL OR c.due_on >= {today})"));
            }
            None => {}
        }
    }
}
