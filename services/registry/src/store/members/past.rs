//! What was recorded of a member.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult};
use unionhall_kit::{
    db::{fault, sql},
    fault::Outcome,
};

use super::fact::Fact;
use crate::{
    rules::member::MemberId,
    store::dated::{self, DatedFact, PastFact},
};

/// A fact that was recorded at some time.
pub type Recorded = PastFact<Fact>;

#[derive(FromQueryResult)]
struct Row {
    added: String,
    gone: String,
    recorded_at: DateTime<Utc>,
}

/// Every fact of a member that was ever recorded, the latest first. They are few: a person changes
/// some tens of times in a life.
pub async fn past(conn: &impl ConnectionTrait, MemberId(id): MemberId) -> Outcome<Vec<Recorded>> {
    let text = "SELECT added, gone, recorded_at FROM member_change WHERE member = $1 ORDER BY id";
    let rows = Row::find_by_statement(sql(conn, text, [id.into()])).all(conn).await;
    let mut facts: Vec<Recorded> = Vec::new();
    for row in rows.map_err(fault::of)? {
        let gone: Vec<DatedFact<Fact>> = dated::read(&row.gone)?;
        for fact in facts.iter_mut().filter(|fact| fact.superseded_at.is_none()) {
            if gone.contains(&fact.dated) {
                fact.superseded_at = Some(row.recorded_at);
            }
        }
        let added: Vec<DatedFact<Fact>> = dated::read(&row.added)?;
        for dated in added {
            let number = i64::try_from(facts.len()).unwrap_or(i64::MAX) + 1;
            let recorded_at = row.recorded_at;
            facts.push(PastFact { number, dated, recorded_at, superseded_at: None });
        }
    }
    facts.reverse();
    Ok(facts)
}
