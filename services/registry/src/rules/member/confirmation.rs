//! Confirmations 信息更新: the days on which somebody said that a record is right, or changed it
//! (会员信息动态更新率). Confirmation without a change counts.

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::CivilDate;

/// A stretch of the calendar in which a record is to be confirmed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// Calendar month 自然月.
    Month,
    /// Calendar quarter 季度.
    Quarter,
    /// Calendar year 年度.
    Year,
}

impl Span {
    /// Every span.
    pub const ALL: [Self; 3] = [Self::Month, Self::Quarter, Self::Year];

    /// First day of the span in which `day` lies.
    pub fn first_day(self, day: CivilDate) -> CivilDate {
        let month = match self {
            Self::Month => day.month(),
            Self::Quarter => (day.month() - 1) / 3 * 3 + 1,
            Self::Year => 1,
        };
        // The first of a month is a day of every calendar year.
        CivilDate::new(day.year(), month, 1).unwrap_or(day)
    }

    /// First day of the next span.
    pub fn next_first_day(self, day: CivilDate) -> CivilDate {
        let months = match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        };
        self.first_day(day).plus_months(months)
    }
}

/// The first confirmation of each month, ascending: what quarters and years follow from; and the
/// last of all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Confirmations(Vec<CivilDate>);

impl Confirmations {
    /// Notes a confirmation; answers whether it changed anything.
    pub fn note(&mut self, day: CivilDate) -> bool {
        if self.0.last() == Some(&day) {
            return false;
        }
        let before = self.0.clone();
        self.0.push(day);
        self.0.sort_unstable();
        self.thin();
        before != self.0
    }

    /// Whether the record was confirmed in the span of `day` by the end of `day`.
    pub fn within(&self, span: Span, day: CivilDate) -> bool {
        let first = span.first_day(day);
        self.0.iter().any(|on| first <= *on && *on <= day)
    }

    /// The last confirmation.
    pub fn last(&self) -> Option<CivilDate> {
        self.0.last().copied()
    }

    /// The kept days, ascending.
    pub fn days(&self) -> &[CivilDate] {
        &self.0
    }

    /// Between the first of a month and the last of all, nothing of the month is needed.
    fn thin(&mut self) {
        let last = self.0.last().copied();
        let mut kept: Vec<CivilDate> = Vec::with_capacity(self.0.len());
        for day in self.0.drain(..) {
            let month = Span::Month.first_day(day);
            let again = kept.last().is_some_and(|kept| Span::Month.first_day(*kept) == month);
            if !again || Some(day) == last {
                kept.push(day);
            }
        }
        self.0 = kept;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spans_begin_and_end_with_the_calendar() {
        let day = CivilDate::new(2014, 11, 30).unwrap();
        let first = |span: Span| span.first_day(day).to_string();
        let next = |span: Span| span.next_first_day(day).to_string();
        assert_eq!(Span::ALL.map(first), ["2014-11-01", "2014-10-01", "2014-01-01"]);
        assert_eq!(Span::ALL.map(next), ["2014-12-01", "2015-01-01", "2015-01-01"]);
    }

    proptest! {
        #[test]
        fn what_is_left_out_is_not_missed(days in prop::collection::vec(15_000_i32..16_000, 0..60)) {
            let day = |number| CivilDate::from_epoch_day(number).unwrap();
            let mut kept = Confirmations::default();
            for number in &days {
                kept.note(day(*number));
            }
            prop_assert_eq!(kept.last(), days.iter().max().map(|number| day(*number)));
            for number in (15_000..16_000).step_by(7).chain(days.iter().copied()) {
                for span in Span::ALL {
                    let (first, at) = (span.first_day(day(number)), day(number));
                    let said = days.iter().map(|d| day(*d)).any(|d| first <= d && d <= at);
                    prop_assert_eq!(kept.within(span, at), said, "{} {:?}", at, span);
                }
            }
        }
    }
}
