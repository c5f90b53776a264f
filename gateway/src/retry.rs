//! When a call is tried again: only here in the whole suite, and within a budget.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::HeaderMap;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use unionhall_kit::ids::Randomness;

/// The first attempt and two more.
const ATTEMPTS: u32 = 3;

const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);

/// Every call earns a tenth of a retry.
const EARNED: u32 = 1;
const PRICE: u32 = 10;

/// What a quiet upstream can spend before calls have earned anything.
const FIRST_BALANCE: u32 = 5 * PRICE;

/// Bounds the burst after a long quiet time.
const MOST: u32 = 100 * PRICE;

/// Senders pad the details or not.
const DETAILS: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The retries of one upstream: at most a tenth of its calls, however broken it is.
pub(crate) struct Retries {
    balance: AtomicU32,
    randomness: Arc<dyn Randomness>,
}

impl Retries {
    pub(crate) fn new(randomness: Arc<dyn Randomness>) -> Self {
        Self { balance: AtomicU32::new(FIRST_BALANCE), randomness }
    }

    /// Counts a call.
    pub(crate) fn earn(&self) {
        let add = |balance: u32| (balance < MOST).then(|| balance + EARNED);
        // Full is full.
        let _ = self.balance.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// How long to wait before the next attempt; `None` when there must not be one. `made` counts
    /// the attempts so far, `advised` is the upstream's own wish, `left` the time to the deadline.
    pub(crate) fn pause(
        &self,
        made: u32,
        advised: Option<Duration>,
        left: Option<Duration>,
    ) -> Option<Duration> {
        if made >= ATTEMPTS {
            return None;
        }
        let pause = jitter(&*self.randomness, SHORTEST, LONGEST).max(advised.unwrap_or_default());
        if left.is_some_and(|left| left <= pause) {
            return None;
        }
        let take = |balance: u32| balance.checked_sub(PRICE);
        self.balance.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        Some(pause)
    }
}

/// A duration between the two, all equally likely, so that callers do not return in step.
pub(crate) fn jitter(randomness: &dyn Randomness, from: Duration, to: Duration) -> Duration {
    let mut bytes = [0; 4];
    randomness.fill(&mut bytes);
    let share = u32::from_le_bytes(bytes) % 1_001;
    from + to.saturating_sub(from) * share / 1_000
}

/// Whether an answer without a body says that the upstream is unavailable.
pub(crate) fn is_unavailable(headers: &HeaderMap) -> bool {
    headers
        .get(Status::GRPC_STATUS)
        .is_some_and(|code| Code::from_bytes(code.as_bytes()) == Code::Unavailable)
}

/// The delay of the `RetryInfo` in an answer without a body.
pub(crate) fn advised(headers: &HeaderMap) -> Option<Duration> {
    let details = headers.get(Status::GRPC_STATUS_DETAILS)?;
    let details = DETAILS.decode(details.as_bytes()).ok()?;
    let status = Status::with_details(Code::Unavailable, "", details.into());
    status.get_error_details().retry_info()?.retry_delay
}

#[cfg(test)]
mod tests {
    use super::*;
    use unionhall_kit::{fault::Fault, reasons};

    struct Fixed(u32);

    impl Randomness for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0.to_le_bytes()[..bytes.len()]);
        }
    }

    fn retries(random: u32) -> Retries {
        Retries::new(Arc::new(Fixed(random)))
    }

    #[test]
    fn retries_stay_within_a_tenth_of_the_calls() {
        let retries = retries(0);
        let granted = (0..1_000)
            .map(|_| {
                retries.earn();
                (1..=ATTEMPTS).take_while(|made| retries.pause(*made, None, None).is_some()).count()
            })
            .sum::<usize>();
        assert_eq!(granted, 100 + 5);
    }

    #[test]
    fn the_third_attempt_is_the_last() {
        let retries = retries(0);
        assert!(retries.pause(ATTEMPTS - 1, None, None).is_some());
        assert!(retries.pause(ATTEMPTS, None, None).is_none());
    }

    #[test]
    fn the_pause_is_jittered_and_follows_advice_and_deadline() {
        assert_eq!(retries(0).pause(1, None, None), Some(SHORTEST));
        assert_eq!(retries(1_000).pause(1, None, None), Some(LONGEST));
        let advice = Some(Duration::from_secs(3));
        assert_eq!(retries(0).pause(1, advice, None), advice);
        assert_eq!(retries(0).pause(1, advice, Some(Duration::from_secs(3))), None);
        assert_eq!(retries(0).pause(1, None, Some(SHORTEST)), None);
    }

    #[test]
    fn a_refused_retry_costs_nothing() {
        let retries = retries(0);
        for _ in 0..100 {
            assert!(retries.pause(1, None, Some(Duration::ZERO)).is_none());
        }
        assert!(retries.pause(1, None, None).is_some());
    }

    #[test]
    fn advice_is_read_from_the_details() {
        let delay = Duration::from_millis(1_500);
        let status = Fault::new(&reasons::SHUTTING_DOWN).retry_after(delay).to_status();
        let mut headers = HeaderMap::new();
        status.add_header(&mut headers).unwrap();
        assert!(is_unavailable(&headers));
        assert_eq!(advised(&headers), Some(delay));
        headers.insert(Status::GRPC_STATUS_DETAILS, "%%%".parse().unwrap());
        assert_eq!(advised(&headers), None);
    }
}
