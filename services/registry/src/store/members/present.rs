//! What a member is found by: functions of the facts as they stand, kept in columns.

use chrono::NaiveDate;
use sea_orm::Value;
use unionhall_kit::{
    fault::{Fault, Outcome},
    reasons,
};

use super::fact;
use crate::{
    rules::{
        history::History,
        member::{
            MemberFacts,
            confirmation::Confirmations,
            filter::State,
            membership::{Membership, Relation, Standing},
        },
        union::UnionId,
    },
    store::{
        dated::{self, broken},
        employers::name_key,
    },
};

/// The columns that follow from the facts, in the order of [`Present::values`].
pub(super) const COLUMNS: &str = "trade_union, transfer_to, employer, state, name_key, \
    worker_group, confirmed_on, confirmations, facts";

/// The facts as they stand, in the form in which they are looked up.
pub struct Present {
    values: Vec<Value>,
    written: String,
}

impl Present {
    /// `INTERNAL` for facts that no member can have: nobody is entered without a name.
    pub fn of(facts: &MemberFacts) -> Outcome<Self> {
        let name = facts.names.rows().last().ok_or_else(|| Fault::new(&reasons::INTERNAL))?;
        let standing = facts.passages.last_standing();
        let id = |union: Option<UnionId>| Value::Uuid(union.map(|UnionId(id)| id));
        let employer = open(&facts.employments).and_then(|employment| employment.employer);
        let group = open(&facts.worker_groups).map(|group| group.code().to_owned());
        // To enter somebody is to confirm the record.
        let confirmed = facts.confirmations.last().ok_or_else(|| Fault::new(&reasons::INTERNAL))?;
        let written = dated::written(fact::rows(facts))?;
        let values = vec![
            id(facts.passages.last_union()),
            id(standing.transfer()),
            Value::Uuid(employer.map(|employer| employer.0)),
            state_code(state(standing)).into(),
            name_key(name.value.as_str()).into(),
            group.into(),
            NaiveDate::from(confirmed).into(),
            written_confirmations(&facts.confirmations)?.into(),
            written.clone().into(),
        ];
        Ok(Self { values, written })
    }

    /// All of them, as one text.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// One value a column.
    pub(super) fn values(self) -> Vec<Value> {
        self.values
    }
}

/// The state in the column of that name.
pub fn state_code(state: State) -> i16 {
    match state {
        State::Former => 0,
        State::Applicant => 1,
        State::Active => 2,
        State::Retained => 3,
    }
}

fn state(standing: Standing) -> State {
    match standing {
        Standing::Nobody | Standing::Former { .. } => State::Former,
        Standing::Applicant { .. } => State::Applicant,
        Standing::Member { membership: Membership { relation, .. }, .. } => match relation {
            Relation::Active => State::Active,
            Relation::Retained => State::Retained,
        },
    }
}

pub(super) fn written_confirmations(confirmations: &Confirmations) -> Outcome<String> {
    serde_json::to_string(confirmations).map_err(broken)
}

/// The confirmations in a text of the column.
pub(super) fn read_confirmations(text: &str) -> Outcome<Confirmations> {
    serde_json::from_str(text).map_err(broken)
}

/// The last value, unless it has ended.
fn open<T: Clone + PartialEq>(history: &History<T>) -> Option<&T> {
    history.rows().last().filter(|row| row.period.until().is_none()).map(|row| &row.value)
}
