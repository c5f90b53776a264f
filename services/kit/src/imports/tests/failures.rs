//! Failures of the service itself, which no file can mend.

use std::sync::atomic::Ordering;

use super::*;

const FAULTS: &str = "SELECT COUNT(*) FROM import_fault";
const THINGS: &str = "SELECT COUNT(*) FROM thing";

/// A file of 600 rows, in the third chunk of which the service meets its bug.
fn file(bug: &str) -> String {
    let rows = thing::file(599, "名").replace("T000003,名", "T000003,坏");
    format!("{rows}X,{bug},1\n")
}

fn told(batch: &ImportBatch) -> (&str, &str) {
    let failure = batch.failure.as_ref().expect("a failure is told");
    let remedy = failure.remedy.as_ref().expect("with its remedy");
    assert!(!remedy.zh.is_empty());
    (&failure.reason, &remedy.en)
}

#[tokio::test]
async fn a_validation_that_fails_falls_back_whole_and_says_so() {
    for bug in ["崩", "溃"] {
        let rig = rig().await;
        let name = rig.upload(file(bug)).await.name;
        rig.broken.store(true, Ordering::Relaxed);
        let batch = rig.validate(&name).await;
        assert_eq!(batch.state(), Contract::Uploaded, "{bug}");
        assert_eq!(told(&batch).0, "INTERNAL");
        assert!(told(&batch).1.contains("ValidateImportBatch"), "{batch:?}");
        assert_eq!((batch.row_count, batch.valid_row_count, batch.fault_count), (0, 0, 0));
        assert_eq!(rig.number(FAULTS).await, 0, "no part of a report is left");
        rig.broken.store(false, Ordering::Relaxed);
        let batch = rig.validate(&name).await;
        assert_eq!((batch.state(), batch.failure.as_ref()), (Contract::Validated, None));
        assert_eq!((batch.row_count, batch.valid_row_count, batch.fault_count), (600, 599, 1));
    }
}

#[tokio::test]
async fn a_commit_that_fails_ends_the_watch_and_goes_on_when_asked() {
    for bug in ["崩", "溃"] {
        let rig = rig().await;
        let name = rig.upload(file(bug)).await.name;
        rig.validate(&name).await;
        rig.broken.store(true, Ordering::Relaxed);
        let batch = rig.commit(&name).await;
        assert_eq!((batch.state(), batch.applied_row_count), (Contract::Applying, 499), "{bug}");
        assert_eq!(told(&batch).0, "INTERNAL");
        assert!(told(&batch).1.contains("CommitImportBatch"), "{batch:?}");
        assert_eq!(rig.get(&name).await, batch);
        // Who looks later is told as well, and nothing waits for it.
        let late = rig.watch(&name).await.collect::<Vec<_>>().await;
        assert_eq!(late.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [batch]);
        rig.broken.store(false, Ordering::Relaxed);
        let batch = rig.commit(&name).await;
        assert_eq!((batch.state(), batch.failure.as_ref()), (Contract::Applied, None));
        assert_eq!((batch.applied_row_count, batch.unchanged_row_count), (599, 0));
        assert_eq!(rig.number(THINGS).await, 599, "none twice");
    }
}

#[tokio::test]
async fn a_failed_commit_can_be_taken_back_instead() {
    let rig = rig().await;
    let name = rig.upload(file("崩")).await.name;
    rig.validate(&name).await;
    rig.broken.store(true, Ordering::Relaxed);
    assert_eq!(rig.commit(&name).await.state(), Contract::Applying);
    let batch = rig.undo(&name).await;
    assert_eq!((batch.state(), batch.failure.as_ref()), (Contract::Undone, None));
    assert_eq!(rig.number(THINGS).await, 0);
}

#[tokio::test]
async fn an_undo_that_fails_ends_the_watch_and_goes_on_when_asked() {
    let rig = rig().await;
    let name = rig.upload(file("崩")).await.name;
    rig.validate(&name).await;
    assert_eq!(rig.commit(&name).await.applied_row_count, 599);
    rig.broken.store(true, Ordering::Relaxed);
    let batch = rig.undo(&name).await;
    assert_eq!(batch.state(), Contract::Undoing);
    assert!(told(&batch).1.contains("UndoImportBatch"), "{batch:?}");
    assert_eq!(rig.begin_commit(&name).await.unwrap_err().reason(), &reasons::IMPORT_STATE);
    rig.broken.store(false, Ordering::Relaxed);
    let batch = rig.undo(&name).await;
    assert_eq!((batch.state(), batch.failure.as_ref()), (Contract::Undone, None));
    assert_eq!(rig.number(THINGS).await, 0);
}

#[tokio::test]
async fn a_process_that_starts_anew_tries_again() {
    let rig = rig().await;
    let name = rig.upload(file("崩")).await.name;
    rig.validate(&name).await;
    rig.broken.store(true, Ordering::Relaxed);
    assert!(rig.commit(&name).await.failure.is_some());
    rig.broken.store(false, Ordering::Relaxed);
    let applied = "SELECT COUNT(*) FROM import_batch WHERE state = 6 AND failure = ''";
    rig.settles(applied, 1).await;
    assert_eq!(rig.get(&name).await.applied_row_count, 599);
}

#[tokio::test]
async fn a_process_without_a_key_leaves_the_batches_to_others() {
    let rig = rig().await;
    let name = rig.upload(thing::file(1, "名")).await.name;
    let asked = ValidateImportBatchRequest { name: name.clone(), ..Default::default() };
    rig.imports.validate(call(asked)).await.unwrap();
    let begun = "INSERT INTO key_rotation (purpose, version, fingerprint, source, place, renewed,
        known_at, begun_at) VALUES ('vault', 2, x'00', '', '', 0, $1, $1)";
    let conn = rig.db.migrator();
    let now: DateTime<chrono::Utc> = "2014-02-27T02:00:00Z".parse().unwrap();
    conn.execute_raw(sql(conn, begun, [now.into()])).await.unwrap();
    let mut put_off = Default::default();
    assert!(!rig.imports.work_once(&mut put_off).await.unwrap(), "no word and no failure");
    assert_eq!(rig.get(&name).await.state(), Contract::Validating);
    let given = "DELETE FROM key_rotation WHERE version = 2";
    conn.execute_raw(sql(conn, given, [])).await.unwrap();
    assert!(rig.imports.work_once(&mut put_off).await.unwrap());
    assert_eq!(rig.get(&name).await.state(), Contract::Validated);
}
