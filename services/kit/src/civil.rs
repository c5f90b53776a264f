//! Civil dates (no time, no zone) and half-open periods of them.

use std::{fmt, str::FromStr};

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, de};
use unionhall_proto::{NotADate, google::r#type::Date};

/// A day in the calendar of Asia/Shanghai.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CivilDate(NaiveDate);

impl CivilDate {
    /// Before every day that anybody names.
    pub const FIRST: Self = Self(NaiveDate::MIN);

    /// The day of year, month and day, where it exists.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).map(Self)
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The month, 1 to 12.
    pub fn month(self) -> u32 {
        self.0.month()
    }

    /// The day of the month, from 1.
    pub fn day(self) -> u32 {
        self.0.day()
    }

    /// The next day.
    pub fn next(self) -> Self {
        Self(self.0.checked_add_days(Days::new(1)).unwrap_or(self.0))
    }

    /// The day before.
    pub fn previous(self) -> Self {
        Self(self.0.checked_sub_days(Days::new(1)).unwrap_or(self.0))
    }

    /// The day `days` later.
    pub fn plus_days(self, days: u64) -> Self {
        Self(self.0.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX))
    }

    /// The same day some months later; a month that lacks the day gives its last.
    pub fn plus_months(self, months: u32) -> Self {
        Self(self.0.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX))
    }

    /// The same day some years later.
    pub fn plus_years(self, years: u32) -> Self {
        self.plus_months(years.saturating_mul(12))
    }

    /// Days from 1970-01-01, negative before: how both engines store a day in hot tables.
    pub fn epoch_day(self) -> i32 {
        self.0.num_days_from_ce() - EPOCH_FROM_CE
    }

    /// The day that is `days` after 1970-01-01.
    pub fn from_epoch_day(days: i32) -> Option<Self> {
        NaiveDate::from_num_days_from_ce_opt(days.checked_add(EPOCH_FROM_CE)?).map(Self)
    }
}

/// 1970-01-01 counted from the common era.
const EPOCH_FROM_CE: i32 = 719_163;

impl From<NaiveDate> for CivilDate {
    fn from(date: NaiveDate) -> Self {
        Self(date)
    }
}

impl From<CivilDate> for NaiveDate {
    fn from(date: CivilDate) -> Self {
        date.0
    }
}

impl TryFrom<&Date> for CivilDate {
    type Error = NotADate;

    fn try_from(date: &Date) -> Result<Self, Self::Error> {
        let (year, month, day) = date.civil()?;
        Self::new(year, month, day).ok_or(NotADate)
    }
}

impl From<CivilDate> for Date {
    fn from(date: CivilDate) -> Self {
        // Months and days are two digits at most.
        Self { year: date.year(), month: date.month() as i32, day: date.day() as i32 }
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl FromStr for CivilDate {
    type Err = chrono::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Self)
    }
}

/// `YYYY-MM-DD`, as it is written. Records hold a dozen days, and every read of one comes here.
impl<'de> Deserialize<'de> for CivilDate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Written;
        impl de::Visitor<'_> for Written {
            type Value = CivilDate;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("a day as YYYY-MM-DD")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<CivilDate, E> {
                let unexpected = || E::invalid_value(de::Unexpected::Str(text), &self);
                written(text.as_bytes()).ok_or_else(unexpected)
            }
        }
        from.deserialize_str(Written)
    }
}

fn written(text: &[u8]) -> Option<CivilDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let number = |digits: &[&u8]| {
        digits.iter().try_fold(0_u32, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + u32::from(**digit - b'0'))
        })
    };
    let year = i32::try_from(number(&[y1, y2, y3, y4])?).ok()?;
    CivilDate::new(year, number(&[m1, m2])?, number(&[d1, d2])?)
}

/// `[from, until)`: `until` is the first day on which the fact no longer holds.
/// Joined and left on one day (`from == until`) is legal and covers no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    from: CivilDate,
    until: Option<CivilDate>,
}

impl Period {
    /// A period, unless it ends before it begins.
    pub fn new(from: CivilDate, until: Option<CivilDate>) -> Option<Self> {
        match until {
            Some(until) if until < from => None,
            _ => Some(Self { from, until }),
        }
    }

    /// A period without an end.
    pub fn since(from: CivilDate) -> Self {
        Self { from, until: None }
    }

    /// The first day.
    pub fn from(self) -> CivilDate {
        self.from
    }

    /// The first day after the period; `None` while it is open.
    pub fn until(self) -> Option<CivilDate> {
        self.until
    }

    /// Whether the fact holds on `day`.
    pub fn covers(self, day: CivilDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }

    /// Whether two facts hold on a common day.
    pub fn overlaps(self, other: Self) -> bool {
        let starts_before_end = |a: Self, b: Self| b.until.is_none_or(|until| a.from < until);
        let empty = |period: Self| period.until == Some(period.from);
        !empty(self)
            && !empty(other)
            && starts_before_end(self, other)
            && starts_before_end(other, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_it_is_written_and_in_no_other_form() {
        for text in ["\"2014-02-07\"", "\"0001-01-01\"", "\"9999-12-31\""] {
            let day: CivilDate = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&day).unwrap(), text);
        }
        for text in ["2014-2-7", "2014-02-30", "2014-02-07 ", "20140207", "2014/02/07", "", "二"] {
            assert!(serde_json::from_str::<CivilDate>(&format!("\"{text}\"")).is_err(), "{text}");
        }
    }

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    #[test]
    fn epoch_days_round_trip() {
        for text in ["1880-01-01", "1970-01-01", "2014-02-27", "9999-12-31"] {
            assert_eq!(CivilDate::from_epoch_day(day(text).epoch_day()), Some(day(text)));
        }
        assert_eq!(day("1970-01-01").epoch_day(), 0);
    }

    #[test]
    fn a_date_of_the_contract_round_trips_and_a_partial_one_is_none() {
        let leap = day("2000-02-29");
        assert_eq!(CivilDate::try_from(&Date::from(leap)), Ok(leap));
        assert_eq!(CivilDate::try_from(&Date { year: 2000, month: 2, day: 0 }), Err(NotADate));
    }

    #[test]
    fn a_period_excludes_its_end() {
        let period = Period::new(day("2014-01-01"), Some(day("2014-02-01"))).unwrap();
        assert!(period.covers(day("2014-01-31")));
        assert!(!period.covers(day("2014-02-01")));
        assert!(!period.overlaps(Period::since(day("2014-02-01"))));
        assert!(period.overlaps(Period::since(day("2014-01-31"))));
    }

    #[test]
    fn joined_and_left_on_one_day_is_legal_and_covers_nothing() {
        let same = Period::new(day("2014-01-01"), Some(day("2014-01-01"))).unwrap();
        assert!(!same.covers(day("2014-01-01")));
        assert!(!same.overlaps(Period::since(day("2013-01-01"))));
        assert_eq!(Period::new(day("2014-01-02"), Some(day("2014-01-01"))), None);
    }
}
