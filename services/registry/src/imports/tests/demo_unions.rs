//! The synthetic unions and coverage, beside the employers that they are about.

use unionhall_kit::civil::CivilDate;

use super::*;
use crate::{
    demo::{
        DirtShares, Row, generate_coverage, generate_employers, generate_unions, write_csv,
        write_xlsx,
    },
    reference::shipped_areas,
    rules::union::contribution::UnionMetric,
};

const OF: (u32, u64) = (400, 7);

fn of() -> (u32, u64, DirtShares) {
    (OF.0, OF.1, DirtShares::of_each(100))
}

pub(super) fn csv<R: Row>(rows: impl Iterator<Item = R>) -> Vec<u8> {
    let mut file = Vec::new();
    write_csv(&mut file, rows).unwrap();
    file
}

async fn unions(desk: &Desk, metric: &str, day: &str) -> i64 {
    desk.rig.sequencer.drain().await.unwrap();
    let (_, metric, _) = UnionMetric::all().find(|(.., name)| *name == metric).unwrap();
    let node = AreaPath::parse("110102").unwrap().path().clone();
    let day: CivilDate = day.parse().unwrap();
    let question = read::Question { metric, line: Line::Area, node, day };
    read::values(desk.rig.register.ledger.db(), &[question]).await.unwrap()[0]
}

/// Every row is taken, and the figures are those of the rows.
#[tokio::test]
async fn the_files_fit_each_other() {
    let desk = desk().await;
    let (count, seed, shares) = of();
    desk.import("employers", &csv(generate_employers(count, seed, shares).unwrap())).await;
    let rows: Vec<_> = generate_unions(of()).unwrap().collect();
    let mut file = std::io::Cursor::new(Vec::new());
    write_xlsx(&mut file, rows.iter().cloned()).unwrap();
    let batch = desk.import("unions", &file.into_inner()).await;
    assert_eq!(told(&desk.faults(&batch.name).await), []);
    assert_eq!(batch.applied_row_count, i64::try_from(rows.len()).unwrap());
    let covered: Vec<_> = generate_coverage(of()).unwrap().collect();
    assert!(covered.len() > 150, "{}", covered.len());
    let batch = desk.import("coverage", &csv(covered.iter().cloned())).await;
    assert_eq!(told(&desk.faults(&batch.name).await), []);
    assert_eq!(batch.applied_row_count, i64::try_from(covered.len()).unwrap());

    assert_eq!(unions(&desk, "unions", "2024-01-01").await, rows.len() as i64);
    let shipped = shipped_areas().unwrap();
    let communities = shipped.iter().filter(|area| area.level == "COMMUNITY").count() as i64;
    let own = rows.len() as i64 - 1 - 15 - 15 - communities;
    assert!(own > 10, "{own}");
    assert_eq!(unions(&desk, "unions_single_employer", "2024-01-01").await, own);
    assert_eq!(unions(&desk, "joint_union_communities", "2024-01-01").await, communities);
    assert_eq!(unions(&desk, "workers_union_subdistricts", "2024-01-01").await, 15);
    assert!(unions(&desk, "overdue_terms", "2024-01-01").await > 20);
    assert!(unions(&desk, "integrated_unions", "2024-01-01").await > 20);
    let figure = desk.figure(Metric::CoveredEmployers, "110102", "2024-01-01").await;
    assert_eq!(figure, covered.len() as i64);
    let again = desk.import("coverage", &csv(covered.iter().cloned())).await;
    assert_eq!(again.unchanged_row_count, batch.applied_row_count);
}

#[test]
fn the_same_number_and_seed_give_the_same_files() {
    let (one, other) = (csv(generate_unions(of()).unwrap()), csv(generate_unions(of()).unwrap()));
    assert_eq!(one, other);
    let longer = csv(generate_coverage((800, 7, DirtShares::of_each(100))).unwrap());
    assert!(longer.starts_with(&csv(generate_coverage(of()).unwrap())));
}
