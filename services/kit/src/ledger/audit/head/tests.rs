use super::*;
use crate::ledger::{
    AuditNote, audit,
    testing::{Books, books, done, path},
};

const SCHEMA: &str = "registry";

async fn note(books: &Books, count: usize) {
    for n in 0..count {
        let mut entry = books.fresh(None, "").await;
        let note = AuditNote { record: format!("x/{n}"), area: path("11"), detail: "made".into() };
        entry.audit(note);
        entry.commit(done("x")).await.unwrap();
    }
    books.sequencer.drain().await.unwrap();
}

async fn change(books: &Books, text: &str) {
    let tx = books.ledger.db().begin().await.unwrap();
    tx.conn().execute_raw(sql(tx.conn(), text, [])).await.unwrap();
    tx.commit().await.unwrap();
}

fn key() -> AuditKey {
    AuditKey { version: 1, bytes: [2; 32] }
}

async fn head(books: &Books) -> Head {
    Head::now(books.ledger.db().reader(), SCHEMA, &key()).await.unwrap().unwrap()
}

async fn fate(books: &Books, head: &Head) -> Fate {
    let newer = AuditKey { version: 2, bytes: [3; 32] };
    head.fate(books.ledger.db().reader(), SCHEMA, &[newer, key()]).await.unwrap()
}

#[tokio::test]
async fn a_cut_that_the_chain_cannot_tell_is_told_by_a_head() {
    let books = books().await;
    assert_eq!(Head::now(books.ledger.db().reader(), SCHEMA, &key()).await.unwrap(), None);
    note(&books, 2).await;
    let early = head(&books).await;
    note(&books, 2).await;
    let late = head(&books).await;
    assert_eq!((early.sequence, late.sequence), (2, 4));
    assert_eq!((fate(&books, &early).await, fate(&books, &late).await), (Fate::Kept, Fate::Kept));
    change(&books, "DELETE FROM audit_seal WHERE sequence = 4").await;
    change(&books, "DELETE FROM audit_entry WHERE id = 4").await;
    let report = audit::verify(books.ledger.db().reader(), &[key()]).await.unwrap();
    assert_eq!((report.sealed, report.broken_at), (3, None), "the chain alone looks whole");
    assert_eq!((fate(&books, &early).await, fate(&books, &late).await), (Fate::Kept, Fate::Cut));
    note(&books, 1).await;
    assert_eq!(fate(&books, &late).await, Fate::Rewritten, "another entry took the number");
}

#[tokio::test]
async fn a_head_that_this_register_never_gave_is_strange() {
    let books = books().await;
    note(&books, 1).await;
    let head = head(&books).await;
    let unsigned = Head { mac: None, ..head.clone() };
    assert_eq!(fate(&books, &unsigned).await, Fate::Kept);
    let hash = head.hash.clone();
    let strangers = [
        Head { mac: Some(vec![0; 32]), ..head.clone() },
        Head { sequence: 2, ..head.clone() },
        Head::signed(1, hash.clone(), "another", &key()),
        Head::signed(1, hash, SCHEMA, &AuditKey { version: 1, bytes: [9; 32] }),
    ];
    for stranger in strangers {
        assert_eq!(fate(&books, &stranger).await, Fate::Strange, "{stranger}");
    }
}

#[test]
fn heads_are_found_in_whatever_a_collector_writes() {
    let one = Head::signed(12, vec![0xab; 32], SCHEMA, &key());
    let two = Head { sequence: 9, hash: vec![0x0c; 32], mac: None };
    assert_eq!(one.to_string().parse(), Ok(one.clone()));
    assert_eq!(two.to_string().parse(), Ok(two.clone()));
    let text = format!(
        "2026-03-01T08:00:00Z INFO the audit's head schema=\"registry\" head={one} at=\"08:00:01Z\"\n\
         {{\"log\":\"{{\\\"head\\\":\\\"{two}\\\"}}\"}}\n{one}\n"
    );
    assert_eq!(Head::all_in(&text), [one.clone(), two, one.clone()]);
    let whole = one.to_string();
    for wrong in ["", "12", "0:ab", &whole[..whole.len() - 1], &format!("{whole}:ab"), "x:y:z"] {
        assert_eq!(wrong.parse::<Head>(), Err(NoHead), "{wrong}");
    }
    assert_eq!(format!("-{whole}").parse::<Head>(), Err(NoHead));
}

#[test]
fn a_head_is_told_when_it_moved_and_once_a_minute() {
    let start: DateTime<Utc> = "2014-02-27T02:00:00Z".parse().unwrap();
    let after = |seconds| start + TimeDelta::seconds(seconds);
    let head = Head { sequence: 1, hash: vec![0; 32], mac: None };
    let mut telling = Telling::default();
    assert!(!telling.is_due(start, false) && !telling.is_due(start, true), "nothing to tell");
    telling.moved(3);
    assert!(telling.is_due(start, false));
    telling.tell(&head, SCHEMA, start);
    assert!(!telling.is_due(after(90), true), "told");
    telling.moved(1);
    telling.moved(0);
    assert!(!telling.is_due(after(59), false));
    assert!(telling.is_due(after(60), false));
    assert!(telling.is_due(after(1), true), "at the end at once");
    assert!(telling.is_due(after(-60), false), "a clock set back does not silence it");
}
