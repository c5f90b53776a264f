//! Reading a figure: the last balance on or before the day, plus the deltas not folded yet, in one
//! statement, so that a fold in between cannot be seen by half.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult, Value};

use super::MetricId;
use crate::{
    civil::CivilDate,
    db::{Db, fault, places, sql},
    fault::Outcome,
    path::{Line, Path},
};

/// Questions that fit into one statement on both engines.
const QUESTIONS_A_STATEMENT: usize = 3_000;
const PLACES_A_QUESTION: usize = 6;

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
    value: i64,
}

async fn ask(conn: &impl ConnectionTrait, questions: &[Question]) -> Outcome<Vec<i64>> {
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT q.column1 AS number, CAST(COALESCE((
             SELECT b.balance FROM figure_balance b
             WHERE b.metric = q.column2 AND b.line = q.column3 AND b.node = q.column4
               AND b.day <= q.column6 ORDER BY b.day DESC LIMIT 1), 0)
         + COALESCE((
             SELECT SUM(d.delta) FROM figure_delta d
             WHERE d.metric = q.column2 AND d.line = q.column3 AND d.node >= q.column4
               AND d.node < q.column5 AND d.day <= q.column6), 0) AS BIGINT) AS value
         FROM (VALUES {}) AS q",
        places(questions.len(), PLACES_A_QUESTION)
    );
    let values = questions.iter().enumerate().flat_map(|(number, question)| {
        let range = question.node.range();
        // At most QUESTIONS_A_STATEMENT questions, so the number fits.
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        let places: [Value; PLACES_A_QUESTION] = [
            number.into(),
            question.metric.0.into(),
            question.line.code().into(),
            range.from.into(),
            range.until.into(),
            question.day.epoch_day().into(),
        ];
        places
    });
    let rows =
        Answer::find_by_statement(sql(conn, &text, values)).all(conn).await.map_err(fault::of)?;
    let mut answers = vec![0; questions.len()];
    for row in rows {
        if let Some(answer) = usize::try_from(row.number).ok().and_then(|at| answers.get_mut(at)) {
            *answer = row.value;
        }
    }
    Ok(answers)
}

#[derive(FromQueryResult)]
struct Step {
    day: i32,
    value: i64,
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
    let tx = db.begin_read().await?;
    let at = |day| Question { metric, line, node: node.clone(), day };
    let first = ask(&tx, &[at(from)]).await?.first().copied().unwrap_or(0);
    let before = ask_balance(&tx, metric, line, node, from).await?;
    let balances = steps(
        &tx,
        "SELECT day, balance AS value FROM figure_balance
         WHERE metric = $1 AND line = $2 AND node = $3 AND day > $4 AND day <= $5 ORDER BY day",
        [
            metric.0.into(),
            line.code().into(),
            node.as_str().into(),
            from.epoch_day().into(),
            until.epoch_day().into(),
        ],
    )
    .await?;
    let range = node.range();
    let tail = steps(
        &tx,
        "SELECT day, CAST(SUM(delta) AS BIGINT) AS value FROM figure_delta
         WHERE metric = $1 AND line = $2 AND node >= $3 AND node < $4 AND day > $5 AND day <= $6
         GROUP BY day ORDER BY day",
        [
            metric.0.into(),
            line.code().into(),
            range.from.into(),
            range.until.into(),
            from.epoch_day().into(),
            until.epoch_day().into(),
        ],
    )
    .await?;
    tx.rollback().await.map_err(fault::of)?;
    Ok(merge(from, first, before, &balances, &tail))
}

async fn ask_balance(
    conn: &impl ConnectionTrait,
    metric: MetricId,
    line: Line,
    node: &Path,
    day: CivilDate,
) -> Outcome<i64> {
    let rows = steps(
        conn,
        "SELECT day, balance AS value FROM figure_balance
         WHERE metric = $1 AND line = $2 AND node = $3 AND day <= $4 ORDER BY day DESC LIMIT 1",
        [metric.0.into(), line.code().into(), node.as_str().into(), day.epoch_day().into()],
    )
    .await?;
    Ok(rows.first().map_or(0, |row| row.value))
}

async fn steps<const N: usize>(
    conn: &impl ConnectionTrait,
    text: &str,
    values: [Value; N],
) -> Outcome<Vec<Step>> {
    Step::find_by_statement(sql(conn, text, values)).all(conn).await.map_err(fault::of)
}

/// Balances are levels, the tail is differences: both become differences, then levels again.
fn merge(
    from: CivilDate,
    first: i64,
    balance_before: i64,
    balances: &[Step],
    tail: &[Step],
) -> Vec<(CivilDate, i64)> {
    let mut changes: BTreeMap<i32, i64> = BTreeMap::new();
    let mut last = balance_before;
    for step in balances {
        *changes.entry(step.day).or_insert(0) += step.value - last;
        last = step.value;
    }
    for step in tail {
        *changes.entry(step.day).or_insert(0) += step.value;
    }
    let mut level = first;
    let mut points = vec![(from, first)];
    for (day, change) in changes.into_iter().filter(|(_, change)| *change != 0) {
        level += change;
        if let Some(day) = CivilDate::from_epoch_day(day) {
            points.push((day, level));
        }
    }
    points
}
