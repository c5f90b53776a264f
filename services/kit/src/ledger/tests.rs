//! The books on SQLite; `tests/` repeats the invariants on both engines under load and kills.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use tempfile::TempDir;
use unionhall_migrations::{migrate, registry};

use super::{sequencer::Sequencer, *};
use crate::{
    clock::{Clock, ManualClock},
    db::{DbConfig, sql},
    figures::{MetricId, read},
    ids::SystemRandomness,
    path::{Line, Path, Prefixes, Scope},
};

struct Books {
    _folder: TempDir,
    clock: Arc<ManualClock>,
    ledger: Ledger,
    sequencer: Sequencer,
}

async fn books() -> Books {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("books.db").display());
    let setup = Db::open(&DbConfig::new(url, registry::SCHEMA)).await;
    let db = setup.unwrap();
    migrate::<registry::Migrator>(db.migrator(), registry::SCHEMA).await.unwrap();
    let clock = ManualClock::at("2014-02-27T02:00:00Z".parse().unwrap());
    let shared: SharedClock = clock.clone();
    let ids = Ids::new(Arc::clone(&shared), Arc::new(SystemRandomness));
    let keys = LedgerKeys { idempotency: [1; 32], audit: AuditKey { version: 1, bytes: [2; 32] } };
    let ledger = Ledger::new(db, shared, ids, keys);
    ledger.open_feed().await.unwrap();
    let ancestors = |_: Line, path: &Path| {
        let text = path.as_str();
        [2, 4, 6].into_iter().filter(|n| *n <= text.len()).map(|n| p(&text[..n])).collect()
    };
    let sequencer = Sequencer::new(ledger.clone(), Arc::new(ancestors));
    Books { _folder: folder, clock, ledger, sequencer }
}

fn p(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn intent(request_id: Option<Uuid>, body: &str) -> Intent<'_> {
    Intent { client: "c", method: "/m", trace: "t", request_id, body: body.as_bytes().to_vec() }
}

async fn fresh(ledger: &Ledger, request_id: Option<Uuid>, body: &str) -> Box<Entry> {
    match ledger.begin(&intent(request_id, body)).await.unwrap() {
        Begun::Fresh(entry) => entry,
        Begun::Replay(done) => panic!("replay of {done:?}"),
    }
}

fn event(record: &str, version: i64, area: &str) -> Event {
    Event {
        record: record.into(),
        version,
        kind: EventKind::Created,
        area: p(area),
        affiliation: None,
        snapshot_type: "",
        snapshot: Vec::new(),
    }
}

fn done(record: &str) -> Done {
    Done { record: record.into(), version: 1 }
}

#[tokio::test]
async fn a_repeated_request_is_answered_with_what_the_first_did() {
    let books = books().await;
    let id = Uuid::from_u128(7);
    fresh(&books.ledger, Some(id), "body").await.commit(done("x/1")).await.unwrap();
    match books.ledger.begin(&intent(Some(id), "body")).await.unwrap() {
        Begun::Replay(found) => assert_eq!(found, done("x/1")),
        Begun::Fresh(_) => panic!("not recognised"),
    }
    let other = books.ledger.begin(&intent(Some(id), "other")).await.err().unwrap();
    assert_eq!(other.reason().name, "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_request_that_failed_leaves_no_key() {
    let books = books().await;
    let id = Some(Uuid::from_u128(7));
    fresh(&books.ledger, id, "body").await.discard().await.unwrap();
    fresh(&books.ledger, id, "another").await.commit(done("x/1")).await.unwrap();
}

#[tokio::test]
async fn request_ids_are_forgotten_after_seven_days() {
    let books = books().await;
    let id = Some(Uuid::from_u128(7));
    fresh(&books.ledger, id, "body").await.commit(done("x/1")).await.unwrap();
    for (days, kept) in [(7, true), (1, false)] {
        books.clock.advance(TimeDelta::days(days));
        let tx = books.ledger.db().begin().await.unwrap();
        idempotency::prune(tx.conn(), books.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let begun = books.ledger.begin(&intent(id, "body")).await.unwrap();
        assert_eq!(matches!(begun, Begun::Replay(_)), kept, "after {days} more days");
        if let Begun::Fresh(entry) = begun {
            entry.discard().await.unwrap();
        }
    }
}

#[tokio::test]
async fn the_feed_follows_commits_and_never_splits_a_transaction() {
    let books = books().await;
    for batch in 0..3 {
        let mut entry = fresh(&books.ledger, None, "").await;
        for n in 0..4 {
            entry.event(event(&format!("x/{batch}-{n}"), 1, if n == 0 { "12" } else { "11" }));
        }
        entry.commit(done("x")).await.unwrap();
    }
    books.sequencer.drain().await.unwrap();
    let everything =
        Scope { area: Prefixes::normalised(vec![p("1")]), affiliation: Prefixes::default() };
    let start = books.ledger.feed_start().await.unwrap();
    let page = books.ledger.changes(start, &everything, 2, Duration::ZERO).await.unwrap();
    assert_eq!(page.events.len(), 4, "a transaction comes whole");
    assert!(page.events.iter().all(|event| event.tx == 1));
    let rest = books.ledger.changes(page.cursor, &everything, 50, Duration::ZERO).await.unwrap();
    assert_eq!(
        rest.events.iter().map(|e| e.position).collect::<Vec<_>>(),
        (5..=12).collect::<Vec<_>>()
    );
    assert_eq!(rest.events[4].tx, 9);
    let narrow =
        Scope { area: Prefixes::normalised(vec![p("12")]), affiliation: Prefixes::default() };
    let cut = books.ledger.changes(start, &narrow, 50, Duration::ZERO).await.unwrap();
    assert_eq!(cut.events.len(), 3);
    assert_eq!(cut.cursor.position, 12, "the cursor passes what is hidden");
    let strange = feed::Cursor { epoch: Uuid::from_u128(1), position: 0 };
    let refused = books.ledger.changes(strange, &narrow, 1, Duration::ZERO).await.err().unwrap();
    assert_eq!(refused.reason().name, "CURSOR_INVALID");
}

#[tokio::test]
async fn the_audit_chain_shows_every_kind_of_tampering() {
    let tampers = [
        "UPDATE audit_entry SET detail = 'x' WHERE id = 2",
        "UPDATE audit_entry SET mac = x'00' WHERE id = 2",
        "DELETE FROM audit_seal WHERE sequence = 2",
        "DELETE FROM audit_seal WHERE sequence = 3",
        "UPDATE audit_seal SET hash = x'00' WHERE sequence = 3",
    ];
    for tamper in tampers {
        let books = books().await;
        for n in 0..3 {
            let mut entry = fresh(&books.ledger, None, "").await;
            let note = AuditNote { record: format!("x/{n}"), area: p("11"), detail: "made".into() };
            entry.audit(note);
            entry.commit(done("x")).await.unwrap();
        }
        books.sequencer.drain().await.unwrap();
        let keys = [books.ledger.keys.audit.clone()];
        let conn = books.ledger.db().reader();
        let whole = audit::verify(conn, &keys).await.unwrap();
        assert_eq!((whole.sealed, whole.broken_at), (3, None));
        let tx = books.ledger.db().begin().await.unwrap();
        tx.conn().execute_raw(sql(tx.conn(), tamper, [])).await.unwrap();
        tx.commit().await.unwrap();
        let broken = audit::verify(conn, &keys).await.unwrap();
        assert!(broken.broken_at.is_some(), "{tamper}");
    }
}

#[tokio::test]
async fn a_figure_is_the_same_before_and_after_the_fold() {
    let books = books().await;
    let day = |text: &str| text.parse().unwrap();
    let changes =
        [("110102", "2014-01-05", 3), ("110101", "2014-01-03", 2), ("110102", "2014-01-04", -1)];
    let ask = |node: &str, on: &str| read::Question {
        metric: MetricId(1),
        line: Line::Area,
        node: p(node),
        day: day(on),
    };
    let questions = [
        ask("11", "2014-01-02"),
        ask("11", "2014-01-03"),
        ask("1101", "2014-01-04"),
        ask("110102", "2014-01-09"),
    ];
    for (node, on, delta) in changes {
        let mut entry = fresh(&books.ledger, None, "").await;
        entry.figures([Delta {
            metric: MetricId(1),
            line: Line::Area,
            node: p(node),
            day: day(on),
            delta,
        }]);
        entry.commit(done("x")).await.unwrap();
        let before = read::values(books.ledger.db(), &questions).await.unwrap();
        let series_before = series(&books, "11").await;
        books.sequencer.drain().await.unwrap();
        assert_eq!(before, read::values(books.ledger.db(), &questions).await.unwrap());
        assert_eq!(series_before, series(&books, "11").await);
    }
    assert_eq!(read::values(books.ledger.db(), &questions).await.unwrap(), [0, 2, 1, 2]);
    let points = series(&books, "11").await;
    assert_eq!(points.iter().map(|point| point.1).collect::<Vec<_>>(), [0, 2, 1, 4]);
}

async fn series(books: &Books, node: &str) -> Vec<(CivilDate, i64)> {
    let (from, until) = ("2014-01-01".parse().unwrap(), "2014-12-31".parse().unwrap());
    read::series(books.ledger.db(), MetricId(1), Line::Area, &p(node), from, until).await.unwrap()
}
