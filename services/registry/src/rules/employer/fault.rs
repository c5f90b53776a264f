//! Why the register refuses to enter or change an employer.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use super::identifier::Identifier;
use crate::rules::{Refusal, area::AreaPath, reasons, union::UnionId};

/// Why a change of an employer is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmployerFault {
    /// Neither credit code nor organisation code.
    #[error("no identifying code")]
    NotIdentified,
    /// The codes belong to different bodies.
    #[error("{0} and {1} name different bodies")]
    CodesDiffer(Identifier, Identifier),
    /// This field is missing.
    #[error("no {0}")]
    Incomplete(&'static str),
    /// The code is not in the list on the day.
    #[error("'{1}' is not in {0} on {2}")]
    CodeUnknown(&'static str, String, CivilDate),
    /// The area does not exist from the day on.
    #[error("{0} is not open on {1}")]
    AreaNotOpen(AreaPath, CivilDate),
    /// The day is after today.
    #[error("{0} is after today")]
    InFuture(CivilDate),
    /// The day is before the first of which the register knows the employer.
    #[error("{0} is before {1}, where the record begins")]
    BeforeRecord(CivilDate, CivilDate),
    /// The day is before the establishment.
    #[error("{0} is before {1}, the day of establishment")]
    BeforeEstablishment(CivilDate, CivilDate),
    /// The employer would end while a later status is recorded.
    #[error("{0} is before {1}, where a later status is recorded")]
    BeforeLaterStatus(CivilDate, CivilDate),
    /// The employer has ended on this day.
    #[error("ended on {0}")]
    Closed(CivilDate),
    /// The employer would end before this union begins to cover it on this day.
    #[error("a union covers it from {1} on")]
    CoveredLater(UnionId, CivilDate),
}

impl Refusal for EmployerFault {
    fn reason(&self) -> &'static Reason {
        match self {
            Self::NotIdentified => &reasons::EMPLOYER_NOT_IDENTIFIED,
            Self::CodesDiffer(..) => &reasons::EMPLOYER_CODES_DIFFER,
            Self::Incomplete(_) => &reasons::EMPLOYER_INCOMPLETE,
            Self::CodeUnknown(..) => &reasons::CODE_UNKNOWN,
            Self::AreaNotOpen(..) => &reasons::AREA_NOT_OPEN,
            Self::InFuture(_)
            | Self::BeforeRecord(..)
            | Self::BeforeEstablishment(..)
            | Self::BeforeLaterStatus(..) => &reasons::EMPLOYER_DATE_INVALID,
            Self::Closed(_) => &reasons::EMPLOYER_CLOSED,
            Self::CoveredLater(..) => &reasons::EMPLOYER_COVERED_LATER,
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let date = |day: &CivilDate, zh: String| {
            vec![("day", day.to_string()), ("problem", self.to_string()), ("problem_zh", zh)]
        };
        match self {
            Self::NotIdentified => Vec::new(),
            Self::CodesDiffer(one, other) => {
                vec![("code", one.to_string()), ("other", other.to_string())]
            }
            Self::Incomplete(field) => vec![("field", (*field).to_owned())],
            Self::CodeUnknown(list, code, day) => {
                vec![("list", (*list).to_owned()), ("code", code.clone()), ("day", day.to_string())]
            }
            Self::AreaNotOpen(area, day) => {
                vec![("area", area.to_string()), ("day", day.to_string())]
            }
            Self::InFuture(day) => date(day, "晚于今日".to_owned()),
            Self::BeforeRecord(day, first) => date(day, format!("早于登记起始日{first}")),
            Self::BeforeEstablishment(day, other) => date(day, format!("早于成立日期{other}")),
            Self::BeforeLaterStatus(day, later) => date(day, format!("此后{later}已有状态记录")),
            Self::Closed(day) => vec![("day", day.to_string())],
            // Who may not see the union is not told its name: `api` puts it in.
            Self::CoveredLater(_, day) => {
                vec![("day", day.to_string()), ("union", "-".to_owned())]
            }
        }
    }
}
