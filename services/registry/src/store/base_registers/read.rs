//! Reading base registers.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    civil::Period,
    db::{fault, sql},
    fault::Outcome,
};
use uuid::Uuid;

use super::BaseRegisterRecord;
use crate::{
    rules::{
        area::AreaPath,
        base_register::{BaseRegister, BaseRegisterId, Edition},
        name::Name,
    },
    store::dated::broken,
};

const RECORD: &str =
    "id, version, edition, source, as_of, area, entries, counts_from, counts_until,
    successor, settled_through, created_at, updated_at";

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    version: i64,
    edition: String,
    source: String,
    as_of: NaiveDate,
    area: String,
    entries: i64,
    counts_from: Option<NaiveDate>,
    counts_until: Option<NaiveDate>,
    successor: Option<Uuid>,
    settled_through: Option<Uuid>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn record(self) -> Outcome<BaseRegisterRecord> {
        let register = BaseRegister {
            edition: Edition::parse(&self.edition).map_err(broken)?,
            source: Name::parse(&self.source).map_err(broken)?,
            as_of: self.as_of.into(),
            area: AreaPath::parse(&self.area).map_err(broken)?,
            entries: self.entries,
            counts: period(self.counts_from, self.counts_until)?,
            successor: self.successor.map(BaseRegisterId),
        };
        Ok(BaseRegisterRecord {
            id: BaseRegisterId(self.id),
            version: self.version,
            register,
            settled_through: self.settled_through,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The days on which something counts; none without a first one.
pub(super) fn period(from: Option<NaiveDate>, until: Option<NaiveDate>) -> Outcome<Option<Period>> {
    let Some(from) = from else { return Ok(None) };
    let period = Period::new(from.into(), until.map(Into::into));
    period.map(Some).ok_or_else(|| broken("it ceases to count before it begins"))
}

async fn select(
    conn: &impl ConnectionTrait,
    rest: &str,
    values: impl IntoIterator<Item = Value>,
) -> Outcome<Vec<BaseRegisterRecord>> {
    let text = format!("SELECT {RECORD} FROM base_register WHERE deleted_at IS NULL AND {rest}");
    let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
    rows.map_err(fault::of)?.into_iter().map(Row::record).collect()
}

/// How a row is held until the transaction ends; on SQLite the one writer holds everything.
fn held(conn: &impl ConnectionTrait) -> &'static str {
    match conn.get_database_backend() {
        // Those who list enterprises in an edition may refer to it meanwhile.
        DatabaseBackend::Postgres => "ORDER BY id FOR NO KEY UPDATE",
        _ => "ORDER BY id",
    }
}

/// The edition with this id.
pub async fn load(
    conn: &impl ConnectionTrait,
    BaseRegisterId(id): BaseRegisterId,
) -> Outcome<Option<BaseRegisterRecord>> {
    Ok(select(conn, "id = $1", [id.into()]).await?.into_iter().next())
}

/// The same, held until the transaction ends.
pub async fn load_for_update(
    conn: &impl ConnectionTrait,
    BaseRegisterId(id): BaseRegisterId,
) -> Outcome<Option<BaseRegisterRecord>> {
    let rest = format!("id = $1 {}", held(conn));
    Ok(select(conn, &rest, [id.into()]).await?.into_iter().next())
}

/// Every edition of a district, held until the transaction ends.
pub async fn of_area_for_update(
    conn: &impl ConnectionTrait,
    area: &AreaPath,
) -> Outcome<Vec<BaseRegisterRecord>> {
    select(conn, &format!("area = $1 {}", held(conn)), [area.as_str().into()]).await
}

/// Whether the district has an edition of this name.
pub async fn edition_taken(
    conn: &impl ConnectionTrait,
    area: &AreaPath,
    edition: &Edition,
) -> Outcome<Option<BaseRegisterId>> {
    let values = [area.as_str().into(), edition.as_str().into()];
    let found = select(conn, "area = $1 AND edition = $2", values).await?;
    Ok(found.first().map(|record| record.id))
}

/// The drafts.
pub async fn drafts(conn: &impl ConnectionTrait) -> Outcome<Vec<BaseRegisterRecord>> {
    select(conn, "counts_from IS NULL ORDER BY id", []).await
}

/// The editions whose entries do not all count as they say.
pub async fn unsettled(conn: &impl ConnectionTrait) -> Outcome<Vec<BaseRegisterId>> {
    let found = select(conn, "settled_through IS NOT NULL ORDER BY id", []).await?;
    Ok(found.iter().map(|record| record.id).collect())
}

/// At most `limit` editions, the latest entered first, behind `before`.
pub async fn page(
    conn: &impl ConnectionTrait,
    before: Option<Uuid>,
    limit: u64,
) -> Outcome<Vec<BaseRegisterRecord>> {
    let rest = format!("id < $1 ORDER BY id DESC LIMIT {limit}");
    select(conn, &rest, [before.unwrap_or(Uuid::max()).into()]).await
}

/// The editions that ever listed anybody within `area`, counting or not.
pub async fn listing_in(
    conn: &impl ConnectionTrait,
    area: &AreaPath,
) -> Outcome<Vec<BaseRegisterRecord>> {
    let rest = "EXISTS (SELECT 1 FROM base_register_place p
        WHERE p.base_register = base_register.id AND p.area >= $1 AND p.area < $2) ORDER BY id";
    let range = area.path().range();
    select(conn, rest, [range.from.into(), range.until.into()]).await
}
