//! Possible duplicates of an employer: those that share a key with it.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, sql},
    fault::Outcome,
};
use uuid::Uuid;

use super::{
    EmployerRecord,
    present::Keys,
    read::{RECORD, Row},
};
use crate::rules::duplicates::Probe;

/// Employers that one key brings in; a key that more share tells nothing.
const EMPLOYERS_A_KEY: u32 = 500;

/// The employers other than `except` that share a key with the probe, each once, by id.
pub async fn candidates(
    conn: &impl ConnectionTrait,
    except: Uuid,
    probe: &Probe,
) -> Outcome<Vec<EmployerRecord>> {
    let keys = Keys::of(probe);
    let columns = [
        ("organisation_code", keys.code),
        ("name_head", keys.head),
        ("name_tail", keys.tail),
        ("phone", keys.phone),
        ("address_key", keys.address),
    ];
    let mut found = std::collections::BTreeMap::new();
    for (column, key) in columns.into_iter().filter(|(_, key)| !key.is_empty()) {
        let text = format!(
            "SELECT {RECORD} FROM employer WHERE {column} = $1 AND id <> $2 AND deleted_at IS NULL
             ORDER BY id LIMIT {EMPLOYERS_A_KEY}"
        );
        let values: [Value; 2] = [key.into(), except.into()];
        let rows =
            Row::find_by_statement(sql(conn, &text, values)).all(conn).await.map_err(fault::of)?;
        for row in rows {
            let record = row.record()?;
            found.insert(record.id, record);
        }
    }
    Ok(found.into_values().collect())
}
