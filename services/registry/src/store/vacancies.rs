//! By when the first vacant office of a union is to be filled: kept beside the union, so that those
//! who have to see to it are found.
//!
//! Who changes offices, or what decides on them, holds the union and writes this last.

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{fault, sql},
    fault::Outcome,
};

use super::{dated::broken, officers};
use crate::rules::{
    election_rules::ElectionRules,
    office::vacancy::first_due,
    union::{UnionFacts, UnionId},
};

/// Keeps the day for the union as it is now. The record itself and its version stay.
pub async fn keep(conn: &impl ConnectionTrait, union: UnionId, facts: &UnionFacts) -> Outcome<()> {
    let rules = ElectionRules::shipped().map_err(|fault| broken(fault.clone()))?;
    let known = officers::of_union(conn, union).await?;
    let offices: Vec<_> = known.into_iter().map(|record| (record.id, record.office)).collect();
    let due: Option<CivilDate> = first_due(facts, &offices, rules);
    let UnionId(id) = union;
    let text = "UPDATE trade_union SET vacancy_due_by = $2 WHERE id = $1";
    let values: [Value; 2] = [id.into(), due.map(NaiveDate::from).into()];
    conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    Ok(())
}

/// Whether a change of the union can change which offices are vacant, and until when.
pub fn concerns(before: &UnionFacts, after: &UnionFacts) -> bool {
    before.terms != after.terms
        || before.statuses != after.statuses
        || before.forms != after.forms
        || before.levels != after.levels
        || before.types != after.types
}
