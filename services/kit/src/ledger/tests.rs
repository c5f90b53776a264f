//! The books on SQLite; `tests/` repeats the invariants on both engines under load and kills.

use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use tokio::time::Instant;

use super::{
    testing::{Books, books, done, event, intent, path as p},
    *,
};
use crate::{
    clock::Clock,
    db::sql,
    figures::{MetricId, read},
    path::{Line, Prefixes, Scope},
};

#[tokio::test]
async fn a_repeated_request_is_answered_with_what_the_first_did() {
    let books = books().await;
    let id = Uuid::from_u128(7);
    books.fresh(Some(id), "body").await.commit(done("x/1")).await.unwrap();
    match books.ledger.begin(&intent(Some(id), "body")).await.unwrap() {
        Begun::Replay(found) => assert_eq!(found, done("x/1")),
        Begun::Fresh(_) => panic!("not recognised"),
    }
    let other = books.ledger.begin(&intent(Some(id), "other")).await.err().unwrap();
    assert_eq!(other.reason().name, "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_request_from_before_a_rotation_is_recognised() {
    let books = books().await;
    let id = Some(Uuid::from_u128(7));
    books.fresh(id, "body").await.commit(done("x/1")).await.unwrap();
    let rotated = books.ledger.clone();
    let mut keys = LedgerKeys::clone(&rotated.keys.load());
    keys.idempotency_before.push(std::mem::replace(&mut keys.idempotency, [9; 32]));
    rotated.renew_keys(keys.clone());
    let Begun::Replay(found) = rotated.begin(&intent(id, "body")).await.unwrap() else {
        panic!("an honest repetition was not recognised");
    };
    assert_eq!(found, done("x/1"));
    let other = rotated.begin(&intent(id, "other")).await.err().unwrap();
    assert_eq!(other.reason().name, "REQUEST_ID_REUSED");
    keys.idempotency_before.clear();
    rotated.renew_keys(keys);
    let stranger = rotated.begin(&intent(id, "body")).await.err().unwrap();
    assert_eq!(
        stranger.reason().name,
        "REQUEST_ID_REUSED",
        "a key that is gone recognises nothing"
    );
}

#[tokio::test]
async fn a_request_that_failed_leaves_no_key() {
    let books = books().await;
    let id = Some(Uuid::from_u128(7));
    books.fresh(id, "body").await.discard().await.unwrap();
    books.fresh(id, "another").await.commit(done("x/1")).await.unwrap();
}

#[tokio::test]
async fn request_ids_are_forgotten_after_seven_days() {
    let books = books().await;
    let id = Some(Uuid::from_u128(7));
    books.fresh(id, "body").await.commit(done("x/1")).await.unwrap();
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
        let mut entry = books.fresh(None, "").await;
        for n in 0..4 {
            entry.event(event(&format!("x/{batch}-{n}"), 1, if n == 0 { "12" } else { "11" }));
        }
        entry.commit(done("x")).await.unwrap();
    }
    books.sequencer.drain().await.unwrap();
    let everything =
        Scope { area: Prefixes::normalised(vec![p("1")]), affiliation: Prefixes::default() };
    let start = books.ledger.feed_start().await.unwrap();
    let changes = async |cursor, scope, at_most| {
        let stop = std::future::pending();
        books.ledger.changes(cursor, scope, at_most, Instant::now(), stop).await
    };
    let page = changes(start, &everything, 2).await.unwrap();
    assert_eq!(page.events.len(), 4, "a transaction comes whole");
    assert!(page.events.iter().all(|event| event.tx == 1));
    let rest = changes(page.cursor, &everything, 50).await.unwrap();
    assert_eq!(
        rest.events.iter().map(|e| e.position).collect::<Vec<_>>(),
        (5..=12).collect::<Vec<_>>()
    );
    assert_eq!(rest.events[4].tx, 9);
    let narrow =
        Scope { area: Prefixes::normalised(vec![p("12")]), affiliation: Prefixes::default() };
    let cut = changes(start, &narrow, 50).await.unwrap();
    assert_eq!(cut.events.len(), 3);
    assert_eq!(cut.cursor.position, 12, "the cursor passes what is hidden");
    let strange = feed::Cursor { epoch: Uuid::from_u128(1), ..start };
    let ahead = feed::Cursor { position: 13, ..start };
    for cursor in [strange, ahead] {
        let refused = changes(cursor, &narrow, 1).await.err().unwrap();
        assert_eq!(refused.reason().name, "CURSOR_INVALID");
    }
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
            let mut entry = books.fresh(None, "").await;
            let note = AuditNote { record: format!("x/{n}"), area: p("11"), detail: "made".into() };
            entry.audit(note);
            entry.commit(done("x")).await.unwrap();
        }
        books.sequencer.drain().await.unwrap();
        let keys = [books.ledger.keys.load().audit.clone()];
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
async fn a_false_entry_is_seen_before_it_is_sealed() {
    let books = books().await;
    for n in 0..3 {
        let mut entry = books.fresh(None, "").await;
        let note = AuditNote { record: format!("x/{n}"), area: p("11"), detail: "made".into() };
        entry.audit(note);
        entry.commit(done("x")).await.unwrap();
    }
    let keys = [books.ledger.keys.load().audit.clone()];
    let conn = books.ledger.db().reader();
    let honest = audit::verify(conn, &keys).await.unwrap();
    assert_eq!((honest.sealed, honest.unsealed, honest.false_entry), (0, 3, None));
    let tx = books.ledger.db().begin().await.unwrap();
    let tamper = "UPDATE audit_entry SET client = 'another' WHERE id = 2";
    tx.conn().execute_raw(sql(tx.conn(), tamper, [])).await.unwrap();
    tx.commit().await.unwrap();
    let report = audit::verify(conn, &keys).await.unwrap();
    assert_eq!((report.unsealed, report.broken_at, report.false_entry), (3, None, Some(2)));
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
        let mut entry = books.fresh(None, "").await;
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
