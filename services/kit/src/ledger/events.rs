//! Events: one multi-row insert, the last statement of the transaction, without a position.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Value};
use uuid::Uuid;

use crate::{
    db::{Tx, insert_rows, places, rows, rows_per_statement, sql},
    path::Path,
};

/// A transaction carries at most this many events, so that a reader never has to split one.
pub const MAX_EVENTS_A_TRANSACTION: usize = 1_000;

/// What happened to a record; numbers as in `common.v1.Change.Kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i16)]
pub enum EventKind {
    /// It was entered.
    Created = 1,
    /// A fact changed.
    Updated = 2,
    /// It was withdrawn.
    Removed = 3,
    /// A subtree came.
    Entered = 4,
    /// A subtree left where the record is an area, else the record alone.
    Left = 5,
}

/// One change of one record.
#[derive(Debug, Clone)]
pub struct Event {
    /// Resource name.
    pub record: String,
    /// Version after the change.
    pub version: i64,
    /// What happened.
    pub kind: EventKind,
    /// Where the record stands on the area line after the change; of one that left, where it stood
    /// before.
    pub area: Path,
    /// Where it stands on the affiliation line, if it has one.
    pub affiliation: Option<Path>,
    /// Full proto name of the snapshot's message; empty without one.
    pub snapshot_type: &'static str,
    /// The record as Get shows it without reveal permission.
    pub snapshot: Vec<u8>,
}

const COLUMNS: &str =
    "batch, record, version, kind, area, affiliation, snapshot_type, snapshot, committed_at";

pub(super) async fn append(
    conn: &Tx,
    batch: Uuid,
    now: DateTime<Utc>,
    events: &[Event],
) -> Result<(), DbErr> {
    debug_assert!(events.len() <= MAX_EVENTS_A_TRANSACTION, "split the write into chunks");
    let rows: Vec<Vec<Value>> = events.iter().map(|event| row(batch, now, event)).collect();
    if conn.get_database_backend() == DatabaseBackend::Postgres {
        append_pending(conn, rows).await
    } else {
        insert_rows(conn, "event", COLUMNS, rows).await
    }
}

/// PostgreSQL: the ids also go to the pending table, from which the sequencer takes them.
async fn append_pending(conn: &Tx, rows: Vec<Vec<Value>>) -> Result<(), DbErr> {
    rows::each(conn, COLUMNS, rows, |source| {
        format!(
            "WITH written AS (INSERT INTO event ({COLUMNS}) {source} RETURNING id, batch)
             INSERT INTO event_pending (event, batch) SELECT id, batch FROM written"
        )
    })
    .await
}

/// Puts another snapshot where events of a record have one.
pub(super) async fn overwrite(
    conn: &impl ConnectionTrait,
    snapshots: Vec<(String, Vec<u8>)>,
) -> Result<(), DbErr> {
    for some in snapshots.chunks(rows_per_statement(2)) {
        let text = format!(
            "UPDATE event SET snapshot = v.column2 FROM (VALUES {}) AS v
             WHERE event.record = v.column1 AND event.snapshot_type <> ''",
            places(some.len(), 2)
        );
        let row = |(record, snapshot): &(String, Vec<u8>)| -> [Value; 2] {
            [record.clone().into(), snapshot.clone().into()]
        };
        conn.execute_raw(sql(conn, &text, some.iter().flat_map(row))).await?;
    }
    Ok(())
}

fn row(batch: Uuid, now: DateTime<Utc>, event: &Event) -> Vec<Value> {
    vec![
        batch.into(),
        event.record.clone().into(),
        event.version.into(),
        (event.kind as i16).into(),
        event.area.as_str().into(),
        event.affiliation.as_ref().map(|path| path.as_str().to_owned()).into(),
        event.snapshot_type.into(),
        event.snapshot.clone().into(),
        now.into(),
    ]
}
