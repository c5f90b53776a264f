//! Where calls go: a service in this process, or one across the network.

use std::{convert::Infallible, future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use tonic::body::Body;
use tower::{Service, ServiceExt};

mod connection;
mod download;
mod exchange;
mod pool;
mod remote;
mod upload;

pub(crate) use exchange::{Failure, Head, Payload};
pub use pool::PoolSettings;
pub use remote::Remote;
pub(crate) use upload::Incoming;

/// The answer to a call, on its way.
pub(crate) type Answer =
    Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send + 'static>>;

/// Owner of one or more proto packages.
#[derive(Clone)]
pub enum Upstream {
    /// A service of this process, called without a socket.
    Local(Local),
    /// A service that listens for HTTP/2 without TLS.
    Remote(Remote),
}

impl Upstream {
    /// A service of this process. Its errors are answered as gRPC statuses.
    pub fn local<S, B>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<tonic::codegen::StdError>,
        S::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<tonic::codegen::StdError>,
    {
        Self::Local(Local(Arc::new(Wrapped(service))))
    }
}

/// A service of this process behind one pointer.
#[derive(Clone)]
pub struct Local(Arc<dyn LocalCall>);

impl Local {
    pub(crate) fn call(&self, request: Request<Body>) -> Answer {
        self.0.call(request)
    }
}

/// Lets a service be called through a shared reference, with one allocation a call.
trait LocalCall: Send + Sync {
    fn call(&self, request: Request<Body>) -> Answer;
}

struct Wrapped<S>(S);

impl<S, B> LocalCall for Wrapped<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<tonic::codegen::StdError>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<tonic::codegen::StdError>,
{
    fn call(&self, request: Request<Body>) -> Answer {
        let answer = self.0.clone().oneshot(request);
        Box::pin(async move {
            Ok(match answer.await {
                Ok(response) => response.map(Body::new),
                Err(error) => tonic::Status::from_error(error.into()).into_http(),
            })
        })
    }
}
