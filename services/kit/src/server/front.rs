//! The outermost part of the stack: request id, span, metrics, panics, the server's own methods.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use http::{Request, Response};
use tonic::body::Body;
use tower::ServiceExt;
use tracing::Instrument;

use super::{
    Handlers,
    body::{CallBody, Record},
    connection::Ticket,
    drain::Drain,
    methods::{Method, Methods},
    request_id::{REQUEST_ID_KEY, RequestId},
};
use crate::{
    fault::Fault,
    ids::Ids,
    reasons,
    telemetry::{RpcMetrics, call_span},
};

/// Answers every request of every connection.
pub(super) struct Front {
    pub(super) methods: Methods,
    pub(super) unknown: Arc<Method>,
    /// Health, and reflection where it is open.
    pub(super) open: Handlers,
    /// Everything else, behind all layers.
    pub(super) guarded: Handlers,
    pub(super) ids: Ids,
    pub(super) metrics: RpcMetrics,
    pub(super) drain: Drain,
}

impl Front {
    pub(super) async fn answer(
        &self,
        mut request: Request<Body>,
        ticket: Ticket,
    ) -> Response<CallBody> {
        let id = RequestId::of(request.headers(), &self.ids);
        let known = self.methods.get(request.uri().path());
        let method = known.clone().unwrap_or_else(|| self.unknown.clone());
        let span = call_span(&method.path, id.as_str(), request.headers());
        let (metrics, drain) = (self.metrics.clone(), self.drain.clone());
        let record = Record::open(method.clone(), span.clone(), metrics, drain, ticket);
        request.headers_mut().insert(REQUEST_ID_KEY, id.header());
        request.extensions_mut().insert(id.clone());
        request.extensions_mut().insert(method);
        request.extensions_mut().insert(self.drain.begun.clone());
        let mut answer = match known {
            Some(method) => self.handle(&method, request).instrument(span).await,
            None => refuse(
                Fault::new(&reasons::UNKNOWN_METHOD)
                    .with("method", printable(request.uri().path())),
            ),
        };
        answer.headers_mut().insert(REQUEST_ID_KEY, id.header());
        CallBody::wrap(answer, record)
    }

    /// Panics are caught inside the books, so that they are counted and carry the request id.
    async fn handle(&self, method: &Method, request: Request<Body>) -> Response<Body> {
        let handlers = if method.open { &self.open } else { &self.guarded };
        let work = AssertUnwindSafe(handlers.clone().oneshot(request)).catch_unwind();
        tokio::select! {
            biased;
            answered = work => match answered {
                Ok(Ok(answer)) => answer,
                Ok(Err(never)) => match never {},
                Err(_) => refuse(Fault::new(&reasons::INTERNAL)),
            },
            () = self.drain.last_call.cancelled() => {
                self.drain.count_ended();
                refuse(self.drain.begun.fault())
            }
        }
    }
}

fn refuse(fault: Fault) -> Response<Body> {
    fault.to_status().into_http()
}

/// A path is the caller's text: it is cut before it is repeated.
fn printable(path: &str) -> String {
    path.chars().filter(char::is_ascii_graphic).take(128).collect()
}
