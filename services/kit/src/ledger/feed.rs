//! Reading the events in commit order. A cursor carries the feed's epoch, so that one from another
//! database, or from before a restore, is told apart.

pub mod desk;

use std::{future::Future, pin::pin, time::Duration};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Ledger, events::MAX_EVENTS_A_TRANSACTION};
use crate::{
    db::{fault, sql},
    fault::{Fault, Outcome},
    path::Scope,
    reasons,
};

/// A commit of another instance rings no bell here, so a waiting reader looks this often.
const LOOK: Duration = Duration::from_millis(200);
/// Snapshots that a page carries, in bytes, unless one transaction has more: clients take messages
/// of 4 MiB unless told otherwise.
const PAGE_BYTES: usize = 3 << 20;

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
        let feed = self.feed_row().await?;
        Ok(Cursor { epoch: feed.epoch, position: feed.retained_from - 1 })
    }

    /// Makes the feed's row when the database is new.
    pub async fn open_feed(&self) -> Outcome<()> {
        let tx = self.db.begin().await?;
        let text = "INSERT INTO feed (singleton, epoch, retained_from) VALUES (1, $1, 1)
                    ON CONFLICT (singleton) DO NOTHING";
        let epoch: Value = self.ids.fresh().into();
        tx.conn().execute_raw(sql(tx.conn(), text, [epoch])).await.map_err(fault::of)?;
        tx.commit().await
    }

    /// Events after `cursor`, cut to `scope`. A transaction is never split: the page ends with
    /// one. Where there is nothing to see, it waits until there is, until `until`, or until `stop`,
    /// and then answers with an empty page, whose cursor may have moved on.
    pub async fn changes(
        &self,
        mut cursor: Cursor,
        scope: &Scope,
        at_most: u64,
        until: Instant,
        stop: impl Future<Output = ()>,
    ) -> Outcome<Page> {
        self.check(cursor).await?;
        let mut stop = pin!(stop);
        loop {
            let rung = self.bell.notified();
            let read = self.read_after(cursor.position, at_most).await?;
            let more = !read.is_empty();
            let events = cut(read, scope, &mut cursor);
            let now = Instant::now();
            if !events.is_empty() || now >= until {
                return Ok(Page { events, cursor });
            }
            let look = if more { Duration::ZERO } else { LOOK.min(until - now) };
            tokio::select! {
                () = &mut stop => return Ok(Page { events, cursor }),
                _ = tokio::time::timeout(look, rung) => {}
            }
        }
    }

    async fn check(&self, cursor: Cursor) -> Outcome<()> {
        let feed = self.feed_row().await?;
        // A position that was never given comes from a state that this database has lost.
        if cursor.epoch != feed.epoch || cursor.position > feed.head {
            return Err(Fault::new(&reasons::CURSOR_INVALID));
        }
        if cursor.position + 1 < feed.retained_from {
            return Err(Fault::new(&reasons::CURSOR_TOO_OLD).with("oldest", feed.retained_from));
        }
        Ok(())
    }

    async fn feed_row(&self) -> Outcome<FeedRow> {
        let conn = self.db.reader();
        let head = if conn.get_database_backend() == DatabaseBackend::Postgres {
            "SELECT MAX(position) FROM event_position"
        } else {
            "SELECT MAX(id) FROM event"
        };
        let text = format!(
            "SELECT epoch, retained_from, COALESCE(({head}), retained_from - 1) AS head FROM feed"
        );
        let row = FeedRow::find_by_statement(sql(conn, &text, [])).one(conn).await;
        row.map_err(fault::of)?.ok_or_else(|| Fault::new(&reasons::INTERNAL))
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
        let page = select(engine, "", "LIMIT $2");
        let mut page = read(page, vec![position.into(), at_most.cast_signed().into()]).await?;
        if let Some(last) = page.last() {
            // It was committed as a whole, so the rest can be seen by now, in the positions that
            // follow; without their bound every page would search the whole feed for it.
            let bound = last.position + MAX_EVENTS_A_TRANSACTION as i64;
            let rest = vec![last.position.into(), last.batch.into(), bound.into()];
            let place = position_of(engine);
            let condition = format!("AND e.batch = $2 AND {place} <= $3");
            page.extend(read(select(engine, &condition, ""), rest).await?);
        }
        let numbers = transactions(&page);
        for (event, number) in page.iter_mut().zip(numbers) {
            event.tx = number;
        }
        Ok(page)
    }
}

#[derive(FromQueryResult)]
struct FeedRow {
    epoch: Uuid,
    retained_from: i64,
    /// The highest position that was given.
    head: i64,
}

/// The visible events of as many whole transactions as fit into a page; moves the cursor past
/// them and past those without a visible event.
fn cut(read: Vec<Positioned>, scope: &Scope, cursor: &mut Cursor) -> Vec<Positioned> {
    let mut events: Vec<Positioned> = Vec::new();
    let mut whole = 0;
    let mut bytes = 0;
    for event in read {
        if events.last().is_none_or(|last| last.tx != event.tx) {
            whole = events.len();
        }
        let position = event.position;
        if sees(scope, &event) {
            bytes += event.snapshot.len();
            if bytes > PAGE_BYTES && whole > 0 {
                events.truncate(whole);
                cursor.position = event.tx - 1;
                return events;
            }
            events.push(event);
        }
        cursor.position = position;
    }
    events
}

fn sees(scope: &Scope, event: &Positioned) -> bool {
    let path = |text: &str| crate::path::Path::parse(text).ok();
    scope.sees(path(&event.area).as_ref(), event.affiliation.as_deref().and_then(path).as_ref())
}

const COLUMNS: &str = "e.record, e.version, e.kind, e.area, e.affiliation, e.snapshot_type,
                       e.snapshot, e.committed_at";

/// On SQLite the ids are positions.
fn position_of(engine: DatabaseBackend) -> &'static str {
    if engine == DatabaseBackend::Postgres { "p.position" } else { "e.id" }
}

/// Events with their positions, behind position `$1`.
fn select(engine: DatabaseBackend, condition: &str, limit: &str) -> String {
    let position = position_of(engine);
    let table = if engine == DatabaseBackend::Postgres {
        "event_position p JOIN event e ON e.id = p.event"
    } else {
        "event e"
    };
    format!(
        "SELECT {position} AS position, e.batch, {COLUMNS} FROM {table}
         WHERE {position} > $1 {condition} ORDER BY {position} {limit}"
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
