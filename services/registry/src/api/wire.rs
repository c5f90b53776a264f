//! Days and instants between the contract and the rules.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use unionhall_kit::{
    civil::CivilDate,
    fault::{Fault, Outcome},
    reasons,
};
use unionhall_proto::google::r#type::Date;

/// The day in an optional field. `INVALID_FIELD` where it is no day of the calendar.
pub(super) fn day(field: &str, date: Option<&Date>) -> Outcome<Option<CivilDate>> {
    let day = date.map(CivilDate::try_from).transpose();
    day.map_err(|fault| invalid(field, &fault.to_string()))
}

/// `INVALID_FIELD` of one field.
pub(super) fn invalid(field: &str, description: &str) -> Fault {
    Fault::new(&reasons::INVALID_FIELD).violation(field, description)
}

/// An instant, which both engines keep to the microsecond.
pub(super) fn timestamp(instant: DateTime<Utc>) -> Timestamp {
    // Below 1,000,000,000 always, leap seconds aside, which no clock of ours tells.
    let nanos = i32::try_from(instant.timestamp_subsec_nanos()).unwrap_or(0);
    Timestamp { seconds: instant.timestamp(), nanos }
}
