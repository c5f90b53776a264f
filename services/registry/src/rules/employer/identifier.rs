//! What identifies an employer: the credit code, and before it existed the organisation code.

use std::fmt;

use unionhall_kit::civil::CivilDate;

use crate::rules::{
    credit_code::{self, CreditCode},
    history::History,
    organisation_code::OrganisationCode,
};

/// The code by which an employer is known on a day.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identifier {
    /// Since 2015-10-01.
    Credit(CreditCode),
    /// Before, and for employers without a credit code.
    Organisation(OrganisationCode),
}

impl Identifier {
    /// The organisation code: of its own, or inside the credit code.
    pub fn organisation_code(&self) -> OrganisationCode {
        match self {
            Self::Credit(code) => code.organisation_code(),
            Self::Organisation(code) => code.clone(),
        }
    }

    /// The credit code, where it is one.
    pub fn credit_code(&self) -> Option<&CreditCode> {
        match self {
            Self::Credit(code) => Some(code),
            Self::Organisation(_) => None,
        }
    }

    /// Records the code from `from` on. No day before the first credit codes gets one: for those
    /// days the organisation code inside it is recorded.
    pub(super) fn record(self, history: &mut History<Identifier>, from: CivilDate) {
        let first = credit_code::first_day();
        match self {
            Self::Credit(code) if from < first => {
                let before = Self::Organisation(code.organisation_code());
                history.record(Some(Self::Credit(code)), first);
                history.record(Some(before), from);
            }
            other => history.record(Some(other), from),
        }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credit(code) => code.fmt(out),
            Self::Organisation(code) => code.fmt(out),
        }
    }
}
