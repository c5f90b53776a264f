//! A value that changes over time: dated facts of one kind, at most one on a day.

use unionhall_kit::civil::{CivilDate, Period};

/// A value and when it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated<T> {
    /// The value.
    pub value: T,
    /// When it holds.
    pub period: Period,
}

/// Dated values, ascending and disjoint; there may be gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History<T>(Vec<Dated<T>>);

/// Two facts of one kind hold on a common day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("two facts of one kind hold on {0}")]
pub struct Overlap(pub CivilDate);

impl<T> Default for History<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone + PartialEq> History<T> {
    /// The history of these rows, in any order. Rows that cover no day are left out: they tell of
    /// nothing that held.
    pub fn new(rows: Vec<Dated<T>>) -> Result<Self, Overlap> {
        let covers_a_day = |row: &Dated<T>| row.period.until() != Some(row.period.from());
        let mut rows: Vec<_> = rows.into_iter().filter(covers_a_day).collect();
        rows.sort_by_key(|row| row.period.from());
        match rows.windows(2).find(|pair| pair[0].period.overlaps(pair[1].period)) {
            Some(pair) => Err(Overlap(pair[1].period.from())),
            None => Ok(Self(rows)),
        }
    }

    /// The value on `day`.
    pub fn on(&self, day: CivilDate) -> Option<&T> {
        self.0.iter().find(|row| row.period.covers(day)).map(|row| &row.value)
    }

    /// The rows, ascending.
    pub fn rows(&self) -> &[Dated<T>] {
        &self.0
    }

    /// Every day on which the value changes, ascending.
    pub fn days(&self) -> impl Iterator<Item = CivilDate> {
        self.0.iter().flat_map(|row| [Some(row.period.from()), row.period.until()]).flatten()
    }

    /// The first day of which something is known.
    pub fn first_day(&self) -> Option<CivilDate> {
        self.0.first().map(|row| row.period.from())
    }

    /// The value from `from` on becomes `value`, or nothing for `None`, up to the next change that
    /// is recorded already: what is known of later days stays.
    pub fn record(&mut self, value: Option<T>, from: CivilDate) {
        let until = self.days().find(|day| *day > from);
        for row in &mut self.0 {
            if row.period.covers(from)
                && let Some(cut) = Period::new(row.period.from(), Some(from))
            {
                row.period = cut;
            }
        }
        // `until` is after `from`, so the period exists.
        if let (Some(value), Some(period)) = (value, Period::new(from, until)) {
            self.0.push(Dated { value, period });
        }
        self.0.retain(|row| row.period.until() != Some(row.period.from()));
        self.0.sort_by_key(|row| row.period.from());
        join(&mut self.0);
    }

    /// The history with other values on the same days.
    pub fn mapped<U: Clone + PartialEq>(&self, other: impl Fn(&T) -> U) -> History<U> {
        let row = |row: &Dated<T>| Dated { value: other(&row.value), period: row.period };
        let mut rows = self.0.iter().map(row).collect();
        join(&mut rows);
        History(rows)
    }

    /// The history, and on days of which it knows nothing what `other` knows.
    #[must_use]
    pub fn filled_by(&self, other: &Self) -> Self {
        let mut rows = self.0.clone();
        for row in &other.0 {
            let (mut from, end) = (Some(row.period.from()), row.period.until());
            let mut add = |from: CivilDate, until: Option<CivilDate>| {
                let until = until.map_or(end, |day| Some(end.map_or(day, |end| day.min(end))));
                let period = Period::new(from, until).filter(|_| until != Some(from));
                let value = row.value.clone();
                rows.extend(period.map(|period| Dated { value, period }));
            };
            for own in &self.0 {
                let Some(at) = from else { break };
                if own.period.until().is_some_and(|until| until <= at) {
                    continue;
                }
                if end.is_some_and(|end| end <= own.period.from()) {
                    break;
                }
                if at < own.period.from() {
                    add(at, Some(own.period.from()));
                }
                from = own.period.until();
            }
            if let Some(at) = from.filter(|at| end.is_none_or(|end| *at < end)) {
                add(at, None);
            }
        }
        rows.sort_by_key(|row| row.period.from());
        join(&mut rows);
        Self(rows)
    }

    /// The rows of `self` that `newer` no longer has, and those that it has instead.
    pub fn replaced_by<'a>(&'a self, newer: &'a Self) -> (Vec<&'a Dated<T>>, Vec<&'a Dated<T>>) {
        let missing = |rows: &'a [Dated<T>], other: &'a [Dated<T>]| {
            rows.iter().filter(|row| !other.contains(row)).collect()
        };
        (missing(&self.0, &newer.0), missing(&newer.0, &self.0))
    }
}

/// Joins neighbours with one value, so that one truth has one form.
fn join<T: PartialEq>(rows: &mut Vec<Dated<T>>) {
    rows.dedup_by(|next, row| {
        let touches = row.value == next.value && row.period.until() == Some(next.period.from());
        match Period::new(row.period.from(), next.period.until()).filter(|_| touches) {
            Some(joined) => {
                row.period = joined;
                true
            }
            None => false,
        }
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(offset: i32) -> CivilDate {
        CivilDate::from_epoch_day(offset).unwrap()
    }

    fn dated(value: u8, from: i32, until: Option<i32>) -> Dated<u8> {
        Dated { value, period: Period::new(day(from), until.map(day)).unwrap() }
    }

    fn with(history: &History<u8>, value: Option<u8>, from: i32) -> History<u8> {
        let mut history = history.clone();
        history.record(value, day(from));
        history
    }

    #[test]
    fn a_backdated_value_leaves_later_ones_alone() {
        let history = History::new(vec![dated(2, 5, None), dated(1, 1, Some(5))]).unwrap();
        let changed = with(&history, Some(9), 3);
        assert_eq!(changed.rows(), [dated(1, 1, Some(3)), dated(9, 3, Some(5)), dated(2, 5, None)]);
        let (gone, added) = history.replaced_by(&changed);
        assert_eq!(gone, [&dated(1, 1, Some(5))]);
        assert_eq!(added, [&dated(1, 1, Some(3)), &dated(9, 3, Some(5))]);
    }

    #[test]
    fn the_same_first_day_corrects_and_nothing_ends() {
        let history = History::new(vec![dated(1, 1, None)]).unwrap();
        assert_eq!(with(&history, Some(2), 1).rows(), [dated(2, 1, None)]);
        assert_eq!(with(&history, None, 4).rows(), [dated(1, 1, Some(4))]);
        assert_eq!(with(&history, Some(1), 4), history, "the same value is no change");
        assert_eq!(with(&history, Some(3), -4).on(day(0)), Some(&3));
    }

    #[test]
    fn overlapping_rows_are_no_history_and_empty_ones_are_dropped() {
        let rows = vec![dated(1, 1, Some(5)), dated(2, 4, None)];
        assert_eq!(History::new(rows), Err(Overlap(day(4))));
        assert!(History::new(vec![dated(1, 3, Some(3))]).unwrap().rows().is_empty());
    }

    fn of_cells(cells: &[Option<u8>]) -> History<u8> {
        let mut history = History::default();
        for (at, cell) in (0..).zip(cells) {
            history.record(*cell, day(at));
        }
        history
    }

    #[test]
    fn another_value_on_the_same_days_is_joined() {
        let history = History::new(vec![dated(1, 1, Some(5)), dated(2, 5, None)]).unwrap();
        assert_eq!(
            history.mapped(|value| *value + 1).rows(),
            [dated(2, 1, Some(5)), dated(3, 5, None)]
        );
        assert_eq!(history.mapped(|_| 7).rows(), [dated(7, 1, None)]);
    }

    proptest! {
        /// Cell by cell, what one knows nothing of is the other's.
        #[test]
        fn gaps_are_filled_and_nothing_else(
            own in prop::collection::vec(prop::option::of(0_u8..3), 12),
            other in prop::collection::vec(prop::option::of(0_u8..3), 12),
        ) {
            let filled = of_cells(&own).filled_by(&of_cells(&other));
            let again = History::new(filled.rows().to_vec());
            prop_assert_eq!(again.as_ref(), Ok(&filled));
            // The last cell holds for ever.
            for at in 0..14 {
                let cell = usize::try_from(at).unwrap().min(11);
                let expected = own[cell].or(other[cell]);
                prop_assert_eq!(filled.on(day(at)).copied(), expected, "day {}", at);
            }
        }

        /// The oracle keeps one cell a day; a change writes the cells up to the next difference.
        #[test]
        fn every_day_has_the_value_last_written_for_it(
            edits in prop::collection::vec((prop::option::of(0_u8..3), 0_i32..20), 1..12)
        ) {
            let mut history = History::default();
            let mut cells = [None; 40];
            for (value, from) in edits {
                let start = usize::try_from(from).unwrap();
                let next = (start + 1..40).find(|at| cells[*at] != cells[*at - 1]).unwrap_or(40);
                cells[start..next].fill(value);
                history.record(value, day(from));
                let again = History::new(history.rows().to_vec());
                prop_assert_eq!(again.as_ref(), Ok(&history));
                for (at, cell) in (0..40).zip(cells) {
                    prop_assert_eq!(history.on(day(at)).copied(), cell, "day {}", at);
                }
            }
        }
    }
}
