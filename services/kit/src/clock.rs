//! Time arrives from outside: the system clock is read here and nowhere else.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, SubsecRound, TimeDelta, Utc};
use parking_lot::Mutex;
use prost_types::Timestamp;

use crate::civil::CivilDate;

/// Asia/Shanghai has had no daylight saving since 1991, so a fixed offset serves every "today".
const SHANGHAI_SECONDS: i32 = 8 * 3600;

/// A source of instants, truncated to microseconds so that both engines store them alike.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> DateTime<Utc>;

    /// The civil date in Asia/Shanghai.
    fn today(&self) -> CivilDate {
        civil_day(self.now())
    }
}

/// A clock that can be handed around.
pub type SharedClock = Arc<dyn Clock>;

/// The civil date in Asia/Shanghai at an instant.
pub fn civil_day(instant: DateTime<Utc>) -> CivilDate {
    // The offset is a constant below 24 hours, for which `east_opt` is always `Some`.
    #[allow(clippy::expect_used)]
    let shanghai = FixedOffset::east_opt(SHANGHAI_SECONDS).expect("a constant below 24 hours");
    CivilDate::from(instant.with_timezone(&shanghai).date_naive())
}

/// An instant as the contract carries it.
pub fn timestamp(instant: DateTime<Utc>) -> Timestamp {
    // Nanoseconds within a second, two billion at most even in a leap second.
    let nanos = instant.timestamp_subsec_nanos().min(999_999_999) as i32;
    Timestamp { seconds: instant.timestamp(), nanos }
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// A clock that stands still until it is moved; for tests.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that stands at `instant`.
    pub fn at(instant: DateTime<Utc>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(instant.trunc_subsecs(6))))
    }

    /// Moves the clock, backwards too.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock() += by;
    }

    /// Puts the clock at `instant`.
    pub fn set(&self, instant: DateTime<Utc>) {
        *self.0.lock() = instant.trunc_subsecs(6);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_before_1970_counts_its_nanos_upward() {
        let instant: DateTime<Utc> = "1969-12-31T23:59:59.250Z".parse().unwrap();
        assert_eq!(timestamp(instant), Timestamp { seconds: -1, nanos: 250_000_000 });
    }

    #[test]
    fn the_civil_day_turns_at_sixteen_hours_utc() {
        let before: DateTime<Utc> = "2014-02-26T15:59:59Z".parse().unwrap();
        let clock = ManualClock::at(before);
        assert_eq!(clock.today().to_string(), "2014-02-26");
        clock.advance(TimeDelta::seconds(1));
        assert_eq!(clock.today().to_string(), "2014-02-27");
    }
}
