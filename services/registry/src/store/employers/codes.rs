//! Who holds a code. A code is unique among the employers that were not withdrawn.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, FromQueryResult};
use unionhall_kit::{
    db::{fault, source, sql},
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

/// The employers that hold these organisation codes, each once; for imports, any number at once.
pub async fn holders(
    conn: &impl ConnectionTrait,
    codes: &[OrganisationCode],
) -> Outcome<Vec<Holder>> {
    let mut found = Vec::new();
    let codes: Vec<&OrganisationCode> = BTreeSet::from_iter(codes).into_iter().collect();
    for some in codes.chunks(CODES_A_STATEMENT) {
        let (asked, values) =
            source(conn, "code", some.iter().map(|code| vec![code.as_str().into()]).collect());
        // In this order: each code is one look into the key, however little the engine knows of a
        // table that was just filled.
        let text = format!(
            "WITH asked (code) AS ({asked})
             SELECT e.id, e.area, e.organisation_code FROM asked CROSS JOIN employer e
             WHERE e.organisation_code = asked.code AND e.deleted_at IS NULL"
        );
        let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
        let rows = rows.map_err(fault::of)?;
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
        let (asked, values) =
            source(conn, "name", some.iter().map(|name| vec![name.as_str().into()]).collect());
        let text = format!(
            "WITH asked (name) AS ({asked})
             SELECT e.id FROM asked CROSS JOIN employer e
             WHERE e.name_key = asked.name AND e.deleted_at IS NULL"
        );
        let rows = Bearer::find_by_statement(sql(conn, &text, values)).all(conn).await;
        let rows = rows.map_err(fault::of)?;
        found.extend(rows.into_iter().map(|row| row.id));
    }
    Ok(found)
}
