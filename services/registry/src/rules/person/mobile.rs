//! Mobile numbers 手机号码. Prefixes of operators change, so none is asked for.

use std::fmt;

use unionhall_kit::{fault::Reason, text, vault};
use zeroize::Zeroizing;

use crate::rules::{Refusal, reasons};

/// Digits of a number of the mainland.
const MAINLAND: usize = 11;
/// Digits of a number of a device (物联网), which nobody answers.
const MACHINE: usize = 13;
/// Digits of a number with its country code (E.164), fewest and most.
const INTERNATIONAL: std::ops::RangeInclusive<usize> = 7..=15;

/// A mobile number: 11 digits of the mainland, or `+` with country code and digits (E.164) of Hong
/// Kong, Macao, Taiwan or abroad. It has no `Serialize`: only the vault may write it down.
#[derive(Clone, PartialEq, Eq)]
pub struct Mobile(Zeroizing<String>);

/// Why a text is no mobile number. Nothing here repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MobileFault {
    /// A character that no number has; its position from 1.
    #[error("what stands at position {0} cannot stand in a number")]
    Character(usize),
    /// 11 digits that no mobile number of the mainland begins with, or another count.
    #[error(
        "a number of the mainland has 11 digits and begins with 13 to 19; one of elsewhere begins with + and its country code"
    )]
    Form,
    /// 13 digits of a device.
    #[error("13 digits are the number of a device, which nobody answers")]
    Machine,
    /// A telephone of the mainland that stands in one place.
    #[error("it is the number of a fixed telephone")]
    Fixed,
    /// `+` with too few or too many digits.
    #[error("after + stand the country code and the number, 7 to 15 digits together")]
    International,
}

impl Mobile {
    /// Reads a number as people write it: full width, spaces, hyphens and brackets are mended, and
    /// +86, 0086 or 86 before a number of the mainland is left out.
    pub fn parse(given: &str) -> Result<Self, MobileFault> {
        let mut number = Zeroizing::new(String::with_capacity(given.len()));
        for (at, c) in given.trim().chars().map(text::half_width_char).enumerate() {
            match c {
                '0'..='9' => number.push(c),
                '+' if number.is_empty() => number.push(c),
                '-' | '(' | ')' => {}
                _ if c.is_whitespace() => {}
                _ => return Err(MobileFault::Character(at + 1)),
            }
        }
        let abroad = number.strip_prefix('+').or_else(|| number.strip_prefix("00"));
        let home = match abroad {
            Some(digits) => digits.strip_prefix("86"),
            None if number.len() == MAINLAND + 2 => {
                number.strip_prefix("86").or(Some(number.as_str()))
            }
            None => Some(number.as_str()),
        };
        match (home, abroad) {
            (Some(digits), _) => mainland(digits),
            (None, Some(digits)) => international(digits),
            (None, None) => Err(MobileFault::Form),
        }
    }

    /// The number, for the vault and a reveal alone: 11 digits, or `+` and digits.
    pub fn number(&self) -> &str {
        &self.0
    }

    /// Whether it is a number of the mainland.
    pub fn is_mainland(&self) -> bool {
        !self.0.starts_with('+')
    }

    /// The number with its middle hidden.
    pub fn masked(&self) -> String {
        vault::masked(&self.0, 3, 2)
    }

    /// What the blind index of mobile numbers is filed under; contacts of unions are in it too.
    pub const INDEX_KIND: &'static str = "mobile";
}

fn mainland(digits: &str) -> Result<Mobile, MobileFault> {
    match digits.as_bytes() {
        [b'1', b'3'..=b'9', ..] if digits.len() == MAINLAND => Ok(Mobile(owned("", digits))),
        [b'1', ..] if digits.len() == MACHINE => Err(MobileFault::Machine),
        [b'0', ..] => Err(MobileFault::Fixed),
        _ => Err(MobileFault::Form),
    }
}

fn international(digits: &str) -> Result<Mobile, MobileFault> {
    let fits = INTERNATIONAL.contains(&digits.len()) && !digits.starts_with('0');
    if fits { Ok(Mobile(owned("+", digits))) } else { Err(MobileFault::International) }
}

/// In one piece, so that nothing else is to be wiped.
fn owned(sign: &str, digits: &str) -> Zeroizing<String> {
    let mut number = Zeroizing::new(String::with_capacity(sign.len() + digits.len()));
    number.push_str(sign);
    number.push_str(digits);
    number
}

/// Not even masked: what is debugged gets into logs.
impl fmt::Debug for Mobile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Mobile")
    }
}

impl Refusal for MobileFault {
    fn reason(&self) -> &'static Reason {
        &reasons::MOBILE_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let zh = match self {
            Self::Character(at) => format!("第{at}位字符不合规"),
            Self::Form => {
                "内地号码应为11位且以13至19开头，其他号码应以+和国家或地区代码开头".to_owned()
            }
            Self::Machine => "13位号码为物联网号码".to_owned(),
            Self::Fixed => "这是固定电话号码".to_owned(),
            Self::International => "+之后应为国家或地区代码和号码，共7至15位数字".to_owned(),
        };
        vec![("problem", self.to_string()), ("problem_zh", zh)]
    }
}

#[cfg(test)]
mod tests;
