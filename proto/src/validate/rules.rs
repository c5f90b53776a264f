//! The rules that generated code hands to the report.

use std::{borrow::Cow, sync::LazyLock};

use regex::Regex;

use crate::text;

/// What a text must be. Lengths are characters.
#[derive(Clone, Copy)]
pub struct Text {
    /// It must not be empty.
    pub required: bool,
    /// An empty text is not looked at.
    pub skip_empty: bool,
    /// Fewest characters.
    pub min: usize,
    /// Most characters.
    pub max: usize,
    /// A pattern that it must match.
    pub pattern: Option<&'static LazyLock<Regex>>,
    /// It must be a UUID in its 36-character form.
    pub uuid: bool,
}

impl Text {
    /// Any text without forbidden characters.
    pub const ANY: Self = Self {
        required: false,
        skip_empty: false,
        min: 0,
        max: usize::MAX,
        pattern: None,
        uuid: false,
    };

    /// What is wrong with `value`; the first fault only.
    pub(super) fn fault(&self, value: &str) -> Option<Cow<'static, str>> {
        if value.is_empty() {
            if self.required {
                return Some("is required; give it a value".into());
            }
            if self.skip_empty {
                return None;
            }
        }
        if let Some(c) = text::forbidden(value) {
            return Some(format!("has the character U+{:04X}; remove it", u32::from(c)).into());
        }
        self.length_fault(value).or_else(|| self.form_fault(value))
    }

    fn length_fault(&self, value: &str) -> Option<Cow<'static, str>> {
        // A text never has more characters than bytes, so most are measured without a count.
        if self.min == 0 && value.len() <= self.max {
            return None;
        }
        let length = value.chars().count();
        if length < self.min {
            return Some(format!("has {length} characters; it needs at least {}", self.min).into());
        }
        (length > self.max)
            .then(|| format!("has {length} characters; at most {} are allowed", self.max).into())
    }

    fn form_fault(&self, value: &str) -> Option<Cow<'static, str>> {
        if self.uuid && !is_uuid(value) {
            return Some("must be a UUID such as 0190163d-8694-739b-aea5-966c26f8ad91".into());
        }
        let pattern = self.pattern.filter(|pattern| !pattern.is_match(value))?;
        Some(format!("must match {}", pattern.as_str()).into())
    }
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// An inclusive range of whole numbers, elements, bytes or seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The least.
    pub min: i64,
    /// The most.
    pub max: i64,
}

impl Bounds {
    /// Every number.
    pub const ANY: Self = Self { min: i64::MIN, max: i64::MAX };

    /// What is wrong with `value`, counted in `unit`.
    pub(super) fn fault(self, value: i64, unit: &str) -> Option<String> {
        if value < self.min {
            return Some(format!("is {value}{unit}; the least is {}", self.min));
        }
        (value > self.max).then(|| format!("is {value}{unit}; the most is {}", self.max))
    }
}

/// A pattern of the contract.
#[allow(clippy::expect_used)] // The build script compiled the same pattern.
pub(crate) fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the build script compiled the pattern")
}
