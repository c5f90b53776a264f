//! Figures equal a recount, whatever is written, folded and read at the same time.

use std::sync::Arc;

use anyhow::{Result, ensure};
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use unionhall_kit::{
    civil::CivilDate,
    figures::{
        Delta, MetricId,
        read::{Question, series, values},
    },
    ledger::{Begun, Done, Intent, Ledger},
    path::{Line, Path},
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};

const WRITERS: u64 = 16;
const WRITES: usize = 20;
/// Ten years and some days before 1970.
const DAYS: std::ops::Range<i32> = -100..3_650;
const LEAVES: [&str; 6] = ["110101", "110102", "110103", "1102", "110201", "120101"];
const NODES: [&str; 7] = ["11", "1101", "110102", "1102", "110201", "12", "13"];
const METRICS: [MetricId; 2] = [MetricId(1), MetricId(2)];

fn path(text: &str) -> Path {
    Path::parse(text).expect("a path")
}

fn civil(epoch_day: i32) -> CivilDate {
    CivilDate::from_epoch_day(epoch_day).expect("a day")
}

fn delta(random: &mut StdRng) -> Delta {
    Delta {
        metric: METRICS[random.random_range(0..METRICS.len())],
        line: Line::Area,
        node: path(LEAVES[random.random_range(0..LEAVES.len())]),
        day: civil(random.random_range(DAYS)),
        delta: random.random_range(-9..=9),
    }
}

async fn write(ledger: &Ledger, deltas: Vec<Delta>, keep: bool) -> Result<()> {
    let intent =
        Intent { client: "c", method: "/m", trace: "t", request_id: None, body: Vec::new() };
    let Begun::Fresh(mut entry) = ledger.begin(&intent).await? else {
        anyhow::bail!("a replay without a request id");
    };
    entry.figures(deltas);
    if keep {
        entry.commit(Done { record: "x".into(), version: 1 }).await?;
    } else {
        entry.discard().await?;
    }
    Ok(())
}

/// What one writer committed; every fifth write is taken back.
async fn write_many(ledger: Ledger, seed: u64) -> Result<Vec<Delta>> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut committed = Vec::new();
    for number in 0..WRITES {
        let deltas: Vec<Delta> = (0..30).map(|_| delta(&mut random)).collect();
        let keep = number % 5 != 4;
        write(&ledger, deltas.clone(), keep).await?;
        if keep {
            committed.extend(deltas);
        }
    }
    Ok(committed)
}

/// In one state, a node is the sum of what lies below it, folded or not.
async fn check_sums(ledger: Ledger, stop: CancellationToken) -> Result<usize> {
    let ask = |node| Question { metric: METRICS[0], line: Line::Area, node, day: civil(3_650) };
    let questions: Vec<Question> =
        ["1101", "110101", "110102", "110103"].map(|node| ask(path(node))).to_vec();
    let mut looks = 0;
    while !stop.is_cancelled() {
        let [all, parts @ ..] = &values(ledger.db(), &questions).await?[..] else {
            anyhow::bail!("an answer is missing");
        };
        ensure!(*all == parts.iter().sum::<i64>(), "{all} is not the sum of {parts:?}");
        looks += 1;
    }
    Ok(looks)
}

fn recount(deltas: &[Delta], question: &Question) -> i64 {
    let counts = |delta: &&Delta| {
        delta.metric == question.metric
            && delta.day <= question.day
            && delta.node.within(&question.node)
    };
    deltas.iter().filter(counts).map(|delta| delta.delta).sum()
}

async fn check_values(ledger: &Ledger, deltas: &[Delta]) -> Result<()> {
    let mut questions = Vec::new();
    for metric in METRICS {
        for node in NODES.map(path) {
            for day in DAYS.step_by(17).map(civil) {
                questions.push(Question { metric, line: Line::Area, node: node.clone(), day });
            }
        }
    }
    let answers = values(ledger.db(), &questions).await?;
    for (question, answer) in questions.iter().zip(answers) {
        ensure!(answer == recount(deltas, question), "{answer} for {question:?}");
    }
    Ok(())
}

async fn check_series(ledger: &Ledger, deltas: &[Delta]) -> Result<()> {
    let (metric, line, node) = (METRICS[0], Line::Area, path("1101"));
    let (from, until) = (civil(200), civil(900));
    let points = series(ledger.db(), metric, line, &node, from, until).await?;
    for day in (200..=900).map(civil) {
        let question = Question { metric, line, node: node.clone(), day };
        let level = points.iter().rev().find(|point| point.0 <= day).map(|point| point.1);
        ensure!(level == Some(recount(deltas, &question)), "{level:?} for {question:?}");
    }
    Ok(())
}

on_both_engines!(sixteen_writers_and_two_clerks_lose_and_double_nothing);

async fn sixteen_writers_and_two_clerks_lose_and_double_nothing(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let stop = CancellationToken::new();
    let clerks: Vec<_> =
        (0..2).map(|_| tokio::spawn(books.sequencer().run(stop.clone()))).collect();
    let reader = tokio::spawn(check_sums(books.ledger.clone(), stop.clone()));
    let mut writers = JoinSet::new();
    for seed in 0..WRITERS {
        writers.spawn(write_many(books.ledger.clone(), seed));
    }
    let mut deltas = Vec::new();
    while let Some(written) = writers.join_next().await {
        deltas.extend(written??);
    }
    check_values(&books.ledger, &deltas).await?;
    stop.cancel();
    ensure!(reader.await?? > 0, "nobody looked");
    for clerk in clerks {
        clerk.await?;
    }
    books.sequencer().drain().await?;
    check_values(&books.ledger, &deltas).await?;
    check_series(&books.ledger, &deltas).await
}

on_both_engines!(a_board_of_more_than_one_statement_is_one_state);

/// More questions than one statement takes; a write between two statements must not show.
async fn a_board_of_more_than_one_statement_is_one_state(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let question =
        Question { metric: METRICS[0], line: Line::Area, node: path("11"), day: civil(0) };
    let questions = Arc::new(vec![question; 10_000]);
    let ledger = books.ledger.clone();
    let writer = tokio::spawn(async move {
        for _ in 0..50 {
            let one = Delta {
                metric: METRICS[0],
                line: Line::Area,
                node: path("1101"),
                day: civil(-1),
                delta: 1,
            };
            write(&ledger, vec![one], true).await?;
        }
        anyhow::Ok(())
    });
    while !writer.is_finished() {
        let answers = values(books.ledger.db(), &questions).await?;
        ensure!(answers.windows(2).all(|pair| pair[0] == pair[1]), "two states in one board");
    }
    writer.await??;
    ensure!(values(books.ledger.db(), &questions).await? == vec![50; 10_000]);
    Ok(())
}
