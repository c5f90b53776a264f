//! Deadlines of our own: tonic's answer CANCELLED and leave streams alone.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tonic::body::Body;
use tower::{Layer, Service};

use crate::{
    access::MethodTable,
    ending::{Ending, Watch},
    fault::{Fault, Outcome},
    reasons,
};

/// The metadata key in which gRPC carries the time that is left.
const TIMEOUT_KEY: &str = "grpc-timeout";
/// Digits that the gRPC protocol allows for a time-out.
const MOST_DIGITS: usize = 8;
/// Kept back when the time left is passed on, so that our own answer still arrives in time.
const PASSING_ON: Duration = Duration::from_millis(50);

/// The moment at which the caller no longer waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// The deadline that lies `time` ahead.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// The moment itself.
    pub fn instant(self) -> Instant {
        self.0
    }

    /// The time that is left; zero once it has passed.
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether nobody waits any more.
    pub fn has_passed(self) -> bool {
        self.remaining().is_zero()
    }

    /// What `work` gives, or `DEADLINE_EXCEEDED`; work that comes too late is dropped.
    pub async fn bound<T>(self, work: impl Future<Output = T>) -> Outcome<T> {
        if self.has_passed() {
            return Err(exceeded());
        }
        timeout_at(self.0, work).await.map_err(|_| exceeded())
    }

    /// The `grpc-timeout` for a call made on this one's behalf: what is left, less 50 ms.
    /// `DEADLINE_EXCEEDED` when that is nothing.
    pub fn passed_on(self) -> Outcome<HeaderValue> {
        let left = self.remaining().saturating_sub(PASSING_ON).as_millis();
        if left == 0 {
            return Err(exceeded());
        }
        // Eight digits of milliseconds are 27 hours, beyond every maximum.
        HeaderValue::from_str(&format!("{}m", left.min(99_999_999)))
            .map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))
    }
}

fn exceeded() -> Fault {
    Fault::new(&reasons::DEADLINE_EXCEEDED)
}

/// The longest time that a call may take, and its time when it states none.
#[derive(Debug, Clone, Copy)]
pub struct Longest {
    /// For one message each way.
    pub unary: Duration,
    /// For streams either way; their clients resume.
    pub stream: Duration,
}

impl Default for Longest {
    fn default() -> Self {
        Self { unary: Duration::from_secs(30), stream: Duration::from_secs(30 * 60) }
    }
}

/// Puts [`Timed`] in front of a service.
#[derive(Clone)]
pub struct DeadlineLayer {
    table: Arc<MethodTable>,
    longest: Longest,
}

impl DeadlineLayer {
    /// A layer that knows from the table which methods stream.
    pub fn new(table: Arc<MethodTable>, longest: Longest) -> Self {
        Self { table, longest }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Timed<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Timed { inner, table: Arc::clone(&self.table), longest: self.longest }
    }
}

/// Ends calls and streams at their deadline. The handler finds a [`Deadline`] among the request's
/// extensions.
#[derive(Clone)]
pub struct Timed<S> {
    inner: S,
    table: Arc<MethodTable>,
    longest: Longest,
}

impl<S, B> Service<Request<B>> for Timed<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let method = self.table.get(request.uri().path());
        let long = method.is_some_and(|method| method.streaming());
        let streams_back = method.is_some_and(|method| method.server_streaming);
        let longest = if long { self.longest.stream } else { self.longest.unary };
        let asked = asked(request.headers()).unwrap_or(longest);
        let deadline = Deadline::after(asked.min(longest));
        request.extensions_mut().insert(deadline);
        let answer = self.inner.call(request);
        Box::pin(async move {
            Ok(match deadline.bound(answer).await {
                Err(fault) => fault.to_status().into_http(),
                Ok(answer) if streams_back => answer?.map(|body| ending(body, deadline)),
                Ok(answer) => answer?,
            })
        })
    }
}

fn ending(body: Body, deadline: Deadline) -> Body {
    Ending::over(body, AtDeadline(Box::pin(sleep_until(deadline.0))))
}

/// Ends a stream at its deadline.
struct AtDeadline(Pin<Box<Sleep>>);

impl Watch for AtDeadline {
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Fault> {
        self.0.as_mut().poll(cx).map(|()| exceeded())
    }
}

/// The time that the caller gives; text that breaks the protocol's grammar counts as none.
fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(TIMEOUT_KEY)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let decimal = !digits.is_empty()
        && digits.len() <= MOST_DIGITS
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    let count: u64 = if decimal { digits.parse().ok()? } else { return None };
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
