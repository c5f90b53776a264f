//! Offices: one row each. What is found by stands in columns, the rest in one text.
//!
//! Who changes an office holds its union ([`super::unions::load_for_update`]) first.

use std::{collections::BTreeSet, num::NonZeroU16};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use serde::{Deserialize, Serialize};
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
    name::Name,
    office::{Bar, Committee, ElectionId, End, Office, OfficeId, Position, WayIn},
    union::UnionId,
};

/// The collection in resource names, below a union.
pub const COLLECTION: &str = "officers/";

/// An office as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeRecord {
    /// The id.
    pub id: OfficeId,
    /// The union.
    pub union: UnionId,
    /// Ascends by one with every change, from 1.
    pub version: i64,
    /// The office.
    pub office: Office,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl OfficeRecord {
    /// `unions/{union}/officers/{id}`.
    pub fn name(&self) -> String {
        resource_name(self.union, self.id)
    }

    /// The version as the contract shows it.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }
}

/// `unions/{union}/officers/{id}`.
pub fn resource_name(union: UnionId, OfficeId(id): OfficeId) -> String {
    format!("{}/{COLLECTION}{}", unions::resource_name(union), id.as_hyphenated())
}

/// Another office is the open head of the committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another is head of the committee")]
pub struct Taken;

/// What stands in the text of a row.
#[derive(Serialize, Deserialize)]
struct Body {
    holder: Name,
    position: Position,
    full_time: bool,
    term: Option<NonZeroU16>,
    way_in: WayIn,
    bars: BTreeSet<Bar>,
    election: Option<ElectionId>,
    end: Option<End>,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    trade_union: Uuid,
    version: i64,
    committee: String,
    valid_from: NaiveDate,
    body: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

const RECORD: &str =
    "id, trade_union, version, committee, valid_from, body, created_at, updated_at";

impl Row {
    fn record(self) -> Outcome<OfficeRecord> {
        let body: Body = serde_json::from_str(&self.body).map_err(broken)?;
        let committee = Committee::parse(&self.committee).ok_or_else(|| broken("no committee"))?;
        Ok(OfficeRecord {
            id: OfficeId(self.id),
            union: UnionId(self.trade_union),
            version: self.version,
            office: Office {
                holder: body.holder,
                committee,
                position: body.position,
                full_time: body.full_time,
                term: body.term,
                way_in: body.way_in,
                bars: body.bars,
                election: body.election,
                from: self.valid_from.into(),
                end: body.end,
            },
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

fn body(office: &Office) -> Outcome<String> {
    let office = office.clone();
    let body = Body {
        holder: office.holder,
        position: office.position,
        full_time: office.full_time,
        term: office.term,
        way_in: office.way_in,
        bars: office.bars,
        election: office.election,
        end: office.end,
    };
    serde_json::to_string(&body).map_err(broken)
}

/// What only one open head of a committee has.
fn head_key(UnionId(union): UnionId, office: &Office) -> Option<String> {
    office.is_open_head().then(|| format!("{}:{}", union.as_hyphenated(), office.committee.code()))
}

fn until(office: &Office) -> Option<NaiveDate> {
    office.end.as_ref().map(|end| end.on.into())
}

async fn select(
    conn: &impl ConnectionTrait,
    conditions: &str,
    values: Vec<Value>,
) -> Outcome<Vec<OfficeRecord>> {
    let text = format!("SELECT {RECORD} FROM office WHERE {conditions}");
    let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
    rows.map_err(fault::of)?.into_iter().map(Row::record).collect()
}

/// The office with this id, below the union.
pub async fn load(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
    OfficeId(id): OfficeId,
) -> Outcome<Option<OfficeRecord>> {
    let found = select(conn, "id = $1 AND trade_union = $2", vec![id.into(), union.into()]).await?;
    Ok(found.into_iter().next())
}

/// Every office that the union ever had, by first day and id.
pub async fn of_union(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
) -> Outcome<Vec<OfficeRecord>> {
    select(conn, "trade_union = $1 ORDER BY valid_from, id", vec![union.into()]).await
}

/// Which offices of a union are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Want {
    /// Those of this committee.
    pub committee: Option<Committee>,
    /// Those that had begun on this day, and had not ended by themselves.
    pub day: Option<CivilDate>,
}

/// At most `limit` offices of the union behind `after`, by first day and id.
pub async fn list(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
    want: Want,
    after: Option<(CivilDate, OfficeId)>,
    limit: u64,
) -> Outcome<Vec<OfficeRecord>> {
    let mut conditions = "trade_union = $1".to_owned();
    let mut values: Vec<Value> = vec![union.into()];
    if let Some((from, OfficeId(id))) = after {
        values.extend([NaiveDate::from(from).into(), id.into()]);
        conditions += " AND (valid_from, id) > ($2, $3)";
    }
    if let Some(committee) = want.committee {
        values.push(committee.code().into());
        conditions += &format!(" AND committee = ${}", values.len());
    }
    if let Some(day) = want.day.map(NaiveDate::from) {
        values.extend([day.into(), day.into()]);
        let (from, until) = (values.len() - 1, values.len());
        conditions += &format!(
            " AND valid_from <= ${from} AND (valid_until IS NULL OR valid_until > ${until})"
        );
    }
    select(conn, &format!("{conditions} ORDER BY valid_from, id LIMIT {limit}"), values).await
}

/// Enters offices as version 1. On PostgreSQL the transaction can only be rolled back when one is
/// taken.
pub async fn insert(
    conn: &Tx,
    union: UnionId,
    new: Vec<(OfficeId, Office)>,
    now: DateTime<Utc>,
) -> Outcome<Result<Vec<OfficeRecord>, Taken>> {
    let UnionId(union_id) = union;
    let mut rows = Vec::with_capacity(new.len());
    for (OfficeId(id), office) in &new {
        rows.push(vec![
            (*id).into(),
            union_id.into(),
            1_i64.into(),
            office.committee.code().into(),
            head_key(union, office).into(),
            NaiveDate::from(office.from).into(),
            until(office).into(),
            body(office)?.into(),
            now.into(),
            now.into(),
        ]);
    }
    let columns = "id, trade_union, version, committee, head, valid_from, valid_until, body, \
                   created_at, updated_at";
    if let Err(error) = insert_rows(conn, "office", columns, rows).await {
        return taken(error);
    }
    let record = |(id, office)| OfficeRecord {
        id,
        union,
        version: 1,
        office,
        created_at: now,
        updated_at: now,
    };
    Ok(Ok(new.into_iter().map(record).collect()))
}

/// Saves a change of an office.
///
/// `CONFLICT` when the record is no longer at the version that it had.
pub async fn save(
    conn: &impl ConnectionTrait,
    before: &OfficeRecord,
    office: Office,
    now: DateTime<Utc>,
) -> Outcome<Result<OfficeRecord, Taken>> {
    let now = now.max(before.updated_at);
    let OfficeId(id) = before.id;
    let text = "UPDATE office SET version = version + 1, updated_at = $3, head = $4,
                       valid_until = $5, body = $6
                WHERE id = $1 AND version = $2";
    let values: [Value; 6] = [
        id.into(),
        before.version.into(),
        now.into(),
        head_key(before.union, &office).into(),
        until(&office).into(),
        body(&office)?.into(),
    ];
    match conn.execute_raw(sql(conn, text, values)).await {
        Ok(done) => all_changed(done.rows_affected(), 1)?,
        Err(error) => return taken(error),
    }
    let (version, updated_at) = (before.version + 1, now);
    Ok(Ok(OfficeRecord { version, office, updated_at, ..before.clone() }))
}

fn taken<T>(error: sea_orm::DbErr) -> Outcome<Result<T, Taken>> {
    match fault::unique_violation(&error) {
        Some(_) => Ok(Err(Taken)),
        None => Err(fault::of(error)),
    }
}
