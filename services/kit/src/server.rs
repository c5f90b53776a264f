//! The server: a service registers with its descriptor, so that reflection, health, layers and
//! limits come for free.
//!
//! ```text
//! connection   streams, resets, headers, handshake, age, pings      connection
//! request id · span · metrics · drain · panics                      front
//! before_admission(..)   deadlines                                  the caller's layers
//! bounded fair queue of work                                        admission
//! after_admission(..)    authentication, rate limits                the caller's layers
//! the registered services
//! ```
//! tonic's own server is not used: it cannot limit the handshake, the drain or the resets, and its
//! timeouts sit outside every layer.

mod admission;
mod body;
mod connection;
mod drain;
mod front;
mod health;
mod lifecycle;
mod methods;
mod reflection;
mod request_body;
mod request_id;
mod signals;
mod socket;
mod table;
#[cfg(test)]
pub(crate) mod tests;

use std::{convert::Infallible, sync::Arc};

use axum::Router;
use http::{Request, Response};
use opentelemetry::metrics::Meter;
use tokio::sync::Semaphore;
use tonic::{body::Body, server::NamedService, service::Routes};
use tower::{Layer, Service, ServiceExt, util::BoxCloneSyncService};

pub use drain::{DrainToken, Drained};
pub use health::{HealthRegistry, LIVENESS, Probe, READINESS};
pub use lifecycle::Ready;
pub use methods::Method;
pub use request_id::{REQUEST_ID_KEY, RequestId};
pub use signals::signals;

use self::{
    admission::{Admission, Queued},
    connection::{Calls, Connections},
    drain::Drain,
    front::Front,
    table::Table,
};
use crate::{config::ServerConfig, ids::Ids, telemetry::RpcMetrics};

/// Bytes of one decoded message at most, unless a method says otherwise.
pub const MAX_DECODE_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of one encoded message at most.
pub const MAX_ENCODE_BYTES: usize = 4 * 1024 * 1024;

/// What answers requests, at any height of the stack.
pub type Handlers = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

type Wrap = Box<dyn FnOnce(Handlers) -> Handlers + Send>;

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A descriptor set is not one.
    #[error("a descriptor set cannot be read: {0}")]
    Descriptor(String),
    /// The service is not in the descriptor set that it came with.
    #[error("service '{0}' is not in the descriptor set that it was registered with")]
    NotDescribed(String),
    /// Two registrations answer for one service.
    #[error("service '{0}' was registered twice")]
    Twice(String),
}

impl ServerError {
    fn descriptor(error: impl std::fmt::Display) -> Self {
        Self::Descriptor(error.to_string())
    }
}

/// Services together with the descriptor set that describes them.
pub struct Registered {
    descriptor: &'static [u8],
    services: Vec<String>,
    router: Router,
}

impl Registered {
    /// Services that this encoded `FileDescriptorSet` describes.
    pub fn new(descriptor: &'static [u8]) -> Self {
        Self { descriptor, services: Vec::new(), router: Routes::default().into_axum_router() }
    }

    /// Adds a generated server.
    #[must_use]
    pub fn service<S>(self, service: S) -> Self
    where
        S: NamedService
            + Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.named(S::NAME, service)
    }

    /// Adds a handler for all methods of the service with this full name, for instance one that
    /// passes them on.
    #[must_use]
    pub fn named<S>(mut self, name: &str, handler: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        let handler =
            handler.map_request(|request: Request<axum::body::Body>| request.map(Body::new));
        self.router = self.router.route_service(&format!("/{name}/{{*method}}"), handler);
        self.services.push(name.to_owned());
        self
    }
}

impl Registered {
    /// The services as handlers for a caller in the same process.
    pub fn into_handlers(self) -> Handlers {
        table::routed(self.router)
    }
}

/// Puts a server together; see the module for the order of the layers.
pub struct Server {
    config: ServerConfig,
    ids: Ids,
    health: HealthRegistry,
    metrics: Option<RpcMetrics>,
    registered: Vec<Registered>,
    before: Vec<Wrap>,
    after: Vec<Wrap>,
}

impl Server {
    /// A server without services.
    pub fn new(config: ServerConfig, ids: Ids) -> Self {
        Self {
            config,
            ids,
            health: HealthRegistry::default(),
            metrics: None,
            registered: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    /// Shares a registry whose probes were made elsewhere.
    #[must_use]
    pub fn health(mut self, health: HealthRegistry) -> Self {
        self.health = health;
        self
    }

    /// Measures with this meter instead of the global one.
    #[must_use]
    pub fn meter(mut self, meter: &Meter) -> Self {
        self.metrics = Some(RpcMetrics::new(meter));
        self
    }

    /// Adds services.
    #[must_use]
    pub fn register(mut self, registered: Registered) -> Self {
        self.registered.push(registered);
        self
    }

    /// Adds a layer outside the queue; the first that is added is the outermost.
    #[must_use]
    pub fn before_admission<L>(mut self, layer: L) -> Self
    where
        L: Layer<Handlers> + Send + 'static,
        L::Service: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
    {
        self.before.push(wrap(layer));
        self
    }

    /// Adds a layer inside the queue; the first that is added is the outermost.
    #[must_use]
    pub fn after_admission<L>(mut self, layer: L) -> Self
    where
        L: Layer<Handlers> + Send + 'static,
        L::Service: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
    {
        self.after.push(wrap(layer));
        self
    }

    /// Checks everything that can be refused before a port is bound.
    ///
    /// # Errors
    /// A descriptor cannot be read, or a service is missing in its descriptor or registered twice.
    pub fn build(self) -> Result<Ready, ServerError> {
        let limits = &self.config.limits;
        let metrics = self
            .metrics
            .unwrap_or_else(|| RpcMetrics::new(&opentelemetry::global::meter("unionhall")));
        let table = Table::build(&self.config.listen, &self.health, self.registered)?;
        self.health.serve(table.services.clone());
        let handlers = stack(table.guarded, self.after);
        let queued = Queued { admission: Admission::new(limits, metrics.clone()), handlers };
        let drain = Drain::default();
        let front = Front {
            methods: table.methods,
            unknown: Method::unknown(),
            open: table.open,
            guarded: stack(BoxCloneSyncService::new(queued), self.before),
            ids: self.ids,
            metrics: metrics.clone(),
            drain: drain.clone(),
        };
        let calls = Calls { cut: drain.cut.clone(), ..Calls::default() };
        Ok(Ready {
            connections: Connections::new(front, limits, calls.clone()),
            places: Arc::new(Semaphore::new(
                limits.max_connections.get().min(Semaphore::MAX_PERMITS),
            )),
            health: self.health,
            drain,
            calls,
            config: self.config.drain,
            metrics,
            services: table.services,
        })
    }
}

fn wrap<L>(layer: L) -> Wrap
where
    L: Layer<Handlers> + Send + 'static,
    L::Service: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    <L::Service as Service<Request<Body>>>::Future: Send + 'static,
{
    Box::new(move |inner| BoxCloneSyncService::new(layer.layer(inner)))
}

fn stack(inner: Handlers, layers: Vec<Wrap>) -> Handlers {
    layers.into_iter().rev().fold(inner, |inner, layer| layer(inner))
}
