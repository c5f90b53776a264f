use std::io::{Cursor, Write};

use rust_xlsxwriter::Workbook;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (at, title) in (0..).zip(["编号", "名称", "数量"]) {
        sheet.write_string(0, at, title).unwrap();
    }
    for row in 1..50 {
        sheet.write_string(row, 0, format!("T{row}")).unwrap();
        sheet.write_string(row, 1, "名").unwrap();
    }
    book.save_to_buffer().unwrap()
}

fn bomb() -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for part in ["[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"] {
        zip.start_file(part, SimpleFileOptions::default()).unwrap();
        for _ in 0..30 {
            zip.write_all(&vec![b' '; 1024 * 1024]).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_rejected_with_its_fault() {
    let rig = rig().await;
    let whole = workbook();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "EMPTY_FILE"),
        (b"\xEF\xBB\xBF".to_vec(), "EMPTY_SHEET"),
        ("编号,名称,数量\n".into(), "NO_DATA_ROWS"),
        ("编号,名称,名称,数量\nA,b,c,1\n".into(), "DUPLICATE_COLUMN"),
        ("编号,数量\nA,1\n".into(), "MISSING_COLUMN"),
        ("编号,名称,色\nA,b,c\n".into(), "UNKNOWN_COLUMN"),
        (b"\xB1\xE0\xBA\xC5,\xFF\xFF\n".to_vec(), "WRONG_ENCODING"),
        (b"<html></html>".to_vec(), "NOT_A_SPREADSHEET"),
        (whole[..whole.len() / 2].to_vec(), "FILE_TRUNCATED"),
        (bomb(), "EXPANDS_TOO_FAR"),
    ];
    for (file, code) in cases {
        let name = rig.upload(&file).await.name;
        let batch = rig.validate(&name).await;
        let faults = rig.faults(&name).await;
        assert_eq!(batch.state(), Contract::Rejected, "{code}: {faults:?}");
        assert!(faults.iter().any(|fault| fault.code == code), "{code}: {faults:?}");
        let refused = rig.begin_commit(&name).await.unwrap_err();
        assert_eq!(refused.reason(), &reasons::IMPORT_STATE);
    }
    rig.settles(PIECES, 0).await;
}

#[tokio::test]
async fn a_file_that_breaks_off_keeps_the_faults_before_the_break() {
    let rig = rig().await;
    let mut file = thing::file(1_500, "坏");
    file.push_str("A,\"open\n");
    let name = rig.upload(&file).await.name;
    let batch = rig.validate(&name).await;
    assert_eq!((batch.state(), batch.row_count), (Contract::Rejected, 1_500));
    let faults = rig.faults(&name).await;
    assert_eq!(faults.len(), 1_501);
    assert_eq!(faults.last().unwrap().code, "UNCLOSED_QUOTE");
}

#[tokio::test]
async fn a_workbook_is_imported_and_its_sheet_is_named() {
    let rig = rig().await;
    let name = rig.upload(workbook()).await.name;
    let batch = rig.validate(&name).await;
    assert_eq!((batch.row_count, batch.fault_count), (49, 0));
    assert_eq!(rig.commit(&name).await.applied_row_count, 49);
}

/// A spool that cannot be read is no fault of the file.
#[tokio::test]
async fn a_lost_piece_is_not_blamed_on_the_file() {
    let rig = rig().await;
    let name = rig.upload(thing::file(10, "名")).await.name;
    let tx = rig.db.begin().await.unwrap();
    tx.conn().execute_unprepared("DELETE FROM import_spool").await.unwrap();
    tx.commit().await.unwrap();
    let batch = rig.validate(&name).await;
    assert_eq!(batch.state(), Contract::Uploaded, "it can be validated again");
    assert_eq!(rig.faults(&name).await, []);
}
