//! The layer that lets a call in: token, policy, permission; and watches the streams it let in.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response, header::AUTHORIZATION};
use tonic::body::Body;
use tower::{Layer, Service};

use super::{
    answers::Answered,
    caller::Caller,
    denials::{Denial, DenialSink},
    method::{MethodAccess, MethodTable},
    policy::ClientId,
    recheck::Recheck,
    token::{Verifier, unauthenticated},
};
use crate::{
    ending::Ending,
    fault::{Fault, Outcome},
    telemetry,
};

/// Metadata under which only the suite itself speaks; a caller's own is dropped.
const RESERVED_PREFIX: &str = "x-unionhall-";

/// What a stream needs to be checked again.
pub(super) struct Gate {
    table: Arc<MethodTable>,
    pub(super) verifier: Arc<Verifier>,
    denials: Arc<dyn DenialSink>,
    /// The handlers stand right behind: what they refuse is reported here.
    last: bool,
}

impl Gate {
    /// Reports the denial and hands the fault on.
    pub(super) fn denied(
        &self,
        client: Option<&ClientId>,
        method: Option<&MethodAccess>,
        fault: Fault,
    ) -> Fault {
        self.denials.denied(Denial::of(client, method, fault.reason().name));
        fault
    }

    /// Lets the call in, or says why not. `None` is a public method, which has no caller.
    fn admit(
        &self,
        headers: &mut HeaderMap,
        method: Option<&MethodAccess>,
    ) -> Outcome<Option<Arc<Caller>>> {
        drop_reserved(headers);
        // Outside the table nothing is public: reflection and unknown methods need a token.
        let permission = match method {
            Some(MethodAccess { permission: None, .. }) => return Ok(None),
            Some(MethodAccess { permission: Some(permission), .. }) => Some(permission),
            None => None,
        };
        let caller = bearer(headers).and_then(|token| self.verifier.verify(token));
        let caller = caller.map_err(|fault| self.denied(None, method, fault))?;
        if let Some(permission) = permission {
            caller
                .require(permission)
                .map_err(|fault| self.denied(Some(&caller.client), method, fault))?;
        }
        Ok(Some(caller))
    }
}

/// The token of a call. Two headers are refused: two readers could believe different ones.
fn bearer(headers: &HeaderMap) -> Outcome<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(unauthenticated());
    };
    let (scheme, token) =
        value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(unauthenticated)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token) } else { Err(unauthenticated()) }
}

fn drop_reserved(headers: &mut HeaderMap) {
    let reserved = |name: &&http::HeaderName| name.as_str().starts_with(RESERVED_PREFIX);
    let names: Vec<_> = headers.keys().filter(reserved).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

/// Puts [`Authenticate`] in front of a service.
#[derive(Clone)]
pub struct AuthenticateLayer(Arc<Gate>);

impl AuthenticateLayer {
    /// A layer for the methods of this table.
    pub fn new(
        table: Arc<MethodTable>,
        verifier: Arc<Verifier>,
        denials: Arc<dyn DenialSink>,
    ) -> Self {
        Self(Arc::new(Gate { table, verifier, denials, last: true }))
    }

    /// A layer before another one of its kind, in this process or the next, which reports what the
    /// handlers refuse.
    pub fn before_another(
        table: Arc<MethodTable>,
        verifier: Arc<Verifier>,
        denials: Arc<dyn DenialSink>,
    ) -> Self {
        Self(Arc::new(Gate { table, verifier, denials, last: false }))
    }
}

impl<S> Layer<S> for AuthenticateLayer {
    type Service = Authenticate<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Authenticate { inner, gate: Arc::clone(&self.0) }
    }
}

/// Admits calls with a good token and the method's permission. The handler finds a [`Caller`] and
/// an `Arc<MethodAccess>` among the request's extensions.
#[derive(Clone)]
pub struct Authenticate<S> {
    inner: S,
    gate: Arc<Gate>,
}

impl<S, B> Service<Request<B>> for Authenticate<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let method = self.gate.table.get(request.uri().path()).cloned();
        let admitted = self.gate.admit(request.headers_mut(), method.as_deref());
        let caller = match admitted {
            Ok(caller) => caller,
            Err(fault) => {
                return Box::pin(std::future::ready(Ok(fault.to_status().into_http())));
            }
        };
        let (mut recheck, mut answered) = (None, None);
        if let Some(caller) = caller {
            // Behind a gateway of the same process the call's span names its client already.
            if request.extensions_mut().insert(Caller::clone(&caller)).is_none() {
                telemetry::record_client(caller.client.as_str());
            }
            answered = self.gate.last.then(|| Answered {
                denials: Arc::clone(&self.gate.denials),
                caller: Arc::clone(&caller),
                method: method.clone(),
            });
            // Outside the table only reflection streams, and it shows nothing that changes.
            recheck = method
                .as_ref()
                .filter(|method| method.server_streaming)
                .map(|method| Recheck::new(Arc::clone(&self.gate), Arc::clone(method), caller));
        }
        if let Some(method) = method {
            request.extensions_mut().insert(method);
        }
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            let answer = match answered {
                Some(answered) => answered.over(answer),
                None => answer,
            };
            Ok(match recheck {
                Some(recheck) => answer.map(|body| Ending::over(body, recheck)),
                None => answer,
            })
        })
    }
}

#[cfg(test)]
mod tests;
