//! Names of persons 姓名, brought into one form.

use std::fmt;

use serde::{Deserialize, Serialize};
use unionhall_kit::{fault::Reason, text};

use crate::rules::{Refusal, reasons};

/// The most characters of a name.
const MAX_CHARS: usize = 60;
/// 间隔号, between the parts of a name.
const MIDDLE_DOT: char = '\u{B7}';
/// What is typed for it: ‧ • ・ ･ ∙ ⋅ ．, the last one full stop in a Latin name.
const DOTS: [char; 6] = ['\u{2027}', '\u{2022}', '\u{30FB}', '\u{FF65}', '\u{2219}', '\u{22C5}'];
const WIDE_STOP: char = '\u{FF0E}';

/// The name of a person: 1 to 60 characters in NFC, Chinese with rare characters or in any other
/// script.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

/// Why a text is no name of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersonNameFault {
    /// Empty, or too many characters.
    #[error("it has {0} characters, a name has 1 to 60")]
    Length(usize),
    /// A digit, control character, private character or mark; its position from 1.
    #[error(
        "what stands at position {0} cannot stand in a name; a rare character is typed as in Unicode, not as a sign of one font"
    )]
    Character(usize),
    /// It begins or ends with something that is no letter.
    #[error("it begins or ends with a mark")]
    Edge,
}

impl PersonName {
    /// Reads a name. Middle dots of every kind become `·`; white space within a Chinese name or
    /// beside a middle dot goes, elsewhere it becomes one space; full-width letters become narrow.
    pub fn parse(given: &str) -> Result<Self, PersonNameFault> {
        let name = spaced(&dotted(&text::normalised(given)));
        let length = name.chars().count();
        if !(1..=MAX_CHARS).contains(&length) {
            return Err(PersonNameFault::Length(length));
        }
        let stands =
            |c: char| c.is_alphabetic() || matches!(c, ' ' | MIDDLE_DOT | '-' | '\'' | '.' | ',');
        if let Some(at) =
            name.chars().position(|c| !stands(c) || text::has_forbidden(c.encode_utf8(&mut [0; 4])))
        {
            return Err(PersonNameFault::Character(at + 1));
        }
        let ends = |c: char| c.is_alphabetic() || c == '.';
        if !name.starts_with(char::is_alphabetic) || !name.ends_with(ends) {
            return Err(PersonNameFault::Edge);
        }
        Ok(Self(name))
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One middle dot for all, narrow letters, straight apostrophes.
fn dotted(name: &str) -> String {
    let mut before = ' ';
    let one = |c: char| {
        let mended = match c {
            WIDE_STOP if is_han(before) => MIDDLE_DOT,
            '\u{2019}' | '\u{2018}' => '\'',
            dot if DOTS.contains(&dot) => MIDDLE_DOT,
            _ => text::half_width_char(c),
        };
        before = mended;
        mended
    };
    name.chars().map(one).collect()
}

/// Single spaces, and none where Chinese names have none: spreadsheets pad names of two characters.
fn spaced(name: &str) -> String {
    let mut spaced = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        let (left, right) = (spaced.chars().next_back(), word.chars().next());
        if let (Some(left), Some(right)) = (left, right) {
            let joins = |c: char| is_han(c) || c == MIDDLE_DOT;
            let closed = (joins(left) && joins(right)) || left == MIDDLE_DOT || right == MIDDLE_DOT;
            if !closed {
                spaced.push(' ');
            }
        }
        spaced.push_str(word);
    }
    spaced
}

/// A Chinese character, extensions A to I and the compatibility forms included.
fn is_han(c: char) -> bool {
    matches!(u32::from(c),
        0x3007 | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x323AF)
}

/// A name gets into no log.
impl fmt::Debug for PersonName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PersonName")
    }
}

impl TryFrom<String> for PersonName {
    type Error = PersonNameFault;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

impl Refusal for PersonNameFault {
    fn reason(&self) -> &'static Reason {
        &reasons::PERSON_NAME_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let zh = match self {
            Self::Length(found) => format!("应为1至60个字符，实为{found}个"),
            Self::Character(at) => {
                format!("第{at}个字符不能用于姓名；生僻字应使用 Unicode 汉字，不用造字")
            }
            Self::Edge => "首尾不能是标点".to_owned(),
        };
        vec![("problem", self.to_string()), ("problem_zh", zh)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_one_form_of_its_text() {
        for (given, stored) in [
            ("某某", "某某"),
            (" 某\u{3000}某 ", "某某"),
            ("某  某 某", "某某某"),
            ("𠮷 某", "𠮷某"),
            ("𠮷．某", "𠮷·某"),
            ("甲〇乙", "甲〇乙"),
            ("甲\u{3400}乙\u{20000}", "甲\u{3400}乙\u{20000}"),
            ("阿某·买某", "阿某·买某"),
            ("阿某‧买某", "阿某·买某"),
            ("阿某•买某", "阿某·买某"),
            ("阿某・买某", "阿某·买某"),
            ("阿某･买某", "阿某·买某"),
            ("阿某．买某", "阿某·买某"),
            ("阿某 · 买某", "阿某·买某"),
            ("阿某\u{387}买某", "阿某·买某"),
            ("Jane  Doe", "Jane Doe"),
            ("Ｊａｎｅ Ｄｏｅ", "Jane Doe"),
            ("J．Doe Jr.", "J.Doe Jr."),
            ("O\u{2019}Doe-Roe", "O'Doe-Roe"),
            ("DOE, JANE", "DOE, JANE"),
            ("Rene\u{301}", "René"),
            ("A·某", "A·某"),
        ] {
            let name = PersonName::parse(given).unwrap_or_else(|fault| panic!("{given}: {fault}"));
            assert_eq!(name.as_str(), stored, "{given}");
        }
        assert!(PersonName::parse(&"某".repeat(60)).is_ok());
    }

    #[test]
    fn each_fault_is_told_apart() {
        use PersonNameFault::{Character, Edge, Length};
        let long = "某".repeat(61);
        for (given, fault) in [
            ("", Length(0)),
            (" \u{3000}", Length(0)),
            (long.as_str(), Length(61)),
            ("某某1", Character(3)),
            ("某１某", Character(2)),
            ("某\u{0}某", Character(2)),
            ("某\u{202E}某", Character(2)),
            ("某\u{E000}", Character(2)),
            ("某😀", Character(2)),
            ("某某(大)", Character(3)),
            ("某/某", Character(2)),
            ("某@某", Character(2)),
            ("·某某", Edge),
            ("某某·", Edge),
            ("-", Edge),
        ] {
            assert_eq!(PersonName::parse(given), Err(fault), "{given:?}");
            let refusal = fault.to_fault();
            assert!(!refusal.english().contains('{') && !refusal.chinese().contains('{'));
        }
    }

    #[test]
    fn a_name_is_not_debugged() {
        assert_eq!(format!("{:?}", PersonName::parse("某某").unwrap()), "PersonName");
    }

    proptest! {
        #[test]
        fn a_name_read_twice_is_the_same(text in "[\u{4E00}-\u{4E20}A-Za-zé·•．. '’-]{1,20}") {
            if let Ok(name) = PersonName::parse(&text) {
                prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name.clone()));
                let json = serde_json::to_string(&name).unwrap();
                prop_assert_eq!(serde_json::from_str::<PersonName>(&json).unwrap(), name);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,64}") {
            let _ = PersonName::parse(&text);
        }
    }
}
