//! Serves services on loopback ports, and puts a gateway before a toy.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use http::{Request, Response};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::task::AbortOnDropHandle;
use tonic::body::Body;
use tower::{Service, ServiceExt};
use unionhall_gateway::{Builder, Gateway, PoolSettings, Remote, Upstream};
use unionhall_kit::ids::SystemRandomness;

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
    _accepting: AbortOnDropHandle<()>,
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
                let service = service
                    .clone()
                    .map_request(|request: Request<hyper::body::Incoming>| request.map(Body::new));
                let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(socket), TowerToHyperService::new(service));
                connections.spawn(serving);
            }
        });
        Self { address, _accepting: AbortOnDropHandle::new(accepting) }
    }
}

/// A gateway before a toy, and a client before the gateway.
pub(crate) struct House {
    pub(crate) toy: Toy,
    pub(crate) client: Client,
    pub(crate) upstream: Option<Host>,
    _front: Host,
}

impl House {
    pub(crate) async fn new(place: Place) -> Self {
        let toy = Toy::default();
        let (upstream, host) = match place {
            Place::Local => (Upstream::local(toy.service()), None),
            Place::Remote => {
                let host = Host::serve(toy.service()).await;
                (Upstream::Remote(remote(host.address)), Some(host))
            }
        };
        let front = Host::serve(gateway(upstream)).await;
        Self { toy, client: Client::connect(front.address).await, upstream: host, _front: front }
    }
}

pub(crate) fn gateway(upstream: Upstream) -> Gateway {
    Builder::new(&descriptors()).unwrap().route(PACKAGE, upstream).unwrap().build()
}

pub(crate) fn remote(address: SocketAddr) -> Remote {
    let authority = address.to_string().parse().unwrap();
    Remote::new("toy", authority, PoolSettings::default(), Arc::new(SystemRandomness))
}
