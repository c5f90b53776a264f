//! The books under concurrency: the feed loses nothing, one request id has one effect, the audit
//! chain holds.

use std::{
    collections::{BTreeMap, HashMap},
    future::pending,
    time::Duration,
};

use anyhow::{Result, ensure};
use sea_orm::{ConnectionTrait, Statement};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use unionhall_kit::{
    ledger::{AuditNote, Begun, Done, Event, EventKind, Intent, Ledger, audit, feed::Positioned},
    path::{Path, Prefixes, Scope},
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};
use uuid::Uuid;

const WRITERS: usize = 16;
const WRITES: usize = 40;

fn path(text: &str) -> Path {
    Path::parse(text).expect("a path")
}

fn everything() -> Scope {
    Scope { area: Prefixes::normalised(vec![path("1")]), affiliation: Prefixes::default() }
}

fn intent(request_id: Option<Uuid>) -> Intent<'static> {
    Intent { client: "c", method: "/m", trace: "t", request_id, body: b"body".to_vec() }
}

/// One write of three events: two of new records, one of a record that half of the writers share;
/// the others have one each. Those of one record follow each other, so only writers of different
/// records commit in another order than that of their ids. Every tenth write is taken back.
async fn write(ledger: &Ledger, writer: usize, number: usize) -> Result<bool> {
    let Begun::Fresh(mut entry) = ledger.begin(&intent(None)).await? else {
        anyhow::bail!("a replay without a request id");
    };
    let (record, version) = if writer.is_multiple_of(2) {
        ("shared".to_owned(), next_shared_version(entry.conn()).await?)
    } else {
        (format!("own/{writer}"), i64::try_from(number - number / 10)? + 1)
    };
    for record in [format!("own/{writer}-{number}-a"), format!("own/{writer}-{number}-b")] {
        entry.event(event(record, 1));
    }
    entry.event(event(record, version));
    entry.audit(AuditNote { record: "shared".into(), area: path("11"), detail: "made".into() });
    if number % 10 == 9 {
        entry.discard().await?;
        return Ok(false);
    }
    entry.commit(Done { record: "shared".into(), version }).await?;
    Ok(true)
}

/// Locks the shared record, as every write locks its aggregate roots, and counts its version up.
async fn next_shared_version(conn: &impl ConnectionTrait) -> Result<i64> {
    let text = "UPDATE shared_record SET version = version + 1 RETURNING version";
    let statement = Statement::from_string(conn.get_database_backend(), text);
    let row = conn.query_one_raw(statement).await?.expect("the shared record");
    Ok(row.try_get("", "version")?)
}

async fn make_shared_record(ledger: &Ledger) -> Result<()> {
    let tx = ledger.db().begin().await?;
    for text in
        ["CREATE TABLE shared_record (version BIGINT)", "INSERT INTO shared_record VALUES (0)"]
    {
        let statement = Statement::from_string(tx.conn().get_database_backend(), text);
        tx.conn().execute_raw(statement).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn event(record: String, version: i64) -> Event {
    Event {
        record,
        version,
        kind: EventKind::Updated,
        area: path("11"),
        affiliation: None,
        snapshot_type: "",
        snapshot: Vec::new(),
    }
}

async fn read_to_the_end(ledger: &Ledger, expected: usize) -> Result<Vec<Positioned>> {
    let mut cursor = ledger.feed_start().await?;
    let mut seen = Vec::new();
    while seen.len() < expected {
        let until = Instant::now() + Duration::from_secs(20);
        let page = ledger.changes(cursor, &everything(), 7, until, pending()).await?;
        ensure!(!page.events.is_empty(), "{} of {expected} events, then silence", seen.len());
        cursor = page.cursor;
        seen.extend(page.events);
    }
    Ok(seen)
}

on_both_engines!(the_feed_loses_nothing);

async fn the_feed_loses_nothing(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    make_shared_record(&books.ledger).await?;
    let stop = CancellationToken::new();
    // Two clerks, as of two instances: only one of them leads at a time.
    let clerks: Vec<_> =
        (0..2).map(|_| tokio::spawn(books.sequencer().run(stop.clone()))).collect();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let ledger = books.ledger.clone();
        writers.spawn(async move {
            let mut committed = 0;
            for number in 0..WRITES {
                committed += usize::from(write(&ledger, writer, number).await?);
            }
            anyhow::Ok(committed)
        });
    }
    let expected = WRITERS * (WRITES - WRITES / 10) * 3;
    let reader = tokio::spawn({
        let ledger = books.ledger.clone();
        async move { read_to_the_end(&ledger, expected).await }
    });
    let mut committed = 0;
    while let Some(written) = writers.join_next().await {
        committed += written??;
    }
    ensure!(committed * 3 == expected);
    let seen = reader.await??;
    check_order(&seen)?;
    check_audit(&books, committed).await?;
    stop.cancel();
    for clerk in clerks {
        clerk.await?;
    }
    Ok(())
}

/// Dense positions, each event once, versions ascending by one, transactions whole.
fn check_order(seen: &[Positioned]) -> Result<()> {
    let mut versions: HashMap<&str, i64> = HashMap::new();
    let mut transactions: BTreeMap<i64, usize> = BTreeMap::new();
    for (expected, event) in (1..).zip(seen) {
        ensure!(event.position == expected, "position {} after {}", event.position, expected - 1);
        let last = versions.insert(&event.record, event.version).unwrap_or(0);
        ensure!(
            event.version == last + 1,
            "{} went from {last} to {}",
            event.record,
            event.version
        );
        *transactions.entry(event.tx).or_default() += 1;
    }
    ensure!(transactions.values().all(|count| *count == 3), "a transaction was split");
    Ok(())
}

async fn check_audit(books: &Books, committed: usize) -> Result<()> {
    books.sequencer().drain().await?;
    let report = audit::verify(books.ledger.db().reader(), &[Books::keys().audit]).await?;
    ensure!(report.broken_at.is_none(), "{report:?}");
    // The last entries may be another clerk's, sealed a moment later.
    ensure!(report.sealed + report.unsealed == i64::try_from(committed)?, "{report:?}");
    Ok(())
}

on_both_engines!(one_request_id_has_one_effect);

async fn one_request_id_has_one_effect(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    make_shared_record(&books.ledger).await?;
    let request_id = Some(Uuid::from_u128(7));
    let mut tries = JoinSet::new();
    for _ in 0..WRITERS {
        let ledger = books.ledger.clone();
        tries.spawn(async move {
            let begun = ledger.begin(&intent(request_id)).await?;
            let Begun::Fresh(mut entry) = begun else { return anyhow::Ok(false) };
            let version = next_shared_version(entry.conn()).await?;
            entry.event(event("shared".into(), version));
            entry.commit(Done { record: "shared".into(), version }).await?;
            Ok(true)
        });
    }
    let mut effects = 0;
    while let Some(tried) = tries.join_next().await {
        effects += usize::from(tried??);
    }
    ensure!(effects == 1, "{effects} effects");
    books.sequencer().drain().await?;
    let start = books.ledger.feed_start().await?;
    let page = books.ledger.changes(start, &everything(), 10, Instant::now(), pending()).await?;
    ensure!(page.events.len() == 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_transaction_does_not_stall_the_feed() -> Result<()> {
    let books = Books::open(Engine::Postgres).await?;
    make_shared_record(&books.ledger).await?;
    let Begun::Fresh(mut idle) = books.ledger.begin(&intent(None)).await? else {
        anyhow::bail!("a replay without a request id");
    };
    idle.event(event("idle".into(), 1));
    write(&books.ledger, 0, 0).await?;
    books.sequencer().drain().await?;
    let start = books.ledger.feed_start().await?;
    let page = books.ledger.changes(start, &everything(), 10, Instant::now(), pending()).await?;
    ensure!(page.events.len() == 3, "the feed waits for the open transaction");
    idle.commit(Done { record: "idle".into(), version: 1 }).await?;
    books.sequencer().drain().await?;
    let page =
        books.ledger.changes(page.cursor, &everything(), 10, Instant::now(), pending()).await?;
    ensure!(page.events.iter().map(|event| event.record.as_str()).eq(["idle"]));
    Ok(())
}
