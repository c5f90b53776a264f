//! The body of every answer: it keeps the call's books until its last byte.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
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
    _ticket: Ticket,
}

impl Record {
    pub(super) fn open(
        method: Arc<Method>,
        span: Span,
        metrics: RpcMetrics,
        ticket: Ticket,
    ) -> Self {
        metrics.begun();
        Self { method, span, metrics, started: Instant::now(), code: None, _ticket: ticket }
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
        let code = self.code.unwrap_or(Code::Cancelled);
        let took = self.started.elapsed();
        self.metrics.ended(&self.method.label, code, took);
        let (name, micros) = (code_name(code), took.as_micros());
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

/// What ends a stream that does not end itself when the server stops.
struct End {
    signal: Pin<Box<WaitForCancellationFutureOwned>>,
    drain: Drain,
}

/// A body that closes the books, turns a panic into INTERNAL and ends with the server.
pub(super) struct CallBody {
    inner: Body,
    record: Record,
    end: Option<End>,
    done: bool,
}

impl CallBody {
    /// The answer with its books.
    pub(super) fn wrap(
        answer: Response<Body>,
        mut record: Record,
        drain: &Drain,
    ) -> Response<Self> {
        record.note(answer.headers());
        let end = record.method.server_streaming.then(|| End {
            signal: Box::pin(drain.end_of(record.method.open).clone().cancelled_owned()),
            drain: drain.clone(),
        });
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

    /// The server stops and the stream has nothing to send: its caller resumes elsewhere.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        let Some(end) = &mut self.end else { return Poll::Pending };
        std::task::ready!(end.signal.as_mut().poll(cx));
        if !self.record.method.open {
            end.drain.count_ended();
        }
        Poll::Ready(Fault::new(&reasons::SHUTTING_DOWN).to_status())
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
        let polled = {
            let _entered = this.record.span.enter();
            catch_unwind(AssertUnwindSafe(|| Pin::new(&mut this.inner).poll_frame(cx)))
        };
        Poll::Ready(match polled {
            Ok(Poll::Pending) => {
                let status = std::task::ready!(this.poll_end(cx));
                Some(Ok(this.close(&status)))
            }
            Ok(Poll::Ready(Some(Ok(frame)))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    this.record.note(trailers);
                    this.done = true;
                }
                Some(Ok(frame))
            }
            Ok(Poll::Ready(Some(Err(status)))) => Some(Ok(this.close(&status))),
            Ok(Poll::Ready(None)) => {
                this.done = true;
                None
            }
            Err(_) => Some(Ok(this.close(&Fault::new(&reasons::INTERNAL).to_status()))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.done || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
