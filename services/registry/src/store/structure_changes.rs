//! Moves and merges with their progress, and the employers that they concern.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{fault, insert_rows, sql},
    fault::{Fault, Outcome},
    reasons,
};
use uuid::Uuid;

use super::areas::{kind, kind_code, label, list};
use crate::rules::{
    area::{AreaPath, tree::LineageKind},
    union::UnionId,
};

/// How far a structure change has come; numbers as in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i16)]
pub enum Progress {
    /// Shown and not begun; never stored.
    Preview = 1,
    /// The tree is changed, employers follow.
    Applying = 2,
    /// Every employer followed.
    Done = 3,
}

/// A move or a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructureChange {
    /// Its id.
    pub id: Uuid,
    /// What happens.
    pub kind: LineageKind,
    /// The areas that end; of a moved subtree its root.
    pub sources: Vec<AreaPath>,
    /// The area that takes over.
    pub target: AreaPath,
    /// First day of the new structure.
    pub on: CivilDate,
    /// Where it stands.
    pub progress: Progress,
    /// The client that asked for it.
    pub client: String,
    /// Areas that it touches.
    pub area_count: i64,
    /// Employers that it carries along.
    pub employer_count: i64,
    /// Employers carried so far.
    pub moved_employer_count: i64,
    /// Unions that it carries along.
    pub union_count: i64,
    /// Unions carried so far.
    pub moved_union_count: i64,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it last moved.
    pub updated_at: DateTime<Utc>,
}

impl StructureChange {
    /// `structureChanges/{id}`.
    pub fn name(&self) -> String {
        format!("structureChanges/{}", self.id)
    }
}

/// Enters a change.
pub async fn insert(conn: &impl ConnectionTrait, change: &StructureChange) -> Outcome<()> {
    let sources: Vec<&str> = change.sources.iter().map(AreaPath::as_str).collect();
    let row: Vec<Value> = vec![
        change.id.into(),
        kind_code(change.kind).into(),
        sources.join(",").into(),
        change.target.as_str().into(),
        NaiveDate::from(change.on).into(),
        (change.progress as i16).into(),
        change.client.clone().into(),
        change.area_count.into(),
        change.employer_count.into(),
        change.moved_employer_count.into(),
        change.union_count.into(),
        change.moved_union_count.into(),
        change.created_at.into(),
        change.updated_at.into(),
    ];
    insert_rows(conn, "structure_change", COLUMNS, vec![row]).await.map_err(fault::of)
}

/// Writes how far a change has come.
pub async fn advance(conn: &impl ConnectionTrait, change: &StructureChange) -> Outcome<()> {
    let text = "UPDATE structure_change SET state = $2, employer_count = $3,
                       moved_employer_count = $4, union_count = $5, moved_union_count = $6,
                       updated_at = $7 WHERE id = $1";
    let values: [Value; 7] = [
        change.id.into(),
        (change.progress as i16).into(),
        change.employer_count.into(),
        change.moved_employer_count.into(),
        change.union_count.into(),
        change.moved_union_count.into(),
        change.updated_at.into(),
    ];
    conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    Ok(())
}

const COLUMNS: &str = "id, kind, sources, target, effective_date, state, client, area_count,
                       employer_count, moved_employer_count, union_count, moved_union_count,
                       created_at, updated_at";

#[derive(FromQueryResult)]
struct Row {
    number: i64,
    id: Uuid,
    kind: i16,
    sources: String,
    target: String,
    effective_date: NaiveDate,
    state: i16,
    client: String,
    area_count: i64,
    employer_count: i64,
    moved_employer_count: i64,
    union_count: i64,
    moved_union_count: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn change(self) -> Outcome<StructureChange> {
        let all = [Progress::Preview, Progress::Applying, Progress::Done];
        let progress = all.into_iter().find(|progress| *progress as i16 == self.state);
        Ok(StructureChange {
            id: self.id,
            kind: kind(self.kind)?,
            sources: self.sources.split(',').map(label).collect::<Outcome<_>>()?,
            target: label(&self.target)?,
            on: self.effective_date.into(),
            progress: progress.ok_or_else(|| Fault::new(&reasons::INTERNAL))?,
            client: self.client,
            area_count: self.area_count,
            employer_count: self.employer_count,
            moved_employer_count: self.moved_employer_count,
            union_count: self.union_count,
            moved_union_count: self.moved_union_count,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

async fn select(
    conn: &impl ConnectionTrait,
    rest: &str,
    values: impl IntoIterator<Item = Value>,
) -> Outcome<Vec<Row>> {
    let text = format!("SELECT number, {COLUMNS} FROM structure_change {rest}");
    Row::find_by_statement(sql(conn, &text, values)).all(conn).await.map_err(fault::of)
}

/// One change.
pub async fn find(conn: &impl ConnectionTrait, id: Uuid) -> Outcome<Option<StructureChange>> {
    let found = select(conn, "WHERE id = $1", [id.into()]).await?;
    found.into_iter().next().map(Row::change).transpose()
}

/// Changes with their numbers, the newest first: those before the number `before`.
pub async fn page(
    conn: &impl ConnectionTrait,
    before: i64,
    at_most: u64,
) -> Outcome<Vec<(i64, StructureChange)>> {
    let rest = format!("WHERE number < $1 ORDER BY number DESC LIMIT {at_most}");
    let rows = select(conn, &rest, [before.into()]).await?;
    rows.into_iter().map(|row| Ok((row.number, row.change()?))).collect()
}

/// Changes whose employers still follow, in the order in which they are carried out.
pub async fn applying(conn: &impl ConnectionTrait) -> Outcome<Vec<StructureChange>> {
    let state = Progress::Applying as i16;
    let rows = select(conn, "WHERE state = $1 ORDER BY number", [state.into()]).await?;
    rows.into_iter().map(Row::change).collect()
}

/// Takes a change that is being applied for this transaction; `None` when it is done by now or
/// another instance works on it.
pub async fn take(conn: &impl ConnectionTrait, id: Uuid) -> Outcome<Option<StructureChange>> {
    let lock = match conn.get_database_backend() {
        DatabaseBackend::Postgres => "FOR UPDATE SKIP LOCKED",
        _ => "",
    };
    let rest = format!("WHERE id = $1 AND state = $2 {lock}");
    let state = Progress::Applying as i16;
    let found = select(conn, &rest, [id.into(), state.into()]).await?;
    found.into_iter().next().map(Row::change).transpose()
}

/// Addresses in the areas `$2, ...` that hold on or after the day `$1`.
fn addresses(areas: usize) -> String {
    format!(
        "FROM employer_fact f JOIN employer e ON e.id = f.employer
         WHERE (f.valid_until IS NULL OR f.valid_until > $1) AND f.superseded_at IS NULL
           AND e.deleted_at IS NULL AND f.area IN ({})",
        list(areas, 2)
    )
}

fn values(areas: &[AreaPath], on: CivilDate) -> impl Iterator<Item = Value> {
    let labels = areas.iter().map(|area| area.as_str().into());
    std::iter::once(NaiveDate::from(on).into()).chain(labels)
}

/// How many employers have an address in one of the areas on or after `on`.
pub async fn employers_in(
    conn: &impl ConnectionTrait,
    areas: &[AreaPath],
    on: CivilDate,
) -> Outcome<i64> {
    let text = format!("SELECT COUNT(DISTINCT f.employer) AS count {}", addresses(areas.len()));
    count(conn, &text, values(areas, on)).await
}

/// The first of the employers with an address in one of the areas on or after `on`, by id.
pub async fn next_employers(
    conn: &impl ConnectionTrait,
    areas: &[AreaPath],
    on: CivilDate,
    at_most: u64,
) -> Outcome<Vec<Uuid>> {
    let text = format!(
        "SELECT DISTINCT f.employer {} ORDER BY f.employer LIMIT {at_most}",
        addresses(areas.len())
    );
    let rows = conn.query_all_raw(sql(conn, &text, values(areas, on))).await;
    let id = |row: sea_orm::QueryResult| row.try_get("", "employer").map_err(fault::of);
    rows.map_err(fault::of)?.into_iter().map(id).collect()
}

/// Places of unions in the areas `$2, ...` that hold on or after the day `$1`.
fn seats(areas: usize) -> String {
    format!(
        "FROM trade_union_fact f JOIN trade_union u ON u.id = f.trade_union
         WHERE (f.valid_until IS NULL OR f.valid_until > $1) AND f.superseded_at IS NULL
           AND u.deleted_at IS NULL AND f.area IN ({})",
        list(areas, 2)
    )
}

/// How many unions have a seat, an office or a territory in one of the areas on or after `on`.
pub async fn unions_in(
    conn: &impl ConnectionTrait,
    areas: &[AreaPath],
    on: CivilDate,
) -> Outcome<i64> {
    let text = format!("SELECT COUNT(DISTINCT f.trade_union) AS count {}", seats(areas.len()));
    count(conn, &text, values(areas, on)).await
}

/// The first of those unions, by id.
pub async fn next_unions(
    conn: &impl ConnectionTrait,
    areas: &[AreaPath],
    on: CivilDate,
    at_most: u64,
) -> Outcome<Vec<UnionId>> {
    let text = format!(
        "SELECT DISTINCT f.trade_union {} ORDER BY f.trade_union LIMIT {at_most}",
        seats(areas.len())
    );
    let rows = conn.query_all_raw(sql(conn, &text, values(areas, on))).await;
    let id =
        |row: sea_orm::QueryResult| row.try_get("", "trade_union").map(UnionId).map_err(fault::of);
    rows.map_err(fault::of)?.into_iter().map(id).collect()
}

/// How many unions stand within `area` on or after `on` and have not ended before.
pub async fn union_occupants(
    conn: &impl ConnectionTrait,
    area: &AreaPath,
    on: CivilDate,
) -> Outcome<u64> {
    let text = "SELECT COUNT(DISTINCT u.id) AS count
         FROM trade_union_fact f JOIN trade_union u ON u.id = f.trade_union
         WHERE f.area >= $1 AND f.area < $2
           AND (f.valid_until IS NULL OR f.valid_until > $3) AND f.superseded_at IS NULL
           AND u.deleted_at IS NULL AND (u.ended_on IS NULL OR u.ended_on > $3)";
    let range = area.path().range();
    let values = [range.from.into(), range.until.into(), NaiveDate::from(on).into()];
    Ok(count(conn, text, values).await?.unsigned_abs())
}

/// How many employers work within `area` on or after `on` and have not ended before.
pub async fn occupants(
    conn: &impl ConnectionTrait,
    area: &AreaPath,
    on: CivilDate,
) -> Outcome<u64> {
    let text = "SELECT COUNT(DISTINCT f.employer) AS count
         FROM employer_fact f JOIN employer e ON e.id = f.employer
         WHERE f.area >= $1 AND f.area < $2 AND f.field = 'actual_address'
           AND (f.valid_until IS NULL OR f.valid_until > $3) AND f.superseded_at IS NULL
           AND e.deleted_at IS NULL AND (e.closed_on IS NULL OR e.closed_on > $3)";
    let range = area.path().range();
    let values = [range.from.into(), range.until.into(), NaiveDate::from(on).into()];
    Ok(count(conn, text, values).await?.unsigned_abs())
}

async fn count(
    conn: &impl ConnectionTrait,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Outcome<i64> {
    let row = conn.query_one_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    row.map_or(Ok(0), |row| row.try_get("", "count").map_err(fault::of))
}
