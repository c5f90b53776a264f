//! Everything that was ever recorded of an employer.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult};
use unionhall_kit::{
    civil::Period,
    db::{fault, sql},
    fault::Outcome,
};
use uuid::Uuid;

use super::fact::{DatedFact, Fact, broken};

/// A recorded fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastFact {
    /// Its place in the order of recording.
    pub number: i64,
    /// The fact and when it holds.
    pub dated: DatedFact,
    /// When the register learnt it.
    pub recorded_at: DateTime<Utc>,
    /// When the register learnt better.
    pub superseded_at: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    field: String,
    value: String,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
    recorded_at: DateTime<Utc>,
    superseded_at: Option<DateTime<Utc>>,
}

/// At most `limit` facts of an employer, the latest recorded first, behind the one with the number
/// `before`. The writers of one employer follow each other, so its numbers are in that order.
pub async fn past_facts(
    conn: &impl ConnectionTrait,
    employer: Uuid,
    before: Option<i64>,
    limit: u64,
) -> Outcome<Vec<PastFact>> {
    let text = format!(
        "SELECT id, field, value, valid_from, valid_until, recorded_at, superseded_at
         FROM employer_fact WHERE employer = $1 AND id < $2 ORDER BY id DESC LIMIT {limit}"
    );
    let values = [employer.into(), before.unwrap_or(i64::MAX).into()];
    let rows =
        Row::find_by_statement(sql(conn, &text, values)).all(conn).await.map_err(fault::of)?;
    rows.into_iter().map(past).collect()
}

fn past(row: Row) -> Outcome<PastFact> {
    let period = Period::new(row.valid_from.into(), row.valid_until.map(Into::into));
    let period = period.ok_or_else(|| broken("a fact ends before it begins"))?;
    Ok(PastFact {
        number: row.id,
        dated: DatedFact { fact: Fact::read(&row.field, &row.value)?, period },
        recorded_at: row.recorded_at,
        superseded_at: row.superseded_at,
    })
}
