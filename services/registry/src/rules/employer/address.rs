//! Where an employer is, and how it is reached.

use unionhall_kit::{fault::Reason, text};

use crate::rules::{Refusal, area::AreaPath, reasons};

/// The most characters of street and number.
pub const MAX_LINE_CHARS: usize = 200;
/// The most characters of a telephone number.
pub const MAX_PHONE_CHARS: usize = 30;

/// A place, and street and number in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    area: AreaPath,
    line: String,
}

/// A text is too long or has forbidden characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} has at most {limit} characters, none of them forbidden")]
pub struct TextFault {
    field: &'static str,
    limit: usize,
}

impl Address {
    /// An address; street and number in NFC, 0 to 200 characters.
    pub fn new(area: AreaPath, line: &str) -> Result<Self, TextFault> {
        let line = text::normalised(line);
        let fits = line.chars().count() <= MAX_LINE_CHARS && !text::has_forbidden(&line);
        let fault = TextFault { field: "address", limit: MAX_LINE_CHARS };
        if fits { Ok(Self { area, line }) } else { Err(fault) }
    }

    /// The place.
    pub fn area(&self) -> &AreaPath {
        &self.area
    }

    /// Street and number; may be empty.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The same street and number in another area, for a structural change.
    #[must_use]
    pub fn relocated(&self, area: AreaPath) -> Self {
        Self { area, line: self.line.clone() }
    }
}

/// A telephone number of the office: 1 to 30 characters of digits, `+`, `-` and spaces.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// Reads a number, full width or not.
    pub fn parse(given: &str) -> Result<Self, TextFault> {
        let number = text::half_width(given).trim().to_owned();
        let allowed = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ');
        let fits = (1..=MAX_PHONE_CHARS).contains(&number.len()) && number.chars().all(allowed);
        let fault = TextFault { field: "phone", limit: MAX_PHONE_CHARS };
        if fits { Ok(Self(number)) } else { Err(fault) }
    }

    /// The number as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits without the country code of China and the trunk zero: what is compared.
    pub fn digits(&self) -> String {
        let digits: String = self.0.chars().filter(char::is_ascii_digit).collect();
        let national = if self.0.starts_with('+') || digits.starts_with("0086") {
            let digits = digits.trim_start_matches('0');
            digits.strip_prefix("86").unwrap_or(digits).to_owned()
        } else {
            digits
        };
        national.trim_start_matches('0').to_owned()
    }
}

impl Refusal for TextFault {
    fn reason(&self) -> &'static Reason {
        &reasons::EMPLOYER_TEXT_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        vec![("field", self.field.to_owned()), ("limit", self.limit.to_string())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_comparison_form() {
        for given in
            ["010-8888 1234", "+86 10 88881234", "0086-10-88881234", "０１０８８８８１２３４"]
        {
            assert_eq!(Phone::parse(given).unwrap().digits(), "1088881234", "{given}");
        }
        assert_ne!(Phone::parse("86001234").unwrap().digits(), "001234");
    }

    #[test]
    fn long_or_hostile_texts_are_refused() {
        let area = AreaPath::parse("110102010001").unwrap();
        assert!(Address::new(area.clone(), &"街".repeat(200)).is_ok());
        assert!(Address::new(area.clone(), &"街".repeat(201)).is_err());
        assert!(Address::new(area, "a\u{0}").is_err());
        for given in ["", "电话", "1;drop", &"1".repeat(31)] {
            assert!(Phone::parse(given).is_err(), "{given}");
        }
    }
}
