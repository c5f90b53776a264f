//! `google.type.Date` as the suite uses it: a whole day of the calendar, never a year or a
//! birthday without a year.

use std::fmt;

use crate::google::r#type::Date;

/// The parts do not name a day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotADate;

impl fmt::Display for NotADate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a date needs a year from 1 to 9999 and a month and day that exist in it")
    }
}

impl std::error::Error for NotADate {}

impl Date {
    /// Year, month and day, if such a day exists.
    pub fn civil(&self) -> Result<(i32, u32, u32), NotADate> {
        let month = u32::try_from(self.month).map_err(|_| NotADate)?;
        let day = u32::try_from(self.day).map_err(|_| NotADate)?;
        let real = (1..=9999).contains(&self.year)
            && day >= 1
            && days_in_month(self.year, month).is_some_and(|last| day <= last);
        if real { Ok((self.year, month, day)) } else { Err(NotADate) }
    }
}

fn days_in_month(year: i32, month: u32) -> Option<u32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 if leap => Some(29),
        2 => Some(28),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        let civil = |year, month, day| Date { year, month, day }.civil();
        assert_eq!(civil(2000, 2, 29), Ok((2000, 2, 29)));
        assert_eq!(civil(9999, 12, 31), Ok((9999, 12, 31)));
        for (year, month, day) in [
            (1900, 2, 29),
            (2014, 2, 0),
            (2014, 0, 1),
            (0, 1, 1),
            (10_000, 1, 1),
            (2014, 13, 1),
            (2014, 4, 31),
            (2014, -1, 1),
            (-1, 1, 1),
        ] {
            assert_eq!(civil(year, month, day), Err(NotADate), "{year}-{month}-{day}");
        }
    }
}
