//! Bulk writes, on SQLite; `tests/` repeats them on both engines.

use uuid::Uuid;

use super::*;
use crate::{
    rules::{
        credit_code::CreditCode,
        employer::{Status, address::Address, code::OwnershipCode, identifier::Identifier},
        name::Name,
    },
    testing::{Rig, day, rig},
};

const AREA: &str = "110102012004";

fn facts_of(serial: u32, since: &str) -> EmployerFacts {
    let since = day(since);
    let code = CreditCode::compose('9', '1', "110102", &format!("{serial:08}")).unwrap();
    let area = AreaPath::parse(AREA).unwrap();
    let mut facts = EmployerFacts::default();
    facts.names.record(Some(Name::parse(&format!("某某{serial}号公司")).unwrap()), since);
    facts.identifiers.record(Some(Identifier::Organisation(code.organisation_code())), since);
    facts.ownerships.record(Some(OwnershipCode::parse("57").unwrap()), since);
    facts.actual_addresses.record(Some(Address::new(area, "某街1号").unwrap()), since);
    facts.statuses.record(Some(Status::Active), since);
    facts
}

fn new(serial: u32) -> NewEmployer {
    let facts = facts_of(serial, "2014-01-01");
    NewEmployer { id: Uuid::from_u128(serial.into()), facts, rules: 1 }
}

/// Does `work` in a write of its own.
async fn written<T>(rig: &Rig, work: impl AsyncFnOnce(&unionhall_kit::db::Tx) -> T) -> T {
    let tx = rig.register.ledger.db().begin().await.unwrap();
    let done = work(tx.conn()).await;
    tx.commit().await.unwrap();
    done
}

#[tokio::test]
async fn a_thousand_at_once_are_read_again_as_they_were_written() {
    let rig = rig().await;
    let now = rig.register.clock().now();
    let many: Vec<_> = (1..=1_000).map(new).collect();
    let records = written(&rig, async |conn| insert_many(conn, &many, now).await).await;
    let records = records.unwrap().unwrap();
    let ids: Vec<Uuid> = records.iter().rev().map(|record| record.id).collect();
    let found = load(rig.register.ledger.db().reader(), &ids).await.unwrap();
    assert_eq!(found.len(), 1_000);
    assert!(records.iter().all(|record| found[&record.id] == *record));

    let changed = written(&rig, async |conn| {
        let held = load_for_update(conn, &ids).await.unwrap();
        assert!(held.is_sorted_by_key(|record| record.id));
        let named = |record: &EmployerRecord| {
            let mut facts = record.facts.clone();
            if record.id.as_u128().is_multiple_of(2) {
                facts.names.record(Some(Name::parse("改名公司").unwrap()), day("2014-02-01"));
            }
            facts
        };
        let changes = held.iter().map(|record| (record, named(record))).collect();
        save_many(conn, changes, now).await.unwrap().unwrap()
    })
    .await;
    let found = load(rig.register.ledger.db().reader(), &ids).await.unwrap();
    for record in &changed {
        let even = record.id.as_u128().is_multiple_of(2);
        assert_eq!(record.version, if even { 2 } else { 1 });
        assert_eq!(found[&record.id], *record);
        let past =
            past_facts(rig.register.ledger.db().reader(), record.id, None, 100).await.unwrap();
        let standing = past.iter().filter(|fact| fact.superseded_at.is_none());
        let standing = facts(standing.map(|fact| fact.dated.clone())).unwrap();
        assert_eq!(standing, record.facts);
        assert_eq!(past.len(), if even { 7 } else { 5 }, "only what differs is written");
    }
}

#[tokio::test]
async fn a_taken_code_and_a_stale_version_write_nothing() {
    let rig = rig().await;
    let now = rig.register.clock().now();
    let first = [new(1), new(2)];
    let records = written(&rig, async |conn| insert_many(conn, &first, now).await).await;
    let records = records.unwrap().unwrap();
    let twin = [NewEmployer { id: Uuid::from_u128(9), ..new(1) }];
    let tx = rig.register.ledger.db().begin().await.unwrap();
    assert_eq!(insert_many(tx.conn(), &twin, now).await.unwrap(), Err(Taken));
    tx.rollback().await.unwrap();
    let tx = rig.register.ledger.db().begin().await.unwrap();
    let swapped = save(tx.conn(), &records[0], facts_of(2, "2014-01-01"), now).await;
    assert_eq!(swapped.unwrap(), Err(Taken));
    tx.rollback().await.unwrap();
    let stale = EmployerRecord { version: 7, ..records[0].clone() };
    let tx = rig.register.ledger.db().begin().await.unwrap();
    let refused = save(tx.conn(), &stale, facts_of(1, "2013-01-01"), now).await.unwrap_err();
    assert_eq!(refused.reason().name, "CONFLICT");
    tx.rollback().await.unwrap();
    let found = load(rig.register.ledger.db().reader(), &[records[0].id]).await.unwrap();
    assert_eq!(found[&records[0].id], records[0]);
}

#[tokio::test]
async fn facts_of_another_form_are_not_guessed_at() {
    let rows = rows(&facts_of(1, "2014-01-01"));
    let text = dated::written(rows).unwrap();
    assert_eq!(fact::read(&text).unwrap(), facts_of(1, "2014-01-01"));
    for broken in
        [text.replacen("[1,", "[2,", 1), text.replace("display_name", "colour"), String::new()]
    {
        assert_eq!(fact::read(&broken).unwrap_err().reason().name, "INTERNAL", "{broken}");
    }
}
