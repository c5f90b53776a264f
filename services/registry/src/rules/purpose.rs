//! What protected values are needed for 理由: words that stay in the audit for ever, so they tell no
//! number of a person.

use std::fmt;

use unionhall_kit::{
    fault::Reason,
    text::{half_width, has_forbidden, normalised},
};

use super::{Refusal, reasons};

/// The fewest and the most characters.
const MIN_CHARS: usize = 4;
const MAX_CHARS: usize = 200;
/// So many digits may be a number of a person; a day written as digits has eight.
const DIGITS: usize = 9;
/// So many behind a letter, as on passports and permits.
const DIGITS_BEHIND_LETTER: usize = 8;

/// A reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose(String);

/// Why a text is no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PurposeFault {
    /// Too few or too many characters.
    #[error("it has {0} characters, a reason has {MIN_CHARS} to {MAX_CHARS}")]
    Length(usize),
    /// Characters that no sentence needs.
    #[error("it has characters that no sentence needs")]
    Character,
    /// What may be the number of a document or a telephone.
    #[error("it may tell a number of a person, and it is kept for ever; name the record instead")]
    Number,
}

impl Purpose {
    /// Reads a reason; white space around it is cut.
    pub fn parse(given: &str) -> Result<Self, PurposeFault> {
        let purpose = normalised(given);
        let length = purpose.chars().count();
        if !(MIN_CHARS..=MAX_CHARS).contains(&length) {
            return Err(PurposeFault::Length(length));
        }
        if has_forbidden(&purpose) {
            return Err(PurposeFault::Character);
        }
        if tells_number(&purpose) { Err(PurposeFault::Number) } else { Ok(Self(purpose)) }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Whether a text holds what may be the number of a person, in whatever way it is spaced. The id in a
/// resource name is none.
pub fn tells_number(text: &str) -> bool {
    let plain = half_width(text);
    let joined: String = plain.split_whitespace().map(without_id).collect();
    let (mut digits, mut letter_before, mut before) = (0, false, ' ');
    for c in joined.chars().filter(|c| *c != '-') {
        if c.is_ascii_digit() {
            if digits == 0 {
                letter_before = before.is_ascii_alphabetic();
            }
            digits += 1;
            if digits >= DIGITS || (letter_before && digits >= DIGITS_BEHIND_LETTER) {
                return true;
            }
        } else {
            digits = 0;
        }
        before = c;
    }
    false
}

/// A word without the UUID at its end.
pub(super) fn without_id(word: &str) -> &str {
    let (before, id) = word.rsplit_once('/').unwrap_or(("", word));
    let id = id.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
    if uuid::Uuid::try_parse(id).is_ok() { before } else { word }
}

impl Refusal for PurposeFault {
    fn reason(&self) -> &'static Reason {
        &reasons::PURPOSE_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let zh = match self {
            Self::Length(length) => {
                format!("共{length}个字符，理由应为{MIN_CHARS}至{MAX_CHARS}个字符")
            }
            Self::Character => "含有不应出现的字符".to_owned(),
            Self::Number => "可能含有个人号码，而理由将长期保存，请改用记录名称".to_owned(),
        };
        vec![("problem", self.to_string()), ("problem_zh", zh)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_sentence() {
        assert_eq!(Purpose::parse(" 核对入会申请 ").unwrap().to_string(), "核对入会申请");
        assert_eq!(Purpose::parse("核对"), Err(PurposeFault::Length(2)));
        assert_eq!(Purpose::parse(&"核".repeat(201)), Err(PurposeFault::Length(201)));
        assert_eq!(Purpose::parse("核对申请\u{202E}"), Err(PurposeFault::Character));
    }

    #[test]
    fn no_number_of_a_person_gets_in() {
        for told in [
            "核对110102188808080017",
            "回拨１３８００００００００",
            "回拨 138 0000 0000 核实",
            "回拨 138-0000-0000",
            "护照E00000001核对",
            "港澳证 H12345678",
            "13800000000/01234567-0123-7123-8123-012345678901",
        ] {
            assert_eq!(Purpose::parse(told), Err(PurposeFault::Number), "{told}");
        }
        for fine in [
            "依据西工发〔2014〕5号核对",
            "2014-02-27来访本人要求",
            "20140227 来访本人要求",
            "与 members/01234567-0123-7123-8123-012345678901 合并",
            "与members/01234567-0123-7123-8123-012345678901， 合并",
        ] {
            assert!(Purpose::parse(fine).is_ok(), "{fine}");
        }
    }
}
