//! Where employers are listed, by their organisation codes.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    civil::Period,
    db::{fault, places, rows_per_statement, sql},
    fault::Outcome,
};
use uuid::Uuid;

use super::read::period;
use crate::{
    rules::{
        area::AreaPath,
        base_register::contribution::{Listings, listing},
        history::{Dated, History},
        organisation_code::OrganisationCode,
    },
    store::dated::broken,
};

/// The listings of these codes, for a reader.
pub async fn listings(
    conn: &impl ConnectionTrait,
    codes: &[OrganisationCode],
) -> Outcome<Listings> {
    read(conn, codes, "").await
}

/// The listings of these codes, kept from changing until the transaction ends: for those who write
/// employers that bear them.
pub async fn hold_listings(
    conn: &impl ConnectionTrait,
    codes: &[OrganisationCode],
) -> Outcome<Listings> {
    let postgres = conn.get_database_backend() == DatabaseBackend::Postgres;
    read(conn, codes, if postgres { "FOR SHARE" } else { "" }).await
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    organisation_code: String,
    counts_from: Option<NaiveDate>,
    counts_until: Option<NaiveDate>,
}

/// Entries first and their places after: behind a lock that was waited for, only what a later
/// statement reads is surely of the same moment.
async fn read(
    conn: &impl ConnectionTrait,
    codes: &[OrganisationCode],
    lock: &str,
) -> Outcome<Listings> {
    let mut found = Vec::new();
    for some in codes.chunks(rows_per_statement(1)) {
        let text = format!(
            "SELECT id, organisation_code, counts_from, counts_until FROM base_register_entry
             WHERE organisation_code IN (VALUES {}) ORDER BY id {lock}",
            places(some.len(), 1)
        );
        let values = some.iter().map(|code| Value::from(code.as_str()));
        let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
        found.extend(rows.map_err(fault::of)?);
    }
    let ids: Vec<Uuid> = found.iter().map(|row| row.id).collect();
    let mut stretches = stretches_of(conn, &ids).await?;
    let mut listings = Listings::new();
    for row in found {
        let Some(counts) = period(row.counts_from, row.counts_until)? else { continue };
        let code = OrganisationCode::parse(&row.organisation_code).map_err(broken)?;
        let stretches = stretches.remove(&row.id).unwrap_or_default();
        listings.entry(code).or_default().push(listing(&stretches, Some(counts)));
    }
    Ok(listings)
}

#[derive(FromQueryResult)]
struct Stretch {
    entry: Uuid,
    area: String,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
}

/// Where these entries are listed, day for day.
pub(super) async fn stretches_of(
    conn: &impl ConnectionTrait,
    ids: &[Uuid],
) -> Outcome<BTreeMap<Uuid, History<AreaPath>>> {
    let mut rows: BTreeMap<Uuid, Vec<Dated<AreaPath>>> = BTreeMap::new();
    for some in ids.chunks(rows_per_statement(1)) {
        let text = format!(
            "SELECT entry, area, valid_from, valid_until FROM base_register_place
             WHERE entry IN (VALUES {})",
            places(some.len(), 1)
        );
        let statement = sql(conn, &text, some.iter().map(|id| Value::from(*id)));
        for row in Stretch::find_by_statement(statement).all(conn).await.map_err(fault::of)? {
            let period = Period::new(row.valid_from.into(), row.valid_until.map(Into::into));
            let period = period.ok_or_else(|| broken("a listing ends before it begins"))?;
            let value = AreaPath::parse(&row.area).map_err(broken)?;
            rows.entry(row.entry).or_default().push(Dated { value, period });
        }
    }
    rows.into_iter().map(|(id, rows)| Ok((id, History::new(rows).map_err(broken)?))).collect()
}
