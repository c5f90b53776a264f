//! The steps of a case.

use std::fmt;

use serde::{Deserialize, Serialize};
use unionhall_kit::{civil::CivilDate, text};

use super::{fault::FormationFault, plan::Plan, stage::Stage};
use crate::rules::{
    name::Name,
    person::slip::slip,
    union::{
        UnionId,
        approval::{Approval, DocumentNumber},
        code::UnionCode,
        kind::codes,
        term::Term,
    },
};

/// The most characters of [`Words`].
pub const MAX_WORDS_CHARS: usize = 500;

/// What somebody wrote in words: 1 to 500 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Words(String);

/// The text is too long, empty, or holds what it must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a text has 1 to {MAX_WORDS_CHARS} characters, none of them forbidden")]
pub struct NotWords;

impl Words {
    /// Reads a text; white space around it is cut.
    pub fn parse(given: &str) -> Result<Self, NotWords> {
        let words = text::normalised(given).trim().to_owned();
        let fits = (1..=MAX_WORDS_CHARS).contains(&words.chars().count());
        if fits && !text::has_forbidden(&words) { Ok(Self(words)) } else { Err(NotWords) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Words {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for Words {
    type Error = NotWords;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Words> for String {
    fn from(words: Words) -> Self {
        words.0
    }
}

codes! {
    /// What a document is 文件.
    DocumentKind {
        /// Of the step that it belongs to.
        Own = "UNSPECIFIED",
        /// 建会申请.
        Application = "APPLICATION",
        /// 批复.
        Approval = "APPROVAL",
        /// 会议纪要.
        Minutes = "MINUTES",
        /// 刻章.
        Seal = "SEAL",
        /// 开户.
        BankAccount = "BANK_ACCOUNT",
        /// 经费登记.
        FundsRegistration = "FUNDS_REGISTRATION",
        /// Another one.
        Other = "OTHER",
    }
}

codes! {
    /// What a founding assembly is.
    AssemblyKind {
        /// 会员大会.
        GeneralMeeting = "GENERAL_MEETING",
        /// 会员代表大会.
        DelegateCongress = "DELEGATE_CONGRESS",
    }
}

codes! {
    /// Who is asked for an opinion 征求意见.
    Party {
        /// 社区办 (F047).
        SubdistrictCommunityOffice = "SUBDISTRICT_COMMUNITY_OFFICE",
        /// 各社区 (F048).
        Communities = "COMMUNITIES",
        /// The employer.
        Employer = "EMPLOYER",
        /// Workers.
        Workers = "WORKERS",
        /// Somebody else.
        Other = "OTHER",
    }
}

codes! {
    /// Why a case ended by itself.
    Outcome {
        /// The employer came under a union by another way.
        CoveredElsewhere = "COVERED_ELSEWHERE",
        /// The employer ended.
        EmployerEnded = "EMPLOYER_ENDED",
        /// The employer was withdrawn.
        EmployerWithdrawn = "EMPLOYER_WITHDRAWN",
        /// The union to which the case had come ended before it worked.
        UnionEnded = "UNION_ENDED",
        /// The area went into another one that has an open case of the type.
        OtherCaseGoesOn = "OTHER_CASE_GOES_ON",
    }
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What it is.
    pub kind: DocumentKind,
    /// Its number 文号.
    pub number: Option<DocumentNumber>,
    /// The day that it bears.
    pub date: Option<CivilDate>,
    /// Who issued it.
    pub issuer: Option<Name>,
}

/// The founding assembly 成立大会.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assembly {
    /// What assembled.
    pub kind: AssemblyKind,
    /// Where.
    pub venue: Option<Name>,
    /// Those due to attend 应到.
    pub due: u32,
    /// Those present 实到.
    pub present: u32,
    /// Units that sent delegates.
    pub represented: u32,
    /// Seats of the committee elected; 0 for an organiser.
    pub seats: u32,
    /// Whether a women's committee was elected 女职工委员会.
    pub women: bool,
    /// Whether an audit committee was elected 经费审查委员会.
    pub audit: bool,
    /// Who was elected chair or organiser.
    pub chair: Option<Name>,
    /// Whether the union is to keep accounts of its own 独立管理经费.
    #[serde(default)]
    pub own_accounts: bool,
    /// Candidates for the committee; `None` where nobody counted.
    #[serde(default)]
    pub candidates: Option<u32>,
    /// How many of them were elected; `None` where nobody counted.
    #[serde(default)]
    pub elected: Option<u32>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// A plan, whole.
    Plan(Box<Plan>),
    /// Somebody spoke with them.
    Contact {
        /// Who, or with whom.
        who: Name,
        /// What was said.
        note: Option<Words>,
    },
    /// 建会申请.
    Application(Document),
    /// 筹备组批复.
    Preparation {
        /// Who approved, and under which number.
        approval: Approval,
        /// Who is in the group.
        group: Option<Words>,
    },
    /// 发展会员.
    Recruitment {
        /// Members.
        members: u32,
        /// Women among them.
        women: u32,
    },
    /// 大会请示批复.
    ElectionApproval(Approval),
    /// 成立大会.
    Election(Assembly),
    /// 结果报批.
    ResultFiling(Document),
    /// 批复成立.
    Establishment {
        /// Who approved, and under which number.
        approval: Approval,
        /// The union.
        union: UnionId,
        /// The first term 届, which begins on the day.
        term: Term,
    },
    /// 法人登记.
    Registration {
        /// The union's own code.
        code: UnionCode,
        /// Number of the certificate.
        certificate: Option<DocumentNumber>,
    },
    /// The union works.
    Activation,
    /// A joint union covers the employer.
    Coverage(UnionId),
    /// Given up.
    Abandonment(Words),
    /// Refused.
    Refusal(Words),
    /// It rests.
    Suspension(Words),
    /// It goes on.
    Resumption(Words),
    /// It ended by itself.
    Closing {
        /// Why.
        outcome: Outcome,
        /// The union that covers the employer, or that ended.
        union: Option<UnionId>,
    },
    /// A document that is noted.
    Document(Document),
    /// 征求意见.
    Consultation {
        /// Who is asked.
        party: Party,
        /// Its name.
        with: Name,
        /// What they said.
        outcome: Option<Words>,
    },
    /// 汇报.
    Briefing {
        /// Who was briefed.
        to: Name,
        /// What they decided.
        outcome: Option<Words>,
    },
    /// 阻挠建会.
    Obstruction {
        /// What they do.
        conduct: Words,
        /// To whom it was reported.
        reported_to: Option<Name>,
    },
    /// 职工要求建会.
    Wish {
        /// How the workers made it known.
        how: Words,
    },
}

/// A step of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its number, in the order of recording.
    pub number: u32,
    /// Its place in the order of steps: the number of the first that stood there.
    pub place: u32,
    /// The step that it corrects.
    pub corrects: Option<u32>,
    /// The day on which it happened.
    pub day: CivilDate,
    /// What happened.
    pub deed: Deed,
}

impl Deed {
    /// The name of its field in the contract.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plan(_) => "plan",
            Self::Contact { .. } => "contact",
            Self::Application(_) => "application",
            Self::Preparation { .. } => "preparation",
            Self::Recruitment { .. } => "recruitment",
            Self::ElectionApproval(_) => "election_approval",
            Self::Election(_) => "election",
            Self::ResultFiling(_) => "result_filing",
            Self::Establishment { .. } => "establishment",
            Self::Registration { .. } => "registration",
            Self::Activation => "activation",
            Self::Coverage(_) => "coverage",
            Self::Abandonment(_) => "abandonment",
            Self::Refusal(_) => "refusal",
            Self::Suspension(_) => "suspension",
            Self::Resumption(_) => "resumption",
            Self::Closing { .. } => "closing",
            Self::Document(_) => "document",
            Self::Consultation { .. } => "consultation",
            Self::Briefing { .. } => "briefing",
            Self::Obstruction { .. } => "obstruction",
            Self::Wish { .. } => "wish",
        }
    }

    /// The stage to which it leads.
    pub fn stage(&self) -> Option<Stage> {
        Some(match self {
            Self::Contact { .. } => Stage::Contacted,
            Self::Application(_) => Stage::ApplicationFiled,
            Self::Preparation { .. } => Stage::PreparatoryApproved,
            Self::Recruitment { .. } => Stage::Recruiting,
            Self::ElectionApproval(_) => Stage::ElectionApproved,
            Self::Election(_) => Stage::ElectionHeld,
            Self::ResultFiling(_) => Stage::ResultFiled,
            Self::Establishment { .. } => Stage::Established,
            Self::Registration { .. } => Stage::Registered,
            Self::Activation => Stage::Active,
            _ => return None,
        })
    }

    /// Whether it changes another record too: it is taken by a method of its own, and corrected at
    /// that record.
    pub fn is_fixed(&self) -> bool {
        matches!(
            self,
            Self::Establishment { .. }
                | Self::Registration { .. }
                | Self::Coverage(_)
                | Self::Closing { .. }
        )
    }

    /// Whether it says anything of where the case stands; others are only noted.
    pub fn is_noted_only(&self) -> bool {
        matches!(
            self,
            Self::Plan(_)
                | Self::Document(_)
                | Self::Consultation { .. }
                | Self::Briefing { .. }
                | Self::Obstruction { .. }
                | Self::Wish { .. }
        )
    }

    /// Whether its figures fit each other, and its words tell no number of a person.
    pub fn check(&self) -> Result<(), FormationFault> {
        let wrong = |problem, zh| Err(FormationFault::Step { step: self.name(), problem, zh });
        match self {
            Self::Recruitment { members, women } if women > members => {
                wrong("more women than members", "女会员人数超过会员人数")
            }
            Self::Recruitment { members: 0, .. } => wrong("no members", "没有会员"),
            Self::Election(assembly) if assembly.due == 0 => {
                wrong("nobody was due to attend", "应到人数为零")
            }
            Self::Wish { how } if slip(how.as_str()).is_some() => {
                wrong("it tells a number of a person; leave it out", "含有个人号码，请删去")
            }
            _ => Ok(()),
        }
    }
}
