//! What relies on a union, so that it was there and is not withdrawn.

use sea_orm::{ConnectionTrait, Value};
use unionhall_kit::{db::number, fault::Outcome};

use super::fact::Fact;
use crate::{
    rules::union::{Status, UnionId, approval::MembershipOutcome},
    store::dated::broken,
};

/// How many rely on a union, on whatever day, whether or not they have ended since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reliance {
    /// Employers that it covers or covered.
    pub employers: i64,
    /// Unions below it, merged into it, or whose end or members it decides or takes care of.
    pub unions: i64,
    /// Offices in it that were not corrected away.
    pub offices: i64,
    /// Its elections.
    pub elections: i64,
    /// Formation cases that led to it, or that name it as the union above.
    pub cases: i64,
    /// Splits that it came from or that it made.
    pub splits: i64,
    /// Persons who are, were or want to be members.
    pub members: i64,
}

impl Reliance {
    /// Whether anything does.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

/// What relies on the union.
pub async fn reliance(conn: &impl ConnectionTrait, id: UnionId) -> Outcome<Reliance> {
    let UnionId(union) = id;
    let count = async |text: &str, values: Vec<Value>| number(conn, text, values).await;
    let own = || vec![Value::from(union)];
    let value = |fact: &Fact| Ok(vec![Value::from(serde_json::to_string(fact).map_err(broken)?)]);
    // A name inside a longer value; there are few of these.
    let inside = Value::from(format!("%\"{union}\"%"));
    let superior = "SELECT COUNT(DISTINCT trade_union) AS count FROM trade_union_fact
                    WHERE field = 'superior' AND superseded_at IS NULL AND value = $1";
    let merged = "SELECT COUNT(DISTINCT trade_union) AS count FROM trade_union_fact
                  WHERE field = 'state' AND superseded_at IS NULL AND value = $1";
    let keeps = "SELECT COUNT(DISTINCT trade_union) AS count FROM trade_union_fact
                 WHERE field = 'membership' AND superseded_at IS NULL AND value = $1";
    let decides = "SELECT COUNT(DISTINCT trade_union) AS count FROM trade_union_fact
                   WHERE field = 'decision' AND superseded_at IS NULL AND value LIKE $1";
    let covered = "SELECT COUNT(DISTINCT employer) AS count FROM employer_fact
                   WHERE trade_union = $1 AND superseded_at IS NULL";
    let offices = "SELECT COUNT(*) AS count FROM office WHERE trade_union = $1
                   AND (valid_until IS NULL OR valid_until > valid_from)";
    let elections = "SELECT COUNT(*) AS count FROM election WHERE trade_union = $1";
    let cases = "SELECT COUNT(*) AS count FROM formation_case c WHERE c.superior = $1
                 OR EXISTS (SELECT 1 FROM formation_step s WHERE s.formation_case = c.id
                            AND s.kind IN ('establishment', 'coverage', 'closing')
                            AND s.superseded_at IS NULL AND s.value LIKE $2)";
    let splits = "SELECT COUNT(*) AS count FROM trade_union_fact
                  WHERE trade_union = $1 AND field IN ('split_from', 'split_into')
                    AND superseded_at IS NULL";
    let members = "SELECT COUNT(DISTINCT member) AS count FROM member_unit WHERE trade_union = $1";
    let state = value(&Fact::State(Status::Merged(id)))?;
    let kept = value(&Fact::Membership(MembershipOutcome::Retained(id)))?;
    let unions = count(superior, value(&Fact::Superior(id))?).await?
        + count(merged, state).await?
        + count(keeps, kept).await?
        + count(decides, vec![inside.clone()]).await?;
    Ok(Reliance {
        employers: count(covered, own()).await?,
        unions,
        offices: count(offices, own()).await?,
        elections: count(elections, own()).await?,
        cases: count(cases, vec![union.into(), inside]).await?,
        splits: count(splits, own()).await?,
        members: count(members, own()).await?,
    })
}

/// How many persons have a membership of the union that is not ended, or applied to it.
pub async fn open_memberships(
    conn: &impl ConnectionTrait,
    UnionId(union): UnionId,
) -> Outcome<i64> {
    let text = "SELECT COUNT(*) AS count FROM member
                WHERE trade_union = $1 AND state > 0 AND deleted_at IS NULL";
    number(conn, text, [union.into()]).await
}
