//! What to look at again in a record, without being wrong for certain.

use unionhall_kit::civil::CivilDate;

use crate::rules::person::{
    consistency::{JoinDoubt, join_doubt},
    document::DocumentKind,
};

/// Something that may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Another document of the person says otherwise.
    OtherDocument(DocumentKind),
    /// The day of joining.
    Joined(CivilDate, JoinDoubt),
    /// Two records of one person have different days of birth.
    Births,
    /// Two records of one person have different sexes.
    Sexes,
    /// Both records have a document of the kind on one day, with different numbers.
    TwoDocuments(DocumentKind),
}

impl Finding {
    /// What a day of joining lets one doubt, if anything.
    pub fn of_joining(born: Option<CivilDate>, joined: Option<CivilDate>) -> Option<Self> {
        let joined = joined?;
        join_doubt(born?, joined).map(|doubt| Self::Joined(joined, doubt))
    }

    /// The field of the resource.
    pub fn field(self) -> &'static str {
        match self {
            Self::OtherDocument(_) | Self::TwoDocuments(_) => "documents",
            Self::Joined(..) => "passages",
            Self::Births => "birth_date",
            Self::Sexes => "sex",
        }
    }

    /// What is doubted.
    pub fn english(self) -> String {
        match self {
            Self::OtherDocument(kind) => {
                let code = kind.code();
                format!("the number of the document {code} says another birth or sex")
            }
            Self::Joined(day, doubt) => format!("joined on {day}: {doubt}"),
            Self::Births => "the records had different days of birth".to_owned(),
            Self::Sexes => "the records had different sexes".to_owned(),
            Self::TwoDocuments(kind) => {
                format!("the records had different documents {} on one day", kind.code())
            }
        }
    }

    /// The same in Chinese.
    pub fn chinese(self) -> String {
        match self {
            Self::OtherDocument(kind) => {
                format!("证件{}的号码与出生日期或性别不一致", kind.code())
            }
            Self::Joined(day, doubt) => format!("入会日期{day}：{}", doubt.chinese()),
            Self::Births => "两条记录的出生日期不同".to_owned(),
            Self::Sexes => "两条记录的性别不同".to_owned(),
            Self::TwoDocuments(kind) => format!("两条记录在同一日有不同的{}类证件", kind.code()),
        }
    }
}
