//! Why the register refuses a step of an election.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use crate::rules::{
    Refusal,
    election_rules::Finding,
    office::{OfficeFault, OfficeId},
    reasons,
    union::change::UnionFault,
};

/// Why a step is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ElectionFault {
    /// The contents contradict each other; in English and Chinese.
    #[error("{0}")]
    Content(&'static str, &'static str),
    /// The day contradicts another one.
    #[error("{1}")]
    Day(CivilDate, &'static str, &'static str),
    /// The union has ended.
    #[error("the union ended on {0}")]
    UnionEnded(CivilDate),
    /// The step does not follow from the state.
    #[error("{0} does not follow {1}")]
    Stage(&'static str, &'static str),
    /// The term of the union has not run out on this day.
    #[error("the term has not run out on {0}")]
    NotOverdue(CivilDate),
    /// Another election of the committee is under way.
    #[error("another election is under way")]
    Open,
    /// Mandatory rules are broken.
    #[error("{} rules are broken", .0.len())]
    Invalid(Vec<Finding>),
    /// An elected person cannot take the office.
    #[error(transparent)]
    Office(#[from] OfficeFault),
    /// An office that was entered or ended since stands against the committee elected anew.
    #[error(
        "an office was entered or ended between the election and its filing; correct it (CORRECTED), \
         file the result and enter it again"
    )]
    Between(OfficeId),
    /// The next term cannot begin.
    #[error(transparent)]
    Union(#[from] UnionFault),
}

impl Refusal for ElectionFault {
    fn reason(&self) -> &'static Reason {
        match self {
            Self::Content(..) => &reasons::ELECTION_CONTENT_INVALID,
            Self::Day(..) => &reasons::UNION_DATE_INVALID,
            Self::UnionEnded(_) => &reasons::UNION_ENDED,
            Self::Stage(..) => &reasons::ELECTION_STATE_INVALID,
            Self::NotOverdue(_) => &reasons::TERM_NOT_OVERDUE,
            Self::Open => &reasons::ELECTION_OPEN,
            Self::Invalid(_) => &reasons::ELECTION_INVALID,
            Self::Office(fault) => fault.reason(),
            Self::Between(_) => &reasons::OFFICE_INVALID,
            Self::Union(fault) => fault.reason(),
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Content(en, zh) => {
                vec![("problem", (*en).to_owned()), ("problem_zh", (*zh).to_owned())]
            }
            Self::Day(day, en, zh) => vec![
                ("day", day.to_string()),
                ("problem", (*en).to_owned()),
                ("problem_zh", (*zh).to_owned()),
            ],
            Self::UnionEnded(day) | Self::NotOverdue(day) => vec![("day", day.to_string())],
            Self::Stage(step, state) => {
                vec![("step", (*step).to_owned()), ("state", (*state).to_owned())]
            }
            Self::Open => Vec::new(),
            Self::Invalid(findings) => {
                let mut rules: Vec<&str> =
                    findings.iter().map(|finding| finding.rule.id.as_str()).collect();
                rules.dedup();
                vec![("rules", rules.join(", "))]
            }
            Self::Office(fault) => fault.places(),
            Self::Between(_) => {
                let zh = "选举之后、结果报批之前有任职变动，请先更正该任职，报批后重新填报";
                vec![("problem", self.to_string()), ("problem_zh", zh.to_owned())]
            }
            Self::Union(fault) => fault.places(),
        }
    }
}
