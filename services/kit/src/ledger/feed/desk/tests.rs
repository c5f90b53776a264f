use prost_types::Duration as Wait;
use unionhall_proto::common::v1::change::Kind;

use super::*;
use crate::{
    ledger::testing::{Books, books, done, event, request},
    server::DrainToken,
};

async fn write(books: &Books, areas: &[&str]) {
    let mut entry = books.fresh(None, "").await;
    for (number, area) in areas.iter().enumerate() {
        let mut event = event(&format!("employers/{number}"), 1, area);
        event.snapshot_type = "unionhall.registry.v1.Employer";
        event.snapshot = vec![1, 2];
        entry.event(event);
    }
    entry.commit(done("x")).await.unwrap();
}

fn ask(cursor: &str, wait: i64) -> ListChangesRequest {
    let wait = Some(Wait { seconds: wait, nanos: 0 });
    ListChangesRequest { cursor: cursor.to_owned(), page_size: 0, wait }
}

async fn list(desk: &FeedDesk, message: ListChangesRequest) -> ListChangesResponse {
    desk.list_changes(request(message, &["110102"])).await.unwrap().into_inner()
}

async fn refusal(desk: &FeedDesk, cursor: &str) -> String {
    use tonic_types::StatusExt;
    let refused = desk.list_changes(request(ask(cursor, 0), &["11"])).await.unwrap_err();
    refused.get_error_details().error_info().unwrap().reason.clone()
}

#[tokio::test]
async fn a_change_says_what_where_and_with_which_others() {
    let books = books().await;
    let desk = FeedDesk::new(books.ledger.clone(), books.pager(1));
    write(&books, &["110102012", "110101001", "110102"]).await;
    let answer = list(&desk, ask("", 0)).await;
    let positions: Vec<i64> = answer.changes.iter().map(|change| change.position).collect();
    assert_eq!(positions, [1, 3], "the one between lies outside the scope");
    let change = &answer.changes[1];
    assert_eq!((change.transaction, change.version), (1, 1));
    assert_eq!((change.kind(), change.area.as_str()), (Kind::Created, "110102"));
    assert_eq!(change.commit_time.unwrap().seconds, 1_393_466_400);
    let snapshot = change.snapshot.as_ref().unwrap();
    assert_eq!(snapshot.type_url, "type.googleapis.com/unionhall.registry.v1.Employer");
    assert_eq!(snapshot.value, [1, 2]);
}

#[tokio::test]
async fn a_cursor_serves_any_page_size_and_caller_and_passes_hidden_changes() {
    let books = books().await;
    let desk = FeedDesk::new(books.ledger.clone(), books.pager(1));
    write(&books, &["110101"]).await;
    let hidden = list(&desk, ask("", 0)).await;
    assert!(hidden.changes.is_empty());
    write(&books, &["110102"]).await;
    let message = ListChangesRequest { page_size: 7, ..ask(&hidden.next_cursor, 0) };
    let all = desk.list_changes(request(message, &["11"])).await.unwrap().into_inner();
    let records: Vec<i64> = all.changes.iter().map(|change| change.position).collect();
    assert_eq!(records, [2], "the hidden change was passed");
}

#[tokio::test]
async fn cursors_of_another_feed_or_cut_short_are_refused() {
    let (books, other) = (books().await, crate::ledger::testing::books().await);
    let desk = FeedDesk::new(books.ledger.clone(), books.pager(1));
    let same_keys = FeedDesk::new(other.ledger.clone(), desk.pager.clone());
    let cursor = list(&desk, ask("", 0)).await.next_cursor;
    assert_eq!(refusal(&same_keys, &cursor).await, "CURSOR_INVALID", "another epoch");
    let strange = FeedDesk::new(books.ledger.clone(), books.pager(2));
    assert_eq!(refusal(&strange, &cursor).await, "CURSOR_INVALID", "another database");
    assert_eq!(refusal(&desk, &cursor[1..]).await, "CURSOR_INVALID", "cut");
}

#[tokio::test]
async fn a_cursor_below_the_retention_mark_is_too_old() {
    use sea_orm::ConnectionTrait;
    let books = books().await;
    let desk = FeedDesk::new(books.ledger.clone(), books.pager(1));
    let cursor = list(&desk, ask("", 0)).await.next_cursor;
    write(&books, &["110102"]).await;
    let tx = books.ledger.db().begin().await.unwrap();
    tx.conn().execute_unprepared("UPDATE feed SET retained_from = 2").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(refusal(&desk, &cursor).await, "CURSOR_TOO_OLD");
    assert!(list(&desk, ask("", 0)).await.changes.is_empty(), "an empty cursor begins at the mark");
}

#[tokio::test]
async fn a_wait_ends_with_the_change_that_comes() {
    let books = books().await;
    let desk = FeedDesk::new(books.ledger.clone(), books.pager(1));
    let (answer, ()) = tokio::join!(list(&desk, ask("", 20)), async {
        write(&books, &["110101"]).await;
        write(&books, &["110102"]).await;
    });
    assert_eq!(answer.changes.len(), 1, "the first write lies outside the scope");
}

#[tokio::test]
async fn a_wait_ends_at_the_drain_and_before_the_deadline() {
    let books = books().await;
    let desk = FeedDesk::new(books.ledger.clone(), books.pager(1));
    let mut draining = request(ask("", 20), &["11"]);
    draining.extensions_mut().insert(DrainToken::drained());
    assert!(desk.list_changes(draining).await.is_ok());
    let mut hurried = request(ask("", 20), &["11"]);
    let deadline = crate::deadline::Deadline::after(MARGIN + Duration::from_millis(1));
    hurried.extensions_mut().insert(deadline);
    assert!(desk.list_changes(hurried).await.is_ok());
    assert!(!deadline.has_passed(), "the answer comes while the caller still waits");
}

#[test]
fn page_sizes_are_coerced() {
    assert_eq!([0, 1, 5_000, 9_000].map(page_size), [500, 1, 5_000, 5_000]);
}
