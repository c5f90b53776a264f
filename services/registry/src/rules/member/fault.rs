//! Why the register refuses to enter or change a member.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use crate::rules::{Refusal, area::AreaPath, person::slip::Slip, reasons};

/// Why a change of a member is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemberFault {
    /// This field is missing.
    #[error("no {0}")]
    Incomplete(&'static str),
    /// The code is not in the list.
    #[error("'{1}' is not in {0} on {2}")]
    CodeUnknown(&'static str, String, CivilDate),
    /// A text is too long or holds what it must not.
    #[error("it has more than {1} characters, or some that are forbidden")]
    Text(&'static str, usize),
    /// A text tells a number of a person, which it would tell for ever. It is not repeated.
    #[error("it tells {}; leave the number out and name the person by members/{{member}}", .1.en())]
    Slip(&'static str, Slip),
    /// The area does not exist from the day on.
    #[error("{0} is not open on {1}")]
    AreaNotOpen(AreaPath, CivilDate),
    /// The day is after today.
    #[error("{0} is after today")]
    InFuture(CivilDate),
    /// The day is before what is recorded of the membership.
    #[error("{0} is before {1}, where a later step is recorded")]
    BeforePassage(CivilDate, CivilDate),
    /// The day is before the person was born.
    #[error("{0} is before the day of birth")]
    BeforeBirth(CivilDate),
    /// The step does not follow from how the person stands.
    #[error("{0} does not follow from {1}")]
    Step(&'static str, &'static str),
    /// The union cannot have members on the day.
    #[error("{0}")]
    Union(UnionProblem),
    /// The employer cannot be the person's on the day.
    #[error("the employer is not in the register or not active on {0}")]
    Employer(CivilDate),
}

/// Why a union cannot take a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnionProblem {
    /// The caller does not see it, or it was never entered.
    #[error("the union is not in the register")]
    Absent,
    /// It does not exist on the day.
    #[error("the union does not exist on {0}")]
    NotActive(CivilDate),
    /// It has other unions below it and no members of its own: members belong to basic unions and
    /// to unions of several employers.
    #[error("a federation has no members of its own")]
    Federation,
}

impl MemberFault {
    fn told(&self, zh: String) -> Vec<(&'static str, String)> {
        vec![("problem", self.to_string()), ("problem_zh", zh)]
    }
}

impl Refusal for MemberFault {
    fn reason(&self) -> &'static Reason {
        match self {
            Self::Incomplete(_) => &reasons::MEMBER_INCOMPLETE,
            Self::CodeUnknown(..) => &reasons::CODE_UNKNOWN,
            Self::Text(..) | Self::Slip(..) => &reasons::MEMBER_TEXT_INVALID,
            Self::AreaNotOpen(..) => &reasons::AREA_NOT_OPEN,
            Self::InFuture(_) | Self::BeforePassage(..) | Self::BeforeBirth(_) => {
                &reasons::MEMBER_DATE_INVALID
            }
            Self::Step(..) => &reasons::MEMBERSHIP_STEP_INVALID,
            Self::Union(_) => &reasons::MEMBERSHIP_UNION_INVALID,
            Self::Employer(_) => &reasons::MEMBER_EMPLOYER_INVALID,
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let date = |day: &CivilDate, zh: String| {
            let mut places = vec![("day", day.to_string())];
            places.extend(self.told(zh));
            places
        };
        let field_places = |field: &str, zh: String| {
            let mut places = vec![("field", field.to_owned())];
            places.extend(self.told(zh));
            places
        };
        match self {
            Self::Incomplete(field) => vec![("field", (*field).to_owned())],
            Self::CodeUnknown(list, code, day) => {
                vec![("list", (*list).to_owned()), ("code", code.clone()), ("day", day.to_string())]
            }
            Self::Text(field, limit) => {
                field_places(field, format!("超过{limit}个字符，或含有禁用字符"))
            }
            Self::Slip(field, slip) => {
                let why = format!("含有{}，请删去号码，改用会员名称 members/{{member}}", slip.zh());
                field_places(field, why)
            }
            Self::AreaNotOpen(area, day) => {
                vec![("area", area.to_string()), ("day", day.to_string())]
            }
            Self::InFuture(day) => date(day, "晚于今日".to_owned()),
            Self::BeforePassage(day, last) => date(day, format!("早于已登记的会籍变动{last}")),
            Self::BeforeBirth(day) => date(day, "早于出生日期".to_owned()),
            Self::Step(step, standing) => {
                vec![("step", (*step).to_owned()), ("standing", (*standing).to_owned())]
            }
            Self::Union(problem) => self.told(match problem {
                UnionProblem::Absent => "工会未登记".to_owned(),
                UnionProblem::NotActive(day) => format!("工会在{day}不存在"),
                UnionProblem::Federation => "联合会、总工会不直接发展会员".to_owned(),
            }),
            Self::Employer(day) => vec![("day", day.to_string())],
        }
    }
}
