//! How a server stops: begun (streams resume elsewhere), last call, cut.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use crate::{fault::Fault, reasons};

/// The last call comes this long before the cut, or after three quarters of a short drain.
const LAST_CALL: Duration = Duration::from_secs(1);

/// Tells a stream's handler that the server is stopping; every request carries it as an extension.
/// A stream ends itself at a place from which its caller can resume.
#[derive(Debug, Clone, Default)]
pub struct DrainToken(CancellationToken);

impl DrainToken {
    /// The token of a server that is stopping already.
    #[cfg(test)]
    pub(crate) fn drained() -> Self {
        let token = Self::default();
        token.0.cancel();
        token
    }

    /// Waits until the server begins to stop.
    pub async fn draining(&self) {
        self.0.cancelled().await;
    }

    /// The server is stopping.
    pub fn is_draining(&self) -> bool {
        self.0.is_cancelled()
    }

    /// What the stream then ends with.
    pub fn fault(&self) -> Fault {
        Fault::new(&reasons::SHUTTING_DOWN)
    }
}

/// The result of a drain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drained {
    /// Calls that the server ended because they did not end themselves.
    pub calls_ended: usize,
    /// Connections that were still open at the cap.
    pub connections_cut: usize,
}

impl Drained {
    /// No caller lost anything.
    pub fn is_clean(&self) -> bool {
        self.calls_ended == 0
    }
}

/// The three signals of a drain and what they cost.
#[derive(Debug, Clone, Default)]
pub(super) struct Drain {
    pub(super) begun: DrainToken,
    pub(super) last_call: CancellationToken,
    pub(super) cut: CancellationToken,
    ended: Arc<AtomicUsize>,
}

impl Drain {
    pub(super) fn begin(&self) {
        self.begun.0.cancel();
    }

    /// Built-in streams end when the drain begins, all others at the last call.
    pub(super) fn end_of(&self, open: bool) -> &CancellationToken {
        if open { &self.begun.0 } else { &self.last_call }
    }

    /// A call was ended by the server.
    pub(super) fn count_ended(&self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn calls_ended(&self) -> usize {
        self.ended.load(Ordering::Relaxed)
    }

    /// Time until the last call, and from there to the cut.
    pub(super) fn split(cap: Duration) -> (Duration, Duration) {
        let tail = LAST_CALL.min(cap / 4);
        (cap - tail, tail)
    }
}
