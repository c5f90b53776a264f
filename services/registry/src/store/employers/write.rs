//! Writing employers. A change supersedes and adds only the facts that differ.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, Value};
use unionhall_kit::{
    db::{Tx, fault, insert_new_rows, insert_rows, places, rows_per_statement, sql},
    fault::{Fault, Outcome},
    reasons,
};
use uuid::Uuid;

use super::{
    EmployerRecord,
    fact::{self, Fact},
    present::{self, Present},
};
use crate::{
    rules::{
        area::AreaPath,
        employer::EmployerFacts,
        union::{UnionId, affiliation::AffiliationPath},
    },
    store::{
        dated::{Differences, all_changed},
        unions,
    },
};

/// An employer that is to be entered.
#[derive(Debug, Clone)]
pub struct NewEmployer {
    /// A fresh id.
    pub id: Uuid,
    /// Its facts.
    pub facts: EmployerFacts,
    /// The revision of the quality rules under which figures count it.
    pub rules: i32,
}

/// A code of an employer in the same write is held by another one. On PostgreSQL the transaction
/// can only be rolled back then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code is held by another employer")]
pub struct Taken;

/// What a write gives: a failure of the storage outside, a taken code inside.
pub type Write<T> = Outcome<Result<T, Taken>>;

/// Enters employers, each as version 1.
pub async fn insert_many(
    conn: &Tx,
    new: &[NewEmployer],
    now: DateTime<Utc>,
) -> Write<Vec<EmployerRecord>> {
    let mut rows = Vec::with_capacity(new.len());
    let mut entered = Differences::default();
    let mut records = Vec::with_capacity(new.len());
    for NewEmployer { id, facts, rules } in new {
        let present = Present::of(facts)?;
        records.push(EmployerRecord {
            id: *id,
            version: 1,
            area: present.area.clone(),
            // Nobody is covered from the first moment: coverage is a change of its own.
            affiliation: None,
            facts: facts.clone(),
            rules: *rules,
            created_at: now,
            updated_at: now,
        });
        let mut row: Vec<Value> =
            vec![(*id).into(), 1_i64.into(), (*rules).into(), now.into(), now.into()];
        row.extend(present.values());
        rows.push(row);
        entered.enter(*id, &fact::rows(facts), now)?;
    }
    let columns = format!("id, version, rules, created_at, updated_at, {}", present::COLUMNS);
    if let Err(error) = insert_rows(conn, "employer", &columns, rows).await {
        return taken(error);
    }
    entered.write::<Fact>(conn).await?;
    keep_places(conn, &records).await?;
    Ok(Ok(records))
}

/// Saves one change; see [`save_many`].
pub async fn save(
    conn: &Tx,
    before: &EmployerRecord,
    after: EmployerFacts,
    now: DateTime<Utc>,
) -> Write<EmployerRecord> {
    let saved = save_many(conn, vec![(before, after)], now).await?;
    let one = |records: Vec<_>| records.into_iter().next();
    match saved {
        Ok(records) => one(records).map(Ok).ok_or_else(|| Fault::new(&reasons::INTERNAL)),
        Err(taken) => Ok(Err(taken)),
    }
}

/// Saves changes of distinct employers that [`super::load_for_update`] gave in this transaction.
/// Facts that are the same leave the record and its version alone.
///
/// `now` may have been taken before the record was held, and another writer's later moment may
/// stand in it: what is recorded of one record never goes back in time.
///
/// `CONFLICT` when a record is no longer at the version that it had.
pub async fn save_many(
    conn: &Tx,
    changes: Vec<(&EmployerRecord, EmployerFacts)>,
    now: DateTime<Utc>,
) -> Write<Vec<EmployerRecord>> {
    let mut records = Vec::with_capacity(changes.len());
    let mut rows = Vec::new();
    let mut differences = Differences::default();
    let places = affiliations(conn, &changes).await?;
    for (before, facts) in changes {
        if before.facts == facts {
            records.push(before.clone());
            continue;
        }
        let now = now.max(before.updated_at);
        let affiliation = match present_cover(&facts) {
            same if same == present_cover(&before.facts) => before.affiliation.clone(),
            other => other.and_then(|union| places.get(&union).cloned()),
        };
        let present = Present::of(&facts)?;
        let (id, version) = (before.id, before.version + 1);
        let area = present.area.clone();
        let mut row: Vec<Value> = vec![id.into(), before.version.into(), version.into()];
        row.push(now.into());
        row.push(affiliation.as_ref().map(|path| path.path().to_string()).into());
        row.extend(present.values());
        rows.push(row);
        differences.note(id, &fact::rows(&before.facts), &fact::rows(&facts), now)?;
        let at = (area, affiliation);
        records.push(moved(before, version, facts, at, now));
    }
    if let Err(error) = update(conn, rows).await? {
        return taken(error);
    }
    differences.write::<Fact>(conn).await?;
    keep_places(conn, &records).await?;
    Ok(Ok(records))
}

fn moved(
    before: &EmployerRecord,
    version: i64,
    facts: EmployerFacts,
    (area, affiliation): (AreaPath, Option<AffiliationPath>),
    now: DateTime<Utc>,
) -> EmployerRecord {
    let (id, rules, created_at) = (before.id, before.rules, before.created_at);
    EmployerRecord { id, version, area, affiliation, facts, rules, created_at, updated_at: now }
}

/// The union that covers the employer as it stands.
fn present_cover(facts: &EmployerFacts) -> Option<UnionId> {
    let last = facts.covers.rows().last().filter(|row| row.period.until().is_none());
    last.map(|row| row.value.union)
}

/// Where the unions stand that come to cover an employer with these changes.
async fn affiliations(
    conn: &impl ConnectionTrait,
    changes: &[(&EmployerRecord, EmployerFacts)],
) -> Outcome<HashMap<UnionId, AffiliationPath>> {
    let comes = |(before, after): &(&EmployerRecord, EmployerFacts)| {
        present_cover(after).filter(|union| present_cover(&before.facts) != Some(*union))
    };
    let mut coming: Vec<UnionId> = changes.iter().filter_map(comes).collect();
    coming.sort_unstable();
    coming.dedup();
    let found = unions::load(conn, &coming).await?;
    Ok(found.into_iter().map(|(id, record)| (id, record.affiliation)).collect())
}

async fn update(conn: &impl ConnectionTrait, rows: Vec<Vec<Value>>) -> Outcome<Result<(), DbErr>> {
    let columns: Vec<&str> = present::COLUMNS.split(',').map(str::trim).collect();
    let width = columns.len() + 5;
    let sets: Vec<String> =
        columns.iter().zip(6..).map(|(column, at)| format!("{column} = v.column{at}")).collect();
    for some in rows.chunks(rows_per_statement(width)) {
        let text = format!(
            "UPDATE employer SET version = v.column3, updated_at = v.column4,
                 affiliation = v.column5, {}
             FROM (VALUES {}) AS v
             WHERE employer.id = v.column1 AND employer.version = v.column2
               AND employer.deleted_at IS NULL",
            sets.join(", "),
            places(some.len(), width)
        );
        let values = some.iter().flatten().cloned();
        match conn.execute_raw(sql(conn, &text, values)).await {
            Ok(done) => all_changed(done.rows_affected(), some.len())?,
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(()))
}

/// Keeps every area at which the employers stand or stood, by which figures are explained. An area
/// that a correction takes back stays: what counts is asked of the facts.
async fn keep_places(conn: &Tx, records: &[EmployerRecord]) -> Outcome<()> {
    let mut rows: Vec<(&str, Uuid)> = Vec::with_capacity(records.len());
    for record in records {
        let addresses = record.facts.actual_addresses.rows().iter();
        rows.extend(addresses.map(|row| (row.value.area().as_str(), record.id)));
    }
    rows.sort_unstable();
    rows.dedup();
    let rows = rows.into_iter().map(|(area, id)| vec![area.into(), id.into()]).collect();
    insert_new_rows(conn, "employer_place", "area, employer", rows).await.map_err(fault::of)
}

/// The codes are the only unique columns beside the fresh id.
fn taken<T>(error: DbErr) -> Write<T> {
    match fault::unique_violation(&error) {
        Some(_) => Ok(Err(Taken)),
        None => Err(fault::of(error)),
    }
}
