//! Why the register refuses a step of a case.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use super::stage::State;
use crate::rules::{Refusal, reasons, union::change::UnionFault};

/// Why a step is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormationFault {
    /// These fields or steps are missing.
    #[error("missing: {}", .0.join(", "))]
    Incomplete(Vec<&'static str>),
    /// The step cannot follow on the state.
    #[error("{problem}")]
    OutOfOrder {
        /// Where the case stands.
        state: State,
        /// The step.
        step: &'static str,
        /// Why.
        problem: String,
        /// The same in Chinese.
        zh: String,
    },
    /// The day contradicts today or the steps before and after.
    #[error("{1}")]
    Date(CivilDate, String, String),
    /// What a step says contradicts itself.
    #[error("{problem}")]
    Step {
        /// The step.
        step: &'static str,
        /// Why.
        problem: &'static str,
        /// The same in Chinese.
        zh: &'static str,
    },
    /// The step changed another record.
    #[error("{0} is corrected at the union")]
    Fixed(&'static str),
    /// A rule of the day says otherwise.
    #[error("{problem}")]
    Rule {
        /// Its id.
        rule: String,
        /// The law that it comes from.
        law: String,
        /// What it says.
        problem: String,
        /// The same in Chinese.
        zh: String,
    },
    /// The union that is to be could not be so.
    #[error("{0}")]
    Union(UnionFault),
}

impl Refusal for FormationFault {
    fn reason(&self) -> &'static Reason {
        match self {
            Self::Incomplete(_) => &reasons::FORMATION_INCOMPLETE,
            Self::OutOfOrder { .. } => &reasons::FORMATION_STEP_OUT_OF_ORDER,
            Self::Date(..) => &reasons::FORMATION_DATE_INVALID,
            Self::Step { .. } => &reasons::FORMATION_STEP_INVALID,
            Self::Fixed(_) => &reasons::FORMATION_STEP_FIXED,
            Self::Rule { .. } => &reasons::FORMATION_RULE_BROKEN,
            Self::Union(fault) => fault.reason(),
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Incomplete(missing) => vec![("missing", missing.join(", "))],
            Self::OutOfOrder { state, step, problem, zh } => vec![
                ("state", state.code().to_owned()),
                ("step", (*step).to_owned()),
                ("problem", problem.clone()),
                ("problem_zh", zh.clone()),
            ],
            Self::Date(day, problem, zh) => {
                vec![
                    ("day", day.to_string()),
                    ("problem", problem.clone()),
                    ("problem_zh", zh.clone()),
                ]
            }
            Self::Step { step, problem, zh } => vec![
                ("step", (*step).to_owned()),
                ("problem", (*problem).to_owned()),
                ("problem_zh", (*zh).to_owned()),
            ],
            Self::Fixed(step) => vec![("step", (*step).to_owned())],
            Self::Rule { rule, law, problem, zh } => vec![
                ("rule", rule.clone()),
                ("source", law.clone()),
                ("problem", problem.clone()),
                ("problem_zh", zh.clone()),
            ],
            Self::Union(fault) => fault.places(),
        }
    }
}
