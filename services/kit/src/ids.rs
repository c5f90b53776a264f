//! Server-made ids: UUID version 7 from the injected clock and a source of random bits.

use std::sync::Arc;

use rand::RngCore;
use uuid::{Builder, Uuid};

use crate::clock::SharedClock;

/// A source of random bytes.
pub trait Randomness: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's randomness.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// Makes ids that sort by the time at which they were made.
#[derive(Clone)]
pub struct Ids {
    clock: SharedClock,
    randomness: Arc<dyn Randomness>,
}

impl Ids {
    /// Ids from this clock and these random bits.
    pub fn new(clock: SharedClock, randomness: Arc<dyn Randomness>) -> Self {
        Self { clock, randomness }
    }

    /// A fresh id.
    pub fn fresh(&self) -> Uuid {
        let millis = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or(0);
        let mut bits = [0_u8; 10];
        self.randomness.fill(&mut bits);
        Builder::from_unix_timestamp_millis(millis, &bits).into_uuid()
    }

    /// Fills `bytes` with random ones; for a secret that must lie in one place only.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.randomness.fill(bytes);
    }

    /// Random bytes of a fixed length, for salts, epochs and nonces.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0_u8; N];
        self.randomness.fill(&mut bytes);
        bytes
    }
}
