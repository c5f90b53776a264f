//! The synthetic members, beside the unions and employers that they belong to.

use std::io::Cursor;

use super::{demo_unions::csv, *};
use crate::{
    demo::{
        DemoMember, DirtShares, employers_for, generate_coverage, generate_employers,
        generate_members, generate_unions, write_xlsx,
    },
    rules::member::metric::MemberMetric,
};

const SEED: u64 = 7;

fn members(count: u32, dirty: u16) -> Vec<DemoMember> {
    let of = (employers_for(count), SEED, DirtShares::none());
    generate_members(count, of, dirty).unwrap().collect()
}

/// A register that knows the employers and unions of so many members.
async fn furnished(count: u32) -> Desk {
    let desk = desk().await;
    let of = (employers_for(count), SEED, DirtShares::none());
    desk.import("employers", &csv(generate_employers(of.0, of.1, of.2).unwrap())).await;
    desk.import("unions", &csv(generate_unions(of).unwrap())).await;
    desk.import("coverage", &csv(generate_coverage(of).unwrap())).await;
    desk
}

fn planted(rows: &[DemoMember]) -> Vec<(i32, &'static str, &'static str)> {
    let truth = rows.iter().filter_map(|row| row.planted.map(|(kind, _)| (row.line, kind)));
    truth.map(|(line, kind)| (line.cast_signed(), kind.column().zh, kind.code())).collect()
}

async fn figure(desk: &Desk, metric: MemberMetric, day: &str) -> i64 {
    desk.rig.sequencer.drain().await.unwrap();
    let node = AreaPath::parse("110102").unwrap().path().clone();
    let (metric, day) = (metric.id(), day.parse().unwrap());
    let question = read::Question { metric, line: Line::Area, node, day };
    read::values(desk.rig.register.ledger.db(), &[question]).await.unwrap()[0]
}

/// Every planted fault is told and nothing else is.
#[tokio::test]
async fn faults_of_members_are_told_whole_and_alone() {
    let desk = furnished(1_500).await;
    let rows = members(1_500, 200);
    let truth = planted(&rows);
    assert!(truth.len() > 300, "{}", truth.len());
    let mut book = Cursor::new(Vec::new());
    write_xlsx(&mut book, rows.iter().cloned()).unwrap();
    for file in [csv(rows.iter().cloned()), book.into_inner()] {
        let batch = desk.validate("members", &file).await;
        assert_eq!(batch.state(), State::Validated);
        assert_eq!(told(&desk.faults(&batch.name).await), truth);
        let valid = rows.len() - truth.len();
        assert_eq!(batch.valid_row_count, i64::try_from(valid).unwrap());
    }
}

/// Ten years of joining and leaving are in the figures, and go with the undo.
#[tokio::test]
async fn members_raise_the_figures_of_their_years_and_the_undo_takes_them_back() {
    let desk = furnished(800).await;
    let rows = members(800, 0);
    let batch = desk.import("members", &csv(rows.iter().cloned())).await;
    assert_eq!(told(&desk.faults(&batch.name).await), []);
    assert_eq!(batch.applied_row_count, 800);
    let shown = |row: &DemoMember, column| match row.cell(column) {
        crate::demo::DemoCell::Text(text) => text.clone(),
        _ => String::new(),
    };
    for day in ["2013-12-31", "2014-12-31", "2018-06-30", "2023-12-31"] {
        let (mut members, mut joined) = (0, 0);
        for row in &rows {
            let came = shown(row, crate::columns::member::JOINED_ON);
            let went = shown(row, crate::columns::member::LEFT_ON);
            joined += i64::from(came.as_str() <= day);
            members += i64::from(came.as_str() <= day && (went.is_empty() || went.as_str() > day));
        }
        assert_eq!(figure(&desk, MemberMetric::Members, day).await, members, "{day}");
        assert_eq!(figure(&desk, MemberMetric::New, day).await, joined, "{day}");
    }
    let undone = desk.undo(&batch.name).await;
    assert_eq!(undone.refused_undo_count, 0);
    for (metric, ..) in MemberMetric::all() {
        assert_eq!(figure(&desk, metric, "2023-12-31").await, 0, "{metric:?}");
    }
}
