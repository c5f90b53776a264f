//! Names of areas and employers, brought into one form.

use std::fmt;

use serde::{Deserialize, Serialize};
use unionhall_kit::{fault::Reason, text};

use super::{Refusal, reasons};

/// The most characters of an employer's name, and of any other.
pub const MAX_CHARS: usize = 120;
/// The most characters of an area's name.
pub const MAX_AREA_CHARS: usize = 60;

/// A name 名称 of 1 to 120 characters in NFC, with single spaces inside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// The text is no name; the most characters that it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {0} characters, none of them forbidden")]
pub struct NameFault(pub usize);

impl Name {
    /// Reads a name; runs of white space become one space.
    pub fn parse(given: &str) -> Result<Self, NameFault> {
        Self::parse_within(given, MAX_CHARS)
    }

    /// Reads the name of an area, which has at most 60 characters.
    pub fn parse_area(given: &str) -> Result<Self, NameFault> {
        Self::parse_within(given, MAX_AREA_CHARS)
    }

    fn parse_within(given: &str, limit: usize) -> Result<Self, NameFault> {
        let name = text::normalised(given).split_whitespace().collect::<Vec<_>>().join(" ");
        let fits = !name.is_empty() && name.chars().count() <= limit;
        if fits && !text::has_forbidden(&name) { Ok(Self(name)) } else { Err(NameFault(limit)) }
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for Name {
    type Error = NameFault;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl Refusal for NameFault {
    fn reason(&self) -> &'static Reason {
        &reasons::NAME_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        vec![("limit", self.0.to_string())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_form_of_its_text() {
        assert_eq!(Name::parse("  北京  某某\u{3000}公司 ").unwrap().as_str(), "北京 某某 公司");
        assert!(Name::parse(&"名".repeat(120)).is_ok());
    }

    #[test]
    fn empty_long_and_hostile_names_are_refused() {
        for given in ["", " \u{3000}", "a\u{202E}b", "😀公司", &"名".repeat(121)] {
            assert_eq!(Name::parse(given), Err(NameFault(120)), "{given:?}");
        }
        assert_eq!(Name::parse_area(&"名".repeat(61)), Err(NameFault(60)));
    }
}
