//! Every step of a case that was ever recorded.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, sql},
    fault::Outcome,
};

use crate::{
    rules::formation::{CaseId, step::Step},
    store::dated::broken,
};

/// A recorded step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastStep {
    /// The step.
    pub step: Step,
    /// When the register learnt it.
    pub recorded_at: DateTime<Utc>,
    /// When the register learnt better.
    pub superseded_at: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct Row {
    value: String,
    recorded_at: DateTime<Utc>,
    superseded_at: Option<DateTime<Utc>>,
}

/// At most `limit` steps of a case, the latest recorded first, behind the one with the number
/// `before`.
pub async fn past_steps(
    conn: &impl ConnectionTrait,
    CaseId(id): CaseId,
    before: Option<i32>,
    limit: u64,
) -> Outcome<Vec<PastStep>> {
    let text = format!(
        "SELECT number, value, recorded_at, superseded_at FROM formation_step
         WHERE formation_case = $1 AND number < $2
         UNION ALL
         SELECT number, value, recorded_at, superseded_at FROM formation_wish
         WHERE formation_case = $1 AND number < $2
         ORDER BY number DESC LIMIT {limit}"
    );
    let values: [Value; 2] = [id.into(), before.unwrap_or(i32::MAX).into()];
    let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
    let past = |row: Row| {
        let step = serde_json::from_str(&row.value).map_err(broken)?;
        Ok(PastStep { step, recorded_at: row.recorded_at, superseded_at: row.superseded_at })
    };
    rows.map_err(fault::of)?.into_iter().map(past).collect()
}
