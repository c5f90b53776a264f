//! Why a text is no number of a document. Nothing here repeats the number.

use unionhall_kit::fault::Reason;

use super::DocumentKind;
use crate::rules::{Refusal, reasons};

/// A text is no number of a document of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the number of a document of the kind {}: {problem}", kind.code())]
pub struct DocumentFault {
    /// The kind that was stated.
    pub kind: DocumentKind,
    /// What is wrong.
    pub problem: DocumentProblem,
}

/// What is wrong with a number. Positions count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentProblem {
    /// It has this many characters, which is too few or too many.
    #[error("it has {0} characters")]
    Length(usize),
    /// Kinds without a check character: it is not made up as their numbers are.
    #[error("it is not made up as such a number is")]
    Form,
    /// A character that cannot stand at this position.
    #[error("what stands at position {0} cannot stand there")]
    Character(usize),
    /// The birth date in it is no day of the calendar.
    #[error("the birth date in it does not exist")]
    BirthDate,
    /// The birth date in it is after today.
    #[error("the birth date in it is after today")]
    NotYetBorn,
    /// It begins with no province of GB/T 2260, or none of this kind.
    #[error("no such number is given by the place that it names")]
    Division,
    /// The check character at this position is wrong.
    #[error("the check character at position {0} does not fit")]
    Check(usize),
    /// 15 digits, the form of 1989, which is not valid as a document since 2013.
    #[error("it has the form of 15 digits that is no longer valid; the card in force has 18")]
    OldForm,
    /// 15 digits of somebody born before 1900.
    #[error("the later number of a holder born before 1900 cannot be told from the 15 digits")]
    Century,
    /// It is right, but of another kind.
    #[error("it is the number of a {}; state the type {}", .0.en(), .0.code())]
    OtherKind(DocumentKind),
}

impl DocumentFault {
    fn english(self) -> String {
        let (form, _) = self.kind.form();
        match self.problem {
            DocumentProblem::Length(found) => {
                format!("it has {found} characters instead of {form}")
            }
            DocumentProblem::Form => format!("it is not made up of {form}"),
            problem => problem.to_string(),
        }
    }

    fn chinese(self) -> String {
        let (_, form) = self.kind.form();
        match self.problem {
            DocumentProblem::Length(found) => format!("应为{form}，实为{found}位"),
            DocumentProblem::Form => format!("应为{form}"),
            DocumentProblem::Character(at) => format!("第{at}位字符不合规"),
            DocumentProblem::BirthDate => "其中的出生日期不存在".to_owned(),
            DocumentProblem::NotYetBorn => "其中的出生日期晚于今日".to_owned(),
            DocumentProblem::Division => "其中的地区代码不存在或不适用于该证件".to_owned(),
            DocumentProblem::Check(at) => format!("第{at}位校验码不符"),
            DocumentProblem::OldForm => "15位号码已停用，请填写现行证件上的18位号码".to_owned(),
            DocumentProblem::Century => {
                "持证人出生于1900年以前，无法由15位号码推算，请填写18位号码".to_owned()
            }
            DocumentProblem::OtherKind(kind) => {
                format!("这是{}的号码，证件类型应为{}", kind.zh(), kind.code())
            }
        }
    }
}

impl Refusal for DocumentFault {
    fn reason(&self) -> &'static Reason {
        &reasons::DOCUMENT_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        vec![
            ("kind", self.kind.code().to_owned()),
            ("document", self.kind.en().to_owned()),
            ("document_zh", self.kind.zh().to_owned()),
            ("problem", self.english()),
            ("problem_zh", self.chinese()),
        ]
    }
}
