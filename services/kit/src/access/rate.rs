//! Each client's share of the service, from the policy.

use std::{
    convert::Infallible,
    num::NonZeroU32,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::future::{Either, Ready, ready};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, Reference},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use http::{Request, Response};
use moka::sync::Cache;
use tokio::time::Instant;
use tonic::body::Body;
use tower::{Layer, Service};

use super::{
    caller::Caller,
    denials::{Denial, DenialSink},
    method::MethodAccess,
    policy::ClientId,
};
use crate::{
    fault::{Fault, Outcome},
    reasons,
};

/// Clients whose use is remembered; more than any policy lists.
const REMEMBERED: u64 = 10_000;

/// How much a client may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Calls per second.
    pub rate: NonZeroU32,
    /// Calls at once after a pause.
    pub burst: NonZeroU32,
}

/// Time for the limiter: monotonic, and standing still in tests that say so.
#[derive(Debug, Clone, Copy)]
struct Monotonic(Instant);

impl Clock for Monotonic {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, Monotonic, NoOpMiddleware<Nanos>>;

/// What the clients of one process have used.
pub struct Shares {
    clock: Monotonic,
    limiters: Cache<ClientId, (Share, Arc<Limiter>)>,
}

impl Default for Shares {
    fn default() -> Self {
        Self { clock: Monotonic(Instant::now()), limiters: Cache::new(REMEMBERED) }
    }
}

impl Shares {
    /// Takes one call off the client's share. `RATE_LIMITED` with the time to wait.
    pub fn take(&self, client: &ClientId, share: Share) -> Outcome<()> {
        let limiter = self.limiter(client, share);
        limiter.check().map_err(|until| {
            let wait = until.earliest_possible().duration_since(self.clock.now());
            Fault::new(&reasons::RATE_LIMITED).retry_after(Duration::from(wait))
        })
    }

    /// The client's limiter; a fresh one when the policy has changed its share.
    fn limiter(&self, client: &ClientId, share: Share) -> Arc<Limiter> {
        if let Some((known, limiter)) = self.limiters.get(client)
            && known == share
        {
            return limiter;
        }
        let quota = Quota::per_second(share.rate).allow_burst(share.burst);
        let fresh = || (share, Arc::new(RateLimiter::direct_with_clock(quota, self.clock)));
        let entry = self.limiters.entry_by_ref(client);
        entry.or_insert_with_if(fresh, |(known, _)| *known != share).into_value().1
    }
}

/// Puts [`RateLimit`] in front of a service, behind the authentication.
#[derive(Clone)]
pub struct RateLimitLayer {
    shares: Arc<Shares>,
    denials: Arc<dyn DenialSink>,
}

impl RateLimitLayer {
    /// A layer that reports whom it refuses. Its clones share what was used.
    pub fn new(denials: Arc<dyn DenialSink>) -> Self {
        Self { shares: Arc::default(), denials }
    }
}

impl<S> Layer<S> for RateLimitLayer {
    type Service = RateLimit<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let (shares, denials) = (Arc::clone(&self.shares), Arc::clone(&self.denials));
        RateLimit { inner, shares, denials }
    }
}

/// Refuses calls beyond their client's share; calls without a caller pass.
#[derive(Clone)]
pub struct RateLimit<S> {
    inner: S,
    shares: Arc<Shares>,
    denials: Arc<dyn DenialSink>,
}

impl<S, B> Service<Request<B>> for RateLimit<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<Ready<Result<Self::Response, Infallible>>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let caller = request.extensions().get::<Caller>();
        let taken = caller.map_or(Ok(()), |caller| self.shares.take(&caller.client, caller.share));
        match taken {
            Ok(()) => Either::Right(self.inner.call(request)),
            Err(fault) => {
                let client = caller.map(|caller| &caller.client);
                let method = request.extensions().get::<Arc<MethodAccess>>().map(Arc::as_ref);
                self.denials.denied(Denial::of(client, method, fault.reason().name));
                Either::Left(ready(Ok(fault.to_status().into_http())))
            }
        }
    }
}

#[cfg(test)]
mod tests;
