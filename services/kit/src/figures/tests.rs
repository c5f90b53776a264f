//! Folding and reading against a naive recount.

use proptest::prelude::*;
use sea_orm::ConnectionTrait;

use super::{
    read::{Question, series, values},
    *,
};
use crate::ledger::testing::{Books, books, done, path};

const LEAVES: [&str; 6] = ["110101001", "110101002", "110102001", "110102012", "110102", "120101"];
const NODES: [&str; 9] =
    ["11", "1101", "110101", "110102", "110101002", "110102012", "12", "120101", "13"];
/// Enough blocks for the borders between them, on both sides of 1970.
const DAYS: std::ops::Range<i32> = -300..600;

#[derive(Debug, Clone)]
enum Deed {
    Append(Vec<Delta>),
    Fold,
}

fn delta() -> impl Strategy<Value = Delta> {
    let metric = (1..=2_i16).prop_map(MetricId);
    (metric, prop::sample::select(&LEAVES[..]), DAYS, -5_i64..=5).prop_map(
        |(metric, leaf, day, delta)| Delta {
            metric,
            line: Line::Area,
            node: path(leaf),
            day: civil(day),
            delta,
        },
    )
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let append = prop::collection::vec(delta(), 1..6).prop_map(Deed::Append);
    prop::collection::vec(prop_oneof![3 => append, 1 => Just(Deed::Fold)], 1..10)
}

fn civil(epoch_day: i32) -> CivilDate {
    CivilDate::from_epoch_day(epoch_day).unwrap()
}

async fn perform(books: &Books, deeds: &[Deed]) -> Vec<Delta> {
    let mut written = Vec::new();
    for deed in deeds {
        match deed {
            Deed::Append(deltas) => {
                let mut entry = books.fresh(None, "").await;
                entry.figures(deltas.clone());
                entry.commit(done("x")).await.unwrap();
                written.extend_from_slice(deltas);
            }
            Deed::Fold => {
                // A few at a time, so that a node's deltas are folded in parts.
                let tx = books.ledger.db().begin().await.unwrap();
                fold::fold(tx.conn(), &crate::ledger::testing::above, Which::All, 4).await.unwrap();
                tx.commit().await.unwrap();
            }
        }
    }
    written
}

fn recount(deltas: &[Delta], metric: MetricId, node: &Path, day: CivilDate) -> i64 {
    let counts =
        |delta: &&Delta| delta.metric == metric && delta.day <= day && delta.node.within(node);
    deltas.iter().filter(counts).map(|delta| delta.delta).sum()
}

async fn check_values(books: &Books, deltas: &[Delta]) {
    let mut questions = Vec::new();
    for metric in [MetricId(1), MetricId(2)] {
        for node in NODES {
            for day in DAYS.step_by(37).chain(deltas.iter().map(|delta| delta.day.epoch_day())) {
                let (node, day) = (path(node), civil(day));
                questions.push(Question { metric, line: Line::Area, node, day });
            }
        }
    }
    let answers = values(books.ledger.db(), &questions).await.unwrap();
    for (question, answer) in questions.iter().zip(answers) {
        let Question { metric, node, day, .. } = question;
        assert_eq!(answer, recount(deltas, *metric, node, *day), "{question:?}");
    }
}

async fn check_series(books: &Books, deltas: &[Delta]) {
    let (metric, line, db) = (MetricId(1), Line::Area, books.ledger.db());
    for node in ["11", "110102"].map(path) {
        let points = series(db, metric, line, &node, civil(-100), civil(400)).await.unwrap();
        assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1));
        for day in (-100..=400).map(civil) {
            let at = points.iter().rev().find(|(from, _)| *from <= day).unwrap().1;
            assert_eq!(at, recount(deltas, metric, &node, day), "{node} {day}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn figures_equal_a_recount_whatever_is_folded(deeds in deeds()) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let books = books().await;
            let deltas = perform(&books, &deeds).await;
            check_values(&books, &deltas).await;
            check_series(&books, &deltas).await;
            books.sequencer.drain().await.unwrap();
            check_values(&books, &deltas).await;
            check_series(&books, &deltas).await;
        });
    }
}

#[tokio::test]
async fn deltas_of_one_write_that_cancel_leave_nothing_behind() {
    let books = books().await;
    let mut entry = books.fresh(None, "").await;
    let delta = |delta| Delta {
        metric: MetricId(1),
        line: Line::Area,
        node: path("110102"),
        day: civil(0),
        delta,
    };
    entry.figures([delta(2), delta(-2)]);
    entry.commit(done("x")).await.unwrap();
    assert!(books.sequencer.round().await.unwrap().is_idle());
}

fn at(leaf: &str, day: i32, delta: i64) -> Delta {
    Delta { metric: MetricId(1), line: Line::Area, node: path(leaf), day: civil(day), delta }
}

async fn value(books: &Books, node: &str) -> i64 {
    let (metric, line, day) = (MetricId(1), Line::Area, civil(10_000));
    let question = Question { metric, line, node: path(node), day };
    values(books.ledger.db(), &[question]).await.unwrap()[0]
}

#[tokio::test]
async fn the_deltas_of_an_import_wait_for_others_and_count_meanwhile() {
    let books = books().await;
    let import = (0..600).map(|day| at("110101001", day, 1));
    for deltas in [import.collect(), vec![at("110101002", 3, 5)]] {
        let mut entry = books.fresh(None, "").await;
        entry.figures(deltas);
        entry.commit(done("x")).await.unwrap();
    }
    let fold = async |which| {
        let tx = books.ledger.db().begin().await.unwrap();
        let folded = fold::fold(tx.conn(), &crate::ledger::testing::above, which, 1_000).await;
        tx.commit().await.unwrap();
        folded.unwrap()
    };
    let waiting = tail::bulk(books.ledger.db().reader()).await.unwrap();
    assert_eq!(waiting.deltas, 600);
    assert_eq!(fold(Which::Small).await, 1);
    assert_eq!(tail::bulk(books.ledger.db().reader()).await.unwrap(), waiting);
    assert_eq!((value(&books, "1101").await, value(&books, "110101002").await), (605, 5));
    assert_eq!(fold(Which::All).await, 600);
    assert_eq!(tail::bulk(books.ledger.db().reader()).await.unwrap(), tail::Bulk::default());
    assert_eq!((value(&books, "1101").await, value(&books, "110101002").await), (605, 5));
}

#[tokio::test]
async fn what_an_older_version_wrote_is_folded() {
    let books = books().await;
    let conn = books.ledger.db().migrator();
    let row = "INSERT INTO figure_delta (metric, line, node, day, delta)
               VALUES (1, 1, '110102001', 5, 7)";
    conn.execute_unprepared(row).await.unwrap();
    books.sequencer.drain().await.unwrap();
    assert_eq!(value(&books, "1101").await, 7);
}
