//! Reading a figure: the folded steps up to the day, plus the deltas not folded yet, in one
//! statement, so that a fold in between cannot be seen by half.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, Value};

use super::{
    MetricId,
    steps::{Scale, Steps, block_of},
};
use crate::{
    civil::CivilDate,
    db::{Db, fault, places, sql},
    fault::Outcome,
    path::{Line, Path},
};

/// Questions that fit into one statement on both engines.
const QUESTIONS_A_STATEMENT: usize = 4_096;
const PLACES_A_QUESTION: usize = 7;

/// Asks for one figure of one node at the end of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The figure.
    pub metric: MetricId,
    /// The line of the node.
    pub line: Line,
    /// The node: everything in its subtree counts.
    pub node: Path,
    /// The day.
    pub day: CivilDate,
}

/// The answers, in the order asked, all from one state of the database.
pub async fn values(db: &Db, questions: &[Question]) -> Outcome<Vec<i64>> {
    if questions.len() <= QUESTIONS_A_STATEMENT {
        return ask(db.reader(), questions).await;
    }
    let tx = db.begin_read().await?;
    let answers = values_in(&tx, questions).await?;
    tx.rollback().await.map_err(fault::of)?;
    Ok(answers)
}

/// The answers, in the order asked, in the state that a reading transaction sees.
pub async fn values_in(state: &DatabaseTransaction, questions: &[Question]) -> Outcome<Vec<i64>> {
    let mut answers = Vec::with_capacity(questions.len());
    for some in questions.chunks(QUESTIONS_A_STATEMENT) {
        answers.extend(ask(state, some).await?);
    }
    Ok(answers)
}

#[derive(FromQueryResult)]
struct Answer {
    number: i32,
    blocks: Option<Vec<u8>>,
    days: Option<Vec<u8>>,
    tail: i64,
}

async fn ask(conn: &impl ConnectionTrait, questions: &[Question]) -> Outcome<Vec<i64>> {
    let Some(last) = questions.last() else { return Ok(Vec::new()) };
    // Padding to a power of two keeps the number of distinct statements small.
    let width = questions.len().next_power_of_two();
    let text = format!(
        "SELECT q.column1 AS number, ({}) AS blocks, ({}) AS days, CAST(COALESCE((
             SELECT SUM(d.delta) FROM figure_delta d
             WHERE d.metric = q.column2 AND d.line = q.column3 AND d.node >= q.column4
               AND d.node < q.column5 AND d.day <= q.column6), 0) AS BIGINT) AS tail
         FROM (VALUES {}) AS q",
        steps_of(Scale::Blocks, "0"),
        steps_of(Scale::Days, "q.column7"),
        places(width, PLACES_A_QUESTION)
    );
    let padded = questions.iter().chain(std::iter::repeat(last)).take(width);
    let values = (0..).zip(padded).flat_map(|(number, question)| question.places(number));
    let rows =
        Answer::find_by_statement(sql(conn, &text, values)).all(conn).await.map_err(fault::of)?;
    let mut answers = vec![0; width];
    for row in rows {
        let asked = usize::try_from(row.number).ok();
        let asked = asked.and_then(|at| Some((questions.get(at)?, answers.get_mut(at)?)));
        if let Some((question, answer)) = asked {
            *answer = row.value(question.day.epoch_day())?;
        }
    }
    answers.truncate(questions.len());
    Ok(answers)
}

fn steps_of(scale: Scale, block: &str) -> String {
    format!(
        "SELECT b.steps FROM figure_block b
         WHERE b.metric = q.column2 AND b.line = q.column3 AND b.node = q.column4
           AND b.scale = {} AND b.block = {block}",
        scale.code()
    )
}

impl Question {
    fn places(&self, number: i32) -> [Value; PLACES_A_QUESTION] {
        let range = self.node.range();
        let day = self.day.epoch_day();
        [
            number.into(),
            self.metric.0.into(),
            self.line.code().into(),
            range.from.into(),
            range.until.into(),
            day.into(),
            block_of(day).into(),
        ]
    }
}

impl Answer {
    /// All blocks before that of the day, the days up to it in its own, and the tail.
    fn value(&self, day: i32) -> Outcome<i64> {
        let steps = |bytes: &Option<Vec<u8>>| Steps::parse(bytes.as_deref().unwrap_or_default());
        let blocks = steps(&self.blocks)?.before(block_of(day));
        Ok(blocks + steps(&self.days)?.before(day + 1) + self.tail)
    }
}

/// The value on the first day and on every later day up to `until` on which it changes.
pub async fn series(
    db: &Db,
    metric: MetricId,
    line: Line,
    node: &Path,
    from: CivilDate,
    until: CivilDate,
) -> Outcome<Vec<(CivilDate, i64)>> {
    let question = Question { metric, line, node: node.clone(), day: from };
    let tx = db.begin_read().await?;
    let first = ask(&tx, std::slice::from_ref(&question)).await?.first().copied().unwrap_or(0);
    let mut changes = folded(&tx, &question, until).await?;
    tail(&tx, &question, until, &mut changes).await?;
    tx.rollback().await.map_err(fault::of)?;
    let mut level = first;
    let mut points = vec![(from, first)];
    for (day, change) in changes.into_iter().filter(|(_, change)| *change != 0) {
        level += change;
        points.extend(CivilDate::from_epoch_day(day).map(|day| (day, level)));
    }
    Ok(points)
}

#[derive(FromQueryResult)]
struct Block {
    steps: Vec<u8>,
}

/// The folded changes after the question's day and up to `until`.
async fn folded(
    conn: &impl ConnectionTrait,
    question: &Question,
    until: CivilDate,
) -> Outcome<BTreeMap<i32, i64>> {
    let (from, until) = (question.day.epoch_day(), until.epoch_day());
    let text = "SELECT steps FROM figure_block
                WHERE metric = $1 AND line = $2 AND node = $3 AND scale = $4
                  AND block >= $5 AND block <= $6";
    let values: [Value; 6] = [
        question.metric.0.into(),
        question.line.code().into(),
        question.node.as_str().into(),
        Scale::Days.code().into(),
        block_of(from).into(),
        block_of(until).into(),
    ];
    let blocks = Block::find_by_statement(sql(conn, text, values)).all(conn).await;
    let mut changes = BTreeMap::new();
    for block in blocks.map_err(fault::of)? {
        let steps = Steps::parse(&block.steps)?;
        changes.extend(steps.iter().filter(|(day, _)| from < *day && *day <= until));
    }
    Ok(changes)
}

#[derive(FromQueryResult)]
struct Waiting {
    day: i32,
    delta: i64,
}

/// The changes that are not folded yet.
async fn tail(
    conn: &impl ConnectionTrait,
    question: &Question,
    until: CivilDate,
    changes: &mut BTreeMap<i32, i64>,
) -> Outcome<()> {
    let text = "SELECT day, CAST(SUM(delta) AS BIGINT) AS delta FROM figure_delta
                WHERE metric = $1 AND line = $2 AND node >= $3 AND node < $4
                  AND day > $5 AND day <= $6 GROUP BY day";
    let range = question.node.range();
    let values: [Value; 6] = [
        question.metric.0.into(),
        question.line.code().into(),
        range.from.into(),
        range.until.into(),
        question.day.epoch_day().into(),
        until.epoch_day().into(),
    ];
    let waiting = Waiting::find_by_statement(sql(conn, text, values)).all(conn).await;
    for step in waiting.map_err(fault::of)? {
        *changes.entry(step.day).or_insert(0) += step.delta;
    }
    Ok(())
}
