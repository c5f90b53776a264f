//! The feed where ids and commits disagree, which only PostgreSQL lets happen.

use std::future::pending;

use anyhow::{Context, Result, ensure};
use sea_orm::ConnectionTrait;
use tokio::time::Instant;
use unionhall_kit::{
    db::sql,
    ledger::{
        Begun, Done, Event, EventKind, Intent, Ledger,
        feed::{Cursor, Page},
    },
    path::{Path, Prefixes, Scope},
};
use unionhall_tests::{books::Books, engine::Engine, patience};

/// The commit of an event of `late` waits while somebody holds this lock, as one waits for a slow
/// disk: its ids are given, and nobody sees it yet.
const HOLD: &str = "SELECT pg_advisory_xact_lock(7554)";
const HELD_BACK: [&str; 2] = [
    "CREATE FUNCTION hold_back() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS
     'BEGIN PERFORM pg_advisory_xact_lock(7554); RETURN NULL; END'",
    "CREATE CONSTRAINT TRIGGER held_back AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED
     FOR EACH ROW WHEN (NEW.record = 'late') EXECUTE FUNCTION hold_back()",
];
const WAITS: &str = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 7554
     AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

async fn write(ledger: Ledger, record: &'static str) -> Result<()> {
    let intent =
        Intent { client: "c", method: "/m", trace: "t", request_id: None, body: Vec::new() };
    let Begun::Fresh(mut entry) = ledger.begin(&intent).await? else {
        anyhow::bail!("a replay without a request id");
    };
    entry.event(Event {
        record: record.to_owned(),
        version: 1,
        kind: EventKind::Created,
        area: Path::parse("11")?,
        affiliation: None,
        snapshot_type: "",
        snapshot: Vec::new(),
    });
    Ok(entry.commit(Done { record: record.to_owned(), version: 1 }).await?)
}

/// What stands in the feed behind the cursor.
async fn read(books: &Books, cursor: Cursor) -> Result<Page> {
    books.sequencer().drain().await?;
    let area = Prefixes::normalised(vec![Path::parse("1")?]);
    let scope = Scope { area, affiliation: Prefixes::default() };
    Ok(books.ledger.changes(cursor, &scope, 10, Instant::now(), pending()).await?)
}

fn records(page: &Page) -> Vec<&str> {
    page.events.iter().map(|event| event.record.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_commits_behind_a_later_id_is_read() -> Result<()> {
    let books = Books::open(Engine::Postgres).await?;
    let db = books.ledger.db();
    let making = db.begin().await?;
    for text in HELD_BACK {
        making.conn().execute_unprepared(text).await?;
    }
    making.commit().await?;

    let holder = db.begin().await?;
    holder.conn().execute_unprepared(HOLD).await?;
    let late = tokio::spawn(write(books.ledger.clone(), "late"));
    patience::until("the late write to commit", || async {
        db.reader().query_one_raw(sql(db.reader(), WAITS, [])).await.ok().flatten()
    })
    .await?;
    write(books.ledger.clone(), "early").await?;
    let page = read(&books, books.ledger.feed_start().await?).await?;
    ensure!(records(&page) == ["early"], "{:?}", records(&page));

    holder.rollback().await?;
    late.await.context("the late write")??;
    let rest = read(&books, page.cursor).await?;
    ensure!(records(&rest) == ["late"], "behind the cursor stands {:?}", records(&rest));
    let whole = read(&books, books.ledger.feed_start().await?).await?;
    ensure!(records(&whole) == ["early", "late"], "read anew: {:?}", records(&whole));
    Ok(())
}
