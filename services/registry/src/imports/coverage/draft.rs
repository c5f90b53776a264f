//! What a row says, as far as it can be told from the row alone.

use unionhall_kit::{
    civil::CivilDate,
    path::Scope,
    sheet::{CellFault, Record, Value, kinds::MISSING_VALUE},
};

use crate::{
    columns::{Column, coverage as columns},
    imports::{
        kinds,
        named::{Called, employer_code},
        places::Places,
    },
    rules::{area::AreaPath, organisation_code::OrganisationCode},
    store::employers::name_key,
};

/// What rows are read against.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) places: &'a Places,
    pub(super) scope: &'a Scope,
    pub(super) today: CivilDate,
}

/// What a row says. Whom it names is looked up later, for all rows of a chunk at once.
pub(super) struct Draft {
    pub(super) employer: Option<OrganisationCode>,
    /// The employer's name as it is looked up.
    pub(super) name: Option<String>,
    pub(super) union: Option<Called>,
    pub(super) union_area: Option<AreaPath>,
    pub(super) previous: Option<Called>,
    pub(super) from: CivilDate,
    pub(super) until: Option<CivilDate>,
    pub(super) faults: Vec<CellFault>,
}

/// The organisation code in the code of the employer.
pub(super) fn employer(row: &Record, given: &str) -> Result<OrganisationCode, CellFault> {
    employer_code(row, columns::EMPLOYER, given)
}

/// Reads a row.
pub(super) fn draft(row: &Record, around: Around<'_>) -> Draft {
    let text = |column: Column| row.text(column.key);
    let empty = |column: Column| *row.value(column.key) == Value::Empty;
    let from = row.date(columns::FROM.key).unwrap_or(around.today);
    let mut faults = Vec::new();
    let code = text(columns::EMPLOYER).map(|given| employer(row, given));
    let code = code.and_then(|code| code.map_err(|fault| faults.push(fault)).ok());
    let area = text(columns::UNION_AREA)
        .map(|given| around.places.read(row, columns::UNION_AREA, given, from));
    let area = area.and_then(|area| area.map_err(|fault| faults.push(fault)).ok());
    if empty(columns::UNION) {
        if empty(columns::UNTIL) {
            faults.push(row.fault(columns::UNION.key, &MISSING_VALUE));
        }
        for column in [columns::FROM, columns::PREVIOUS, columns::UNION_AREA] {
            if !empty(column) {
                let fault = row.fault(column.key, &kinds::NEEDS_COLUMN);
                faults.push(fault.with("column", columns::UNION.zh));
            }
        }
    }
    Draft {
        employer: code,
        name: text(columns::NAME).map(|name| name_key(name.trim())),
        union: text(columns::UNION).map(Called::of),
        union_area: area,
        previous: text(columns::PREVIOUS).map(Called::of),
        from,
        until: row.date(columns::UNTIL.key),
        faults,
    }
}
