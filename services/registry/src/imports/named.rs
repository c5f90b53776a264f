//! How rows name employers and unions.

use unionhall_kit::sheet::{CellFault, Record};

use super::refused;
use crate::{
    columns::Column,
    rules::{
        credit_code::CreditCode, employer::identifier::Identifier,
        organisation_code::OrganisationCode,
    },
    store::employers::name_key,
};

/// No organisation code is longer, however it is written; what is, is a credit code.
const ORGANISATION_CODE_CHARS: usize = 12;

/// How a row names a union.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Called {
    /// By its credit code.
    Code(String),
    /// By its name, as it is looked up.
    Name(String),
}

impl Called {
    /// What a cell calls a union.
    pub(super) fn of(given: &str) -> Self {
        match CreditCode::parse(given) {
            Ok(code) => Self::Code(code.as_str().to_owned()),
            Err(_) => Self::Name(name_key(given.trim())),
        }
    }
}

/// The organisation code that stands in either code of an employer.
pub(super) fn employer_code(
    row: &Record,
    column: Column,
    given: &str,
) -> Result<OrganisationCode, CellFault> {
    if given.chars().count() > ORGANISATION_CODE_CHARS {
        let code = CreditCode::parse(given);
        let code = code.map(|code| Identifier::Credit(code).organisation_code());
        code.map_err(|fault| refused(row, column, &fault))
    } else {
        OrganisationCode::parse(given).map_err(|fault| refused(row, column, &fault))
    }
}
