//! The days that a call asks a figure for.

use unionhall_proto::google::r#type::Date;

use super::Kind;
use crate::{
    civil::CivilDate,
    fault::{Fault, Outcome},
    reasons,
};

/// The most days between the first and the last day of a series.
const LONGEST_SERIES: i32 = 20_000;

/// The days of one figure: a day, or a period with both its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// First day of a flow; `None` for a level.
    pub from: Option<CivilDate>,
    /// The day of a level, the last one of a flow.
    pub day: CivilDate,
}

impl Days {
    /// A flow is what was kept up to its last day less what was kept up to this one.
    pub fn before(self) -> Option<CivilDate> {
        self.from.map(CivilDate::previous)
    }
}

/// What a message says about days, with what it leaves open filled in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) day: CivilDate,
    from: CivilDate,
}

impl Asked {
    /// `day` is today when absent, `from_day` the first of January of `day`.
    pub(super) fn read(
        day: Option<&Date>,
        from_day: Option<&Date>,
        today: CivilDate,
    ) -> Outcome<Self> {
        let day = civil("day", day)?.unwrap_or(today);
        // Every year has a first of January, so the last alternative is never taken.
        let january = CivilDate::new(day.year(), 1, 1).unwrap_or(day);
        let from = civil("from_day", from_day)?.unwrap_or(january);
        in_order(from, day)?;
        Ok(Self { day, from })
    }

    pub(super) fn of(self, kind: Kind) -> Days {
        Days { from: (kind == Kind::Flow).then_some(self.from), day: self.day }
    }
}

/// The first and the last day of a series.
pub(super) fn span(
    from_day: Option<&Date>,
    day: Option<&Date>,
    today: CivilDate,
) -> Outcome<(CivilDate, CivilDate)> {
    let from = civil("from_day", from_day)?.ok_or_else(|| invalid("from_day", "is needed"))?;
    let day = civil("day", day)?.unwrap_or(today);
    in_order(from, day)?;
    if day.epoch_day() - from.epoch_day() > LONGEST_SERIES {
        return Err(invalid("day", "must be at most 20000 days after from_day"));
    }
    Ok((from, day))
}

fn in_order(from: CivilDate, day: CivilDate) -> Outcome<()> {
    if from > day { Err(invalid("from_day", "must not be after day")) } else { Ok(()) }
}

fn civil(field: &str, date: Option<&Date>) -> Outcome<Option<CivilDate>> {
    let read = |date: &Date| {
        CivilDate::try_from(date).map_err(|refusal| invalid(field, &refusal.to_string()))
    };
    date.map(read).transpose()
}

fn invalid(field: &str, description: &str) -> Fault {
    Fault::new(&reasons::INVALID_FIELD).violation(field, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn date(text: &str) -> Option<Date> {
        Some(day(text).into())
    }

    fn refused<T>(outcome: Outcome<T>) -> String {
        let fault = outcome.err().unwrap();
        assert_eq!(fault.reason(), &reasons::INVALID_FIELD);
        fault.named_violations()[0].field.clone()
    }

    #[test]
    fn what_is_left_open_is_the_year_up_to_today() {
        let today = day("2014-02-27");
        let asked = Asked::read(None, None, today).unwrap();
        assert_eq!(asked.of(Kind::Level), Days { from: None, day: today });
        let flow = asked.of(Kind::Flow);
        assert_eq!(flow, Days { from: Some(day("2014-01-01")), day: today });
        assert_eq!(flow.before(), Some(day("2013-12-31")));
        let past = Asked::read(date("2012-06-30").as_ref(), None, today).unwrap();
        assert_eq!(past.of(Kind::Flow).from, Some(day("2012-01-01")));
    }

    #[test]
    fn a_period_that_ends_before_it_begins_names_its_first_day() {
        let (early, late, today) = (date("2014-01-01"), date("2014-01-02"), day("2014-02-27"));
        assert_eq!(refused(Asked::read(early.as_ref(), late.as_ref(), today)), "from_day");
        assert_eq!(refused(span(date("2014-02-28").as_ref(), None, today)), "from_day");
        assert!(Asked::read(late.as_ref(), late.as_ref(), today).is_ok());
    }

    #[test]
    fn a_series_has_at_most_20_000_days() {
        let today = day("2014-02-27");
        let from = |back| CivilDate::from_epoch_day(today.epoch_day() - back).map(Date::from);
        assert!(span(from(20_000).as_ref(), None, today).is_ok());
        assert_eq!(refused(span(from(20_001).as_ref(), None, today)), "day");
        assert_eq!(refused(span(None, None, today)), "from_day");
    }
}
