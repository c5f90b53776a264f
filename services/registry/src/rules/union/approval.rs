//! The approval of a union's establishment 批复, by the next higher union (Trade Union Law art. 12).

use serde::{Deserialize, Serialize};
use unionhall_kit::{civil::CivilDate, text};

use super::mark::Note;
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

/// The decision of the higher union on a merger: nobody may make one at will (Trade Union Law art. 13).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Decision {
    /// Who approved, and under which number.
    pub approval: Approval,
    /// The day of the document 批复日期.
    pub decided_on: CivilDate,
    /// What became of the assets.
    pub assets: Note,
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
