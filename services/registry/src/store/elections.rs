//! Elections: one row each. What is found by stands in columns, the rest in one text.
//!
//! Who changes an election holds its union ([`super::unions::load_for_update`]) first.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{Tx, fault, insert_rows, sql},
    fault::Outcome,
};
use uuid::Uuid;

use super::{
    dated::{all_changed, broken},
    unions,
};
use crate::rules::{
    election::{Election, ElectionKind},
    office::ElectionId,
    union::UnionId,
};

/// The collection in resource names, below a union.
pub const COLLECTION: &str = "elections/";

/// Between two terms a union holds few elections.
const FILED_AT_ONCE: u32 = 8;

/// An election as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElectionRecord {
    /// The id.
    pub id: ElectionId,
    /// The union.
    pub union: UnionId,
    /// Ascends by one with every change, from 1.
    pub version: i64,
    /// The election.
    pub election: Election,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl ElectionRecord {
    /// `unions/{union}/elections/{id}`.
    pub fn name(&self) -> String {
        resource_name(self.union, self.id)
    }

    /// The version as the contract shows it.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }
}

/// `unions/{union}/elections/{id}`.
pub fn resource_name(union: UnionId, ElectionId(id): ElectionId) -> String {
    format!("{}/{COLLECTION}{}", unions::resource_name(union), id.as_hyphenated())
}

/// Another election of the union's committee is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another election is under way")]
pub struct Taken;

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    trade_union: Uuid,
    version: i64,
    body: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

const RECORD: &str = "id, trade_union, version, body, created_at, updated_at";

impl Row {
    fn record(self) -> Outcome<ElectionRecord> {
        Ok(ElectionRecord {
            id: ElectionId(self.id),
            union: UnionId(self.trade_union),
            version: self.version,
            election: serde_json::from_str(&self.body).map_err(broken)?,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// What only one election of a union has: being open, and about to begin a term.
fn open_key(UnionId(union): UnionId, election: &Election) -> Option<Uuid> {
    (election.stage.is_open() && election.plan.kind.begins_term()).then_some(union)
}

fn columns(union: UnionId, election: &Election) -> Outcome<[Value; 4]> {
    let open = open_key(union, election);
    Ok([
        election.stage.code().into(),
        open.map_or(Value::Uuid(None), Into::into),
        NaiveDate::from(election.day()).into(),
        serde_json::to_string(election).map_err(broken)?.into(),
    ])
}

async fn select(
    conn: &impl ConnectionTrait,
    conditions: &str,
    values: Vec<Value>,
) -> Outcome<Vec<ElectionRecord>> {
    let text = format!("SELECT {RECORD} FROM election WHERE {conditions}");
    let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
    rows.map_err(fault::of)?.into_iter().map(Row::record).collect()
}

/// The election with this id, below the union.
pub async fn load(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
    ElectionId(id): ElectionId,
) -> Outcome<Option<ElectionRecord>> {
    let found = select(conn, "id = $1 AND trade_union = $2", vec![id.into(), union.into()]).await?;
    Ok(found.into_iter().next())
}

/// The election that is under way to a new term of the union.
pub async fn find_open(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
) -> Outcome<Option<ElectionRecord>> {
    Ok(select(conn, "open = $1", vec![union.into()]).await?.into_iter().next())
}

/// At most `limit` elections of the union behind `after`, the latest first, by day and id.
pub async fn list(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
    after: Option<(CivilDate, ElectionId)>,
    limit: u64,
) -> Outcome<Vec<ElectionRecord>> {
    let mut conditions = "trade_union = $1".to_owned();
    let mut values: Vec<Value> = vec![union.into()];
    if let Some((day, ElectionId(id))) = after {
        values.extend([NaiveDate::from(day).into(), id.into()]);
        conditions += " AND (day, id) < ($2, $3)";
    }
    let order = format!("{conditions} ORDER BY day DESC, id DESC LIMIT {limit}");
    select(conn, &order, values).await
}

/// The last election of a new committee that was filed and held on `day` or before: its numbers
/// are the last that the register knows of the union. A by-election or a removal between two terms
/// counts nobody anew.
pub async fn last_filed(
    conn: &impl ConnectionTrait,
    union: UnionId,
    day: CivilDate,
) -> Outcome<Option<ElectionRecord>> {
    last_filed_of(conn, union, day, ElectionKind::begins_term).await
}

/// The founding election of the union: the one that is filed and was held on `day` or before, or the
/// one that is under way.
pub async fn founding(
    conn: &impl ConnectionTrait,
    union: UnionId,
    day: CivilDate,
) -> Outcome<Option<ElectionRecord>> {
    let founding = |kind| kind == ElectionKind::Founding;
    if let Some(filed) = last_filed_of(conn, union, day, founding).await? {
        return Ok(Some(filed));
    }
    let open = find_open(conn, union).await?;
    Ok(open.filter(|record| founding(record.election.plan.kind)))
}

/// Whether a founding election of the union is filed that was held on `day` or before.
pub async fn founded(conn: &impl ConnectionTrait, union: UnionId, day: CivilDate) -> Outcome<bool> {
    let founding = |kind| kind == ElectionKind::Founding;
    Ok(last_filed_of(conn, union, day, founding).await?.is_some())
}

async fn last_filed_of(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
    day: CivilDate,
    wanted: impl Fn(ElectionKind) -> bool,
) -> Outcome<Option<ElectionRecord>> {
    let mut before = (NaiveDate::from(day.next()), Uuid::nil());
    loop {
        let conditions = format!(
            "trade_union = $1 AND state = 'FILED' AND (day, id) < ($2, $3)
             ORDER BY day DESC, id DESC LIMIT {FILED_AT_ONCE}"
        );
        let values = vec![union.into(), before.0.into(), before.1.into()];
        let found = select(conn, &conditions, values).await?;
        let Some(last) = found.last() else { return Ok(None) };
        before = (NaiveDate::from(last.election.day()), last.id.0);
        let meant = |record: &ElectionRecord| wanted(record.election.plan.kind);
        if let Some(record) = found.into_iter().find(meant) {
            return Ok(Some(record));
        }
    }
}

/// Enters an election as version 1. On PostgreSQL the transaction can only be rolled back when
/// another is under way.
pub async fn insert(
    conn: &Tx,
    (id, union): (ElectionId, UnionId),
    election: Election,
    now: DateTime<Utc>,
) -> Outcome<Result<ElectionRecord, Taken>> {
    let (ElectionId(own), UnionId(above)) = (id, union);
    let mut row: Vec<Value> = vec![own.into(), above.into(), 1_i64.into(), now.into(), now.into()];
    row.extend(columns(union, &election)?);
    let columns = "id, trade_union, version, created_at, updated_at, state, open, day, body";
    if let Err(error) = insert_rows(conn, "election", columns, vec![row]).await {
        return match fault::unique_violation(&error) {
            Some(_) => Ok(Err(Taken)),
            None => Err(fault::of(error)),
        };
    }
    Ok(Ok(ElectionRecord { id, union, version: 1, election, created_at: now, updated_at: now }))
}

/// Saves a step of an election. None opens again, so that none is in another's way.
///
/// `CONFLICT` when the record is no longer at the version that it had.
pub async fn save(
    conn: &impl ConnectionTrait,
    before: &ElectionRecord,
    election: Election,
    now: DateTime<Utc>,
) -> Outcome<ElectionRecord> {
    let now = now.max(before.updated_at);
    let ElectionId(id) = before.id;
    let text = "UPDATE election SET version = version + 1, updated_at = $3, state = $4, open = $5,
                       day = $6, body = $7
                WHERE id = $1 AND version = $2";
    let mut values: Vec<Value> = vec![id.into(), before.version.into(), now.into()];
    values.extend(columns(before.union, &election)?);
    let done = conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    all_changed(done.rows_affected(), 1)?;
    let (version, updated_at) = (before.version + 1, now);
    Ok(ElectionRecord { version, election, updated_at, ..before.clone() })
}
