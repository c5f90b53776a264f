//! The tree of areas with its records, and the locks under which it changes.

mod facts;
mod save;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    civil::{CivilDate, Period},
    db::{fault, number, sql},
    fault::{Fault, Outcome},
    reasons,
};

pub use self::{
    facts::{FactValue, RecordedFact, facts},
    save::{save, touch},
};
use crate::rules::area::{
    AreaPath,
    tree::{AreaFact, AreaTree, Lineage, LineageKind},
};

/// The number under which changes of the tree queue on PostgreSQL.
const TREE_LOCK: i32 = 7554;

/// What the contract shows of an area's record beside its facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Version of the record, from 1.
    pub version: i64,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// The whole tree as recorded at one moment.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// Areas, open and closed, with their lineage.
    pub tree: Arc<AreaTree>,
    /// One for each area of the tree.
    pub marks: BTreeMap<AreaPath, Mark>,
}

impl Recorded {
    /// The version of an area's record; 0 before it is entered.
    pub fn version(&self, path: &AreaPath) -> i64 {
        self.marks.get(path).map_or(0, |mark| mark.version)
    }
}

/// Grows with every change of the tree, whoever makes it: versions only ascend and no area is
/// ever deleted.
pub async fn stamp(conn: &impl ConnectionTrait) -> Outcome<i64> {
    let text = "SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) AS stamp FROM area";
    number(conn, text, []).await
}

/// Reads the whole tree. Its statements see one state only in a transaction that reads one, or
/// under [`lock`].
pub async fn load(conn: &impl ConnectionTrait) -> Outcome<Recorded> {
    let text = "SELECT label, valid_from, valid_until, history_unknown, version, created_at,
                       updated_at FROM area";
    let rows = AreaRow::find_by_statement(sql(conn, text, [])).all(conn).await;
    let mut areas = BTreeMap::new();
    let mut marks = BTreeMap::new();
    for row in rows.map_err(fault::of)? {
        let path = label(&row.label)?;
        marks.insert(path.clone(), row.mark());
        areas.insert(path, row.fact()?);
    }
    facts::fill(conn, &mut areas).await?;
    let tree = AreaTree::new(areas.into_values(), lineage(conn).await?);
    Ok(Recorded { tree: Arc::new(tree), marks })
}

/// Makes changes of the tree follow each other, and keeps employers from being put into an area
/// within `roots` until the transaction ends. Taken before anything is read of them.
pub async fn lock(conn: &impl ConnectionTrait, roots: &[AreaPath]) -> Outcome<()> {
    if conn.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(());
    }
    let queue = "SELECT pg_advisory_xact_lock($1, hashtext(current_schema()))";
    conn.execute_raw(sql(conn, queue, [TREE_LOCK.into()])).await.map_err(fault::of)?;
    if roots.is_empty() {
        return Ok(());
    }
    let range = |n: usize| format!("(label >= ${} AND label < ${})", 2 * n + 1, 2 * n + 2);
    let ranges: Vec<String> = (0..roots.len()).map(range).collect();
    // In label order, as writes of employers take them, so that the two never wait for each other in a ring.
    let text =
        format!("SELECT label FROM area WHERE {} ORDER BY label FOR UPDATE", ranges.join(" OR "));
    let bounds = roots.iter().map(|root| root.path().range());
    let values: Vec<Value> =
        bounds.flat_map(|range| [range.from.into(), range.until.into()]).collect();
    conn.query_all_raw(sql(conn, &text, values)).await.map_err(fault::of)?;
    Ok(())
}

/// `$3, $4`: the places of a list of `count` values, the first of them numbered `first`.
pub(super) fn list(count: usize, first: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

#[derive(FromQueryResult)]
struct AreaRow {
    label: String,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
    history_unknown: i16,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl AreaRow {
    fn mark(&self) -> Mark {
        let Self { version, created_at, updated_at, .. } = *self;
        Mark { version, created_at, updated_at }
    }

    fn fact(&self) -> Outcome<AreaFact> {
        Ok(AreaFact {
            path: label(&self.label)?,
            period: period(self.valid_from, self.valid_until)?,
            history_unknown: self.history_unknown != 0,
            names: Vec::new(),
            codes: Vec::new(),
        })
    }
}

#[derive(FromQueryResult)]
struct LineageRow {
    predecessor: String,
    successor: String,
    effective_date: NaiveDate,
    kind: i16,
}

/// Every step from an area to the one that came out of it, by day.
pub async fn lineage(conn: &impl ConnectionTrait) -> Outcome<Vec<Lineage>> {
    let text = "SELECT predecessor, successor, effective_date, kind FROM area_lineage
                ORDER BY effective_date, predecessor, successor";
    let rows = LineageRow::find_by_statement(sql(conn, text, [])).all(conn).await;
    let lineage = |row: LineageRow| {
        Ok(Lineage {
            kind: kind(row.kind)?,
            predecessor: label(&row.predecessor)?,
            successor: label(&row.successor)?,
            on: row.effective_date.into(),
        })
    };
    rows.map_err(fault::of)?.into_iter().map(lineage).collect()
}

/// How a kind of lineage is stored; the numbers of the contract.
pub(super) fn kind_code(kind: LineageKind) -> i16 {
    match kind {
        LineageKind::Moved => 1,
        LineageKind::Merged => 2,
        LineageKind::Succeeded => 3,
    }
}

pub(super) fn kind(code: i16) -> Outcome<LineageKind> {
    let all = [LineageKind::Moved, LineageKind::Merged, LineageKind::Succeeded];
    let found = all.into_iter().find(|kind| kind_code(*kind) == code);
    found.ok_or_else(|| Fault::new(&reasons::INTERNAL))
}

pub(super) fn label(text: &str) -> Outcome<AreaPath> {
    AreaPath::parse(text).map_err(broken)
}

pub(super) fn period(from: NaiveDate, until: Option<NaiveDate>) -> Outcome<Period> {
    Period::new(from.into(), until.map(CivilDate::from))
        .ok_or_else(|| Fault::new(&reasons::INTERNAL))
}

/// A row that this code never wrote.
pub(super) fn broken(error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::new(&reasons::INTERNAL).caused_by(error)
}

#[cfg(test)]
mod tests;
