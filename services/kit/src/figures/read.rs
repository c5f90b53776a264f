//! Reading a figure: the folded steps up to the day, plus the tail that is not folded yet, in one
//! statement, so that a fold in between cannot be seen by half.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, Value};

use super::{
    MetricId,
    steps::{Scale, Steps, block_of, sum_before},
    tail::{steps_below, sum_below},
};
use crate::{
    civil::CivilDate,
    db::{Db, fault, places, sql},
    fault::Outcome,
    path::{Line, Path},
};

/// Questions that fit into one statement on both engines.
const QUESTIONS_A_STATEMENT: usize = 4_096;
const PLACES_A_QUESTION: usize = 5;

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

/// What is folded for one question, or a row of the tail: [`TAIL`] for a number, and its leaves where
/// a question has blocks.
#[derive(FromQueryResult)]
struct Found {
    number: i32,
    metric: i16,
    line: i16,
    blocks: Option<Vec<u8>>,
    days: Option<Vec<u8>>,
    few: Option<Vec<u8>>,
}

/// The number of the tail's rows among the answers.
const TAIL: i32 = -1;

async fn ask(conn: &impl ConnectionTrait, questions: &[Question]) -> Outcome<Vec<i64>> {
    let Some(last) = questions.last() else { return Ok(Vec::new()) };
    // Padding to a power of two keeps the number of distinct statements small.
    let width = questions.len().next_power_of_two();
    let text = format!(
        "WITH q (number, metric, line, node, day_block) AS (VALUES {})
         SELECT q.number, q.metric, q.line, ({}) AS blocks, ({}) AS days, (
             SELECT n.steps FROM figure_node n
             WHERE n.metric = q.metric AND n.line = q.line AND n.node = q.node) AS few
         FROM q
         UNION ALL
         SELECT {TAIL}, t.metric, t.line, t.leaves, NULL, NULL FROM figure_tail t
         WHERE (t.metric, t.line) IN (SELECT q.metric, q.line FROM q)",
        places(width, PLACES_A_QUESTION),
        steps_of(Scale::Blocks, "0"),
        steps_of(Scale::Days, "q.day_block"),
    );
    let padded = questions.iter().chain(std::iter::repeat(last)).take(width);
    let values = (0..).zip(padded).flat_map(|(number, question)| question.places(number));
    let rows =
        Found::find_by_statement(sql(conn, &text, values)).all(conn).await.map_err(fault::of)?;
    let mut answers = vec![0; questions.len()];
    for row in rows {
        row.add_to(questions, &mut answers)?;
    }
    Ok(answers)
}

fn steps_of(scale: Scale, block: &str) -> String {
    format!(
        "SELECT b.steps FROM figure_block b
         WHERE b.metric = q.metric AND b.line = q.line AND b.node = q.node
           AND b.scale = {} AND b.block = {block}",
        scale.code()
    )
}

impl Question {
    fn places(&self, number: i32) -> [Value; PLACES_A_QUESTION] {
        [
            number.into(),
            self.metric.0.into(),
            self.line.code().into(),
            self.node.as_str().into(),
            block_of(self.day.epoch_day()).into(),
        ]
    }
}

impl Found {
    fn add_to(&self, questions: &[Question], answers: &mut [i64]) -> Outcome<()> {
        if self.number == TAIL {
            return self.add_tail(questions, answers);
        }
        let asked = usize::try_from(self.number).ok();
        if let Some((question, answer)) =
            asked.and_then(|at| Some((questions.get(at)?, answers.get_mut(at)?)))
        {
            // All blocks before that of the day, the days up to it in its own, and the few.
            let day = question.day.epoch_day();
            *answer += sum_before(self.blocks.as_deref().unwrap_or_default(), block_of(day))?;
            *answer += sum_before(self.days.as_deref().unwrap_or_default(), day + 1)?;
            *answer += sum_before(self.few.as_deref().unwrap_or_default(), day + 1)?;
        }
        Ok(())
    }

    fn add_tail(&self, questions: &[Question], answers: &mut [i64]) -> Outcome<()> {
        let leaves = self.blocks.as_deref().unwrap_or_default();
        for (question, answer) in questions.iter().zip(answers) {
            if (question.metric.0, question.line.code()) == (self.metric, self.line) {
                *answer += sum_below(leaves, question.node.as_str(), question.day.epoch_day() + 1)?;
            }
        }
        Ok(())
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
                  AND block >= $5 AND block <= $6
                UNION ALL
                SELECT steps FROM figure_node WHERE metric = $1 AND line = $2 AND node = $3";
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
        add_between(&mut changes, &Steps::parse(&block.steps)?, (from, until));
    }
    Ok(changes)
}

/// Adds the steps after the first day and up to the second.
fn add_between(changes: &mut BTreeMap<i32, i64>, steps: &Steps, (after, until): (i32, i32)) {
    for (day, change) in steps.iter().filter(|(day, _)| after < *day && *day <= until) {
        *changes.entry(day).or_insert(0) += change;
    }
}

#[derive(FromQueryResult)]
struct Waiting {
    leaves: Vec<u8>,
}

/// The changes that are not folded yet.
async fn tail(
    conn: &impl ConnectionTrait,
    question: &Question,
    until: CivilDate,
    changes: &mut BTreeMap<i32, i64>,
) -> Outcome<()> {
    let text = "SELECT leaves FROM figure_tail WHERE metric = $1 AND line = $2";
    let values: [Value; 2] = [question.metric.0.into(), question.line.code().into()];
    let waiting = Waiting::find_by_statement(sql(conn, text, values)).all(conn).await;
    let days = (question.day.epoch_day(), until.epoch_day());
    for row in waiting.map_err(fault::of)? {
        add_between(changes, &steps_below(&row.leaves, question.node.as_str())?, days);
    }
    Ok(())
}
