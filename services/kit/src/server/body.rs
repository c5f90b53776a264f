//! The body of every answer: it keeps the call's books until its last byte.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::{Code, Status, body::Body};
use tracing::Span;

use super::{connection::Ticket, drain::Drain, methods::Method};
use crate::{
    fault::Fault,
    reasons,
    telemetry::{RpcMetrics, code_name},
};

/// The books of one call: closed exactly once, when the last holder lets go.
pub(super) struct Record {
    pub(super) method: Arc<Method>,
    pub(super) span: Span,
    metrics: RpcMetrics,
    started: Instant,
    /// None until the answer is known: a caller that left before is CANCELLED.
    code: Option<Code>,
    drain: Drain,
    _ticket: Ticket,
}

impl Record {
    pub(super) fn open(
        method: Arc<Method>,
        span: Span,
        metrics: RpcMetrics,
        drain: Drain,
        ticket: Ticket,
    ) -> Self {
        metrics.begun();
        let started = Instant::now();
        Self { method, span, metrics, started, code: None, drain, _ticket: ticket }
    }

    /// Takes the code from headers or trailers that carry one.
    pub(super) fn note(&mut self, headers: &HeaderMap) {
        if let Some(status) = headers.get("grpc-status") {
            self.code = Some(Code::from_bytes(status.as_bytes()));
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.code.is_none() && !self.method.open && self.drain.cut.is_cancelled() {
            self.drain.count_ended();
        }
        let code = self.code.unwrap_or(Code::Cancelled);
        let took = self.started.elapsed();
        self.metrics.ended(&self.method.label, code, took);
        let (name, micros) = (code_name(code), u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        self.span.record("code", name);
        let _entered = self.span.enter();
        match code {
            Code::Ok | Code::Cancelled => tracing::debug!(code = name, micros, "answered"),
            Code::Unknown | Code::Internal | Code::Unavailable | Code::DataLoss => {
                tracing::warn!(code = name, micros, "answered");
            }
            _ => tracing::info!(code = name, micros, "answered"),
        }
    }
}

/// A body that closes the books, turns a panic into INTERNAL and ends with the server.
pub(super) struct CallBody {
    inner: Body,
    record: Record,
    /// Ends a stream that does not end itself when the server stops.
    end: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    done: bool,
}

impl CallBody {
    /// The answer with its books.
    pub(super) fn wrap(answer: Response<Body>, mut record: Record) -> Response<Self> {
        record.note(answer.headers());
        let signal = record.drain.end_of(record.method.open);
        let end =
            record.method.server_streaming.then(|| Box::pin(signal.clone().cancelled_owned()));
        answer.map(|inner| Self { inner, record, end, done: false })
    }

    fn close(&mut self, status: &Status) -> Frame<Bytes> {
        let mut trailers = HeaderMap::new();
        // Fails only for text that no header can carry; then the code alone travels.
        if status.add_header(&mut trailers).is_err() {
            trailers.insert("grpc-status", (status.code() as i32).into());
        }
        self.record.note(&trailers);
        self.done = true;
        Frame::trailers(trailers)
    }

    /// The server stops: the stream's caller resumes elsewhere.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        let Some(end) = &mut self.end else { return Poll::Pending };
        ready!(end.as_mut().poll(cx));
        if !self.record.method.open {
            self.record.drain.count_ended();
        }
        Poll::Ready(Fault::new(&reasons::SHUTTING_DOWN).to_status())
    }

    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let _entered = self.record.span.enter();
        let inner = Pin::new(&mut self.inner);
        catch_unwind(AssertUnwindSafe(|| inner.poll_frame(cx)))
            .unwrap_or_else(|_| Poll::Ready(Some(Err(Fault::new(&reasons::INTERNAL).to_status()))))
    }
}

impl HttpBody for CallBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if this.done {
            return Poll::Ready(None);
        }
        // At the last call a stream ends though it has more to send; the server's own streams
        // first say what they have to say.
        if !this.record.method.open
            && let Poll::Ready(status) = this.poll_end(cx)
        {
            return Poll::Ready(Some(Ok(this.close(&status))));
        }
        Poll::Ready(match this.poll_inner(cx) {
            Poll::Pending => {
                if !this.record.method.open {
                    return Poll::Pending;
                }
                let status = ready!(this.poll_end(cx));
                Some(Ok(this.close(&status)))
            }
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    this.record.note(trailers);
                    this.done = true;
                }
                Some(Ok(frame))
            }
            Poll::Ready(Some(Err(status))) => Some(Ok(this.close(&status))),
            Poll::Ready(None) => {
                this.done = true;
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.done || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
