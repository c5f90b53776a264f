//! Refusals of access, and their count by caller, method, reason and minute: a flood of them is
//! one line. A service writes the counts to its audit ([`crate::ledger::denials`]); a process
//! without books says them in its log.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, SecondsFormat};
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Meter},
};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::{method::MethodAccess, policy::ClientId};
use crate::clock::SharedClock;

const MINUTE: Duration = Duration::from_secs(60);
/// Kinds of denials in one minute; what is beyond is counted together.
const KINDS: usize = 1_000;
/// Stands for any method that is not in the table: its name is a stranger's text.
const UNKNOWN_METHOD: &str = "unknown";

/// A call or a stream that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The client, once its token was found good.
    pub client: Option<ClientId>,
    /// `/package.Service/Method`, or `unknown`.
    pub method: String,
    /// The name of the reason.
    pub reason: Cow<'static, str>,
}

impl Denial {
    /// A refusal of this client's call of this method.
    pub fn of(
        client: Option<&ClientId>,
        method: Option<&MethodAccess>,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        let method = method.map_or(UNKNOWN_METHOD, |method| &method.path).to_owned();
        Self { client: client.cloned(), method, reason: reason.into() }
    }
}

/// Learns of every denial. Called on the request's path: it must not block.
pub trait DenialSink: Send + Sync + 'static {
    /// Takes note of one.
    fn denied(&self, denial: Denial);
}

/// Where nobody counts denials.
impl DenialSink for () {
    fn denied(&self, _: Denial) {}
}

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    /// Minutes since 1970.
    pub(crate) minute: i64,
    /// Empty where no token was good, or where too many clients were denied.
    pub(crate) client: String,
    pub(crate) method: String,
    pub(crate) reason: Cow<'static, str>,
}

/// Counts denials until somebody takes the counts; the metric `access.denied` has them at once.
pub struct Denials {
    clock: SharedClock,
    counts: Mutex<BTreeMap<Kind, u64>>,
    metric: Counter<u64>,
}

impl DenialSink for Denials {
    fn denied(&self, denial: Denial) {
        let labels = [
            KeyValue::new("rpc.method", denial.method.trim_start_matches('/').to_owned()),
            KeyValue::new("reason", denial.reason.clone()),
        ];
        self.metric.add(1, &labels);
        let mut kind = Kind {
            minute: self.clock.now().timestamp().div_euclid(60),
            client: denial.client.map_or_else(String::new, |client| client.as_str().to_owned()),
            method: denial.method,
            reason: denial.reason,
        };
        let mut counts = self.counts.lock();
        if counts.len() >= KINDS && !counts.contains_key(&kind) {
            (kind.client, kind.method) = (String::new(), String::new());
        }
        *counts.entry(kind).or_insert(0) += 1;
    }
}

impl Denials {
    /// Nothing counted yet.
    pub fn new(clock: SharedClock) -> Self {
        Self::measured(clock, &opentelemetry::global::meter("unionhall"))
    }

    fn measured(clock: SharedClock, meter: &Meter) -> Self {
        let metric = meter
            .u64_counter("access.denied")
            .with_description("Calls and streams that were refused to their caller.")
            .build();
        Self { clock, counts: Mutex::default(), metric }
    }

    pub(crate) fn take(&self) -> BTreeMap<Kind, u64> {
        std::mem::take(&mut *self.counts.lock())
    }

    /// Counts again what could not be written.
    pub(crate) fn give_back(&self, counted: BTreeMap<Kind, u64>) {
        let mut counts = self.counts.lock();
        for (kind, count) in counted {
            *counts.entry(kind).or_insert(0) += count;
        }
    }

    /// Says in the log what was counted each minute, and once more at the end.
    pub async fn keep_logged(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let stopped = minute_or(&stop).await;
            self.log();
            if stopped {
                return;
            }
        }
    }

    fn log(&self) {
        for (Kind { minute, client, method, reason }, count) in self.take() {
            let minute = DateTime::from_timestamp(minute * 60, 0)
                .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
                .unwrap_or_default();
            tracing::warn!(client, method, %reason, minute, count, "access was denied");
        }
    }
}

/// Returns after a minute, or at once when `stop` comes, and tells whether it came.
pub(crate) async fn minute_or(stop: &CancellationToken) -> bool {
    stop.run_until_cancelled(tokio::time::sleep(MINUTE)).await.is_none()
}

#[cfg(test)]
mod tests;
