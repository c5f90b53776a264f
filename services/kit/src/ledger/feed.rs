//! Reading the events in commit order. A cursor carries the feed's epoch, so that one from another
//! database, or from before a restore, is told apart.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use tokio::time::Instant;
use uuid::Uuid;

use super::Ledger;
use crate::{
    db::{fault, sql},
    fault::{Fault, Outcome},
    path::Scope,
    reasons,
};

/// Where a reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The feed that it belongs to.
    pub epoch: Uuid,
    /// The last position that was read.
    pub position: i64,
}

/// One event with its position.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Positioned {
    /// Dense position from 1.
    pub position: i64,
    /// Events with the same number were committed together.
    #[sea_orm(skip)]
    pub tx: i64,
    batch: Uuid,
    /// Resource name.
    pub record: String,
    /// Version after the change.
    pub version: i64,
    /// As in `EventKind`.
    pub kind: i16,
    /// Path on the area line.
    pub area: String,
    /// Path on the affiliation line.
    pub affiliation: Option<String>,
    /// Full proto name of the snapshot.
    pub snapshot_type: String,
    /// The record.
    pub snapshot: Vec<u8>,
    /// When it was committed.
    pub committed_at: DateTime<Utc>,
}

/// A page of the feed.
pub struct Page {
    /// The visible events.
    pub events: Vec<Positioned>,
    /// Where the reader stands now, past hidden events too.
    pub cursor: Cursor,
}

impl Ledger {
    /// Where a new reader begins: before the oldest event that is kept.
    pub async fn feed_start(&self) -> Outcome<Cursor> {
        let (epoch, retained_from) = self.feed_row().await?;
        Ok(Cursor { epoch, position: retained_from - 1 })
    }

    /// Makes the feed's row when the database is new.
    pub async fn open_feed(&self) -> Outcome<()> {
        let tx = self.db.begin().await?;
        let text = "INSERT INTO feed (only, epoch, retained_from) VALUES (1, $1, 1)
                    ON CONFLICT (only) DO NOTHING";
        let epoch: Value = self.ids.fresh().into();
        tx.conn().execute_raw(sql(tx.conn(), text, [epoch])).await.map_err(fault::of)?;
        tx.commit().await
    }

    /// Events after `cursor`, cut to `scope`; waits up to `wait` for the first. A transaction is
    /// never split: the page ends with one.
    pub async fn changes(
        &self,
        cursor: Cursor,
        scope: &Scope,
        at_most: u64,
        wait: Duration,
    ) -> Outcome<Page> {
        self.check(cursor).await?;
        let until = Instant::now() + wait;
        loop {
            let rung = self.bell.notified();
            let read = self.read_after(cursor.position, at_most).await?;
            if let Some(last) = read.last() {
                let cursor = Cursor { position: last.position, ..cursor };
                let events = read.into_iter().filter(|event| sees(scope, event)).collect();
                return Ok(Page { events, cursor });
            }
            if Instant::now() >= until {
                return Ok(Page { events: Vec::new(), cursor });
            }
            // Another instance's commit rings no bell here, so look now and then.
            let look = Duration::from_millis(200).min(until - Instant::now());
            let _ = tokio::time::timeout(look, rung).await;
        }
    }

    async fn check(&self, cursor: Cursor) -> Outcome<()> {
        let (epoch, retained_from) = self.feed_row().await?;
        if cursor.epoch != epoch {
            return Err(Fault::new(&reasons::CURSOR_INVALID));
        }
        if cursor.position + 1 < retained_from {
            return Err(Fault::new(&reasons::CURSOR_TOO_OLD).with("oldest", retained_from));
        }
        Ok(())
    }

    async fn feed_row(&self) -> Outcome<(Uuid, i64)> {
        let conn = self.db.reader();
        let text = "SELECT epoch, retained_from FROM feed";
        let row = conn.query_one_raw(sql(conn, text, [])).await.map_err(fault::of)?;
        let row = row.ok_or_else(|| Fault::new(&reasons::INTERNAL))?;
        Ok((
            row.try_get("", "epoch").map_err(fault::of)?,
            row.try_get("", "retained_from").map_err(fault::of)?,
        ))
    }

    /// A page that ends with a transaction: what is missing of the last one follows.
    async fn read_after(&self, position: i64, at_most: u64) -> Outcome<Vec<Positioned>> {
        let conn = self.db.reader();
        let engine = conn.get_database_backend();
        let read = async |text: String, values: Vec<Value>| {
            Positioned::find_by_statement(sql(conn, &text, values))
                .all(conn)
                .await
                .map_err(fault::of)
        };
        let page = format!("{} LIMIT {at_most}", select(engine, ""));
        let mut page = read(page, vec![position.into()]).await?;
        if let Some(last) = page.last() {
            // It was committed as a whole, so the rest can be seen by now.
            let rest = vec![last.position.into(), last.batch.into()];
            page.extend(read(select(engine, "AND e.batch = $2"), rest).await?);
        }
        let numbers = transactions(&page);
        for (event, number) in page.iter_mut().zip(numbers) {
            event.tx = number;
        }
        Ok(page)
    }
}

fn sees(scope: &Scope, event: &Positioned) -> bool {
    let path = |text: &str| crate::path::Path::parse(text).ok();
    scope.sees(path(&event.area).as_ref(), event.affiliation.as_deref().and_then(path).as_ref())
}

const COLUMNS: &str = "e.record, e.version, e.kind, e.area, e.affiliation, e.snapshot_type,
                       e.snapshot, e.committed_at";

/// Events with their positions: on SQLite the ids are positions.
fn select(engine: DatabaseBackend, condition: &str) -> String {
    let (position, table) = if engine == DatabaseBackend::Postgres {
        ("p.position", "event_position p JOIN event e ON e.id = p.event")
    } else {
        ("e.id", "event e")
    };
    format!(
        "SELECT {position} AS position, e.batch, {COLUMNS} FROM {table}
         WHERE {position} > $1 {condition} ORDER BY {position}"
    )
}

/// A transaction bears the position of its first event; a page always begins with one.
fn transactions(events: &[Positioned]) -> Vec<i64> {
    let mut first: Option<(Uuid, i64)> = None;
    let number = |event: &Positioned| match first {
        Some((batch, number)) if batch == event.batch => number,
        _ => {
            first = Some((event.batch, event.position));
            event.position
        }
    };
    events.iter().map(number).collect()
}
