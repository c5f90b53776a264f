//! Whether the remote upstreams serve, as they say themselves.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, uri::PathAndQuery};
use tonic::{
    Status,
    body::Body,
    codegen::{BoxFuture, Service},
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use unionhall_kit::server::{HealthRegistry, Probe};

use crate::{
    gateway::MESSAGE_LIMIT,
    meter::Meter,
    retry::jitter,
    upstream::{Head, Incoming, Payload, Remote},
};

/// Between two attempts at an upstream that does not answer.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

/// Keeps a probe at what the upstream says of itself, for ever.
pub(crate) fn follow(
    remote: Remote,
    registry: &HealthRegistry,
    services: &[String],
) -> impl Future<Output = ()> + Send + use<> {
    // Probes are named for the life of the process, which has one for each upstream.
    let name = String::leak(remote.name().to_owned());
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    let probe = registry.upstream(name, &services);
    async move {
        loop {
            // Whatever ends the watch, it ends the knowledge.
            let ended = watch(&remote, &probe).await;
            probe.set(false);
            if let Err(status) = ended {
                tracing::debug!(%status, upstream = remote.name(), "its health is not known");
            }
            tokio::time::sleep(jitter(remote.randomness(), PAUSE.0, PAUSE.1)).await;
        }
    }
}

async fn watch(remote: &Remote, probe: &Probe) -> Result<(), Status> {
    let whole = HealthCheckRequest::default();
    let mut client = HealthClient::new(Caller(remote.clone()));
    let mut changes = client.watch(whole).await?.into_inner();
    while let Some(change) = changes.message().await? {
        probe.set(change.status() == ServingStatus::Serving);
    }
    Ok(())
}

/// Lets generated clients call a remote upstream.
#[derive(Clone)]
struct Caller(Remote);

impl Service<Request<Body>> for Caller {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<Response<Body>, Status>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let remote = self.0.clone();
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().cloned();
        let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
        let head = Head { path, headers: parts.headers, deadline: None, drain: None };
        let meter = Meter::new(MESSAGE_LIMIT);
        let payload = Payload::Streamed(Box::new(Incoming { held: Bytes::new(), body, meter }));
        Box::pin(async move {
            let answer = remote.stream(head, payload).await;
            answer.map_err(|failure| failure.status(remote.name()))
        })
    }
}
