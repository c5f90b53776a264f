use sea_orm::ConnectionTrait;

use super::*;
use crate::{
    access::{ClientId, Denial, DenialSink},
    db::sql,
    ledger::testing::books,
};

#[tokio::test]
async fn a_count_is_one_entry_and_a_failure_loses_none() {
    let books = books().await;
    let denials = Denials::new(books.clock.clone());
    let client = ClientId::parse("tax-office").unwrap();
    for _ in 0..3 {
        denials.denied(Denial::of(Some(&client), None, "OUT_OF_SCOPE"));
    }
    let db = books.ledger.db();
    let change = async |text: &str| {
        let tx = db.begin().await.unwrap();
        tx.conn().execute_raw(sql(tx.conn(), text, [])).await.unwrap();
        tx.commit().await.unwrap();
    };
    change("ALTER TABLE audit_entry RENAME TO away").await;
    assert!(write(&denials, &books.ledger).await.is_err());
    change("ALTER TABLE away RENAME TO audit_entry").await;
    for _ in 0..2 {
        write(&denials, &books.ledger).await.unwrap();
    }
    let text = "SELECT record, detail FROM audit_entry WHERE method = 'denials'";
    let rows = db.reader().query_all_raw(sql(db.reader(), text, [])).await.unwrap();
    assert_eq!(rows.len(), 1);
    let column = |name: &str| rows[0].try_get::<String>("", name).unwrap();
    assert_eq!(column("record"), "tax-office");
    assert!(column("detail").starts_with("unknown: denied 3 times"), "{}", column("detail"));
    assert!(column("detail").ends_with("OUT_OF_SCOPE"), "{}", column("detail"));
}
