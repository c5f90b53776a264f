//! The front door as one tower service.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tonic::body::Body;
use tower::Service;
use unionhall_kit::{fault::Fault, reasons};

use crate::{
    catalogue::Catalogue,
    forward, headers,
    meter::Metered,
    route::Routes,
    upstream::{Answer, Upstream},
};

/// The largest message that a caller may send, in bytes, unless configured otherwise.
pub const MESSAGE_LIMIT: u32 = 4 * 1024 * 1024;

/// Why a gateway cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The descriptor set compiled in does not decode.
    #[error("the descriptor set does not decode")]
    Descriptors(#[from] prost::DecodeError),
    /// Two upstreams claim one package.
    #[error("package {0} has two upstreams")]
    TwoUpstreams(String),
}

/// Collects what a [`Gateway`] is made of.
pub struct Builder {
    catalogue: Catalogue,
    packages: HashMap<String, Upstream>,
    message_limit: u32,
}

impl Builder {
    /// Begins with the encoded descriptor set of all packages.
    pub fn new(descriptors: &[u8]) -> Result<Self, BuildError> {
        Ok(Self {
            catalogue: Catalogue::read(descriptors)?,
            packages: HashMap::new(),
            message_limit: MESSAGE_LIMIT,
        })
    }

    /// Sends all calls of a package to its owner.
    pub fn route(mut self, package: &str, upstream: Upstream) -> Result<Self, BuildError> {
        match self.packages.insert(package.to_owned(), upstream) {
            None => Ok(self),
            Some(_) => Err(BuildError::TwoUpstreams(package.to_owned())),
        }
    }

    /// Bounds every message of every caller, in bytes.
    #[must_use]
    pub fn message_limit(mut self, bytes: u32) -> Self {
        self.message_limit = bytes;
        self
    }

    /// The descriptors of the routed packages and of what they import, encoded, for reflection.
    pub fn descriptors(&self) -> Vec<u8> {
        self.catalogue.excerpt(&self.routed())
    }

    /// Full names of all services of the routed packages.
    pub fn service_names(&self) -> Vec<String> {
        self.catalogue.service_names(&self.routed())
    }

    fn routed(&self) -> HashSet<&str> {
        self.packages.keys().map(String::as_str).collect()
    }

    /// The gateway, ready to be served.
    pub fn build(self) -> Gateway {
        let routes = Routes::new(&self.catalogue, self.packages);
        Gateway(Arc::new(Shared { routes, message_limit: self.message_limit }))
    }
}

/// Sends each call to the owner of its package. Clones share everything.
#[derive(Clone)]
pub struct Gateway(Arc<Shared>);

struct Shared {
    routes: Routes,
    message_limit: u32,
}

impl Service<Request<Body>> for Gateway {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Answer {
        let path = request.uri().path();
        let Some(route) = self.0.routes.find(path) else {
            let fault = Fault::new(&reasons::UNKNOWN_METHOD).with("method", path);
            return Box::pin(std::future::ready(Ok(fault.to_status().into_http())));
        };
        let version = request.version();
        headers::clean(request.headers_mut(), version);
        let limit = self.0.message_limit;
        match route.upstream {
            Upstream::Local(local) => {
                local.call(request.map(|body| Body::new(Metered::new(body, limit))))
            }
            Upstream::Remote(remote) => Box::pin(async move {
                Ok(forward::forward(&remote, route.traits, limit, request).await)
            }),
        }
    }
}
