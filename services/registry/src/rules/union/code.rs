//! The unified social credit code of a union: registration authority 8, the unions' own.

use std::fmt;

use serde::{Deserialize, Serialize};
use unionhall_kit::fault::Reason;

use crate::rules::{Refusal, credit_code::CreditCode, reasons};

/// A union's own credit code 工会统一社会信用代码: it begins with 81 for a basic union and with 89
/// for another (GB 32100-2015).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "CreditCode", into = "CreditCode")]
pub struct UnionCode(CreditCode);

/// A right code, but not of a union.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} does not begin with 81 or 89")]
pub struct NotAUnionCode(CreditCode);

impl UnionCode {
    /// The text of the code.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The category of the registration authority: 1 for a basic union, 9 for another.
    pub fn category(&self) -> Option<char> {
        self.as_str().chars().nth(1)
    }
}

impl TryFrom<CreditCode> for UnionCode {
    type Error = NotAUnionCode;

    fn try_from(code: CreditCode) -> Result<Self, Self::Error> {
        let of_unions = ["81", "89"].iter().any(|begin| code.as_str().starts_with(begin));
        if of_unions { Ok(Self(code)) } else { Err(NotAUnionCode(code)) }
    }
}

impl From<UnionCode> for CreditCode {
    fn from(code: UnionCode) -> Self {
        code.0
    }
}

impl fmt::Display for UnionCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl Refusal for NotAUnionCode {
    fn reason(&self) -> &'static Reason {
        &reasons::UNION_CODE_CATEGORY
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        vec![("code", self.0.to_string())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_of_the_unions_own_authority_are_taken() {
        let union = |text| UnionCode::try_from(CreditCode::parse(text).unwrap());
        assert_eq!(union("81110102T0000001XK").unwrap().category(), Some('1'));
        assert_eq!(union("89110102T0000001XT").unwrap().category(), Some('9'));
        assert!(union("91110102T0000001XJ").is_err(), "an enterprise's code");
    }
}
