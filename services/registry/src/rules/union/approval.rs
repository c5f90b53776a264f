//! The approval of a union's establishment 批复, by the next higher union (Trade Union Law art. 12).

use serde::{Deserialize, Serialize};
use unionhall_kit::{civil::CivilDate, text};

use super::{UnionId, kind::codes, mark::Note};
use crate::rules::name::Name;

/// The most characters of the number of a document.
pub const MAX_NUMBER_CHARS: usize = 60;

/// Who approved, and under which number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Approval {
    /// The approving union 批准机关.
    pub body: Name,
    /// Number of the document 批复文号.
    pub number: DocumentNumber,
}

/// The decision of the higher union on a merger, a split or a dissolution: nobody may make one at will
/// (Trade Union Law art. 12, 13).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Decision {
    /// Who approved, and under which number.
    pub approval: Approval,
    /// The day of the document 批复日期.
    pub decided_on: CivilDate,
    /// What became of the assets.
    pub assets: Note,
    /// The audit of the assets (Beijing's measures art. 60).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<AssetAudit>,
    /// The union that approved, where the register knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<UnionId>,
}

/// The report of an audit of a union's assets 财产清查审计.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AssetAudit {
    /// Number of the report.
    pub number: DocumentNumber,
    /// The day of the report.
    pub audited_on: CivilDate,
}

codes! {
    /// Why a union was dissolved 终止原因.
    EndReason {
        /// Its employer ended, and it with it.
        EmployerEnded = "EMPLOYER_ENDED",
        /// It has no members left.
        NoMembers = "NO_MEMBERS",
        /// It went into a union that is not in this register.
        MergedElsewhere = "MERGED_ELSEWHERE",
        /// 法人注销.
        Deregistered = "DEREGISTERED",
        /// Another one.
        Other = "OTHER",
    }
}

/// What becomes of the members of a union that ends or is divided 会籍 (Trade Union Law art. 13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MembershipOutcome {
    /// They pass to the union that takes over.
    ToSuccessor,
    /// Their membership is retained 保留会籍 at a union.
    Retained(UnionId),
}

/// The number of a document 文号: 1 to 60 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentNumber(String);

/// The text is no number of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a document number has 1 to {MAX_NUMBER_CHARS} characters, none of them forbidden")]
pub struct NotADocumentNumber;

impl DocumentNumber {
    /// Reads a number; white space around it is cut.
    pub fn parse(given: &str) -> Result<Self, NotADocumentNumber> {
        let number = text::normalised(given).trim().to_owned();
        let fits = !number.is_empty() && number.chars().count() <= MAX_NUMBER_CHARS;
        if fits && !text::has_forbidden(&number) {
            Ok(Self(number))
        } else {
            Err(NotADocumentNumber)
        }
    }

    /// The text of the number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DocumentNumber {
    type Error = NotADocumentNumber;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<DocumentNumber> for String {
    fn from(number: DocumentNumber) -> Self {
        number.0
    }
}
