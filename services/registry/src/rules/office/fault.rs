//! Why the register refuses to fill or to end an office.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use super::{Committee, Position, WayIn};
use crate::rules::{
    Refusal,
    election_rules::{Finding, Rule},
    reasons,
};

/// Why a change of an office is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfficeFault {
    /// The day is after today.
    #[error("{0} is after today")]
    InFuture(CivilDate),
    /// The day is before the establishment of the union.
    #[error("{0} is before {1}, the day of establishment")]
    BeforeEstablishment(CivilDate, CivilDate),
    /// The office would end before it begins.
    #[error("{0} is before {1}, the first day in office")]
    BeforeOffice(CivilDate, CivilDate),
    /// The union has ended on this day.
    #[error("the union ended on {0}")]
    UnionEnded(CivilDate),
    /// The committee has no such position.
    #[error("the committee has no such position")]
    Position(Committee, Position),
    /// Nobody comes into such an office in this way.
    #[error("{0} is not how this office is come by")]
    WayIn(&'static str, WayIn),
    /// The term is not the one that stands on the first day.
    #[error("the union's term on the first day is another or not recorded")]
    Term,
    /// A rule bars the person.
    #[error("barred")]
    Barred(Box<Finding>),
    /// Another is head of the committee at that time.
    #[error("another is in that office from {1}")]
    Taken(Committee, CivilDate),
    /// It has ended already.
    #[error("it ended on {0}")]
    Ended(CivilDate),
    /// A rule of the day asks for consents to a move.
    #[error("{} (rule {}, {})", .0.remedy_en, .0.id, .0.source)]
    Moved(Box<Rule>),
    /// No rule of the day lets an outsider into the office.
    #[error("{} (rule {}, {})", .0.remedy_en, .0.id, .0.source)]
    Outsider(Box<Rule>),
    /// An office is left in another way.
    #[error("{0}")]
    WayOut(&'static str, &'static str),
}

impl Refusal for OfficeFault {
    fn reason(&self) -> &'static Reason {
        match self {
            Self::InFuture(_) | Self::BeforeEstablishment(..) | Self::BeforeOffice(..) => {
                &reasons::UNION_DATE_INVALID
            }
            Self::UnionEnded(_) => &reasons::UNION_ENDED,
            Self::Position(..)
            | Self::WayIn(..)
            | Self::Term
            | Self::WayOut(..)
            | Self::Moved(_)
            | Self::Outsider(_) => &reasons::OFFICE_INVALID,
            Self::Barred(_) => &reasons::OFFICER_BARRED,
            Self::Taken(..) => &reasons::OFFICE_TAKEN,
            Self::Ended(_) => &reasons::OFFICE_ENDED,
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let told = |zh: String| vec![("problem", self.to_string()), ("problem_zh", zh)];
        let date = |day: &CivilDate, zh: String| {
            let mut places = vec![("day", day.to_string())];
            places.extend(told(zh));
            places
        };
        match self {
            Self::InFuture(day) => date(day, "晚于今日".to_owned()),
            Self::BeforeEstablishment(day, first) => date(day, format!("早于建会日期{first}")),
            Self::BeforeOffice(day, first) => date(day, format!("早于任职日期{first}")),
            Self::UnionEnded(day) | Self::Ended(day) => vec![("day", day.to_string())],
            Self::Position(..) => told("该委员会没有这一职务".to_owned()),
            Self::WayIn(_, way) => told(format!("该职务不能以{}方式产生", way.code())),
            Self::Term => told("与任职首日的届次不符，或届次未登记".to_owned()),
            Self::WayOut(_, zh) => told((*zh).to_owned()),
            Self::Moved(rule) | Self::Outsider(rule) => {
                told(format!("{}（规则{}，{}）", rule.remedy_zh, rule.id, rule.source))
            }
            Self::Barred(finding) => vec![
                ("rule", finding.rule.id.clone()),
                ("fact", finding.problem.clone()),
                ("source", finding.rule.source.clone()),
                ("remedy", finding.rule.remedy_en.clone()),
                ("remedy_zh", finding.rule.remedy_zh.clone()),
            ],
            Self::Taken(committee, from) => {
                vec![("committee", committee.code().to_owned()), ("day", from.to_string())]
            }
        }
    }
}
