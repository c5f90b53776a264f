//! Dates as people write them.

use super::{FaultKind, kinds};
use crate::{civil::CivilDate, text::half_width};

/// The day that `text` means: `2014-2-27`, `2014/02/27`, `2014.2.27`, `2014年2月27日`, `20140227`,
/// in any width, with a time of day only if it is midnight.
pub(super) fn parse(text: &str) -> Result<CivilDate, &'static FaultKind> {
    let text = half_width(text.trim());
    let text = without_midnight(&text);
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (year, month, day) = parts(&text).ok_or(&kinds::INVALID_DATE)?;
    CivilDate::new(year, month, day).filter(|_| year > 0).ok_or(&kinds::IMPOSSIBLE_DATE)
}

/// The day that a text means, as in the cells of a column of dates; `None` where it means none.
pub fn written(text: &str) -> Option<CivilDate> {
    parse(text).ok()
}

/// Exports of other systems write every date with a midnight.
fn without_midnight(text: &str) -> &str {
    let Some((date, time)) = text.split_once([' ', 'T']) else { return text };
    let midnight = matches!(time.trim(), "0:00" | "00:00" | "0:00:00" | "00:00:00");
    if midnight { date } else { text }
}

fn parts(text: &str) -> Option<(i32, u32, u32)> {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return numbers(&text[..4], &text[4..6], &text[6..]);
    }
    if let Some((year, rest)) = text.split_once('年') {
        let (month, rest) = rest.split_once('月')?;
        let day = rest.strip_suffix(['日', '号']).unwrap_or(rest);
        return numbers(year, month, day);
    }
    // One mark throughout: 2014-2/27 is a slip, not a date.
    let mark = text.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
    let mut parts = text.split(mark);
    let date = numbers(parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_none() { date } else { None }
}

/// The year has four digits: 14 could be of any century.
fn numbers(year: &str, month: &str, day: &str) -> Option<(i32, u32, u32)> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let short = |text: &str| matches!(text.len(), 1 | 2) && digits(text);
    if year.len() != 4 || !digits(year) || !short(month) || !short(day) {
        return None;
    }
    Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_usual_ways_mean_the_same_day() {
        for text in [
            "2014/2/27",
            "2014-02-27",
            "2014.2.27",
            "2014年2月27日",
            "2014年02月27",
            "20140227",
            "２０１４－２－２７",
            " 2014 年 2 月 27 日 ",
            "2014-02-27 00:00:00",
            "2014-02-27T00:00:00",
        ] {
            assert_eq!(parse(text), Ok(CivilDate::new(2014, 2, 27).unwrap()), "{text}");
        }
    }

    #[test]
    fn impossible_days_and_unreadable_text_are_told_apart() {
        for text in ["2014-02-30", "2013-2-29", "20141301", "2014年0月1日", "0000-01-01"] {
            assert_eq!(parse(text), Err(&kinds::IMPOSSIBLE_DATE), "{text}");
        }
        for text in [
            "",
            "41697",
            "14-2-27",
            "2014-2/27",
            "2014-2",
            "2014-2-27-1",
            "27/2/2014",
            "2014-02-27 10:30",
            "2014年",
            "长期",
            "2014-+2-27",
        ] {
            assert_eq!(parse(text), Err(&kinds::INVALID_DATE), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,24}") {
            let _ = parse(&text);
        }

        #[test]
        fn every_day_round_trips(days in -32_000i32..60_000) {
            let day = CivilDate::from_epoch_day(days).unwrap();
            let (year, month, date) = (day.year(), day.month(), day.day());
            prop_assert_eq!(parse(&day.to_string()), Ok(day));
            prop_assert_eq!(parse(&format!("{year}年{month}月{date}日")), Ok(day));
            prop_assert_eq!(parse(&format!("{year:04}{month:02}{date:02}")), Ok(day));
        }
    }
}
