//! What was recorded of a member.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, number, sql},
    fault::Outcome,
};

use super::fact::{self, Fact};
use crate::{
    rules::member::{MemberFacts, MemberId},
    store::dated::{self, DatedFact, PastFact},
};

/// A fact that was recorded at some time.
pub type Recorded = PastFact<Fact>;

/// The last recording of a member; 0 where nothing was recorded.
pub async fn last_change(conn: &impl ConnectionTrait, MemberId(id): MemberId) -> Outcome<i64> {
    let text = "SELECT COALESCE(MAX(id), 0) AS n FROM member_change WHERE member = $1";
    number(conn, text, [id.into()]).await
}

/// The facts of a member right after a recording; confirmations are not recorded one by one.
pub async fn facts_at(
    conn: &impl ConnectionTrait,
    MemberId(id): MemberId,
    change: i64,
) -> Outcome<MemberFacts> {
    let text = "SELECT added, gone, recorded_at FROM member_change
                WHERE member = $1 AND id <= $2 ORDER BY id";
    let values: [Value; 2] = [id.into(), change.into()];
    let rows = Row::find_by_statement(sql(conn, text, values)).all(conn).await;
    let mut facts: Vec<DatedFact<Fact>> = Vec::new();
    for row in rows.map_err(fault::of)? {
        let gone: Vec<DatedFact<Fact>> = dated::read(&row.gone)?;
        facts.retain(|fact| !gone.contains(fact));
        facts.extend(dated::read::<Fact>(&row.added)?);
    }
    fact::facts(facts)
}

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
