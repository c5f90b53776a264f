//! Why the register refuses to enter or change a union.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use super::{kind::UnionType, mark::UnionMark, term::TermFault};
use crate::rules::{Refusal, area::AreaPath, reasons};

/// Why a change of a union is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnionFault {
    /// This field is missing.
    #[error("no {0}")]
    Incomplete(&'static str),
    /// The code is not in the list.
    #[error("'{1}' is not in {0} on {2}")]
    CodeUnknown(&'static str, String, CivilDate),
    /// A single-employer union names no employer, or another names one.
    #[error("the field employer belongs to SINGLE_EMPLOYER, which needs it")]
    EmployerField(UnionType),
    /// The type needs an area of another level, or none.
    #[error("the territory does not fit the type")]
    TerritoryField(UnionType),
    /// A text is too long or holds what it must not.
    #[error("{0} is no text of at most {1} characters")]
    Text(&'static str, usize),
    /// The area does not exist from the day on.
    #[error("{0} is not open on {1}")]
    AreaNotOpen(AreaPath, CivilDate),
    /// The day is after today.
    #[error("{0} is after today")]
    InFuture(CivilDate),
    /// The day is before the establishment.
    #[error("{0} is before {1}, the day of establishment")]
    BeforeEstablishment(CivilDate, CivilDate),
    /// The union would end while a later fact is recorded.
    #[error("{0} is before {1}, where a later state is recorded")]
    BeforeLaterStatus(CivilDate, CivilDate),
    /// The union has ended on this day.
    #[error("ended on {0}")]
    Ended(CivilDate),
    /// The union above does not exist on the day, or stands lower.
    #[error("{0}")]
    Superior(SuperiorFault),
    /// The term cannot be so.
    #[error(transparent)]
    Term(#[from] TermFault),
    /// The unions cannot become one.
    #[error("{0}")]
    Merge(MergeFault),
    /// The union does not bear the mark on the day.
    #[error("no mark {mark} on {1}", mark = .0.code())]
    MarkAbsent(UnionMark, CivilDate),
}

/// Why unions cannot become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MergeFault {
    /// A union does not go into itself.
    #[error("a union is merged into another one")]
    Itself,
    /// The union that takes over does not exist from the day on.
    #[error("the union that takes over does not exist from that day on")]
    NotActive,
    /// The union that takes over stands lower.
    #[error("the union that takes over is of a lower level")]
    Lower,
    /// The union that takes over stands below the one that ends.
    #[error("the union that takes over stands below the one that ends")]
    Below,
    /// Its type covers no employers, or is another one later.
    #[error("the type of the union that takes over covers no employers from that day on")]
    CoversNobody,
    /// It is one employer's own.
    #[error("the union that takes over is one employer's own and covers no other")]
    AnothersOwn,
    /// The decision is later than the day on which it takes effect.
    #[error("the decision was made after the day on which it takes effect")]
    DecidedLater,
}

impl MergeFault {
    fn zh(self) -> &'static str {
        match self {
            Self::Itself => "工会不能并入自身",
            Self::NotActive => "接收工会自该日起不存在或中途终止",
            Self::Lower => "接收工会的层级低于被合并工会",
            Self::Below => "接收工会隶属于被合并工会",
            Self::CoversNobody => "接收工会的类型自该日起不覆盖单位",
            Self::AnothersOwn => "接收工会是其他单位的独立工会",
            Self::DecidedLater => "批复日期晚于生效日期",
        }
    }
}

/// Why a union cannot be the one above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SuperiorFault {
    /// The caller does not see it, or it was never entered.
    #[error("the union above is not in the register")]
    Absent,
    /// It does not exist during all of the affiliation.
    #[error("the union above does not exist on that day")]
    NotActive,
    /// Its level is lower than that of the union.
    #[error("the union above is of a lower level")]
    Lower,
    /// It is the union itself or stands below it.
    #[error("the union above stands below the union")]
    Below,
    /// The path would become too long.
    #[error("the path would have more than 12 unions")]
    TooDeep,
    /// It is the one above already.
    #[error("it is the union above already")]
    Unchanged,
}

impl SuperiorFault {
    fn zh(self) -> &'static str {
        match self {
            Self::Absent => "上级工会未登记",
            Self::NotActive => "上级工会在该日不存在",
            Self::Lower => "上级工会的层级低于本工会",
            Self::Below => "上级工会隶属于本工会",
            Self::TooDeep => "隶属层次将超过12级",
            Self::Unchanged => "已是上级工会",
        }
    }
}

impl Refusal for UnionFault {
    fn reason(&self) -> &'static Reason {
        match self {
            Self::Incomplete(_) => &reasons::UNION_INCOMPLETE,
            Self::CodeUnknown(..) => &reasons::CODE_UNKNOWN,
            Self::EmployerField(_) | Self::TerritoryField(_) => &reasons::UNION_KIND_INVALID,
            Self::Text(..) => &reasons::UNION_TEXT_INVALID,
            Self::AreaNotOpen(..) => &reasons::AREA_NOT_OPEN,
            Self::InFuture(_) | Self::BeforeEstablishment(..) | Self::BeforeLaterStatus(..) => {
                &reasons::UNION_DATE_INVALID
            }
            Self::Ended(_) => &reasons::UNION_ENDED,
            Self::Superior(_) => &reasons::SUPERIOR_INVALID,
            Self::Merge(_) => &reasons::UNION_MERGE_INVALID,
            Self::Term(_) => &reasons::TERM_INVALID,
            Self::MarkAbsent(..) => &reasons::UNION_MARK_ABSENT,
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
            Self::Incomplete(field) => vec![("field", (*field).to_owned())],
            Self::CodeUnknown(list, code, day) => {
                vec![("list", (*list).to_owned()), ("code", code.clone()), ("day", day.to_string())]
            }
            Self::EmployerField(kind) => {
                let mut places = vec![("type", kind.code().to_owned())];
                places.extend(told("employer 仅用于独立基层工会，且为其必填项".to_owned()));
                places
            }
            Self::TerritoryField(kind) => {
                let mut places = vec![("type", kind.code().to_owned())];
                places.extend(told("territory 的级别与组织类型不符".to_owned()));
                places
            }
            Self::Text(field, limit) => {
                vec![("field", (*field).to_owned()), ("limit", limit.to_string())]
            }
            Self::AreaNotOpen(area, day) => {
                vec![("area", area.to_string()), ("day", day.to_string())]
            }
            Self::InFuture(day) => date(day, "晚于今日".to_owned()),
            Self::BeforeEstablishment(day, first) => date(day, format!("早于建会日期{first}")),
            Self::BeforeLaterStatus(day, later) => date(day, format!("此后{later}已有状态记录")),
            Self::Ended(day) => vec![("day", day.to_string())],
            Self::Superior(fault) => told(fault.zh().to_owned()),
            Self::Merge(fault) => told(fault.zh().to_owned()),
            Self::Term(fault) => told(fault.zh()),
            Self::MarkAbsent(mark, day) => {
                vec![("mark", mark.code().to_owned()), ("day", day.to_string())]
            }
        }
    }
}
