use std::io::Cursor;

use super::*;
use crate::demo::{DemoRow, DirtShares, generate_employers, write_csv, write_xlsx};

fn rows(count: u32, seed: u64, share: u16) -> Vec<DemoRow> {
    generate_employers(count, seed, DirtShares::of_each(share)).unwrap().collect()
}

fn csv(rows: &[DemoRow]) -> Vec<u8> {
    let mut file = Vec::new();
    write_csv(&mut file, rows.iter().cloned()).unwrap();
    file
}

fn xlsx(rows: &[DemoRow]) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    write_xlsx(&mut file, rows.iter().cloned()).unwrap();
    file.into_inner()
}

/// Line, column and code of each planted fault.
fn planted(rows: &[DemoRow]) -> Vec<(i32, &'static str, &'static str)> {
    let truth = rows.iter().filter_map(|row| row.planted.map(|fault| (row.line, fault.kind)));
    truth.map(|(line, kind)| (line.cast_signed(), kind.column().zh, kind.code())).collect()
}

/// Every planted fault is told and nothing else is.
#[tokio::test]
async fn recall_and_precision_are_whole() {
    let desk = desk().await;
    let rows = rows(2_000, 7, 200);
    let truth = planted(&rows);
    assert!(truth.len() > 400, "{}", truth.len());
    for file in [csv(&rows), xlsx(&rows)] {
        let batch = desk.validate("employers", &file).await;
        assert_eq!(batch.state(), State::Validated);
        let faults = desk.faults(&batch.name).await;
        assert_eq!(told(&faults), truth);
        assert!(faults.iter().all(|fault| {
            let remedy = fault.remedy.clone().unwrap_or_default();
            !remedy.en.contains('{') && !remedy.zh.contains('{')
        }));
        let valid = rows.len() - truth.len();
        assert_eq!(batch.valid_row_count, i64::try_from(valid).unwrap());
    }
}

#[tokio::test]
async fn a_file_raises_the_figures_and_its_undo_takes_them_back() {
    let desk = desk().await;
    let rows = rows(1_500, 8, 30);
    let days = ["2012-12-31", "2016-06-30", "2024-06-03"];
    let dry = desk.validate("employers", &csv(&rows)).await;
    desk.begin_commit(&dry.name).await;
    let mut deaths = 0;
    let dies = |batch: &ImportBatch| {
        deaths += usize::from(batch.state() == State::Applying);
        batch.state() == State::Applying
    };
    let batch = desk.rest(&dry.name, dies).await;
    assert!(deaths >= 2, "{deaths}");
    assert_eq!(batch.applied_row_count, dry.valid_row_count, "dry run and commit agree");
    assert_eq!(batch.fault_count, dry.fault_count);
    let employers = desk.figure(Metric::NewEmployers, "110102", days[2]).await;
    assert!(employers > batch.applied_row_count * 9 / 10, "the others had ended: {employers}");
    assert!(employers < batch.applied_row_count);
    let events = desk.rig.events().await;
    let of_employers = events.iter().filter(|event| event.record.starts_with("employers/"));
    assert_eq!(of_employers.count() as i64, batch.applied_row_count);

    let again = desk.import("employers", &xlsx(&rows)).await;
    assert_eq!(again.applied_row_count, 0, "{:?}", desk.faults(&again.name).await);
    assert_eq!(again.unchanged_row_count, dry.valid_row_count);

    let undone = desk.undo(&batch.name).await;
    assert_eq!(undone.refused_undo_count, 0);
    for metric in Metric::ALL {
        for day in days {
            assert_eq!(desk.figure(metric, "11", day).await, 0, "{metric:?} {day}");
        }
    }
    let again = desk.import("employers", &csv(&rows)).await;
    assert_eq!(again.applied_row_count, dry.valid_row_count, "what was withdrawn can come again");
}
