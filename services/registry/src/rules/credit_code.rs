//! Unified social credit code 统一社会信用代码 (GB 32100-2015).
//!
//! The division inside the code is that of the registering authority: an employer in one district
//! may carry another district's, so a place is never derived from the code.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use unionhall_kit::{civil::CivilDate, fault::Reason};

use super::{
    Refusal,
    organisation_code::{OrganisationCode, check_character, compact},
    reasons,
};

const LENGTH: usize = 18;
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/// `3^(i-1) mod 31`.
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// Registering authorities and their categories. A pair outside the table is a matter of quality,
/// not of form: published tables differ in their later rows.
const AUTHORITIES: [(char, &str); 12] = [
    ('1', "1239"),   // 机构编制: organ, public institution, mass organisation, other
    ('2', "19"),     // 外交
    ('3', "123459"), // 司法行政
    ('4', "19"),     // 文化
    ('5', "1239"),   // 民政
    ('6', "129"),    // 旅游
    ('7', "129"),    // 宗教
    ('8', "19"),     // 工会: basic union, other
    ('9', "1239"),   // 市场监管: enterprise, individual business, cooperative, other
    ('A', "19"),     // 中央军委
    ('N', "1239"),   // 农业
    ('Y', "1"),      // 其他
];

/// The authority that registers unions; an employer's code never begins with it.
pub const UNION_AUTHORITY: char = '8';

/// The day from which credit codes were given (2015-10-01); before it the organisation code
/// identifies.
pub fn first_day() -> CivilDate {
    // A date of the calendar, so it exists.
    #[allow(clippy::expect_used)]
    CivilDate::new(2015, 10, 1).expect("a constant date")
}

/// An 18-character code whose two check characters are right; stored in upper case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CreditCode(String);

/// Why a text is no credit code. Positions count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeFault {
    /// Not 18 characters; the number found.
    #[error("{0} characters instead of 18")]
    Length(usize),
    /// A character outside the alphabet.
    #[error("'{1}' cannot stand at position {0} (I, O, S, V and Z are never used)")]
    Alphabet(usize, char),
    /// A position of the division (3 to 8) that is not a digit.
    #[error("position {0} belongs to the division and must be a digit")]
    Division(usize),
    /// The first character names no authority.
    #[error("no registering authority has the code '{0}'")]
    Authority(char),
    /// Position 17, the check of the organisation code, is wrong.
    #[error("the check character at position 17 does not fit")]
    InnerCheck,
    /// Position 18, the check of the whole, is wrong.
    #[error("the check character at position 18 does not fit")]
    OuterCheck,
    /// Positions 17 and 18 are both wrong.
    #[error("the check characters at positions 17 and 18 do not fit")]
    BothChecks,
}

impl CreditCode {
    /// Reads a code as people write it: full width, lower case and stray spaces are mended.
    pub fn parse(given: &str) -> Result<Self, CreditCodeFault> {
        let code = compact(given);
        let length = code.chars().count();
        if length != LENGTH {
            return Err(CreditCodeFault::Length(length));
        }
        check_characters(&code)?;
        let inner = check_character(&code[8..16]) == code[16..].chars().next();
        let outer = outer_check(&code[..17]) == code[17..].chars().next();
        match (inner, outer) {
            (true, true) => Ok(Self(code)),
            (false, true) => Err(CreditCodeFault::InnerCheck),
            (true, false) => Err(CreditCodeFault::OuterCheck),
            (false, false) => Err(CreditCodeFault::BothChecks),
        }
    }

    /// The code of these parts with both check characters computed: an authority, a category, a
    /// division of six digits and a body of eight characters.
    pub fn compose(
        authority: char,
        category: char,
        division: &str,
        body: &str,
    ) -> Result<Self, CreditCodeFault> {
        let mut code = format!("{authority}{category}{division}{body}");
        let length = code.chars().count();
        if length != LENGTH - 2 || division.chars().count() != 6 {
            return Err(CreditCodeFault::Length(length + 2));
        }
        check_characters(&code)?;
        // The characters were checked, so both checks exist; position 17 keeps to the alphabet
        // because it is a digit or X.
        code.extend(check_character(&code[8..16]));
        code.extend(outer_check(&code));
        Self::parse(&code)
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The registering authority 登记管理部门, position 1.
    pub fn authority(&self) -> char {
        char::from(self.0.as_bytes()[0])
    }

    /// The category within the authority 机构类别, position 2.
    pub fn category(&self) -> char {
        char::from(self.0.as_bytes()[1])
    }

    /// The division of the registering authority, positions 3 to 8; not the employer's place.
    pub fn division(&self) -> &str {
        &self.0[2..8]
    }

    /// The organisation code of the same body, positions 9 to 17.
    pub fn organisation_code(&self) -> OrganisationCode {
        // Its check character was verified with the code's.
        #[allow(clippy::expect_used)]
        OrganisationCode::parse(&self.0[8..17]).expect("verified when the code was made")
    }

    /// Whether the table of GB 32100-2015 has this authority with this category.
    pub fn category_is_known(&self) -> bool {
        categories(self.authority()).is_some_and(|known| known.contains(self.category()))
    }
}

fn categories(authority: char) -> Option<&'static str> {
    AUTHORITIES.iter().find(|(known, _)| *known == authority).map(|(_, categories)| *categories)
}

fn check_characters(code: &str) -> Result<(), CreditCodeFault> {
    for (at, character) in code.chars().enumerate() {
        if (2..8).contains(&at) {
            if !character.is_ascii_digit() {
                return Err(CreditCodeFault::Division(at + 1));
            }
        } else if !ALPHABET.contains(character) {
            return Err(CreditCodeFault::Alphabet(at + 1, character));
        }
    }
    match code.chars().next() {
        Some(authority) if categories(authority).is_none() => {
            Err(CreditCodeFault::Authority(authority))
        }
        _ => Ok(()),
    }
}

/// The outer `mod 31` matters: a sum that is a multiple of 31 has the check `0`.
fn outer_check(body: &str) -> Option<char> {
    let mut sum = 0;
    for (character, weight) in body.chars().zip(WEIGHTS) {
        sum += ALPHABET.find(character)? * weight;
    }
    ALPHABET.chars().nth((31 - sum % 31) % 31)
}

impl fmt::Display for CreditCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for CreditCode {
    type Err = CreditCodeFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for CreditCode {
    type Error = CreditCodeFault;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<CreditCode> for String {
    fn from(code: CreditCode) -> Self {
        code.0
    }
}

impl Refusal for CreditCodeFault {
    fn reason(&self) -> &'static Reason {
        &reasons::CREDIT_CODE_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let zh = match self {
            Self::Length(found) => format!("应为18位，实为{found}位"),
            Self::Alphabet(at, character) => {
                format!("第{at}位“{character}”不合规（不使用I、O、S、V、Z）")
            }
            Self::Division(at) => format!("第{at}位属登记机关行政区划码，应为数字"),
            Self::Authority(authority) => format!("登记管理部门代码“{authority}”不存在"),
            Self::InnerCheck => "第17位校验位不符".to_owned(),
            Self::OuterCheck => "第18位校验位不符".to_owned(),
            Self::BothChecks => "第17、18位校验位均不符".to_owned(),
        };
        vec![("problem", self.to_string()), ("problem_zh", zh)]
    }
}

#[cfg(test)]
mod tests;
