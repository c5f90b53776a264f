//! Writing cases. A step is added, and superseded when another takes its place.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DbErr, Value};
use unionhall_kit::{
    db::{Tx, fault, insert_rows, sql},
    fault::{Fault, Outcome},
    reasons,
};
use uuid::Uuid;

use super::{CaseRecord, load};
use crate::{
    rules::{
        area::AreaPath,
        formation::{
            CaseId, Subject,
            journal::Journal,
            stage::State,
            step::{Deed, Step},
        },
        union::{EmployerId, UnionId, kind::UnionType},
    },
    store::dated::{all_changed, broken},
};

/// A case that is to be entered.
#[derive(Debug, Clone)]
pub struct NewCase {
    /// A fresh id.
    pub id: CaseId,
    /// Whom it is about.
    pub subject: Subject,
    /// Its steps.
    pub journal: Journal,
}

/// Another case is open for the employer, or for the type in the area. On PostgreSQL the
/// transaction can only be rolled back then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another case is open")]
pub struct Taken;

/// What a write gives: a failure of the storage outside, a taken place inside.
type Write<T> = Outcome<Result<T, Taken>>;

/// The columns that follow from the journal, in the order of [`values`].
const COLUMNS: &str = "superior, union_type, state, assignee, due_on, open_employer, open_place, \
    numbers, steps, wishes";

/// Where every step that was ever recorded stands.
const STEPS: &str = "formation_step";
const WISHES: &str = "formation_wish";

/// Enters a case as version 1.
pub async fn insert(conn: &Tx, new: NewCase, now: DateTime<Utc>) -> Write<CaseRecord> {
    let CaseId(id) = new.id;
    let employer = new.subject.employer().map(|EmployerId(id)| id);
    let mut row: Vec<Value> = vec![id.into(), 1_i64.into(), now.into(), now.into()];
    row.push(Value::Uuid(employer));
    row.push(new.subject.area().map(|area| area.as_str().to_owned()).into());
    row.push(NaiveDate::from(new.journal.opened_on()).into());
    row.extend(values(&new.subject, &new.journal)?);
    let columns =
        format!("id, version, created_at, updated_at, employer, territory, opened_on, {COLUMNS}");
    if let Err(error) = insert_rows(conn, "formation_case", &columns, vec![row]).await {
        return taken(error);
    }
    keep_steps(conn, id, (&[], new.journal.steps()), now).await?;
    read_again(conn, new.id).await.map(Ok)
}

/// Saves a change of a case that [`super::load_for_update`] gave in this transaction.
///
/// `CONFLICT` when the record is no longer at the version that it had.
pub async fn save(
    conn: &Tx,
    before: &CaseRecord,
    after: &Journal,
    now: DateTime<Utc>,
) -> Write<CaseRecord> {
    // What is recorded of one record never goes back in time, whoever began first.
    let now = now.max(before.updated_at);
    let CaseId(id) = before.id;
    let columns: Vec<&str> = COLUMNS.split(',').map(str::trim).collect();
    let sets: Vec<String> =
        columns.iter().zip(4..).map(|(column, at)| format!("{column} = ${at}")).collect();
    let text = format!(
        "UPDATE formation_case SET version = version + 1, updated_at = $3, {}
         WHERE id = $1 AND version = $2",
        sets.join(", ")
    );
    let mut given: Vec<Value> = vec![id.into(), before.version.into(), now.into()];
    given.extend(values(&before.subject, after)?);
    match conn.execute_raw(sql(conn, &text, given)).await {
        Ok(done) => all_changed(done.rows_affected(), 1)?,
        Err(error) => return taken(error),
    }
    keep_steps(conn, id, (before.journal.steps(), after.steps()), now).await?;
    read_again(conn, before.id).await.map(Ok)
}

/// The case with its place, which may be another one now.
async fn read_again(conn: &impl ConnectionTrait, id: CaseId) -> Outcome<CaseRecord> {
    let found = load(conn, &[id]).await?.remove(&id);
    found.ok_or_else(|| Fault::new(&reasons::INTERNAL))
}

fn values(subject: &Subject, journal: &Journal) -> Outcome<Vec<Value>> {
    let (plan, state) = (journal.plan(), journal.state());
    let open = state.is_open();
    let employer = subject.employer().filter(|_| open).map(|EmployerId(id)| id);
    let place = plan.place(subject).filter(|_| open);
    let follow_up = plan.follow_up.as_ref();
    let due_on = follow_up.and_then(|follow_up| follow_up.due_on).filter(|_| state.goes_on());
    let (wishes, steps): (Vec<&Step>, Vec<&Step>) =
        journal.steps().iter().partition(|step| is_wish(step));
    let wishes = (!wishes.is_empty()).then(|| serde_json::to_string(&wishes)).transpose();
    let wishes = wishes.map_err(broken)?;
    Ok(vec![
        Value::Uuid(plan.superior.map(|UnionId(id)| id)),
        plan.union_type.map(|kind| kind.code().to_owned()).into(),
        state.code().into(),
        follow_up.map(|follow_up| follow_up.assignee.as_str().to_owned()).into(),
        due_on.map(NaiveDate::from).into(),
        Value::Uuid(employer),
        place.map(|(kind, area)| place_key(kind, area)).into(),
        i32::try_from(journal.numbers()).map_err(broken)?.into(),
        serde_json::to_string(&steps).map_err(broken)?.into(),
        wishes.into(),
    ])
}

/// A server of the release before knows no wish: it reads and writes the steps beside them.
fn is_wish(step: &Step) -> bool {
    matches!(step.deed, Deed::Wish { .. })
}

/// What only one open case has: a type in an area.
pub(super) fn place_key(kind: UnionType, area: &AreaPath) -> String {
    format!("{}:{area}", kind.code())
}

async fn keep_steps(
    conn: &Tx,
    id: Uuid,
    (old, new): (&[Step], &[Step]),
    now: DateTime<Utc>,
) -> Outcome<()> {
    let has = |steps: &[Step], number| steps.iter().any(|step| step.number == number);
    for step in old.iter().filter(|step| !has(new, step.number)) {
        let table = if is_wish(step) { WISHES } else { STEPS };
        let text = &format!(
            "UPDATE {table} SET superseded_at = $3
             WHERE formation_case = $1 AND number = $2 AND superseded_at IS NULL"
        );
        let number = i32::try_from(step.number).map_err(broken)?;
        let given: [Value; 3] = [id.into(), number.into(), now.into()];
        let done = conn.execute_raw(sql(conn, text, given)).await.map_err(fault::of)?;
        all_changed(done.rows_affected(), 1)?;
    }
    let (mut steps, mut wishes) = (Vec::new(), Vec::new());
    for step in new.iter().filter(|step| !has(old, step.number)) {
        let number = i32::try_from(step.number).map_err(broken)?;
        let value = serde_json::to_string(step).map_err(broken)?;
        let kind = step.deed.name();
        let row = vec![id.into(), number.into(), kind.into(), value.into(), now.into()];
        if is_wish(step) { wishes.push(row) } else { steps.push(row) }
    }
    let columns = "formation_case, number, kind, value, recorded_at";
    insert_rows(conn, STEPS, columns, steps).await.map_err(fault::of)?;
    insert_rows(conn, WISHES, columns, wishes).await.map_err(fault::of)
}

fn taken<T>(error: DbErr) -> Write<T> {
    match fault::unique_violation(&error) {
        Some(which) if which.contains("open_") => Ok(Err(Taken)),
        Some(_) => Err(Fault::new(&reasons::CONFLICT).caused_by(error)),
        None => Err(fault::of(error)),
    }
}

/// Carries one case along into another area.
pub async fn carry(
    conn: &impl ConnectionTrait,
    CaseId(id): CaseId,
    to: &AreaPath,
    now: DateTime<Utc>,
) -> Outcome<()> {
    let text = "UPDATE formation_case
        SET territory = $2, version = version + 1,
            updated_at = CASE WHEN updated_at > $3 THEN updated_at ELSE $3 END
        WHERE id = $1 AND open_place IS NULL";
    let values: [Value; 3] = [id.into(), to.as_str().into(), now.into()];
    let done = conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    all_changed(done.rows_affected(), 1)
}

/// Carries the cases of an area along when it goes into another: those that are not done. An area
/// has one open case of a type: the others have ended before, see [`super::outdone`].
pub async fn relocate(
    conn: &impl ConnectionTrait,
    (from, to): (&AreaPath, &AreaPath),
    now: DateTime<Utc>,
) -> Outcome<u64> {
    let text = "UPDATE formation_case
        SET territory = $2, version = version + 1,
            updated_at = CASE WHEN updated_at > $3 THEN updated_at ELSE $3 END,
            open_place = CASE WHEN open_place IS NULL THEN NULL ELSE union_type || ':' || $2 END
        WHERE territory = $1 AND state IN ($4, $5, $6, $7, $8, $9, $10, $11, $12)
          AND (open_place IS NULL OR NOT EXISTS (
              SELECT 1 FROM formation_case other
              WHERE other.open_place = formation_case.union_type || ':' || $2))";
    let mut values: Vec<Value> = vec![from.as_str().into(), to.as_str().into(), now.into()];
    let open = State::ALL.iter().filter(|state| state.is_open());
    values.extend(open.map(|state| Value::from(state.code())));
    let done = conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    Ok(done.rows_affected())
}
