//! Why the register refuses to cover an employer.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use super::fault::EmployerFault;
use crate::rules::{Refusal, reasons, union::UnionId};

/// Why coverage is not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoverFault {
    /// The employer is not there on the day.
    #[error("{0}")]
    Employer(EmployerFault),
    /// Another union covers it.
    #[error("covered by another union on {1}")]
    Covered(UnionId, CivilDate),
    /// No union covers it.
    #[error("not covered on {0}")]
    NotCovered(CivilDate),
    /// The union does not exist as long as the coverage would last.
    #[error("the union does not exist from {0} on")]
    UnionNotActive(CivilDate),
    /// The type of union covers no employers.
    #[error("a union of this type covers no employers")]
    CoversNobody,
    /// It is another employer's own union.
    #[error("the union is another employer's own")]
    AnothersOwn,
    /// A joint union is wanted, and this is one employer's own.
    #[error("the union is no joint one")]
    NotJoint,
}

impl Refusal for CoverFault {
    fn reason(&self) -> &'static Reason {
        match self {
            Self::Employer(fault) => fault.reason(),
            Self::Covered(..) => &reasons::EMPLOYER_COVERED,
            Self::NotCovered(_) => &reasons::EMPLOYER_NOT_COVERED,
            Self::UnionNotActive(_) | Self::CoversNobody | Self::AnothersOwn | Self::NotJoint => {
                &reasons::COVER_INVALID
            }
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let told = |zh: &str| vec![("problem", self.to_string()), ("problem_zh", zh.to_owned())];
        match self {
            Self::Employer(fault) => fault.places(),
            // Who may not see the union is not told its name: `api` puts it in.
            Self::Covered(_, day) | Self::NotCovered(day) => vec![("day", day.to_string())],
            Self::UnionNotActive(day) => told(&format!("工会自{day}起不存在或中途终止")),
            Self::CoversNobody => told("该类型的工会不覆盖单位"),
            Self::AnothersOwn => told("该工会是其他单位的独立工会"),
            Self::NotJoint => told("该工会不是联合工会"),
        }
    }
}
