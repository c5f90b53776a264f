//! What an employer is found by: functions of its facts as they stand, kept in columns.

use std::sync::OnceLock;

use chrono::NaiveDate;
use sea_orm::Value;
use unionhall_kit::{
    fault::{Fault, Outcome},
    reasons, text,
};

use super::fact;
use crate::{
    reference::shipped_areas,
    rules::{
        area::{AreaLevel, AreaPath},
        duplicates::{self, Places, Probe},
        employer::{EmployerFacts, code::Industry},
        formation::uncovered::uncovered_from_now,
        history::History,
    },
    store::dated,
};

/// The columns that follow from the facts, in the order of [`Present::values`].
pub(super) const COLUMNS: &str = "area, display_name, name_key, name_head, name_tail, credit_code, \
    organisation_code, ownership, industry, phone, address_key, closed_on, cover, uncovered_from, facts";

/// The last value of every fact, in the form in which it is looked up.
pub(super) struct Present {
    pub(super) area: AreaPath,
    values: Vec<Value>,
}

impl Present {
    /// `INTERNAL` for facts that no employer can have: the rules let none without name, code,
    /// ownership and actual address be entered.
    pub(super) fn of(facts: &EmployerFacts) -> Outcome<Self> {
        let missing = || Fault::new(&reasons::INTERNAL);
        let name = last(&facts.names).ok_or_else(missing)?;
        let identifier = last(&facts.identifiers).ok_or_else(missing)?;
        let ownership = last(&facts.ownerships).ok_or_else(missing)?;
        let address = last(&facts.actual_addresses).ok_or_else(missing)?;
        let credit_code = identifier.credit_code().map(|code| code.as_str().to_owned());
        let probe = Probe {
            name: name.clone(),
            organisation_code: Some(identifier.organisation_code()),
            phone: open(&facts.phones).cloned(),
            address: Some(address.clone()),
        };
        let keys = Keys::of(&probe);
        let values = vec![
            address.area().as_str().into(),
            name.as_str().into(),
            name_key(name.as_str()).into(),
            keys.head.into(),
            keys.tail.into(),
            credit_code.into(),
            identifier.organisation_code().as_str().into(),
            ownership.as_str().into(),
            open(&facts.industries).map(industry_key).unwrap_or_default().into(),
            keys.phone.into(),
            keys.address.into(),
            facts.closed_on().map(NaiveDate::from).into(),
            Value::Uuid(open(&facts.covers).map(|cover| cover.union.0)),
            uncovered_from_now(facts).map(NaiveDate::from).into(),
            dated::written(fact::rows(facts))?.into(),
        ];
        Ok(Self { area: address.area().clone(), values })
    }

    /// One value a column of [`COLUMNS`].
    pub(super) fn values(self) -> Vec<Value> {
        self.values
    }
}

fn last<T: Clone + PartialEq>(history: &History<T>) -> Option<&T> {
    history.rows().last().map(|row| &row.value)
}

/// The last value, unless it has ended.
fn open<T: Clone + PartialEq>(history: &History<T>) -> Option<&T> {
    history.rows().last().filter(|row| row.period.until().is_none()).map(|row| &row.value)
}

/// How an industry is looked up: `2017:83`.
pub(super) fn industry_key(industry: &Industry) -> String {
    format!("{}:{}", industry.edition.as_str(), industry.code)
}

/// The form in which names are looked up by their beginning.
pub fn name_key(name: &str) -> String {
    text::half_width(name).to_lowercase()
}

/// The blocking keys of duplicate candidates, one column each; empty where there is none.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) code: String,
    pub(super) head: String,
    pub(super) tail: String,
    pub(super) phone: String,
    pub(super) address: String,
}

impl Keys {
    pub(super) fn of(probe: &Probe) -> Self {
        let mut keys = Self::default();
        for key in duplicates::blocking_keys(probe, places()) {
            match key.kind {
                'c' => keys.code = key.text,
                'h' => keys.head = key.text,
                't' => keys.tail = key.text,
                'p' => keys.phone = key.text,
                'a' => keys.address = key.text,
                other => debug_assert!(false, "a key of kind {other} has no column"),
            }
        }
        keys
    }
}

/// The places that a name's key leaves out. They are the shipped districts and what lies above, and
/// no recorded ones, so that a key does not change under a renamed area.
pub fn places() -> &'static Places {
    static PLACES: OnceLock<Places> = OnceLock::new();
    PLACES.get_or_init(|| {
        // Start-up refuses shipped data that does not parse.
        let areas = shipped_areas().unwrap_or_default();
        let wide = |label: &str| label.len() <= AreaLevel::District.label_length();
        let names = areas.iter().filter(|area| wide(area.label.as_str()));
        Places::new(names.map(|area| area.name.as_str()))
    })
}
