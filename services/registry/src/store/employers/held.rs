//! The areas that a write relies on.

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult};
use unionhall_kit::{
    civil::Period,
    db::{fault, sql},
    fault::Outcome,
};

use crate::{
    rules::area::{
        AreaPath,
        tree::{AreaFact, AreaTree},
    },
    store::dated::broken,
};

#[derive(FromQueryResult)]
struct Row {
    label: String,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
    history_unknown: i16,
}

/// The recorded ones of these areas, kept from ending until the transaction does. They come with
/// their period only.
pub async fn hold_areas(conn: &impl ConnectionTrait, areas: &[AreaPath]) -> Outcome<AreaTree> {
    let postgres = conn.get_database_backend() == DatabaseBackend::Postgres;
    areas_of(conn, areas, if postgres { "FOR SHARE" } else { "" }).await
}

/// The recorded ones of these areas, as they are now.
pub async fn find_areas(conn: &impl ConnectionTrait, areas: &[AreaPath]) -> Outcome<AreaTree> {
    areas_of(conn, areas, "").await
}

async fn areas_of(
    conn: &impl ConnectionTrait,
    areas: &[AreaPath],
    held: &str,
) -> Outcome<AreaTree> {
    let mut labels: Vec<&str> = areas.iter().map(AreaPath::as_str).collect();
    labels.sort_unstable();
    labels.dedup();
    if labels.is_empty() {
        return Ok(AreaTree::default());
    }
    let places: Vec<String> = (1..=labels.len()).map(|place| format!("${place}")).collect();
    let text = format!(
        "SELECT label, valid_from, valid_until, history_unknown FROM area
         WHERE label IN ({}) ORDER BY label {}",
        places.join(", "),
        held
    );
    let statement = sql(conn, &text, labels.into_iter().map(Into::into));
    let rows = Row::find_by_statement(statement).all(conn).await.map_err(fault::of)?;
    let fact = |row: Row| {
        let period = Period::new(row.valid_from.into(), row.valid_until.map(Into::into));
        Ok(AreaFact {
            path: AreaPath::parse(&row.label).map_err(broken)?,
            period: period.ok_or_else(|| broken("an area ends before it begins"))?,
            history_unknown: row.history_unknown != 0,
            names: Vec::new(),
            codes: Vec::new(),
        })
    };
    let facts: Outcome<Vec<_>> = rows.into_iter().map(fact).collect();
    Ok(AreaTree::new(facts?, Vec::new()))
}
