//! Streams outlive the moment at which they were let in, so they are judged again every second.

use std::{
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::{authenticate::Gate, caller::Caller, method::MethodAccess};
use crate::{ending::Watch, fault::Fault};

/// How long a right that was taken away lives on in an open stream.
const EVERY: Duration = Duration::from_secs(1);

/// Ends a stream whose caller would no longer be let in.
pub(super) struct Recheck {
    gate: Arc<Gate>,
    method: Arc<MethodAccess>,
    caller: Arc<Caller>,
    ticks: Interval,
}

impl Recheck {
    /// Counts from now on.
    pub(super) fn new(gate: Arc<Gate>, method: Arc<MethodAccess>, caller: Arc<Caller>) -> Self {
        let mut ticks = interval_at(Instant::now() + EVERY, EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { gate, method, caller, ticks }
    }
}

impl Watch for Recheck {
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Fault> {
        loop {
            ready!(self.ticks.poll_tick(cx));
            let permission = self.method.permission.as_deref();
            if let Err(fault) = self.gate.verifier.recheck(&self.caller, permission) {
                let client = Some(&self.caller.client);
                return Poll::Ready(self.gate.denied(client, Some(&self.method), fault));
            }
        }
    }
}
