use super::{store::batch, *};

const EVENTS: &str = "SELECT COUNT(*) FROM event";
const THINGS: &str = "SELECT COUNT(*) FROM thing";

/// Lines 2 to 8; faults of cells, of the domain and of the file.
const DIRTY: &str = "编号,名称,数量\n\
    A,甲,1\n\
    B,,-1\n\
    C,坏,x\n\
    A,坏,2\n\
    1.2E+5,丁,3\n\
    D,戊,4\n\
    A,己,5\n";

#[tokio::test]
async fn validation_tells_every_fault_and_writes_nothing_else() {
    let rig = rig().await;
    let name = rig.upload(DIRTY).await.name;
    let batch = rig.validate(&name).await;
    assert_eq!(batch.state(), Contract::Validated);
    let faults = rig.faults(&name).await;
    let expected = [
        (3, "名称", "MISSING_VALUE"),
        (3, "数量", "INVALID_COUNT"),
        (4, "名称", "BAD_NAME"),
        (4, "数量", "INVALID_COUNT"),
        (5, "编号", "DUPLICATE_IN_FILE"),
        (5, "名称", "BAD_NAME"),
        (6, "编号", "NUMERIC_IDENTIFIER"),
        (8, "编号", "DUPLICATE_IN_FILE"),
    ];
    assert_eq!(codes(&faults), expected);
    assert!(faults[4].remedy.as_ref().unwrap().en.contains("line 2"));
    assert!(faults.iter().all(|fault| fault.sheet.is_empty()), "a CSV has no sheet");
    assert_eq!((batch.row_count, batch.valid_row_count, batch.fault_count), (7, 2, 8));
    assert_eq!((rig.number(THINGS).await, rig.number(EVENTS).await), (0, 0));
    // Again on the same register: the same.
    let again = rig.validate(&name).await;
    assert_eq!((again.row_count, again.fault_count), (7, 8));
    assert_eq!(codes(&rig.faults(&name).await), expected);
}

#[tokio::test]
async fn faults_refuse_a_commit_unless_the_valid_rows_are_wanted() {
    let rig = rig().await;
    let uploaded = rig.upload(DIRTY).await;
    let name = uploaded.name.clone();
    let early = rig.begin_commit(&name).await.unwrap_err();
    assert_eq!(early.reason(), &reasons::IMPORT_STATE);
    assert!(early.english().contains("UPLOADED") && early.english().contains("VALIDATED"));
    rig.validate(&name).await;
    let all = CommitImportBatchRequest { name: name.clone(), ..Default::default() };
    let refused = rig.imports.commit(call(all.clone())).await.unwrap_err();
    assert_eq!(refused.reason(), &reasons::IMPORT_HAS_FAULTS);
    let stale = CommitImportBatchRequest { etag: uploaded.etag, only_valid_rows: true, ..all };
    let refused = rig.imports.commit(call(stale)).await.unwrap_err();
    assert_eq!(refused.reason(), &reasons::ETAG_MISMATCH);
    let batch = rig.commit(&name).await;
    assert_eq!(batch.state(), Contract::Applied);
    assert_eq!((batch.applied_row_count, batch.fault_count), (2, 8));
    assert_eq!((rig.number(THINGS).await, rig.number(EVENTS).await), (2, 2));
    rig.settles(PIECES, 0).await;
}

#[tokio::test]
async fn a_commit_that_is_repeated_is_one_commit() {
    let rig = rig().await;
    let name = rig.upload(thing::file(3, "名")).await.name;
    rig.validate(&name).await;
    let asked = CommitImportBatchRequest {
        name: name.clone(),
        request_id: "7f6c2a34-8a41-4a3c-9b57-111111111111".into(),
        ..Default::default()
    };
    rig.imports.commit(call(asked.clone())).await.unwrap();
    rig.rest(&name).await;
    let again = rig.imports.commit(call(asked)).await.unwrap();
    assert_eq!(again.state(), Contract::Applied);
    assert_eq!(rig.number(THINGS).await, 3);
}

/// The process dies at every move that the batch makes, in each of its passes.
#[tokio::test]
async fn a_pass_that_is_cut_off_anywhere_goes_on_and_doubles_nothing() {
    let rig = rig().await;
    let mut file = thing::file(3_500, "名");
    file.push_str("T000000,名,1\nX,坏,1\n");
    let name = rig.upload(&file).await.name;
    let asked = ValidateImportBatchRequest { name: name.clone(), ..Default::default() };
    rig.imports.validate(call(asked)).await.unwrap();
    let validated = dying(&rig, &name).await;
    assert_eq!(validated.state(), Contract::Validated);
    assert_eq!((validated.row_count, validated.fault_count), (3_502, 2));
    rig.begin_commit(&name).await.unwrap();
    let applied = dying(&rig, &name).await;
    assert_eq!((applied.state(), applied.applied_row_count), (Contract::Applied, 3_500));
    for question in [THINGS, EVENTS, "SELECT COUNT(*) FROM import_effect"] {
        assert_eq!(rig.number(question).await, 3_500, "{question}");
    }
    assert_eq!(rig.figure().await, 3_500);
    rig.begin_undo(&name).await.unwrap();
    let undone = dying(&rig, &name).await;
    assert_eq!((undone.state(), undone.refused_undo_count), (Contract::Undone, 0));
    assert_eq!((rig.number(THINGS).await, rig.figure().await), (0, 0));
    assert_eq!(rig.number(EVENTS).await, 7_000);
}

/// Lets the worker die whenever the batch has moved, until it rests. Validation begins anew after
/// each death, so there every second worker lives.
async fn dying(rig: &Rig, name: &str) -> ImportBatch {
    let mut watch = rig.watch(name).await;
    let mut last = watch.next().await.unwrap().unwrap();
    let mut worker = rig.worker();
    let mut deaths = 0;
    while let Some(moved) = watch.next().await {
        last = moved.unwrap();
        if last.state() != Contract::Validating || deaths < 3 {
            stop(worker).await;
            deaths += 1;
            worker = rig.worker();
        }
    }
    stop(worker).await;
    assert!(deaths >= 3, "{deaths}");
    last
}

#[tokio::test]
async fn known_rows_stay_unchanged_and_changed_ones_are_restored() {
    let rig = rig().await;
    let first = rig.upload(thing::file(10, "旧")).await.name;
    rig.validate(&first).await;
    rig.commit(&first).await;
    let mut file = thing::file(10, "旧").replace("T000003,旧", "T000003,新");
    file.push_str("T000010,新,10\n");
    let second = rig.upload(&file).await.name;
    rig.validate(&second).await;
    let batch = rig.commit(&second).await;
    assert_eq!((batch.applied_row_count, batch.unchanged_row_count), (2, 9));
    let new = "SELECT COUNT(*) FROM thing WHERE name = '新'";
    assert_eq!(rig.number(new).await, 2);
    rig.undo(&second).await;
    assert_eq!((rig.number(new).await, rig.number(THINGS).await), (0, 10));
    assert_eq!(rig.figure().await, 10);
}

#[tokio::test]
async fn what_changed_since_is_refused_by_name() {
    let rig = rig().await;
    let name = rig.upload(thing::file(3, "名")).await.name;
    rig.validate(&name).await;
    rig.commit(&name).await;
    let tx = rig.db.begin().await.unwrap();
    let change = "UPDATE thing SET version = version + 1 WHERE code = 'T000001'";
    tx.conn().execute_unprepared(change).await.unwrap();
    tx.commit().await.unwrap();
    let batch = rig.undo(&name).await;
    assert_eq!((batch.state(), batch.refused_undo_count), (Contract::Undone, 1));
    let faults = rig.faults(&name).await;
    assert_eq!(codes(&faults), [(3, "", "CHANGED_SINCE")]);
    assert_eq!(faults[0].value, "things/T000001");
    assert_eq!((rig.number(THINGS).await, batch.fault_count), (1, 1));
    let again = rig.begin_undo(&name).await.unwrap_err();
    assert_eq!(again.reason(), &reasons::IMPORT_STATE);
}

#[tokio::test]
async fn a_row_that_the_register_no_longer_takes_becomes_a_fault() {
    let rig = rig().await;
    let name = rig.upload(thing::file(3, "名")).await.name;
    rig.validate(&name).await;
    let tx = rig.db.begin().await.unwrap();
    let change = "INSERT INTO thing (code, name, amount, version) VALUES ('T000001', '锁', 0, 1)";
    tx.conn().execute_unprepared(change).await.unwrap();
    tx.commit().await.unwrap();
    let batch = rig.commit(&name).await;
    assert_eq!((batch.applied_row_count, batch.valid_row_count, batch.fault_count), (2, 2, 1));
    assert_eq!(codes(&rig.faults(&name).await), [(3, "编号", "OUT_OF_SCOPE")]);
}

#[tokio::test]
async fn an_undo_stops_a_batch_that_is_being_applied() {
    let rig = rig().await;
    let name = rig.upload(thing::file(4_000, "名")).await.name;
    rig.validate(&name).await;
    rig.begin_commit(&name).await.unwrap();
    let mut watch = rig.watch(&name).await;
    let worker = rig.worker();
    while watch.next().await.unwrap().unwrap().applied_row_count == 0 {}
    rig.begin_undo(&name).await.unwrap();
    while let Some(moved) = watch.next().await {
        moved.unwrap();
    }
    stop(worker).await;
    assert_eq!(rig.get(&name).await.state(), Contract::Undone);
    assert_eq!((rig.number(THINGS).await, rig.figure().await), (0, 0));
}

#[tokio::test]
async fn every_chunk_leaves_one_audit_entry() {
    let rig = rig().await;
    let name = rig.upload(thing::file(2_500, "名")).await.name;
    rig.validate(&name).await;
    rig.commit(&name).await;
    let entries = "SELECT COUNT(*) FROM audit_entry WHERE method = 'imports/apply'
        AND client = 'office' AND area = '110102'";
    assert_eq!(rig.number(entries).await, 10);
    let events = "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM event GROUP BY batch)";
    assert_eq!(rig.number(events).await, thing::ROWS_A_CHUNK as i64);
}

#[tokio::test]
async fn a_batch_that_moved_between_the_look_and_the_claim_is_left_alone() {
    let rig = rig().await;
    let name = rig.upload(DIRTY).await.name;
    let id = name.trim_start_matches("importBatches/").parse().unwrap();
    let asked = ValidateImportBatchRequest { name: name.clone(), ..Default::default() };
    rig.imports.validate(call(asked)).await.unwrap();
    let seen = batch::load(rig.db.reader(), id).await.unwrap().unwrap();
    assert!(rig.imports.claimed(&seen).await.unwrap().is_some());
    // Another process is done with it by the time of the claim.
    rig.rest(&name).await;
    assert!(rig.imports.claimed(&seen).await.unwrap().is_none());
    assert!(!rig.faults(&name).await.is_empty());
}
