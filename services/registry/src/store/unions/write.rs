//! Writing unions. A change supersedes and adds only the facts that differ.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, Value};
use unionhall_kit::{
    db::{Tx, fault, insert_new_rows, insert_rows, sql},
    fault::{Fault, Outcome},
    reasons,
};

use super::{
    Placed, UnionRecord, fact,
    paths::keep_paths,
    place::claim,
    present::{self, Present},
};
use crate::{
    rules::{
        history::History,
        union::{
            UnionFacts, UnionId,
            affiliation::{AffiliationPath, Label},
        },
    },
    store::{
        dated::{self, Differences, all_changed},
        vacancies,
    },
};

/// A union that is to be entered.
#[derive(Debug, Clone)]
pub struct NewUnion {
    /// A fresh id.
    pub id: UnionId,
    /// Its facts.
    pub facts: UnionFacts,
    /// Its path on every day.
    pub paths: History<AffiliationPath>,
}

/// Something that only one union has is held by another one. On PostgreSQL the transaction can
/// only be rolled back then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Taken {
    /// The credit code.
    #[error("the credit code is held by another union")]
    Code,
    /// The type in the area, on a day; by this union, where that is known already.
    #[error("the area has a union of the type")]
    Place(Option<UnionId>),
    /// The employer has its own union.
    #[error("the employer has its own union")]
    Employer,
}

/// What a write gives: a failure of the storage outside, a taken place inside.
type Write<T> = Outcome<Result<T, Taken>>;

/// Enters a union as version 1.
pub async fn insert(conn: &Tx, new: NewUnion, now: DateTime<Utc>) -> Write<Placed> {
    if let Some(rival) = claim(conn, new.id, None, &new.facts).await? {
        return Ok(Err(Taken::Place(Some(rival))));
    }
    let present = Present::of(&new.facts)?;
    let affiliation = last_path(&new.paths)?;
    let record = UnionRecord {
        id: new.id,
        version: 1,
        area: present.area.clone(),
        affiliation,
        facts: new.facts,
        created_at: now,
        updated_at: now,
    };
    let UnionId(id) = record.id;
    let mut row: Vec<Value> = vec![id.into(), 1_i64.into(), now.into(), now.into()];
    row.push(Label::of(record.id).to_string().into());
    row.push(record.affiliation.path().as_str().into());
    row.extend(present.values());
    let columns =
        format!("id, version, created_at, updated_at, label, affiliation, {}", present::COLUMNS);
    if let Err(error) = insert_rows(conn, "trade_union", &columns, vec![row]).await {
        return taken(error);
    }
    let mut differences = Differences::default();
    differences.note(id, &[], &fact::rows(&record.facts), now)?;
    differences.write::<fact::Fact>(conn).await?;
    let placed = Placed { record, paths: new.paths };
    keep(conn, &placed).await?;
    Ok(Ok(placed))
}

/// Saves a change of a union that [`super::load_for_update`] gave in this transaction. Facts and
/// paths that are the same leave the record and its version alone.
///
/// `CONFLICT` when the record is no longer at the version that it had.
pub async fn save(
    conn: &Tx,
    before: &Placed,
    after: UnionFacts,
    paths: History<AffiliationPath>,
    now: DateTime<Utc>,
) -> Write<Placed> {
    let UnionRecord { id, facts, .. } = &before.record;
    match claim(conn, *id, Some(facts), &after).await? {
        Some(rival) => Ok(Err(Taken::Place(Some(rival)))),
        None => carry(conn, before, after, paths, now).await,
    }
}

/// The same of a union that goes along with its area: when the area went, [`super::meeting`] found
/// nobody in its way, and nobody has come into its way since.
pub async fn carry(
    conn: &Tx,
    before: &Placed,
    after: UnionFacts,
    paths: History<AffiliationPath>,
    now: DateTime<Utc>,
) -> Write<Placed> {
    if before.record.facts == after && before.paths == paths {
        return Ok(Ok(before.clone()));
    }
    let before = &before.record;
    // What is recorded of one record never goes back in time, whoever began first.
    let now = now.max(before.updated_at);
    let present = Present::of(&after)?;
    let record = UnionRecord {
        version: before.version + 1,
        area: present.area.clone(),
        affiliation: last_path(&paths)?,
        facts: after,
        updated_at: now,
        ..before.clone()
    };
    let UnionId(id) = record.id;
    let columns: Vec<&str> = present::COLUMNS.split(',').map(str::trim).collect();
    let sets: Vec<String> =
        columns.iter().zip(5..).map(|(column, at)| format!("{column} = ${at}")).collect();
    let text = format!(
        "UPDATE trade_union SET version = version + 1, updated_at = $3, affiliation = $4, {}
         WHERE id = $1 AND version = $2 AND deleted_at IS NULL",
        sets.join(", ")
    );
    let mut values: Vec<Value> = vec![id.into(), before.version.into(), now.into()];
    values.push(record.affiliation.path().as_str().into());
    values.extend(present.values());
    match conn.execute_raw(sql(conn, &text, values)).await {
        Ok(done) => all_changed(done.rows_affected(), 1)?,
        Err(error) => return taken(error),
    }
    let mut differences = Differences::default();
    differences.note(id, &fact::rows(&before.facts), &fact::rows(&record.facts), now)?;
    differences.write::<fact::Fact>(conn).await?;
    if vacancies::concerns(&before.facts, &record.facts) {
        vacancies::keep(conn, record.id, &record.facts).await?;
    }
    let placed = Placed { record, paths };
    keep(conn, &placed).await?;
    Ok(Ok(placed))
}

/// Takes a record one version up that stays as it is, for what lies below it changed.
pub async fn touch(
    conn: &impl ConnectionTrait,
    before: &UnionRecord,
    now: DateTime<Utc>,
) -> Outcome<UnionRecord> {
    let now = now.max(before.updated_at);
    let UnionId(id) = before.id;
    let text = "UPDATE trade_union SET version = version + 1, updated_at = $3
                WHERE id = $1 AND version = $2 AND deleted_at IS NULL";
    let values: [Value; 3] = [id.into(), before.version.into(), now.into()];
    let done = conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    all_changed(done.rows_affected(), 1)?;
    Ok(UnionRecord { version: before.version + 1, updated_at: now, ..before.clone() })
}

/// Withdraws a union: it was never there. Its facts stay readable as superseded ones.
///
/// `CONFLICT` when the record is no longer at the version that it had.
pub async fn remove(conn: &Tx, before: &UnionRecord, now: DateTime<Utc>) -> Outcome<UnionRecord> {
    let now = now.max(before.updated_at);
    let UnionId(id) = before.id;
    let text = "UPDATE trade_union SET version = version + 1, updated_at = $3, deleted_at = $3,
                       facts = $4
                WHERE id = $1 AND version = $2 AND deleted_at IS NULL";
    let nothing = dated::written::<fact::Fact>(Vec::new())?;
    let values: [Value; 4] = [id.into(), before.version.into(), now.into(), nothing.into()];
    let done = conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    all_changed(done.rows_affected(), 1)?;
    let mut differences = Differences::default();
    differences.note(id, &fact::rows(&before.facts), &[], now)?;
    differences.write::<fact::Fact>(conn).await?;
    keep_paths(conn, &[(before.id, &History::default())]).await?;
    let (version, facts) = (before.version + 1, UnionFacts::default());
    Ok(UnionRecord { version, facts, updated_at: now, ..before.clone() })
}

/// Keeps the paths, and every area at which the union counts or counted, by which figures are
/// explained. An area that a correction takes back stays: what counts is asked of the facts.
async fn keep(conn: &Tx, placed: &Placed) -> Outcome<()> {
    let Placed { record, paths } = placed;
    keep_paths(conn, &[(record.id, paths)]).await?;
    let seats = record.facts.seats.rows().iter().map(|row| row.value.area());
    let territories = record.facts.territories.rows().iter().map(|row| &row.value);
    let mut areas: Vec<&str> = seats.chain(territories).map(|area| area.as_str()).collect();
    areas.sort_unstable();
    areas.dedup();
    let UnionId(id) = record.id;
    let rows = areas.into_iter().map(|area| vec![area.into(), id.into()]).collect();
    let columns = "area, trade_union";
    insert_new_rows(conn, "trade_union_place", columns, rows).await.map_err(fault::of)
}

fn last_path(paths: &History<AffiliationPath>) -> Outcome<AffiliationPath> {
    let last = paths.rows().last().map(|row| row.value.clone());
    last.ok_or_else(|| Fault::new(&reasons::INTERNAL))
}

/// Which of the unique columns an error tells of. A label that is taken is a coincidence of one in
/// a quadrillion: another try has another id.
fn taken<T>(error: DbErr) -> Write<T> {
    let Some(which) = fault::unique_violation(&error) else { return Err(fault::of(error)) };
    let columns = [
        ("credit_code", Taken::Code),
        ("place", Taken::Place(None)),
        ("own_employer", Taken::Employer),
    ];
    match columns.into_iter().find(|(column, _)| which.contains(column)) {
        Some((_, taken)) => Ok(Err(taken)),
        None => Err(Fault::new(&reasons::CONFLICT).caused_by(error)),
    }
}
