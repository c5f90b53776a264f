//! A service across the network.

use std::sync::Arc;

use http::{Response, uri::Authority};
use tonic::body::Body;
use unionhall_kit::ids::Randomness;

use super::{
    exchange::{Failure, Head, Payload, exchange},
    pool::{Pool, PoolSettings},
};
use crate::retry::Retries;

/// A service that listens for HTTP/2 without TLS under a name and port.
///
/// Long streams have connections of their own: a server that recycles a connection which carries
/// a stream would otherwise take unary calls down with it.
#[derive(Clone)]
pub struct Remote(Arc<Inner>);

struct Inner {
    name: Arc<str>,
    authority: Authority,
    calls: Pool,
    streams: Pool,
    retries: Retries,
    randomness: Arc<dyn Randomness>,
}

impl Remote {
    /// Connects when the first call comes. `name` is what callers are told when it is away.
    pub fn new(
        name: &str,
        authority: Authority,
        settings: PoolSettings,
        randomness: Arc<dyn Randomness>,
    ) -> Self {
        let pool = |settings| Pool::new(authority.clone(), settings, Arc::clone(&randomness));
        Self(Arc::new(Inner {
            name: name.into(),
            calls: pool(settings),
            streams: pool(PoolSettings { connections: 1, ..settings }),
            retries: Retries::new(Arc::clone(&randomness)),
            authority,
            randomness,
        }))
    }

    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn randomness(&self) -> &dyn Randomness {
        &*self.0.randomness
    }

    pub(crate) fn retries(&self) -> &Retries {
        &self.0.retries
    }

    /// One attempt on a connection for unary calls.
    pub(crate) async fn call(
        &self,
        head: Head,
        payload: Payload,
    ) -> Result<Response<Body>, Failure> {
        self.attempt(&self.0.calls, head, payload).await
    }

    /// One attempt on a connection for streams.
    pub(crate) async fn stream(
        &self,
        head: Head,
        payload: Payload,
    ) -> Result<Response<Body>, Failure> {
        self.attempt(&self.0.streams, head, payload).await
    }

    async fn attempt(
        &self,
        pool: &Pool,
        head: Head,
        payload: Payload,
    ) -> Result<Response<Body>, Failure> {
        let lease = pool.lease().await.map_err(Failure::Unsent)?;
        exchange(lease, &self.0.authority, &self.0.name, head, payload).await
    }
}
