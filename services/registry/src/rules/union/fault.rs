//! Why the register refuses to enter or change a union.

use unionhall_kit::{civil::CivilDate, fault::Reason};
use uuid::Uuid;

use super::{UnionId, kind::UnionType, mark::UnionMark, term::TermFault};
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
    /// The union cannot be split so.
    #[error("{0}")]
    Split(SplitFault),
    /// What is said of the decision contradicts itself or the register.
    #[error("{0}")]
    Decision(DecisionFault),
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
    /// It is a federation, and members would pass to it.
    #[error("the union that takes over is a federation and has no members of its own")]
    NoMembers,
}

/// Why a union cannot be split so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SplitFault {
    /// The union covers this employer on no day from that day on.
    #[error("the union covers employers/{0} on no day from that day on")]
    NotCovered(Uuid),
    /// This union answers to it on no day from that day on.
    #[error("unions/{id} answers to it on no day from that day on", id = .0.0)]
    NotBelow(UnionId),
    /// Two parts name one employer.
    #[error("employers/{0} is named twice")]
    EmployerTwice(Uuid),
    /// Two parts name one union.
    #[error("unions/{id} is named twice", id = .0.0)]
    UnionTwice(UnionId),
    /// The type of a part covers no employers.
    #[error("the type of part {0} covers no employers")]
    CoversNobody(usize),
    /// A part is one employer's own and is to cover others.
    #[error("part {0} is one employer's own and covers no other")]
    AnothersOwn(usize),
    /// A part stands lower than a union that is to answer to it.
    #[error("part {0} is of a lower level than a union that is to answer to it")]
    Lower(usize),
    /// There is none above to which those whom no part names could go.
    #[error("no union stands above it to take over the unions that no part names")]
    NoneAbove,
    /// A part would answer to the union that is split, or to one below it.
    #[error("part {0} would stand below the union that is split")]
    Below(usize),
}

impl SplitFault {
    fn zh(self) -> String {
        match self {
            Self::NotCovered(id) => format!("employers/{id}自该日起不由该工会覆盖"),
            Self::NotBelow(UnionId(id)) => format!("unions/{id}自该日起不隶属于该工会"),
            Self::EmployerTwice(id) => format!("employers/{id}重复"),
            Self::UnionTwice(UnionId(id)) => format!("unions/{id}重复"),
            Self::CoversNobody(part) => format!("第{part}个新工会的类型不覆盖单位"),
            Self::AnothersOwn(part) => format!("第{part}个新工会是独立工会，不能覆盖其他单位"),
            Self::Lower(part) => format!("第{part}个新工会的层级低于拟隶属于它的工会"),
            Self::NoneAbove => "该工会没有上级工会，无法接收未列明的下级工会".to_owned(),
            Self::Below(part) => format!("第{part}个新工会将隶属于被分立的工会"),
        }
    }
}

/// Why a decision on the end of a union, or on its split, cannot be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecisionFault {
    /// The decision is later than the day on which it takes effect.
    #[error("the decision was made after the day on which it takes effect")]
    Later,
    /// The report of the audit is later than today.
    #[error("the report of the audit is later than today")]
    AuditInFuture,
    /// The approving union is not the one above on the day.
    #[error("the approving union is not the one above on that day")]
    NotAbove,
    /// The document is of another body than the approving union.
    #[error("the document is not of the approving union by its name of that day")]
    OtherBody,
    /// A retained membership names no union, or another outcome names one.
    #[error("a retained membership names the union that keeps it, and nothing else does")]
    RetainedWhere,
    /// Nobody approved the dissolution.
    #[error("a union is dissolved by decision of the union above, or reported to it")]
    Unapproved,
    /// It is no employer's own union.
    #[error("it is no employer's own union, so that it does not end with one")]
    NoEmployer,
    /// There is no union to which the members could pass.
    #[error("a union that is dissolved has no successor to which its members could pass")]
    NoSuccessor,
    /// The report is later than today.
    #[error("the report is later than today")]
    ReportInFuture,
    /// The union that is to keep memberships does not exist from the day on, or is the one that ends.
    #[error(
        "the union that is to keep memberships does not exist from that day on, or ends itself"
    )]
    KeeperGone,
    /// The union that is to keep memberships is a federation.
    #[error("the union that is to keep memberships is a federation and has no members of its own")]
    KeeperHasNone,
}

impl DecisionFault {
    fn zh(self) -> &'static str {
        match self {
            Self::Later => "批复日期晚于生效日期",
            Self::AuditInFuture => "审计日期晚于今日",
            Self::NotAbove => "批准工会在该日不是上级工会",
            Self::OtherBody => "批复机关与批准工会当日名称不符",
            Self::Unapproved => "撤销工会须经上级工会批准或向其报告",
            Self::NoEmployer => "该工会不是独立基层工会，不随单位终止",
            Self::NoSuccessor => "撤销的工会没有接收会员的工会",
            Self::ReportInFuture => "报告日期晚于今日",
            Self::RetainedWhere => "保留会籍须指明所在工会，其他情形不得指明",
            Self::KeeperGone => "保留会籍所在工会自该日起不存在，或正是终止的工会",
            Self::KeeperHasNone => "保留会籍所在工会是联合会、总工会，不直接发展会员",
        }
    }
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
            Self::NoMembers => "接收工会是联合会、总工会，不直接发展会员",
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
            Self::Split(_) => &reasons::UNION_SPLIT_INVALID,
            Self::Decision(_) => &reasons::UNION_DECISION_INVALID,
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
            Self::Split(fault) => told(fault.zh()),
            Self::Decision(fault) => told(fault.zh().to_owned()),
            Self::Term(fault) => told(fault.zh()),
            Self::MarkAbsent(mark, day) => {
                vec![("mark", mark.code().to_owned()), ("day", day.to_string())]
            }
        }
    }
}
