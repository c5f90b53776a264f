//! Employers that an edition of the base register lacks.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, sql},
    fault::Outcome,
};

use super::{
    EmployerRecord, Place,
    read::{RECORD, Row},
};
use crate::rules::{
    area::AreaPath,
    base_register::{BaseRegisterId, finding::non_public},
};

/// At most `limit` employers within `area` whose ownership belongs into the outside list and whose
/// code is not in it, behind `after`, by area and id. Whether they are active on a day is asked of
/// their facts.
pub async fn not_listed(
    conn: &impl ConnectionTrait,
    BaseRegisterId(register): BaseRegisterId,
    area: &AreaPath,
    after: &Place,
    limit: u64,
) -> Outcome<Vec<EmployerRecord>> {
    let ownerships: Vec<String> = non_public().map(|code| format!("'{code}'")).collect();
    let text = format!(
        "SELECT {RECORD} FROM employer
         WHERE deleted_at IS NULL AND area >= $1 AND area < $2 AND (area, id) > ($3, $4)
           AND ownership IN ({})
           AND NOT EXISTS (SELECT 1 FROM base_register_entry e WHERE e.base_register = $5
               AND e.organisation_code = employer.organisation_code)
         ORDER BY area, id LIMIT {limit}",
        ownerships.join(", ")
    );
    let range = area.path().range();
    let values: [Value; 5] = [
        range.from.into(),
        range.until.into(),
        after.area.as_str().into(),
        after.id.into(),
        register.into(),
    ];
    let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
    rows.map_err(fault::of)?.into_iter().map(Row::record).collect()
}
