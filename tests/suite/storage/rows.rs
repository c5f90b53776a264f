//! Many rows in one statement: what is written is what is read, however it went over the wire.

use std::{future::poll_fn, task::Poll};

use anyhow::{Result, ensure};
use chrono::{DateTime, Utc};
use sea_orm::{FromQueryResult, Value};
use unionhall_kit::db::{insert_new_rows, insert_rows, number, sql};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
struct Event {
    batch: Uuid,
    record: String,
    version: i64,
    kind: i16,
    area: String,
    affiliation: Option<String>,
    snapshot_type: String,
    snapshot: Vec<u8>,
    committed_at: DateTime<Utc>,
}

const COLUMNS: &str =
    "batch, record, version, kind, area, affiliation, snapshot_type, snapshot, committed_at";

impl Event {
    fn of(number: u32) -> Result<Self> {
        let texts = [
            "平",
            "\"引号\"",
            "a'b\\c",
            "行\n行\t\r",
            "{\"a\": [1]}",
            "",
            "\\N",
            "\\.",
            "𠮷\u{7f}",
        ];
        let [first, second] = [0, 1].map(|more| texts[(number as usize + more) % texts.len()]);
        Ok(Self {
            batch: Uuid::from_u128(u128::from(number)),
            record: first.to_owned(),
            version: i64::MAX - i64::from(number),
            kind: -1,
            area: "11".to_owned(),
            affiliation: number.is_multiple_of(2).then(|| second.to_owned()),
            snapshot_type: second.to_owned(),
            snapshot: number.to_be_bytes().to_vec(),
            committed_at: "2014-02-27T02:00:00.000123Z".parse()?,
        })
    }

    fn row(&self) -> Vec<Value> {
        let event = self.clone();
        vec![
            event.batch.into(),
            event.record.into(),
            event.version.into(),
            event.kind.into(),
            event.area.into(),
            event.affiliation.into(),
            event.snapshot_type.into(),
            event.snapshot.into(),
            event.committed_at.into(),
        ]
    }
}

/// Few rows and many, and numbers of rows around every limit of a statement.
async fn many_rows(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    for count in [0, 1, 3, 16, 17, 63, 64, 511, 1_300, 4_001] {
        let events = (0..count).map(Event::of).collect::<Result<Vec<_>>>()?;
        let tx = books.ledger.db().begin().await?;
        let rows = events.iter().map(Event::row).collect();
        insert_rows(tx.conn(), "event", COLUMNS, rows).await?;
        let all = format!("SELECT {COLUMNS} FROM event ORDER BY id");
        let found = Event::find_by_statement(sql(tx.conn(), &all, [])).all(tx.conn()).await?;
        ensure!(found == events, "{count} rows");
        tx.rollback().await?;
    }
    Ok(())
}

/// A caller may go away at any moment of a write. What it wrote is gone as a whole, and those behind
/// it find their connections in order.
async fn writers_who_go_away(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let db = books.ledger.db();
    let events = (0..3_000).map(Event::of).collect::<Result<Vec<_>>>()?;
    let mut went_away = 0;
    for patience in 0..80 {
        let tx = db.begin().await?;
        let rows = events.iter().map(Event::row).collect();
        let mut write = Box::pin(insert_rows(tx.conn(), "event", COLUMNS, rows));
        let mut left = patience;
        while left > 0
            && poll_fn(|context| Poll::Ready(write.as_mut().poll(context).is_pending())).await
        {
            left -= 1;
            tokio::task::yield_now().await;
        }
        drop(write);
        went_away += i32::from(left == 0);
        let count = "SELECT COUNT(*) FROM event";
        // The transaction goes on with what was written of it, or is over.
        if let Err(lost) = number(tx.conn(), count, []).await {
            ensure!(lost.reason().name == "STORAGE_UNAVAILABLE", "{lost:?}");
            ensure!(tx.commit().await.is_err(), "committed after {patience}");
            continue;
        }
        tx.rollback().await?;
        ensure!(number(db.reader(), count, []).await? == 0, "rows are left after {patience}");
    }
    ensure!(went_away > 0, "every write was over");
    let tx = db.begin().await?;
    insert_rows(tx.conn(), "event", COLUMNS, events.iter().map(Event::row).collect()).await?;
    tx.commit().await?;
    ensure!(number(db.reader(), "SELECT COUNT(*) FROM event", []).await? == 3_000);
    Ok(())
}

async fn rows_that_are_there(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let tx = books.ledger.db().begin().await?;
    for count in [2_i64, 40] {
        let row =
            |number: i64| vec![number.into(), number.into(), vec![1_u8].into(), vec![2_u8].into()];
        let columns = "sequence, entry, previous_hash, hash";
        let rows = (0..count).map(row).collect();
        insert_new_rows(tx.conn(), "audit_seal", columns, rows).await?;
        let all = sql(tx.conn(), "SELECT COUNT(*) AS count FROM audit_seal", []);
        let found = Count::find_by_statement(all).one(tx.conn()).await?;
        ensure!(found.is_some_and(|found| found.count == count));
    }
    tx.rollback().await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Count {
    count: i64,
}

on_both_engines!(many_rows);
on_both_engines!(writers_who_go_away);
on_both_engines!(rows_that_are_there);
