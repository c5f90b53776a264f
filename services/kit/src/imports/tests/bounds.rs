//! What a hostile file may cost.

use super::*;
use crate::{
    imports::{
        rows::{CHUNK_BYTES, CHUNK_FAULTS, Read, Rows},
        store::{batch, fault, piece},
    },
    sheet::{Column, ColumnKind, Layout, Record},
};

const FAULTS: &str = "SELECT COUNT(*) FROM import_fault";

fn capped(max_faults: u32) -> ImportsConfig {
    ImportsConfig { max_faults, ..ImportsConfig::default() }
}

async fn chunks(rig: &Rig, file: &str, layout: Layout) -> Vec<Vec<Record>> {
    let id = batch::id_of(&rig.upload(file).await.name).unwrap();
    let batch = batch::load(rig.db.reader(), id).await.unwrap().unwrap();
    let mut things = thing::Things::default();
    things.rows = CHUNK_ROWS;
    let mut rows = Rows::of(&rig.imports, &things, &batch, Arc::new(layout), 0);
    let mut chunks = Vec::new();
    while let Read::Rows(some) = rows.next().await.unwrap() {
        chunks.push(some);
    }
    chunks
}

fn counts(columns: usize) -> Layout {
    const KEYS: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let column =
        |key: &'static &'static str| Column::new(key, std::slice::from_ref(key), ColumnKind::Count);
    Layout::new("counts", KEYS[..columns].iter().map(column).collect())
}

#[tokio::test]
async fn rows_of_many_faults_come_in_small_chunks() {
    let rig = rig().await;
    let row = format!("{}\n", ["x"; 12].join(","));
    let file = format!("a,b,c,d,e,f,g,h,i,j,k,l\n{}", row.repeat(1_200));
    let chunks = chunks(&rig, &file, counts(12)).await;
    let faults = |rows: &Vec<Record>| rows.iter().map(|row| row.faults.len()).sum::<usize>();
    assert_eq!(chunks.iter().map(faults).sum::<usize>(), 12 * 1_200);
    assert!(chunks.iter().all(|rows| faults(rows) <= CHUNK_FAULTS));
    assert!(chunks[0].len() < CHUNK_ROWS, "{}", chunks[0].len());
}

#[tokio::test]
async fn wide_rows_come_in_small_chunks_with_one_fault_each() {
    let rig = rig().await;
    let row = format!("1{}\n", ",x".repeat(199));
    let chunks = chunks(&rig, &format!("a\n{}", row.repeat(1_000)), counts(1)).await;
    assert_eq!(chunks.iter().map(Vec::len).sum::<usize>(), 1_000);
    for rows in &chunks {
        assert!(rows.iter().map(Record::weight).sum::<usize>() <= CHUNK_BYTES);
        assert!(rows.iter().all(|row| row.faults.len() == 1));
    }
    assert!(chunks.len() > 1);
}

#[tokio::test]
async fn a_file_with_too_many_faults_is_rejected_and_says_how_far_it_was_read() {
    let rig = rig_with(capped(10)).await;
    // Three sound rows, then rows of three faults each.
    let file = format!("{}{}", thing::file(3, "名"), "1.5E+5,,x\n".repeat(9));
    let name = rig.upload(&file).await.name;
    let batch = rig.validate(&name).await;
    assert_eq!(batch.state(), Contract::Rejected);
    assert_eq!((batch.row_count, batch.valid_row_count, batch.fault_count), (6, 3, 10));
    let faults = rig.faults(&name).await;
    assert_eq!(codes(&faults[..1]), [(0, "", "TOO_MANY_FAULTS")]);
    let remedy = faults[0].remedy.as_ref().unwrap();
    assert!(remedy.en.contains("first 6 rows") && remedy.en.contains("line 8"), "{remedy:?}");
    assert!(remedy.zh.contains("前 6 行") && remedy.zh.contains("第 8 行"), "{remedy:?}");
    for line in 5..8 {
        let told = faults.iter().filter(|fault| fault.line == line).count();
        assert_eq!(told, 3, "line {line} is told whole");
    }
    let refused = rig.begin_commit(&name).await.unwrap_err();
    assert_eq!(refused.reason(), &reasons::IMPORT_STATE);
    rig.settles(PIECES, 0).await;
}

#[tokio::test]
async fn the_bound_counts_over_chunks_and_is_not_met_early() {
    let rig = rig_with(capped(1_500)).await;
    for (rows, state, stored) in
        [(1_500, Contract::Validated, 1_500), (2_500, Contract::Rejected, 1_501)]
    {
        let name = rig.upload(thing::file(rows, "坏")).await.name;
        let batch = rig.validate(&name).await;
        assert_eq!((batch.state(), batch.row_count), (state, 1_500));
        assert_eq!(batch.fault_count, stored);
        let id = batch::id_of(&name).unwrap();
        let of_batch = fault::page(rig.db.reader(), id, (-1, -1), 10_000).await.unwrap();
        assert_eq!(of_batch.len(), usize::try_from(stored).unwrap());
    }
}

#[tokio::test]
async fn a_long_report_goes_in_slices_and_is_made_anew() {
    let rig = rig().await;
    let name = rig.upload(thing::file(6_000, "坏")).await.name;
    assert_eq!(rig.validate(&name).await.fault_count, 6_000);
    let id = batch::id_of(&name).unwrap();
    for removed in [fault::SLICE, 6_000 - fault::SLICE, 0] {
        let tx = rig.db.begin().await.unwrap();
        assert_eq!(fault::remove_some(tx.conn(), id).await.unwrap(), removed);
        tx.commit().await.unwrap();
    }
    assert_eq!(rig.validate(&name).await.fault_count, 6_000);
    assert_eq!(rig.validate(&name).await.fault_count, 6_000);
    assert_eq!(rig.number(FAULTS).await, 6_000, "the report before is gone");
}

/// A process that was killed while it removed a batch left a part of it.
#[tokio::test]
async fn what_nobody_takes_further_goes_in_slices_with_all_that_hangs_on_it() {
    let rig = rig().await;
    let kept = rig.upload("x").await;
    let name = rig.upload(thing::file(20, "坏")).await.name;
    rig.validate(&name).await;
    let id = batch::id_of(&name).unwrap();
    let tx = rig.db.begin().await.unwrap();
    let more = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
        INSERT INTO import_spool (batch, piece, sealed) SELECT $1, i, x'00' FROM n";
    tx.conn().execute_raw(sql(tx.conn(), more, [id.into()])).await.unwrap();
    let withdraw = "UPDATE import_batch SET state = -1 WHERE id = $1";
    tx.conn().execute_raw(sql(tx.conn(), withdraw, [id.into()])).await.unwrap();
    batch::remove_withdrawn(tx.conn(), id).await.unwrap();
    assert_eq!(piece::remove_some(tx.conn(), id).await.unwrap(), piece::SLICE);
    tx.commit().await.unwrap();
    assert_eq!(rig.number(BATCHES).await, 2, "a batch does not go before its pieces");
    let gone = rig.imports.get(call(GetImportBatchRequest { name })).await.unwrap_err();
    assert_eq!(gone.reason(), &reasons::NOT_FOUND);
    rig.settles(BATCHES, 1).await;
    assert_eq!((rig.number(PIECES).await, rig.number(FAULTS).await), (1, 0));
    assert_eq!(rig.get(&kept.name).await, kept);
}
