//! What a union is found by: functions of its facts as they stand, kept in columns.

use chrono::NaiveDate;
use sea_orm::Value;
use unionhall_kit::{
    civil::CivilDate,
    fault::{Fault, Outcome},
    reasons,
};
use uuid::Uuid;

use super::fact;
use crate::{
    rules::{
        area::AreaPath,
        history::History,
        union::{EmployerId, Status, UnionFacts, UnionId, change::place_taken, term::BegunTerm},
    },
    store::{dated, employers::name_key},
};

/// The columns that follow from the facts, in the order of [`Present::values`].
pub(super) const COLUMNS: &str = "area, display_name, name_key, union_type, union_level, \
    credit_code, own_employer, superior, place, ended_on, \
    term_due_on, order_due_by, facts";

/// The last value of every fact, in the form in which it is looked up.
pub(super) struct Present {
    pub(super) area: AreaPath,
    values: Vec<Value>,
}

impl Present {
    /// `INTERNAL` for facts that no union can have: the rules let none without name, type, level
    /// and seat be entered.
    pub(super) fn of(facts: &UnionFacts) -> Outcome<Self> {
        let missing = || Fault::new(&reasons::INTERNAL);
        let name = last(&facts.names).ok_or_else(missing)?;
        let kind = last(&facts.types).ok_or_else(missing)?;
        let level = last(&facts.levels).ok_or_else(missing)?;
        let seat = last(&facts.seats).ok_or_else(missing)?;
        let ended = facts.ended_on();
        // One that ended keeps its code, unless another took it in, but no longer the employer and the
        // area that were its own.
        let employer = open(&facts.employers).filter(|_| ended.is_none());
        let merged = matches!(last(&facts.statuses), Some(Status::Merged(_)));
        let code = last(&facts.codes).filter(|_| !merged);
        let superior = open(&facts.superiors);
        let place = place_taken(facts).map(|(kind, area)| place_key(kind.code(), area));
        let values = vec![
            seat.area().as_str().into(),
            name.as_str().into(),
            name_key(name.as_str()).into(),
            kind.code().into(),
            level.code().into(),
            code.map(|code| code.as_str().to_owned()).into(),
            employer.map(|EmployerId(id)| *id).map_or(Value::Uuid(None), |id: Uuid| id.into()),
            superior.map(|UnionId(id)| *id).map_or(Value::Uuid(None), |id: Uuid| id.into()),
            place.into(),
            ended.map(NaiveDate::from).into(),
            term_due_on(facts).map(NaiveDate::from).into(),
            order_due_by(facts).map(NaiveDate::from).into(),
            dated::written(fact::rows(facts))?.into(),
        ];
        Ok(Self { area: seat.area().clone(), values })
    }

    /// One value a column of [`COLUMNS`].
    pub(super) fn values(self) -> Vec<Value> {
        self.values
    }
}

/// When the union is to hold its next election; never, once it has ended.
fn term_due_on(facts: &UnionFacts) -> Option<CivilDate> {
    let last = facts.terms.rows().last().filter(|_| facts.ended_on().is_none());
    last.map(|row| BegunTerm::of(row).due_on())
}

/// By when the union stands ordered to re-elect; never, once it has ended.
fn order_due_by(facts: &UnionFacts) -> Option<CivilDate> {
    let last = facts.terms.rows().last().filter(|_| facts.ended_on().is_none());
    BegunTerm::of(last?).standing_order().map(|order| order.due_by)
}

/// What only one union has: a type in an area.
pub(crate) fn place_key(kind: &str, area: &AreaPath) -> String {
    format!("{kind}:{area}")
}

fn last<T: Clone + PartialEq>(history: &History<T>) -> Option<&T> {
    history.rows().last().map(|row| &row.value)
}

/// The last value, unless it has ended.
fn open<T: Clone + PartialEq>(history: &History<T>) -> Option<&T> {
    history.rows().last().filter(|row| row.period.until().is_none()).map(|row| &row.value)
}
