//! What persons asked of the register.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{Tx, fault, insert_rows, sql},
    fault::Outcome,
    path::{Prefixes, Scope},
};
use uuid::Uuid;

use super::dated::{all_changed, broken};
use crate::rules::{
    member::MemberId,
    purpose::Purpose,
    subject_request::{Answer, Kind, Outcome as Came, SubjectRequest},
};

/// The collection below a member.
pub const COLLECTION: &str = "subjectRequests";

const COLUMNS: &str = "id, version, member, kind, state, received_on, due_on, answered_on, answer, \
    article, created_at, updated_at";

/// A request as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// The id.
    pub id: Uuid,
    /// Ascends by one with every change, from 1.
    pub version: i64,
    /// Who asked.
    pub member: MemberId,
    /// What was asked, and the answer.
    pub request: SubjectRequest,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl RequestRecord {
    /// `members/{member}/subjectRequests/{id}`.
    pub fn name(&self) -> String {
        let MemberId(member) = self.member;
        format!("members/{}/{COLLECTION}/{}", member.as_hyphenated(), self.id.as_hyphenated())
    }

    fn values(&self) -> Vec<Value> {
        let SubjectRequest { kind, received_on, due_on, answer } = &self.request;
        let MemberId(member) = self.member;
        let words = answer.as_ref().and_then(|answer| answer.outcome.words());
        let article = answer.as_ref().and_then(|answer| answer.outcome.article());
        vec![
            self.id.into(),
            self.version.into(),
            member.into(),
            kind_code(*kind).into(),
            state_code(answer.as_ref()).into(),
            NaiveDate::from(*received_on).into(),
            NaiveDate::from(*due_on).into(),
            answer.as_ref().map(|answer| NaiveDate::from(answer.on)).into(),
            words.map(ToString::to_string).unwrap_or_default().into(),
            // Articles are few.
            article.map(|article| i16::try_from(article).unwrap_or(i16::MAX)).into(),
            self.created_at.into(),
            self.updated_at.into(),
        ]
    }
}

/// The kind in the column of that name.
fn kind_code(kind: Kind) -> i16 {
    match kind {
        Kind::Access => 1,
        Kind::Copy => 2,
        Kind::Correction => 3,
        Kind::Erasure => 4,
        Kind::Explanation => 5,
    }
}

/// The state in the column of that name.
fn state_code(answer: Option<&Answer>) -> i16 {
    match answer.map(|answer| &answer.outcome) {
        None => OPEN,
        Some(Came::Granted(_)) => GRANTED,
        Some(Came::Refused(..)) => REFUSED,
        Some(Came::TakenBack(_)) => TAKEN_BACK,
    }
}

/// States as they are stored.
pub const OPEN: i16 = 1;
/// See [`OPEN`].
pub const GRANTED: i16 = 2;
/// See [`OPEN`].
pub const REFUSED: i16 = 3;
/// See [`OPEN`].
pub const TAKEN_BACK: i16 = 4;

#[derive(FromQueryResult)]
struct Row {
    id: Uuid,
    version: i64,
    member: Uuid,
    kind: i16,
    state: i16,
    received_on: NaiveDate,
    due_on: NaiveDate,
    answered_on: Option<NaiveDate>,
    answer: String,
    article: Option<i16>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn record(self) -> Outcome<RequestRecord> {
        let kind = match self.kind {
            1 => Kind::Access,
            2 => Kind::Copy,
            3 => Kind::Correction,
            4 => Kind::Erasure,
            5 => Kind::Explanation,
            other => return Err(broken(format!("a request of kind {other}"))),
        };
        let words = match self.answer.as_str() {
            "" => None,
            text => Some(Purpose::parse(text).map_err(broken)?),
        };
        let article = self.article.and_then(|article| u16::try_from(article).ok());
        let outcome = match (self.state, words) {
            (OPEN, _) => None,
            (GRANTED, words) => Some(Came::Granted(words)),
            (REFUSED, words) => {
                Some(Came::refused(words, article.unwrap_or_default()).map_err(broken)?)
            }
            (TAKEN_BACK, words) => Some(Came::TakenBack(words)),
            (other, _) => return Err(broken(format!("a request in state {other}"))),
        };
        let answer = match outcome {
            None => None,
            Some(outcome) => {
                let on = self.answered_on.ok_or_else(|| broken("an answer without a day"))?;
                Some(Answer { on: on.into(), outcome })
            }
        };
        let (received_on, due_on) = (self.received_on.into(), self.due_on.into());
        Ok(RequestRecord {
            id: self.id,
            version: self.version,
            member: MemberId(self.member),
            request: SubjectRequest { kind, received_on, due_on, answer },
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// Keeps a request.
pub async fn insert(conn: &Tx, record: &RequestRecord) -> Outcome<()> {
    let rows = vec![record.values()];
    insert_rows(conn, "subject_request", COLUMNS, rows).await.map_err(fault::of)
}

/// Saves the answer of a request that is held in this transaction.
pub async fn save(conn: &impl ConnectionTrait, record: &RequestRecord) -> Outcome<()> {
    let text = "UPDATE subject_request
                SET version = $2, state = $3, answered_on = $4, answer = $5, article = $6,
                    updated_at = $7
                WHERE id = $1 AND version = $2 - 1";
    let values = record.values();
    // As the statement names them, out of all columns.
    let values = [0, 1, 4, 7, 8, 9, 11].map(|at: usize| values[at].clone());
    let done = conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    all_changed(done.rows_affected(), 1)
}

/// The request of a member with this id.
pub async fn load(
    conn: &impl ConnectionTrait,
    MemberId(member): MemberId,
    id: Uuid,
    for_update: bool,
) -> Outcome<Option<RequestRecord>> {
    let locks = for_update && conn.get_database_backend() == DatabaseBackend::Postgres;
    let text = format!(
        "SELECT {COLUMNS} FROM subject_request WHERE id = $1 AND member = $2 {}",
        if locks { "FOR UPDATE" } else { "" }
    );
    let values: [Value; 2] = [id.into(), member.into()];
    let row = Row::find_by_statement(sql(conn, &text, values)).one(conn).await;
    row.map_err(fault::of)?.map(Row::record).transpose()
}

/// What a listing wants.
#[derive(Debug, Clone, Default)]
pub struct Want {
    /// Of this member.
    pub member: Option<MemberId>,
    /// In this state.
    pub state: Option<i16>,
    /// Due before this day.
    pub due_before: Option<CivilDate>,
}

/// At most `limit` requests that `scope` shows, by the day on which they are due, behind `after`.
pub async fn list(
    conn: &impl ConnectionTrait,
    scope: &Scope,
    want: &Want,
    after: Option<(NaiveDate, Uuid)>,
    limit: u64,
) -> Outcome<Vec<RequestRecord>> {
    let mut values: Vec<Value> = Vec::new();
    let mut place = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let mut seen = Vec::new();
    for (column, prefixes) in [("u.area", &scope.area), ("u.affiliation", &scope.affiliation)] {
        seen.extend(inside(column, prefixes, &mut place));
    }
    if seen.is_empty() {
        return Ok(Vec::new());
    }
    let mut conditions = vec![format!("({})", seen.join(" OR "))];
    if let Some(MemberId(member)) = want.member {
        conditions.push(format!("r.member = {}", place(member.into())));
    }
    if let Some(state) = want.state {
        conditions.push(format!("r.state = {}", place(state.into())));
    }
    if let Some(day) = want.due_before {
        conditions.push(format!("r.due_on < {}", place(NaiveDate::from(day).into())));
    }
    if let Some((due_on, id)) = after {
        let (due_on, id) = (place(due_on.into()), place(id.into()));
        conditions.push(format!("(r.due_on, r.id) > ({due_on}, {id})"));
    }
    let columns: Vec<String> =
        COLUMNS.split(',').map(|column| format!("r.{}", column.trim())).collect();
    let text = format!(
        "SELECT {} FROM subject_request r JOIN member m ON m.id = r.member
         JOIN trade_union u ON u.id = m.trade_union
         WHERE {} ORDER BY r.due_on, r.id LIMIT {limit}",
        columns.join(", "),
        conditions.join(" AND ")
    );
    let rows = Row::find_by_statement(sql(conn, &text, values)).all(conn).await;
    rows.map_err(fault::of)?.into_iter().map(Row::record).collect()
}

fn inside(
    column: &str,
    prefixes: &Prefixes,
    place: &mut impl FnMut(Value) -> String,
) -> Vec<String> {
    let mut ranges = Vec::new();
    for prefix in prefixes.iter() {
        let range = prefix.range();
        let (from, until) = (place(range.from.into()), place(range.until.into()));
        ranges.push(format!("({column} >= {from} AND {column} < {until})"));
    }
    ranges
}
