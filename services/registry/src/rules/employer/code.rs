//! Codes of lists that are data: their form here, their meaning in the shipped lists.

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::CivilDate;

use crate::reference::{ListId, ReferenceBook};

/// The most characters of a list code.
pub(in crate::rules) const MAX_CHARS: usize = 20;

/// The text cannot be a code of any list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a list code has 1 to 20 characters of 0-9, A-Z and '_'")]
pub struct NotAListCode;

macro_rules! list_codes {
    ($($(#[$doc:meta])+ $name:ident;)+) => {$(
        $(#[$doc])+
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The code written as `text`; whether its list has it is asked elsewhere.
            pub fn parse(text: &str) -> Result<Self, NotAListCode> {
                let allowed = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase() || b == b'_';
                let fits = (1..=$crate::rules::employer::code::MAX_CHARS).contains(&text.len()) && text.bytes().all(allowed);
                if fits { Ok(Self(text.to_owned())) } else { Err(NotAListCode) }
            }

            /// The text of the code.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAListCode;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }
    )+};
}

pub(in crate::rules) use list_codes;

list_codes! {
    /// A code of `ownership` 单位性质.
    OwnershipCode;
    /// A code of `economic_type` 经济类型.
    EconomicTypeCode;
    /// A code of `industry` 行业; it says nothing without its edition.
    IndustryCode;
}

/// An edition of GB/T 4754: one code means different things in different editions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum IndustryEdition {
    /// GB/T 4754-2011.
    #[serde(rename = "2011")]
    Gb2011,
    /// GB/T 4754-2017.
    #[serde(rename = "2017")]
    Gb2017,
}

impl IndustryEdition {
    /// The year of the standard.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gb2011 => "2011",
            Self::Gb2017 => "2017",
        }
    }

    /// The edition of that year.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Gb2011, Self::Gb2017].into_iter().find(|edition| edition.as_str() == text)
    }
}

/// An industry: a section or division of an edition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Industry {
    /// The edition.
    pub edition: IndustryEdition,
    /// The code in it.
    pub code: IndustryCode,
}

/// A list against which a code is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// `ownership`.
    Ownership,
    /// `economic_type`.
    EconomicType,
    /// `industry` in an edition.
    Industry(IndustryEdition),
    /// `ethnicity`.
    Ethnicity,
    /// `education`.
    Education,
}

impl List {
    /// How refusals call the list.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ownership => "ownership",
            Self::EconomicType => "economic_type",
            Self::Industry(IndustryEdition::Gb2011) => "industry_2011",
            Self::Industry(IndustryEdition::Gb2017) => "industry_2017",
            Self::Ethnicity => "ethnicity",
            Self::Education => "education",
        }
    }
}

/// Where the lists are looked up.
pub trait CodeLists {
    /// Whether `list` has `code` on `day`.
    fn has(&self, list: List, code: &str, day: CivilDate) -> bool;
}

impl CodeLists for ReferenceBook {
    fn has(&self, list: List, code: &str, day: CivilDate) -> bool {
        let list = match list {
            List::Ownership => Some(self.list(ListId::Ownership)),
            List::EconomicType => Some(self.list(ListId::EconomicType)),
            List::Industry(edition) => self.edition(ListId::Industry, edition.as_str()),
            List::Ethnicity => Some(self.list(ListId::Ethnicity)),
            List::Education => Some(self.list(ListId::Education)),
        };
        // The text must be the code itself: names and aliases are resolved before they get here.
        let is_code = |found: &&crate::reference::Code| found.code == code;
        list.is_some_and(|list| list.lookup(code, day).ok().filter(is_code).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_lists_know_codes_and_not_names() {
        let book = ReferenceBook::load().unwrap();
        let day = "2014-02-27".parse().unwrap();
        assert!(book.has(List::Ownership, "57", day));
        assert!(!book.has(List::Ownership, "私营企业", day));
        assert!(!book.has(List::Ownership, "00", day));
        assert!(book.has(List::EconomicType, "170", day));
        assert!(book.has(List::Industry(IndustryEdition::Gb2011), "P", day));
        // Division 97 exists in the edition of 2017 only.
        assert!(!book.has(List::Industry(IndustryEdition::Gb2011), "97", day));
        assert!(book.has(List::Industry(IndustryEdition::Gb2017), "97", day));
    }

    #[test]
    fn a_list_code_is_short_and_plain() {
        for text in ["", "a", "5 1", "五", &"1".repeat(21)] {
            assert_eq!(OwnershipCode::parse(text), Err(NotAListCode), "{text}");
        }
        assert_eq!(OwnershipCode::parse("51").unwrap().as_str(), "51");
        assert_eq!(IndustryEdition::parse("2002"), None);
    }
}
