//! Who holds a code. A code is unique among the employers that were not withdrawn.

use sea_orm::{ConnectionTrait, FromQueryResult};
use unionhall_kit::{
    db::{fault, places, sql},
    fault::Outcome,
};
use uuid::Uuid;

use crate::{
    rules::{area::AreaPath, credit_code::CreditCode, organisation_code::OrganisationCode},
    store::dated::broken,
};

/// A code by which an employer is found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Code {
    /// Of the unified scheme.
    Credit(CreditCode),
    /// Of the older scheme; every employer has one, alone or inside its credit code.
    Organisation(OrganisationCode),
}

/// Who holds a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The employer.
    pub id: Uuid,
    /// Where it stands.
    pub area: AreaPath,
    /// Its organisation code.
    pub organisation_code: String,
}

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    area: String,
    organisation_code: String,
}

/// Codes in one statement; within what both engines take.
const CODES_A_STATEMENT: usize = 1_024;

/// The employer with this code at present, if there is one.
pub async fn find_by_code(conn: &impl ConnectionTrait, code: &Code) -> Outcome<Option<Uuid>> {
    let (column, text) = match code {
        Code::Credit(code) => ("credit_code", code.as_str()),
        Code::Organisation(code) => ("organisation_code", code.as_str()),
    };
    let text_of = format!("SELECT id FROM employer WHERE {column} = $1 AND deleted_at IS NULL");
    let row = conn.query_one_raw(sql(conn, &text_of, [text.into()])).await.map_err(fault::of)?;
    row.map(|row| row.try_get("", "id").map_err(fault::of)).transpose()
}

/// The employers that hold these organisation codes; for imports, any number at once.
pub async fn holders(
    conn: &impl ConnectionTrait,
    codes: &[OrganisationCode],
) -> Outcome<Vec<Holder>> {
    let mut found = Vec::new();
    for some in codes.chunks(CODES_A_STATEMENT) {
        let places: Vec<String> = (1..=some.len()).map(|place| format!("${place}")).collect();
        let text = format!(
            "SELECT id, area, organisation_code FROM employer
             WHERE organisation_code IN ({}) AND deleted_at IS NULL",
            places.join(", ")
        );
        let statement = sql(conn, &text, some.iter().map(|code| code.as_str().into()));
        let rows = Row::find_by_statement(statement).all(conn).await.map_err(fault::of)?;
        for row in rows {
            let area = AreaPath::parse(&row.area).map_err(broken)?;
            found.push(Holder { id: row.id, area, organisation_code: row.organisation_code });
        }
    }
    Ok(found)
}

/// The employers whose last name is one of these, as names are looked up; for imports.
pub async fn bearers(conn: &impl ConnectionTrait, names: &[String]) -> Outcome<Vec<Uuid>> {
    #[derive(FromQueryResult)]
    struct Bearer {
        id: Uuid,
    }
    let mut found = Vec::new();
    for some in names.chunks(CODES_A_STATEMENT) {
        let text = format!(
            "SELECT id FROM employer WHERE name_key IN (VALUES {}) AND deleted_at IS NULL",
            places(some.len(), 1)
        );
        let statement = sql(conn, &text, some.iter().map(|name| name.as_str().into()));
        let rows = Bearer::find_by_statement(statement).all(conn).await.map_err(fault::of)?;
        found.extend(rows.into_iter().map(|row| row.id));
    }
    Ok(found)
}
