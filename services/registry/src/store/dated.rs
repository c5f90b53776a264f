//! Dated facts as rows: what a table of facts keeps for ever, and the record's own row repeats as
//! far as it stands, so that a point read is one row.

use std::{collections::HashSet, hash::Hash};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use unionhall_kit::{
    civil::{CivilDate, Period},
    db::{Tx, fault, insert_rows, places, rows_per_statement, sql},
    fault::{Fault, Outcome},
    reasons,
};
use uuid::Uuid;

use crate::rules::{
    area::AreaPath,
    history::{Dated, History},
};

/// The form in which the facts of a record are written; a reader refuses one that it does not know.
const FORM: u32 = 1;

/// One kind of record's facts: an enum with a variant a field, tagged by the field's name.
pub trait FactValue: Serialize + DeserializeOwned + Clone + Eq + Hash {
    /// The table of the facts.
    const TABLE: &'static str;
    /// Its column with the record's id.
    const OWNER: &'static str;
    /// Its column with the id of another record, if facts are sought by one that they name.
    const LINK: Option<&'static str> = None;

    /// The field of the resource that the fact sets; with its first day it tells a standing fact.
    fn field(&self) -> &'static str;

    /// The area of an address, by which a change of the tree finds what it carries along.
    fn area(&self) -> Option<&AreaPath>;

    /// The record that the fact names, for the column [`Self::LINK`].
    fn link(&self) -> Option<Uuid> {
        None
    }

    /// The fact as JSON, with the tag that tells its variant.
    fn value(&self) -> Outcome<String> {
        serde_json::to_string(self).map_err(broken)
    }

    /// The fact that sets `field` to the value of [`Self::value`].
    fn of_value(_field: &str, value: &str) -> Outcome<Self> {
        serde_json::from_str(value).map_err(broken)
    }
}

/// A fact and when it holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DatedFact<F> {
    /// The fact.
    pub fact: F,
    /// When it holds.
    pub period: Period,
}

/// Adds the rows of one history.
pub fn put<T: Clone + PartialEq, F>(
    rows: &mut Vec<DatedFact<F>>,
    history: &History<T>,
    fact: impl Fn(T) -> F,
) {
    let row = |row: &Dated<T>| DatedFact { fact: fact(row.value.clone()), period: row.period };
    rows.extend(history.rows().iter().map(row));
}

/// `[form, [[fact, from, until], ...]]`.
#[derive(Serialize, Deserialize)]
struct Written<F>(u32, Vec<(F, CivilDate, Option<CivilDate>)>);

/// The rows as one text.
pub fn written<F: Serialize>(rows: Vec<DatedFact<F>>) -> Outcome<String> {
    let row = |row: DatedFact<F>| (row.fact, row.period.from(), row.period.until());
    serde_json::to_string(&Written(FORM, rows.into_iter().map(row).collect())).map_err(broken)
}

/// The rows in a text of [`written`].
pub fn read<F: DeserializeOwned>(text: &str) -> Outcome<Vec<DatedFact<F>>> {
    let Written(form, rows) = serde_json::from_str(text).map_err(broken)?;
    if form != FORM {
        return Err(broken(format!("facts of form {form}")));
    }
    let dated = |(fact, from, until)| Some(DatedFact { fact, period: Period::new(from, until)? });
    let rows: Option<Vec<_>> = rows.into_iter().map(dated).collect();
    rows.ok_or_else(|| broken("a fact ends before it begins"))
}

/// What is stored cannot be read: the database was changed by another hand.
pub fn broken(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Fault {
    Fault::new(&reasons::INTERNAL).caused_by(cause)
}

/// The rows of facts that changes supersede and add.
#[derive(Default)]
pub struct Differences {
    gone: Vec<Vec<Value>>,
    added: Vec<Vec<Value>>,
}

impl Differences {
    /// Notes the facts of a record that is entered.
    pub fn enter<F: FactValue>(
        &mut self,
        id: Uuid,
        new: &[DatedFact<F>],
        now: DateTime<Utc>,
    ) -> Outcome<()> {
        for dated in new {
            self.added.push(row(id, dated, now)?);
        }
        Ok(())
    }

    /// Notes what becomes of the facts of one record.
    pub fn note<F: FactValue>(
        &mut self,
        id: Uuid,
        old: &[DatedFact<F>],
        new: &[DatedFact<F>],
        now: DateTime<Utc>,
    ) -> Outcome<()> {
        let (old_set, new_set): (HashSet<_>, HashSet<_>) =
            (old.iter().collect(), new.iter().collect());
        for dated in old.iter().filter(|row| !new_set.contains(row)) {
            let from = NaiveDate::from(dated.period.from());
            self.gone.push(vec![id.into(), dated.fact.field().into(), from.into(), now.into()]);
        }
        for dated in new.iter().filter(|row| !old_set.contains(row)) {
            self.added.push(row(id, dated, now)?);
        }
        Ok(())
    }

    /// Writes them. `CONFLICT` when a fact no longer stands.
    pub async fn write<F: FactValue>(self, conn: &Tx) -> Outcome<()> {
        for some in self.gone.chunks(rows_per_statement(4)) {
            let text = format!(
                "UPDATE {table} SET superseded_at = v.column4 FROM (VALUES {places}) AS v
                 WHERE {table}.{owner} = v.column1 AND {table}.field = v.column2
                   AND {table}.valid_from = v.column3 AND {table}.superseded_at IS NULL",
                table = F::TABLE,
                owner = F::OWNER,
                places = places(some.len(), 4)
            );
            let statement = sql(conn, &text, some.iter().flatten().cloned());
            let done = conn.execute_raw(statement).await.map_err(fault::of)?;
            all_changed(done.rows_affected(), some.len())?;
        }
        let link = F::LINK.map(|column| format!("{column}, ")).unwrap_or_default();
        let columns =
            format!("{}, field, value, area, {link}valid_from, valid_until, recorded_at", F::OWNER);
        insert_rows(conn, F::TABLE, &columns, self.added).await.map_err(fault::of)
    }
}

/// `CONFLICT` unless a statement changed what it was to change.
pub fn all_changed(rows: u64, expected: usize) -> Outcome<()> {
    if rows == expected as u64 { Ok(()) } else { Err(Fault::new(&reasons::CONFLICT)) }
}

fn row<F: FactValue>(id: Uuid, dated: &DatedFact<F>, now: DateTime<Utc>) -> Outcome<Vec<Value>> {
    let mut row = vec![
        id.into(),
        dated.fact.field().into(),
        dated.fact.value()?.into(),
        dated.fact.area().map(|area| area.as_str().to_owned()).into(),
    ];
    row.extend(F::LINK.map(|_| Value::Uuid(dated.fact.link())));
    row.extend([
        NaiveDate::from(dated.period.from()).into(),
        dated.period.until().map(NaiveDate::from).into(),
        now.into(),
    ]);
    Ok(row)
}

/// A recorded fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastFact<F> {
    /// Its place in the order of recording.
    pub number: i64,
    /// The fact and when it holds.
    pub dated: DatedFact<F>,
    /// When the register learnt it.
    pub recorded_at: DateTime<Utc>,
    /// When the register learnt better.
    pub superseded_at: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct PastRow {
    id: i64,
    field: String,
    value: String,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
    recorded_at: DateTime<Utc>,
    superseded_at: Option<DateTime<Utc>>,
}

/// At most `limit` facts of a record, the latest recorded first, behind the one with the number
/// `before`. The writers of one record follow each other, so its numbers are in that order.
pub async fn past<F: FactValue>(
    conn: &impl ConnectionTrait,
    id: Uuid,
    before: Option<i64>,
    limit: u64,
) -> Outcome<Vec<PastFact<F>>> {
    let text = format!(
        "SELECT id, field, value, valid_from, valid_until, recorded_at, superseded_at
         FROM {} WHERE {} = $1 AND id < $2 ORDER BY id DESC LIMIT {limit}",
        F::TABLE,
        F::OWNER
    );
    let values = [id.into(), before.unwrap_or(i64::MAX).into()];
    let rows = PastRow::find_by_statement(sql(conn, &text, values)).all(conn).await;
    let past = |row: PastRow| {
        let period = Period::new(row.valid_from.into(), row.valid_until.map(Into::into));
        let period = period.ok_or_else(|| broken("a fact ends before it begins"))?;
        let fact = F::of_value(&row.field, &row.value)?;
        Ok(PastFact {
            number: row.id,
            dated: DatedFact { fact, period },
            recorded_at: row.recorded_at,
            superseded_at: row.superseded_at,
        })
    };
    rows.map_err(fault::of)?.into_iter().map(past).collect()
}
