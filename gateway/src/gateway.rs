//! The front door as one tower service, and as a server.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tokio::task::JoinSet;
use tonic::body::Body;
use tower::Service;
use unionhall_kit::{
    fault::Fault,
    reasons,
    server::{HealthRegistry, Registered},
};

use crate::{
    catalogue::Catalogue,
    forward::{self, Passage},
    health,
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
    /// Nothing of the contract belongs to the package.
    #[error("package {0} has no service")]
    NoService(String),
}

/// Collects what a [`Gateway`] is made of.
pub struct Builder {
    catalogue: Catalogue,
    packages: HashMap<String, Upstream>,
    message_limit: u32,
}

impl Builder {
    /// Begins with the encoded descriptor set of all packages.
    ///
    /// # Errors
    /// The set does not decode.
    pub fn new(descriptors: &[u8]) -> Result<Self, BuildError> {
        Ok(Self {
            catalogue: Catalogue::read(descriptors)?,
            packages: HashMap::new(),
            message_limit: MESSAGE_LIMIT,
        })
    }

    /// Sends all calls of a package to its owner.
    ///
    /// # Errors
    /// The package has an owner already, or no service.
    pub fn route(mut self, package: &str, upstream: Upstream) -> Result<Self, BuildError> {
        if self.catalogue.service_names(&HashSet::from([package])).is_empty() {
            return Err(BuildError::NoService(package.to_owned()));
        }
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

    /// The gateway, ready to be registered with a server.
    pub fn build(self) -> Gateway {
        let routes = Routes::new(&self.catalogue, &self.packages);
        Gateway(Arc::new(Shared {
            routes,
            catalogue: self.catalogue,
            packages: self.packages,
            message_limit: self.message_limit,
        }))
    }
}

/// Sends each call to the owner of its package. Clones share everything.
#[derive(Clone)]
pub struct Gateway(Arc<Shared>);

struct Shared {
    routes: Routes,
    catalogue: Catalogue,
    packages: HashMap<String, Upstream>,
    message_limit: u32,
}

impl Gateway {
    /// The gateway as the handler of every routed service, with the descriptors of those services
    /// alone, so that reflection shows what can be called and nothing else.
    pub fn registered(&self) -> Registered {
        let packages = self.0.packages.keys().map(String::as_str).collect();
        // Reflection keeps descriptors for the life of the process, which has one gateway.
        let descriptors = Vec::leak(self.0.catalogue.excerpt(&packages));
        let services = self.0.catalogue.service_names(&packages);
        services
            .iter()
            .fold(Registered::new(descriptors), |all, name| all.named(name, self.clone()))
    }

    /// Follows the health of every remote upstream until the set is dropped. A local one reports
    /// to the same registry by itself.
    pub fn watch_upstreams(&self, registry: &HealthRegistry) -> JoinSet<()> {
        let mut watches = JoinSet::new();
        for (package, upstream) in &self.0.packages {
            if let Upstream::Remote(remote) = upstream {
                let services = self.0.catalogue.service_names(&HashSet::from([package.as_str()]));
                watches.spawn(health::follow(remote.clone(), registry, &services));
            }
        }
        watches
    }
}

impl Service<Request<Body>> for Gateway {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        let path = request.uri().path();
        let Some(route) = self.0.routes.find(path) else {
            let fault = Fault::new(&reasons::UNKNOWN_METHOD).with("method", path);
            return Box::pin(std::future::ready(Ok(fault.to_status().into_http())));
        };
        let limit = self.0.message_limit;
        match &route.upstream {
            Upstream::Local(local) => {
                local.call(request.map(|body| Body::new(Metered::new(body, limit))))
            }
            Upstream::Remote(remote) => {
                let passage = Passage { remote: remote.clone(), traits: route.traits, limit };
                Box::pin(async move { Ok(forward::forward(&passage, request).await) })
            }
        }
    }
}
