//! Waiting without a flood of words.

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;

/// How long a wait is nobody's concern, and how long a word about it lasts.
const A_WHILE: TimeDelta = TimeDelta::minutes(1);

/// Since when somebody waits without a word.
#[derive(Default)]
pub(super) struct Patience(Mutex<Option<DateTime<Utc>>>);

impl Patience {
    /// Whether it is time for a word, now that there is still nothing but to wait.
    pub(super) fn ends(&self, now: DateTime<Utc>) -> bool {
        let mut since = self.0.lock();
        let ends = now - *since.get_or_insert(now) >= A_WHILE;
        if ends {
            *since = Some(now);
        }
        ends
    }

    /// The wait is over.
    pub(super) fn begin_anew(&self) {
        *self.0.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_wait_is_told_once_a_minute() {
        let (patience, start) = (Patience::default(), DateTime::UNIX_EPOCH);
        let told = |seconds| patience.ends(start + TimeDelta::seconds(seconds));
        let all: Vec<i64> = (0..200).step_by(2).filter(|second| told(*second)).collect();
        assert_eq!(all, [60, 120, 180]);
        patience.begin_anew();
        assert!(!told(1_000), "another wait begins");
        assert!(told(1_060));
    }
}
