//! Reading a figure: the folded steps up to the day, plus the tail that is not folded yet, in one
//! statement, so that a fold in between cannot be seen by half.

use std::collections::BTreeMap;

use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, FromQueryResult, QueryResult,
    Value,
};

use super::{
    MetricId,
    steps::{Scale, Steps, block_of, sum_before},
    tail::{steps_below, sum_below},
};
use crate::{
    civil::CivilDate,
    db::{Db, fault, source, sql},
    fault::{Fault, Outcome},
    path::{Line, Path},
    reasons,
};

/// Questions that fit into one statement on both engines.
const QUESTIONS_A_STATEMENT: usize = 4_096;

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

/// Where the steps of a question stand; several questions may find theirs with one probe.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Probe<'q> {
    metric: i16,
    line: i16,
    node: &'q str,
    day_block: i32,
}

const PROBE_COLUMNS: &str = "number, metric, line, node, day_block";

/// The number of the probes that only fill the statement up.
const PADDING: i32 = -1;

async fn ask(conn: &impl ConnectionTrait, questions: &[Question]) -> Outcome<Vec<i64>> {
    let mut probes: BTreeMap<Probe<'_>, Vec<usize>> = BTreeMap::new();
    for (at, question) in questions.iter().enumerate() {
        probes.entry(question.probe()).or_default().push(at);
    }
    let Some((last, _)) = probes.last_key_value() else { return Ok(Vec::new()) };
    let numbered = (0..).zip(probes.keys()).map(|(number, probe)| probe.values(number));
    // Padding to a power of two keeps the number of distinct statements small.
    let padding = std::iter::repeat_with(|| last.values(PADDING));
    let rows = numbered.chain(padding).take(probes.len().next_power_of_two()).collect();
    let (source, values) = source(conn, PROBE_COLUMNS, rows);
    let text = statement(conn, &source);
    let rows = conn.query_all_raw(sql(conn, &text, values)).await.map_err(fault::of)?;
    let asking: Vec<&[usize]> = probes.values().map(Vec::as_slice).collect();
    let mut answers = vec![0; questions.len()];
    for row in rows {
        match Found::read(&row).map_err(fault::of)? {
            Found::Folded(folded) => add_folded(&folded, &asking, questions, &mut answers)?,
            Found::Tail { metric, line, leaves } => {
                for (question, answer) in questions.iter().zip(&mut answers) {
                    if (question.metric.0, question.line.code()) == (metric, line) {
                        *answer += question.waiting(&leaves)?;
                    }
                }
            }
        }
    }
    Ok(answers)
}

/// What is folded comes as one text: hundreds of rows take longer to hand over than to find.
fn statement(conn: &impl ConnectionTrait, source: &str) -> String {
    let hex = |steps: &str| match conn.get_database_backend() {
        DatabaseBackend::Postgres => format!("encode(({steps}), 'hex')"),
        _ => format!("hex(({steps}))"),
    };
    let of_scale = |scale: Scale, block: &str| {
        hex(&format!(
            "SELECT b.steps FROM figure_block b
             WHERE b.metric = q.metric AND b.line = q.line AND b.node = q.node
               AND b.scale = {} AND b.block = {block}",
            scale.code()
        ))
    };
    let (blocks, days) = (of_scale(Scale::Blocks, "0"), of_scale(Scale::Days, "q.day_block"));
    let few = hex("SELECT n.steps FROM figure_node n
                   WHERE n.metric = q.metric AND n.line = q.line AND n.node = q.node");
    format!(
        "WITH q ({PROBE_COLUMNS}) AS ({source})
         SELECT string_agg(concat(q.number, ' ', {blocks}, ' ', {days}, ' ', {few}), ' ') AS folded,
             NULL AS metric, NULL AS line, NULL AS leaves
         FROM q WHERE q.number >= 0
         UNION ALL
         SELECT NULL, t.metric, t.line, t.leaves FROM figure_tail t
         WHERE (t.metric, t.line) IN (SELECT q.metric, q.line FROM q)"
    )
}

impl Question {
    fn probe(&self) -> Probe<'_> {
        Probe {
            metric: self.metric.0,
            line: self.line.code(),
            node: self.node.as_str(),
            day_block: block_of(self.day.epoch_day()),
        }
    }

    /// All blocks before that of the day, the days up to it in its own, and the few.
    fn folded(&self, [blocks, days, few]: &[Vec<u8>; 3]) -> Outcome<i64> {
        let day = self.day.epoch_day();
        let before = sum_before(blocks, block_of(day))? + sum_before(days, day + 1)?;
        Ok(before + sum_before(few, day + 1)?)
    }

    /// What waits at the leaves of its node.
    fn waiting(&self, leaves: &[u8]) -> Outcome<i64> {
        sum_below(leaves, self.node.as_str(), self.day.epoch_day() + 1)
    }
}

impl Probe<'_> {
    fn values(&self, number: i32) -> Vec<Value> {
        let Self { metric, line, node, day_block } = *self;
        vec![number.into(), metric.into(), line.into(), node.into(), day_block.into()]
    }
}

enum Found {
    /// Of every probe its number, blocks, days of the block and few, with a space between.
    Folded(String),
    /// A row that is not folded yet.
    Tail { metric: i16, line: i16, leaves: Vec<u8> },
}

impl Found {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(match row.try_get("", "folded")? {
            Some(folded) => Self::Folded(folded),
            None => Self::Tail {
                metric: row.try_get("", "metric")?,
                line: row.try_get("", "line")?,
                leaves: row.try_get("", "leaves")?,
            },
        })
    }
}

fn add_folded(
    folded: &str,
    asking: &[&[usize]],
    questions: &[Question],
    answers: &mut [i64],
) -> Outcome<()> {
    let broken = || Fault::new(&reasons::INTERNAL).caused_by("what is folded does not read");
    let mut words = folded.split(' ');
    while let Some(number) = words.next() {
        let asking = number.parse().ok().and_then(|at: usize| asking.get(at)).ok_or_else(broken)?;
        let mut steps = || words.next().and_then(|word| hex::decode(word).ok()).ok_or_else(broken);
        let steps = [steps()?, steps()?, steps()?];
        for at in *asking {
            if let (Some(question), Some(answer)) = (questions.get(*at), answers.get_mut(*at)) {
                *answer += question.folded(&steps)?;
            }
        }
    }
    Ok(())
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
