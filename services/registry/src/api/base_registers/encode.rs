//! Base registers as the contract shows them.

use unionhall_kit::{
    civil::{CivilDate, Period},
    path::{Line, Scope},
};
use unionhall_proto::registry::v1::{BaseRegister, BaseRegisterEntry, base_register::State};

use crate::{
    api::wire::timestamp,
    store::base_registers::{BaseRegisterRecord, EntryRecord, resource_name},
};

/// The edition as it stands on `today`, to somebody with this scope: how many enterprises a
/// district has is a figure, and figures are shown inside the scope alone.
pub(super) fn base_register(
    record: &BaseRegisterRecord,
    today: CivilDate,
    scope: &Scope,
) -> BaseRegister {
    let shown = scope.covers(Line::Area, record.register.area.path());
    let entry_count = if shown { record.register.entries } else { 0 };
    BaseRegister { entry_count, ..whole(record, today) }
}

/// The edition with its figure.
pub(super) fn whole(record: &BaseRegisterRecord, today: CivilDate) -> BaseRegister {
    let register = &record.register;
    BaseRegister {
        name: record.name(),
        edition: register.edition.to_string(),
        source: register.source.to_string(),
        as_of: Some(register.as_of.into()),
        area: format!("areas/{}", register.area),
        state: state(register.counts, today).into(),
        counts_from: register.counts.map(|counts| counts.from().into()),
        counts_until: register.counts.and_then(Period::until).map(Into::into),
        successor: register.successor.map(resource_name).unwrap_or_default(),
        entry_count: register.entries,
        settled: record.settled_through.is_none(),
        etag: record.etag(),
        create_time: Some(timestamp(record.created_at)),
        update_time: Some(timestamp(record.updated_at)),
    }
}

/// Nothing begins to count in the future, so that what has no end counts.
fn state(counts: Option<Period>, today: CivilDate) -> State {
    match counts {
        None => State::Draft,
        Some(counts) if counts.covers(today) => State::Active,
        Some(_) => State::Ended,
    }
}

/// One enterprise of an edition.
pub(super) fn entry(record: &EntryRecord) -> BaseRegisterEntry {
    let entry = &record.entry;
    let code = entry.credit_code.as_ref().map(|code| code.as_str().to_owned());
    let ownership = entry.ownership.as_ref().map(|code| code.as_str().to_owned());
    BaseRegisterEntry {
        name: record.name(),
        display_name: entry.name.to_string(),
        credit_code: code.unwrap_or_default(),
        organisation_code: entry.organisation_code.as_str().to_owned(),
        ownership: ownership.unwrap_or_default(),
        area: format!("areas/{}", entry.area),
    }
}
