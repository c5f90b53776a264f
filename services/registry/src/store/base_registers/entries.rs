//! The entries of editions.

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    civil::{CivilDate, Period},
    db::{Tx, fault, insert_rows, number, places, rows_per_statement, sql},
    fault::Outcome,
};
use uuid::Uuid;

use super::{BaseRegisterRecord, listings::stretches_of, read::period, write::days};
use crate::{
    rules::{
        area::AreaPath,
        base_register::{BaseRegisterId, finding::Entry},
        credit_code::CreditCode,
        employer::code::OwnershipCode,
        history::History,
        name::Name,
        organisation_code::OrganisationCode,
    },
    store::{dated::broken, employers::Place},
};

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRecord {
    /// Its id.
    pub id: Uuid,
    /// The edition.
    pub base_register: BaseRegisterId,
    /// What is listed, at the area where it is listed at last.
    pub entry: Entry,
    /// Where it is listed, day for day.
    pub places: History<AreaPath>,
    /// When it counts.
    pub counts: Option<Period>,
}

impl EntryRecord {
    /// `baseRegisters/{id}/entries/{entry}`.
    pub fn name(&self) -> String {
        entry_name(self.base_register, self.id)
    }
}

/// `baseRegisters/{id}/entries/{entry}`.
pub fn entry_name(register: BaseRegisterId, entry: Uuid) -> String {
    format!("{}/entries/{}", super::resource_name(register), entry.as_hyphenated())
}

/// An entry that is to be listed.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// A fresh id; those of one edition ascend.
    pub id: Uuid,
    /// What is listed.
    pub entry: Entry,
}

/// An entry that is listed or counts otherwise from now on.
#[derive(Debug, Clone)]
pub struct Relisted {
    /// The entry.
    pub record: EntryRecord,
    /// Where it is listed, day for day.
    pub places: History<AreaPath>,
    /// When it counts.
    pub counts: Option<Period>,
}

const COLUMNS: &str = "e.id, e.base_register, e.organisation_code, e.credit_code, e.display_name,
    e.ownership, e.counts_from, e.counts_until";

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    base_register: Uuid,
    organisation_code: String,
    credit_code: Option<String>,
    display_name: String,
    ownership: Option<String>,
    counts_from: Option<NaiveDate>,
    counts_until: Option<NaiveDate>,
}

async fn records(conn: &impl ConnectionTrait, rows: Vec<Row>) -> Outcome<Vec<EntryRecord>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut places = stretches_of(conn, &ids).await?;
    let record = |row: Row| {
        let places = places.remove(&row.id).unwrap_or_default();
        let area = places.rows().last().map(|row| row.value.clone());
        let code = row.credit_code.as_deref().map(CreditCode::parse).transpose();
        let ownership = row.ownership.as_deref().map(OwnershipCode::parse).transpose();
        Ok(EntryRecord {
            id: row.id,
            base_register: BaseRegisterId(row.base_register),
            entry: Entry {
                name: Name::parse(&row.display_name).map_err(broken)?,
                credit_code: code.map_err(broken)?,
                organisation_code: OrganisationCode::parse(&row.organisation_code)
                    .map_err(broken)?,
                ownership: ownership.map_err(broken)?,
                area: area.ok_or_else(|| broken("an entry is listed nowhere"))?,
            },
            places,
            counts: period(row.counts_from, row.counts_until)?,
        })
    };
    rows.into_iter().map(record).collect()
}

async fn ask(
    conn: &impl ConnectionTrait,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Outcome<Vec<Row>> {
    Row::find_by_statement(sql(conn, text, values)).all(conn).await.map_err(fault::of)
}

/// Lists enterprises in a draft that is held.
pub async fn insert_entries(
    conn: &Tx,
    register: &BaseRegisterRecord,
    new: &[NewEntry],
) -> Outcome<()> {
    let BaseRegisterId(id) = register.id;
    let from = NaiveDate::from(register.register.as_of);
    let (mut rows, mut places): (Vec<Vec<Value>>, Vec<Vec<Value>>) = (Vec::new(), Vec::new());
    for NewEntry { id: own, entry } in new {
        rows.push(vec![
            (*own).into(),
            id.into(),
            entry.organisation_code.as_str().into(),
            entry.credit_code.as_ref().map(|code| code.as_str().to_owned()).into(),
            entry.name.as_str().into(),
            entry.ownership.as_ref().map(|code| code.as_str().to_owned()).into(),
        ]);
        places.push(vec![id.into(), (*own).into(), entry.area.as_str().into(), from.into()]);
    }
    let columns = "id, base_register, organisation_code, credit_code, display_name, ownership";
    insert_rows(conn, "base_register_entry", columns, rows).await.map_err(fault::of)?;
    let columns = "base_register, entry, area, valid_from";
    insert_rows(conn, "base_register_place", columns, places).await.map_err(fault::of)
}

/// Strikes entries out of a draft that is held; how many there were.
pub async fn remove_entries(conn: &impl ConnectionTrait, ids: &[Uuid]) -> Outcome<u64> {
    let mut removed = 0;
    for some in ids.chunks(rows_per_statement(1)) {
        for (table, column) in [("base_register_place", "entry"), ("base_register_entry", "id")] {
            let text =
                format!("DELETE FROM {table} WHERE {column} IN (VALUES {})", places(some.len(), 1));
            let statement = sql(conn, &text, some.iter().map(|id| Value::from(*id)));
            let done = conn.execute_raw(statement).await.map_err(fault::of)?;
            removed += if column == "id" { done.rows_affected() } else { 0 };
        }
    }
    Ok(removed)
}

/// The entries of an edition that have these codes.
pub async fn find_entries(
    conn: &impl ConnectionTrait,
    BaseRegisterId(register): BaseRegisterId,
    codes: &[OrganisationCode],
) -> Outcome<Vec<EntryRecord>> {
    let mut rows = Vec::new();
    for some in codes.chunks(rows_per_statement(1) - 1) {
        let list: Vec<String> = (2..some.len() + 2).map(|at| format!("${at}")).collect();
        let text = format!(
            "SELECT {COLUMNS} FROM base_register_entry e
             WHERE e.base_register = $1 AND e.organisation_code IN ({})",
            list.join(", ")
        );
        let codes = some.iter().map(|code| Value::from(code.as_str()));
        rows.extend(ask(conn, &text, std::iter::once(register.into()).chain(codes)).await?);
    }
    records(conn, rows).await
}

/// How many entries an edition has.
pub async fn count_entries(
    conn: &impl ConnectionTrait,
    BaseRegisterId(register): BaseRegisterId,
) -> Outcome<i64> {
    let text = "SELECT COUNT(*) AS count FROM base_register_entry WHERE base_register = $1";
    number(conn, text, [register.into()]).await
}

/// The ids and codes of the next entries of an edition, in their order.
pub async fn entries_behind(
    conn: &impl ConnectionTrait,
    BaseRegisterId(register): BaseRegisterId,
    after: Uuid,
    at_most: u64,
) -> Outcome<Vec<(Uuid, OrganisationCode)>> {
    let text = format!(
        "SELECT {COLUMNS} FROM base_register_entry e
         WHERE e.base_register = $1 AND e.id > $2 ORDER BY e.id LIMIT {at_most}"
    );
    coded(ask(conn, &text, [register.into(), after.into()]).await?)
}

/// The ids and codes of the first entries that are listed in one of the areas on or after `on`.
pub async fn unlisted(
    conn: &impl ConnectionTrait,
    areas: &[AreaPath],
    on: CivilDate,
    at_most: u64,
) -> Outcome<Vec<(Uuid, OrganisationCode)>> {
    let list: Vec<String> = (2..areas.len() + 2).map(|at| format!("${at}")).collect();
    let text = format!(
        "SELECT {COLUMNS} FROM base_register_entry e WHERE e.id IN (
             SELECT p.entry FROM base_register_place p WHERE p.area IN ({})
               AND (p.valid_until IS NULL OR p.valid_until > $1))
         ORDER BY e.id LIMIT {at_most}",
        list.join(", ")
    );
    let areas = areas.iter().map(|area| Value::from(area.as_str()));
    coded(ask(conn, &text, std::iter::once(NaiveDate::from(on).into()).chain(areas)).await?)
}

fn coded(rows: Vec<Row>) -> Outcome<Vec<(Uuid, OrganisationCode)>> {
    let coded = |row: Row| {
        let code = OrganisationCode::parse(&row.organisation_code).map_err(broken)?;
        Ok((row.id, code))
    };
    rows.into_iter().map(coded).collect()
}

/// The entries with these ids, by ascending id.
pub async fn entries(conn: &impl ConnectionTrait, ids: &[Uuid]) -> Outcome<Vec<EntryRecord>> {
    select(conn, ids, "").await
}

/// The same, held until the transaction ends.
pub async fn hold_entries(conn: &impl ConnectionTrait, ids: &[Uuid]) -> Outcome<Vec<EntryRecord>> {
    let postgres = conn.get_database_backend() == DatabaseBackend::Postgres;
    select(conn, ids, if postgres { "FOR UPDATE" } else { "" }).await
}

async fn select(
    conn: &impl ConnectionTrait,
    ids: &[Uuid],
    lock: &str,
) -> Outcome<Vec<EntryRecord>> {
    let mut rows = Vec::new();
    for some in ids.chunks(rows_per_statement(1)) {
        let text = format!(
            "SELECT {COLUMNS} FROM base_register_entry e WHERE e.id IN (VALUES {})
             ORDER BY e.id {lock}",
            places(some.len(), 1)
        );
        rows.extend(ask(conn, &text, some.iter().map(|id| Value::from(*id))).await?);
    }
    records(conn, rows).await
}

/// Writes when and where entries count that are held.
pub async fn relist(conn: &Tx, changed: &[Relisted]) -> Outcome<()> {
    let counting = changed.iter().filter(|one| one.counts != one.record.counts);
    let rows: Vec<Vec<Value>> = counting
        .map(|one| {
            let (from, until) = days(one.counts);
            vec![one.record.id.into(), from.into(), until.into()]
        })
        .collect();
    for some in rows.chunks(rows_per_statement(3)) {
        let (from, until) = match conn.get_database_backend() {
            // A column that is NULL in every row has no type of its own.
            DatabaseBackend::Postgres => ("CAST(v.column2 AS DATE)", "CAST(v.column3 AS DATE)"),
            _ => ("v.column2", "v.column3"),
        };
        let text = format!(
            "UPDATE base_register_entry SET counts_from = {from}, counts_until = {until}
             FROM (VALUES {}) AS v WHERE base_register_entry.id = v.column1",
            places(some.len(), 3)
        );
        let statement = sql(conn, &text, some.iter().flatten().cloned());
        conn.execute_raw(statement).await.map_err(fault::of)?;
    }
    keep_places(conn, changed.iter().filter(|one| one.places != one.record.places)).await
}

async fn keep_places(conn: &Tx, changed: impl Iterator<Item = &Relisted>) -> Outcome<()> {
    let changed: Vec<&Relisted> = changed.collect();
    for some in changed.chunks(rows_per_statement(1)) {
        let text = format!(
            "DELETE FROM base_register_place WHERE entry IN (VALUES {})",
            places(some.len(), 1)
        );
        let ids = some.iter().map(|one| Value::from(one.record.id));
        conn.execute_raw(sql(conn, &text, ids)).await.map_err(fault::of)?;
    }
    let rows = changed.iter().flat_map(|one| {
        let BaseRegisterId(register) = one.record.base_register;
        one.places.rows().iter().map(move |row| -> Vec<Value> {
            vec![
                register.into(),
                one.record.id.into(),
                row.value.as_str().into(),
                NaiveDate::from(row.period.from()).into(),
                row.period.until().map(NaiveDate::from).into(),
            ]
        })
    });
    let columns = "base_register, entry, area, valid_from, valid_until";
    let rows = rows.collect();
    insert_rows(conn, "base_register_place", columns, rows).await.map_err(fault::of)
}

/// How many enterprises are listed within `area` on or after `on` by editions that have not ended by
/// then.
pub async fn count_listed(
    conn: &impl ConnectionTrait,
    area: &AreaPath,
    on: CivilDate,
) -> Outcome<u64> {
    let text = "SELECT COUNT(DISTINCT p.entry) AS count FROM base_register_place p
                JOIN base_register b ON b.id = p.base_register
                WHERE p.area >= $1 AND p.area < $2
                  AND (p.valid_until IS NULL OR p.valid_until > $3)
                  AND (b.counts_until IS NULL OR b.counts_until > $4)";
    let (range, day) = (area.path().range(), NaiveDate::from(on));
    let values: [Value; 4] = [range.from.into(), range.until.into(), day.into(), day.into()];
    Ok(number(conn, text, values).await?.unsigned_abs())
}

/// The areas in which editions of a district list enterprises at last.
pub async fn areas_of(conn: &impl ConnectionTrait, district: &AreaPath) -> Outcome<Vec<AreaPath>> {
    #[derive(FromQueryResult)]
    struct Listed {
        area: String,
    }
    let text = "SELECT DISTINCT p.area FROM base_register_place p
                JOIN base_register b ON b.id = p.base_register
                WHERE b.area = $1 AND b.deleted_at IS NULL AND p.valid_until IS NULL";
    let rows = Listed::find_by_statement(sql(conn, text, [district.as_str().into()]));
    let rows = rows.all(conn).await.map_err(fault::of)?;
    rows.iter().map(|row| AreaPath::parse(&row.area).map_err(broken)).collect()
}

/// An area that has ended and in which the edition lists enterprises at last, if there is one.
pub async fn ended_area(
    conn: &impl ConnectionTrait,
    BaseRegisterId(register): BaseRegisterId,
) -> Outcome<Option<AreaPath>> {
    #[derive(FromQueryResult)]
    struct Ended {
        area: String,
    }
    let text = "SELECT p.area FROM base_register_place p JOIN area a ON a.label = p.area
                WHERE p.base_register = $1 AND p.valid_until IS NULL
                  AND a.valid_until IS NOT NULL ORDER BY p.area LIMIT 1";
    let row = Ended::find_by_statement(sql(conn, text, [register.into()])).one(conn).await;
    row.map_err(fault::of)?.map(|row| AreaPath::parse(&row.area).map_err(broken)).transpose()
}

/// At most `at_most` entries of an edition that are listed within `area` at last, by area and id.
pub async fn listed_in(
    conn: &impl ConnectionTrait,
    BaseRegisterId(register): BaseRegisterId,
    within: &AreaPath,
    after: &Place,
    at_most: u64,
) -> Outcome<Vec<EntryRecord>> {
    let text = format!(
        "SELECT {COLUMNS} FROM base_register_place p
         JOIN base_register_entry e ON e.id = p.entry
         WHERE p.base_register = $1 AND (p.area, p.entry) > ($2, $3)
           AND p.area >= $4 AND p.area < $5 AND p.valid_until IS NULL
         ORDER BY p.area, p.entry LIMIT {at_most}"
    );
    let range = within.path().range();
    let values: [Value; 5] = [
        register.into(),
        after.area.as_str().into(),
        after.id.into(),
        range.from.into(),
        range.until.into(),
    ];
    let rows = ask(conn, &text, values).await?;
    records(conn, rows).await
}
