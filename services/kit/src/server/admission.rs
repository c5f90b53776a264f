//! The bounded, fair queue of work: beyond it calls are shed at once, so that those inside end in
//! time.
//!
//! A unary call holds a slot until its answer is ready. A stream holds a place of its own kind
//! until its last byte: it may be idle for long, and would otherwise keep the work out.

use std::{convert::Infallible, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::body::Body;
use tower::{Service, ServiceExt};

use super::{Handlers, methods::Method};
use crate::{
    config::LimitsConfig,
    fault::{Fault, Outcome},
    reasons,
    telemetry::{RpcMetrics, Shed},
};

/// When a shed caller may try again; a queue of the default size is worked off by then.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The places in the house.
#[derive(Clone)]
pub(super) struct Admission {
    /// tokio's semaphore is first come, first served.
    work: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    wait: Duration,
    metrics: RpcMetrics,
}

impl Admission {
    pub(super) fn new(limits: &LimitsConfig, metrics: RpcMetrics) -> Self {
        let places = |count: usize| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)));
        Self {
            work: places(limits.work_slots.get()),
            waiting: places(limits.work_queue),
            streams: places(limits.stream_slots.get()),
            wait: Duration::from_millis(limits.work_wait_ms),
            metrics,
        }
    }

    async fn work_slot(&self) -> Outcome<OwnedSemaphorePermit> {
        if let Ok(slot) = self.work.clone().try_acquire_owned() {
            return Ok(slot);
        }
        let _place = self.waiting.try_acquire().map_err(|_| self.shed(Shed::QueueFull))?;
        match tokio::time::timeout(self.wait, self.work.clone().acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(self.shed(Shed::WaitedTooLong)),
        }
    }

    fn stream_place(&self) -> Outcome<OwnedSemaphorePermit> {
        self.streams.clone().try_acquire_owned().map_err(|_| self.shed(Shed::StreamsFull))
    }

    fn shed(&self, why: Shed) -> Fault {
        self.metrics.shed(why);
        Fault::new(&reasons::OVERLOADED).retry_after(RETRY_AFTER)
    }

    async fn admit(self, handlers: Handlers, request: Request<Body>) -> Outcome<Response<Body>> {
        let streaming = request.extensions().get::<Arc<Method>>().is_some_and(|m| m.streaming());
        let place = if streaming { self.stream_place()? } else { self.work_slot().await? };
        let answer = match handlers.oneshot(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        Ok(if streaming { answer.map(|body| holding(body, place)) } else { answer })
    }
}

/// The place is given back when the body is dropped.
fn holding(body: Body, place: OwnedSemaphorePermit) -> Body {
    Body::new(body.map_frame(move |frame| {
        let _held = &place;
        frame
    }))
}

/// Handlers behind the queue.
#[derive(Clone)]
pub(super) struct Queued {
    pub(super) admission: Admission,
    pub(super) handlers: Handlers,
}

impl Service<Request<Body>> for Queued {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let admitted = self.admission.clone().admit(self.handlers.clone(), request);
        Box::pin(async move { Ok(admitted.await.unwrap_or_else(|f| f.to_status().into_http())) })
    }
}
