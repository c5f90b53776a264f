//! Serves services on loopback ports, and puts a gateway before a toy.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use http::{Request, Response};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tonic::body::Body;
use tower::{Service, ServiceExt};
use unionhall_gateway::{Builder, Gateway, PoolSettings, Remote, Upstream};
use unionhall_kit::{
    clock::SystemClock,
    config::ServerConfig,
    ids::{Ids, SystemRandomness},
    server::{Drained, HealthRegistry, Server},
};

use crate::{
    client::Client,
    toy::{PACKAGE, Toy, descriptors},
};

/// The bodies of tests run on both.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Local,
    Remote,
}

pub(crate) const BOTH: [Place; 2] = [Place::Local, Place::Remote];

/// A listener whose connections die with it.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    accepting: AbortOnDropHandle<()>,
}

impl Host {
    pub(crate) async fn serve<S>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        Self::serve_at("127.0.0.1:0".parse().unwrap(), service).await
    }

    pub(crate) async fn serve_at<S>(address: SocketAddr, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                socket.set_nodelay(true).unwrap();
                let service = service
                    .clone()
                    .map_request(|request: Request<hyper::body::Incoming>| request.map(Body::new));
                let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(socket), TowerToHyperService::new(service));
                connections.spawn(serving);
            }
        });
        Self { address, accepting: AbortOnDropHandle::new(accepting) }
    }

    /// Dies at once, calls and all, and lets go of the port.
    pub(crate) async fn kill(self) -> SocketAddr {
        self.accepting.abort();
        drop(self.accepting.await);
        self.address
    }
}

/// A gateway in kit's server, without the layers that ask for tokens.
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) served: AbortOnDropHandle<Drained>,
    _watches: JoinSet<()>,
}

impl Front {
    pub(crate) async fn open(gateway: &Gateway) -> Self {
        Self::with(gateway, |server| server).await
    }

    pub(crate) async fn with(gateway: &Gateway, guard: impl FnOnce(Server) -> Server) -> Self {
        Self::configured(gateway, ServerConfig::default(), guard).await
    }

    pub(crate) async fn configured(
        gateway: &Gateway,
        mut config: ServerConfig,
        guard: impl FnOnce(Server) -> Server,
    ) -> Self {
        config.drain.cap_ms = 2_000;
        let health = HealthRegistry::default();
        let watches = gateway.watch_upstreams(&health);
        let server = Server::new(config, ids()).health(health);
        let ready = guard(server).register(gateway.registered()).build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
        let served = tokio::spawn(ready.serve(listener, shutdown.clone()));
        Self { address, shutdown, served: AbortOnDropHandle::new(served), _watches: watches }
    }
}

/// A gateway before a toy, and a client before the gateway.
pub(crate) struct House {
    pub(crate) toy: Toy,
    pub(crate) client: Client,
    pub(crate) upstream: Option<Host>,
    pub(crate) front: Front,
}

impl House {
    pub(crate) async fn new(place: Place) -> Self {
        let toy = Toy::default();
        let (upstream, host) = upstream(place, &toy).await;
        let front = Front::open(&gateway(upstream)).await;
        Self { toy, client: Client::connect(front.address).await, upstream: host, front }
    }
}

/// The toy as an upstream, and its host if it has one.
pub(crate) async fn upstream(place: Place, toy: &Toy) -> (Upstream, Option<Host>) {
    match place {
        Place::Local => (Upstream::local(toy.service()), None),
        Place::Remote => {
            let host = Host::serve(toy.service()).await;
            (Upstream::Remote(remote(host.address)), Some(host))
        }
    }
}

pub(crate) fn gateway(upstream: Upstream) -> Gateway {
    Builder::new(&descriptors()).unwrap().route(PACKAGE, upstream).unwrap().build()
}

pub(crate) fn remote(address: SocketAddr) -> Remote {
    let authority = address.to_string().parse().unwrap();
    Remote::new("toy", authority, PoolSettings::default(), Arc::new(SystemRandomness))
}

pub(crate) fn ids() -> Ids {
    Ids::new(Arc::new(SystemClock), Arc::new(SystemRandomness))
}

/// No test waits longer; one that does has failed.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it took too long")
}
