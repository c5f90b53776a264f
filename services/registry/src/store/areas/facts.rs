//! The dated facts of areas as rows: names and official codes.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult};
use unionhall_kit::{
    civil::{CivilDate, Period},
    db::{fault, sql},
    fault::Outcome,
};

use super::{broken, label, period};
use crate::rules::{
    area::{
        AreaPath,
        official::OfficialCode,
        tree::{AreaFact, DatedCode, DatedName},
    },
    name::Name,
};

pub(super) const NAME: &str = "display_name";
pub(super) const CODE: &str = "official_code";

/// One fact as a row keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) field: &'static str,
    pub(super) value: String,
    /// The cut-off date of the edition; empty for a name.
    pub(super) edition: String,
    pub(super) period: Period,
}

/// The rows of one area. A fact that covers no day is kept only where nothing follows it, so that
/// an area that closed on its first day still has its name.
pub(super) fn rows(fact: &AreaFact) -> Vec<Row> {
    let names = fact.names.iter().map(|dated| Row {
        field: NAME,
        value: dated.name.to_string(),
        edition: String::new(),
        period: dated.period,
    });
    let codes = fact.codes.iter().map(|dated| Row {
        field: CODE,
        value: dated.code.to_string(),
        edition: dated.edition.to_string(),
        period: dated.period,
    });
    let mut rows: Vec<Row> = names.chain(codes).collect();
    let last: Vec<Row> = [NAME, CODE]
        .into_iter()
        .filter_map(|field| rows.iter().rfind(|row| row.field == field).cloned())
        .collect();
    rows.retain(|row| row.period.until() != Some(row.period.from()) || last.contains(row));
    rows
}

#[derive(FromQueryResult)]
struct StandingRow {
    area: String,
    field: String,
    value: String,
    edition: String,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
}

/// Gives the areas the facts that stand.
pub(super) async fn fill(
    conn: &impl ConnectionTrait,
    areas: &mut BTreeMap<AreaPath, AreaFact>,
) -> Outcome<()> {
    let text = "SELECT area, field, value, edition, valid_from, valid_until FROM area_fact
                WHERE superseded_at IS NULL ORDER BY area, valid_from, id";
    let rows = StandingRow::find_by_statement(sql(conn, text, [])).all(conn).await;
    for row in rows.map_err(fault::of)? {
        let Some(fact) = areas.get_mut(&label(&row.area)?) else { continue };
        let period = period(row.valid_from, row.valid_until)?;
        match value(&row.field, &row.value, &row.edition)? {
            FactValue::Name(name) => fact.names.push(DatedName { name, period }),
            FactValue::Code(code, edition) => fact.codes.push(DatedCode { code, edition, period }),
        }
    }
    Ok(())
}

/// What a fact says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactValue {
    /// The area had this name.
    Name(Name),
    /// The area had this official code, by the edition of this cut-off date.
    Code(OfficialCode, CivilDate),
}

fn value(field: &str, value: &str, edition: &str) -> Outcome<FactValue> {
    if field == NAME {
        return Name::parse_area(value).map(FactValue::Name).map_err(broken);
    }
    let code = OfficialCode::parse(value).map_err(broken)?;
    Ok(FactValue::Code(code, edition.parse().map_err(broken)?))
}

/// A fact as it was ever recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedFact {
    /// Ascends with the time of recording.
    pub id: i64,
    /// What it says.
    pub value: FactValue,
    /// When it holds.
    pub period: Period,
    /// When the register learnt it.
    pub recorded_at: DateTime<Utc>,
    /// When the register learnt better.
    pub superseded_at: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct FactRow {
    id: i64,
    field: String,
    value: String,
    edition: String,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
    recorded_at: DateTime<Utc>,
    superseded_at: Option<DateTime<Utc>>,
}

/// Every fact of an area, superseded ones too, the latest recorded first: those before the id
/// `before`, at most `at_most`.
pub async fn facts(
    conn: &impl ConnectionTrait,
    area: &AreaPath,
    before: i64,
    at_most: u64,
) -> Outcome<Vec<RecordedFact>> {
    let text = format!(
        "SELECT id, field, value, edition, valid_from, valid_until, recorded_at, superseded_at
         FROM area_fact WHERE area = $1 AND id < $2 ORDER BY id DESC LIMIT {at_most}"
    );
    let values = [area.as_str().into(), before.into()];
    let rows = FactRow::find_by_statement(sql(conn, &text, values)).all(conn).await;
    let fact = |row: FactRow| {
        Ok(RecordedFact {
            id: row.id,
            value: value(&row.field, &row.value, &row.edition)?,
            period: period(row.valid_from, row.valid_until)?,
            recorded_at: row.recorded_at,
            superseded_at: row.superseded_at,
        })
    };
    rows.map_err(fault::of)?.into_iter().map(fact).collect()
}
