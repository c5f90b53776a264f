//! How long a document is valid 有效期限 (Resident Identity Card Law art. 5: 5, 10 or 20 years or
//! long-term, by the age of the holder).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use unionhall_kit::{civil::CivilDate, fault::Reason, sheet::written_day, text};

use super::{consistency::age_on, document::DocumentKind};
use crate::rules::{Refusal, reasons};

/// How spreadsheets write "long-term"; a day of the year 9999 means it too.
const LONG_TERM: [&str; 6] = ["长期", "长期有效", "永久", "永久有效", "LONG_TERM", "LONG-TERM"];
const NO_END: i32 = 9999;
/// What stands between the two days of a period in one cell.
const BETWEEN: [char; 8] = ['至', '到', '~', '-', '–', '—', '－', '～'];

/// Until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Until {
    /// The last day on which the document is valid, as it is printed.
    Day(CivilDate),
    /// 长期: for life.
    LongTerm,
}

/// The days on which a document is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Validity {
    from: Option<CivilDate>,
    until: Until,
}

/// How a document stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Before its first day.
    NotYet,
    /// On one of its days.
    Valid,
    /// After its last day.
    Expired,
}

/// Why a validity cannot be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValidityFault {
    /// The text is no day, period or "long-term".
    #[error("it is neither a day nor long-term (长期)")]
    Unreadable,
    /// It ends before it begins.
    #[error("it ends on {1}, before it begins on {0}")]
    Reversed(CivilDate, CivilDate),
}

/// What is unusual about a validity, without being wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValidityDoubt {
    /// It lasts for another time than such documents do.
    #[error(
        "such a document is valid for 5, 10 or 20 years or long-term, a residence permit for 5"
    )]
    Span,
    /// It lasts for another time than the law gives a holder of this age.
    #[error("a holder aged {0} on the first day gets another validity")]
    Age(u32),
}

impl Until {
    /// Reads a cell: a day in any usual writing, `长期` or a day of the year 9999.
    pub fn parse(given: &str) -> Result<Self, ValidityFault> {
        let word: String = text::half_width(given)
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_ascii_uppercase())
            .collect();
        if LONG_TERM.contains(&word.as_str()) {
            return Ok(Self::LongTerm);
        }
        let day = written_day(given).ok_or(ValidityFault::Unreadable)?;
        Ok(if day.year() == NO_END { Self::LongTerm } else { Self::Day(day) })
    }
}

/// As the parser reads it: `2034-08-08` or `长期`.
impl fmt::Display for Until {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => day.fmt(out),
            Self::LongTerm => out.write_str(LONG_TERM[0]),
        }
    }
}

impl Validity {
    /// The days from the first, where it is known, until the last.
    pub fn new(from: Option<CivilDate>, until: Until) -> Result<Self, ValidityFault> {
        match (from, until) {
            (Some(from), Until::Day(last)) if last < from => {
                Err(ValidityFault::Reversed(from, last))
            }
            _ => Ok(Self { from, until }),
        }
    }

    /// Reads a cell: the last day alone, or a period as it is printed, `2014.08.08-2034.08.08` or
    /// `20140808-长期`.
    pub fn parse(given: &str) -> Result<Self, ValidityFault> {
        if let Ok(until) = Until::parse(given) {
            return Self::new(None, until);
        }
        let given = given.trim();
        // Days have the marks of periods in them, so the place where both sides are days is sought.
        let halves = given
            .char_indices()
            .filter(|(_, c)| BETWEEN.contains(c))
            .map(|(at, c)| (written_day(&given[..at]), Until::parse(&given[at + c.len_utf8()..])));
        let read = halves.filter_map(|(from, until)| Some((from?, until.ok()?))).next();
        let (from, until) = read.ok_or(ValidityFault::Unreadable)?;
        Self::new(Some(from), until)
    }

    /// The first day, where it is known.
    pub fn from(self) -> Option<CivilDate> {
        self.from
    }

    /// Until when.
    pub fn until(self) -> Until {
        self.until
    }

    /// How the document stands on `day`. It still serves on its last day.
    pub fn standing_on(self, day: CivilDate) -> Standing {
        match (self.from, self.until) {
            (Some(from), _) if day < from => Standing::NotYet,
            (_, Until::Day(last)) if last < day => Standing::Expired,
            _ => Standing::Valid,
        }
    }

    /// Whether the document has expired by `day`.
    pub fn is_expired_on(self, day: CivilDate) -> bool {
        self.standing_on(day) == Standing::Expired
    }

    /// What to look at again. `birth` is the holder's birth date, where it is known.
    pub fn doubt(self, kind: DocumentKind, birth: Option<CivilDate>) -> Option<ValidityDoubt> {
        let from = self.from?;
        let lasts = |years| self.lasts(from, years);
        let usual: &[Option<u32>] = match kind {
            DocumentKind::ResidentId => &[Some(5), Some(10), Some(20), None],
            DocumentKind::ResidencePermit => &[Some(5)],
            _ => return None,
        };
        if !usual.iter().copied().any(lasts) {
            return Some(ValidityDoubt::Span);
        }
        if kind != DocumentKind::ResidentId {
            return None;
        }
        let age = age_on(birth?, from)?;
        let due = match age {
            0..16 => Some(5),
            16..26 => Some(10),
            26..46 => Some(20),
            _ => None,
        };
        (!lasts(due)).then_some(ValidityDoubt::Age(age))
    }

    /// Whether it lasts for so many years, or long-term; a 29 February may end on the day after.
    fn lasts(self, from: CivilDate, years: Option<u32>) -> bool {
        match (self.until, years) {
            (Until::LongTerm, None) => true,
            (Until::Day(last), Some(years)) => {
                let due = from.plus_years(years);
                last == due || (due.day() != from.day() && last == due.next())
            }
            _ => false,
        }
    }
}

impl fmt::Display for Validity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(from) = self.from {
            write!(out, "{from}至")?;
        }
        self.until.fmt(out)
    }
}

impl FromStr for Validity {
    type Err = ValidityFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Checked as it is written.
impl<'de> Deserialize<'de> for Validity {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Written {
            from: Option<CivilDate>,
            until: Until,
        }
        let Written { from, until } = Written::deserialize(from)?;
        Self::new(from, until).map_err(serde::de::Error::custom)
    }
}

impl Refusal for ValidityFault {
    fn reason(&self) -> &'static Reason {
        &reasons::DOCUMENT_VALIDITY_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let zh = match self {
            Self::Unreadable => "应为日期或“长期”".to_owned(),
            Self::Reversed(from, last) => format!("终止日期{last}早于起始日期{from}"),
        };
        vec![("problem", self.to_string()), ("problem_zh", zh)]
    }
}

impl ValidityDoubt {
    /// What is unusual, in Chinese.
    pub fn chinese(self) -> String {
        match self {
            Self::Span => "有效期限通常为5年、10年、20年或长期，居住证为5年".to_owned(),
            Self::Age(age) => {
                format!("签发时年满{age}周岁，有效期限与《居民身份证法》第五条不一致")
            }
        }
    }
}

#[cfg(test)]
mod tests;
