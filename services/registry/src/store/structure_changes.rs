//! Changes of the structure with their progress: of the tree of areas, and of the line of affiliation.

mod occupants;
mod work;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{Tx, fault, insert_rows, sql},
    fault::{Fault, Outcome},
    reasons,
};
use uuid::Uuid;

use self::work::Written;
pub use self::{
    occupants::{employers_in, next_employers, next_unions, occupants, union_occupants, unions_in},
    work::{AreaWork, MemberWork, Part, Root, UnionChangeKind, UnionWork, Work},
};
use crate::rules::member::{MemberId, membership::Standing};

/// How far a structure change has come; numbers as in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i16)]
pub enum Progress {
    /// Shown and not begun; never stored.
    Preview = 1,
    /// The structure is changed, records follow.
    Applying = 2,
    /// Every record followed.
    Done = 3,
}

/// A change of the structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructureChange {
    /// Its id.
    pub id: Uuid,
    /// What happens.
    pub work: Work,
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
    /// Persons whose membership follows.
    pub member_count: i64,
    /// Persons whose membership followed so far.
    pub moved_member_count: i64,
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

    /// What it does to areas, if it is a change of areas.
    pub fn of_areas(&self) -> Option<&AreaWork> {
        match &self.work {
            Work::Areas(work) => Some(work),
            Work::Unions(_) => None,
        }
    }

    /// What it does to unions, if it is a change among unions.
    pub fn of_unions(&self) -> Option<&UnionWork> {
        match &self.work {
            Work::Areas(_) => None,
            Work::Unions(work) => Some(work),
        }
    }
}

/// Enters a change.
pub async fn insert(conn: &Tx, change: &StructureChange) -> Outcome<()> {
    let written = change.work.written()?;
    let row: Vec<Value> = vec![
        change.id.into(),
        written.kind.into(),
        written.sources.into(),
        written.target.into(),
        written.roots.into(),
        written.parts.into(),
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
        written.members.into(),
        change.member_count.into(),
        change.moved_member_count.into(),
    ];
    insert_rows(conn, "structure_change", COLUMNS, vec![row]).await.map_err(fault::of)
}

/// Writes how far a change has come, of a split what is left to be handed over, and which members were
/// looked at.
pub async fn advance(conn: &impl ConnectionTrait, change: &StructureChange) -> Outcome<()> {
    let text = "UPDATE structure_change SET state = $2, employer_count = $3,
                       moved_employer_count = $4, union_count = $5, moved_union_count = $6,
                       updated_at = $7, parts = $8, members = $9, member_count = $10,
                       moved_member_count = $11 WHERE id = $1";
    let written = change.work.written()?;
    let values: [Value; 11] = [
        change.id.into(),
        (change.progress as i16).into(),
        change.employer_count.into(),
        change.moved_employer_count.into(),
        change.union_count.into(),
        change.moved_union_count.into(),
        change.updated_at.into(),
        written.parts.into(),
        written.members.into(),
        change.member_count.into(),
        change.moved_member_count.into(),
    ];
    conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    Ok(())
}

const COLUMNS: &str =
    "id, kind, sources, target, roots, parts, effective_date, state, client, area_count,
                       employer_count, moved_employer_count, union_count, moved_union_count,
                       created_at, updated_at, members, member_count, moved_member_count";

#[derive(FromQueryResult)]
struct Row {
    number: i64,
    id: Uuid,
    kind: i16,
    sources: String,
    target: String,
    roots: String,
    parts: String,
    members: String,
    effective_date: NaiveDate,
    state: i16,
    client: String,
    area_count: i64,
    employer_count: i64,
    moved_employer_count: i64,
    union_count: i64,
    moved_union_count: i64,
    member_count: i64,
    moved_member_count: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn change(self) -> Outcome<StructureChange> {
        let all = [Progress::Preview, Progress::Applying, Progress::Done];
        let progress = all.into_iter().find(|progress| *progress as i16 == self.state);
        let Self { kind, sources, target, roots, parts, members, .. } = self;
        Ok(StructureChange {
            id: self.id,
            work: Written { kind, sources, target, roots, parts, members }.work()?,
            on: self.effective_date.into(),
            progress: progress.ok_or_else(|| Fault::new(&reasons::INTERNAL))?,
            client: self.client,
            area_count: self.area_count,
            employer_count: self.employer_count,
            moved_employer_count: self.moved_employer_count,
            union_count: self.union_count,
            moved_union_count: self.moved_union_count,
            member_count: self.member_count,
            moved_member_count: self.moved_member_count,
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

/// Changes whose records still follow, in the order in which they are carried out.
pub async fn applying(conn: &impl ConnectionTrait) -> Outcome<Vec<StructureChange>> {
    let state = Progress::Applying as i16;
    let rows = select(conn, "WHERE state = $1 ORDER BY number", [state.into()]).await?;
    rows.into_iter().map(Row::change).collect()
}

/// Whether a change is still to say where one of these persons belongs, who stand so. Their unions are
/// held, so that none ends meanwhile.
pub async fn awaited(
    conn: &impl ConnectionTrait,
    members: impl IntoIterator<Item = (MemberId, Standing)> + Clone,
) -> Outcome<bool> {
    let applying = applying(conn).await?;
    let mut works = applying.iter().filter_map(StructureChange::of_unions);
    let of = |work: &UnionWork| {
        members.clone().into_iter().any(|(member, standing)| work.awaits(member, standing))
    };
    Ok(works.any(of))
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
