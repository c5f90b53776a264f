//! Official division codes 行政区划代码 (GB/T 2260; statistical codes below the district).
//!
//! They arrive after the change that they describe, and one code has covered different territory
//! in different years, so a code is a dated attribute with its edition, never an identity.

use std::fmt;

use serde::{Deserialize, Serialize};
use unionhall_kit::{fault::Reason, text};

use super::AreaLevel;
use crate::rules::{Refusal, reasons};

/// The groups of a full code and where each ends: province, prefecture, district, sub-district,
/// community.
const ENDS: [usize; 5] = [2, 4, 6, 9, 12];

/// An official code without the groups of zeros at its end: `110102000000` is `110102`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OfficialCode(String);

/// The text is no official code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no official code")]
pub struct OfficialCodeFault(pub String);

impl OfficialCode {
    /// Reads a code of 2, 4, 6, 9 or 12 digits, full width or not. A group of zeros inside stays:
    /// cities without districts have sub-districts below `00`.
    pub fn parse(given: &str) -> Result<Self, OfficialCodeFault> {
        let code = text::half_width(given.trim());
        let digits = code.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !ENDS.contains(&code.len()) || code.starts_with('0') {
            return Err(OfficialCodeFault(given.chars().take(24).collect()));
        }
        let mut significant = code.len();
        for pair in ENDS.windows(2).rev().filter(|pair| pair[1] <= code.len()) {
            if code[pair[0]..pair[1]].bytes().any(|byte| byte != b'0') {
                break;
            }
            significant = pair[0];
        }
        Ok(Self(code[..significant].to_owned()))
    }

    /// The significant digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The level that the significant digits reach.
    pub fn level(&self) -> AreaLevel {
        // `parse` cuts at the ends of groups only.
        AreaLevel::of_length(self.0.len()).unwrap_or(AreaLevel::Community)
    }

    /// All twelve digits, as statistics print them.
    pub fn twelve_digits(&self) -> String {
        format!("{:0<12}", self.0)
    }
}

impl fmt::Display for OfficialCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for OfficialCode {
    type Error = OfficialCodeFault;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<OfficialCode> for String {
    fn from(code: OfficialCode) -> Self {
        code.0
    }
}

impl Refusal for OfficialCodeFault {
    fn reason(&self) -> &'static Reason {
        &reasons::OFFICIAL_CODE_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        vec![("code", self.0.clone())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_at_the_end_are_no_part_of_the_code() {
        for (given, stored, level) in [
            ("110000", "11", AreaLevel::Province),
            ("110100", "1101", AreaLevel::Prefecture),
            ("110102", "110102", AreaLevel::District),
            ("110102000000", "110102", AreaLevel::District),
            ("110102010000", "110102010", AreaLevel::Subdistrict),
            ("110102010", "110102010", AreaLevel::Subdistrict),
            ("１１０１０２０１０００１", "110102010001", AreaLevel::Community),
            ("120000", "12", AreaLevel::Province),
            ("441900003000", "441900003", AreaLevel::Subdistrict),
        ] {
            let code = OfficialCode::parse(given).unwrap();
            assert_eq!((code.as_str(), code.level()), (stored, level), "{given}");
        }
        assert_eq!(OfficialCode::parse("110102").unwrap().twelve_digits(), "110102000000");
    }

    #[test]
    fn other_texts_are_refused() {
        for given in ["", "0", "000000", "011010", "11010", "11O102", "1101020100011"] {
            assert!(OfficialCode::parse(given).is_err(), "{given}");
        }
    }
}
