//! A server with one service whose methods do what the tests need, and a client that sees all.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use prost_types::{
    FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, body::Body, transport::server::TcpConnectInfo};
use tower::service_fn;

use crate::{
    clock::SystemClock,
    config::ServerConfig,
    ids::{Ids, SystemRandomness},
    server::{DrainToken, Drained, Registered, RequestId, Server, ServerError},
};

pub(crate) const SERVICE: &str = "unionhall.test.v1.TestService";

/// No test waits longer; one that does has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What the handlers saw, and the gate before which `Hang` waits.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) calls: Arc<AtomicUsize>,
    pub(crate) gate: Arc<Semaphore>,
    /// How each body that `Collect` read to its end ended.
    pub(crate) ends: watch::Sender<Vec<Result<(), Code>>>,
    arrivals: Arc<Semaphore>,
}

impl Default for Seen {
    fn default() -> Self {
        let closed = || Arc::new(Semaphore::new(0));
        Self {
            calls: Arc::default(),
            gate: closed(),
            ends: watch::Sender::default(),
            arrivals: closed(),
        }
    }
}

impl Seen {
    /// Waits until this many more calls have reached a handler.
    pub(crate) async fn arrivals(&self, count: u32) {
        within(self.arrivals.acquire_many(count)).await.unwrap().forget();
    }
}

pub(crate) struct House {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Seen,
    pub(crate) shutdown: CancellationToken,
    served: JoinHandle<Drained>,
}

impl House {
    pub(crate) async fn open(adjust: impl FnOnce(&mut ServerConfig)) -> Self {
        Self::with(adjust, |server| server).await
    }

    pub(crate) async fn with(
        adjust: impl FnOnce(&mut ServerConfig),
        extend: impl FnOnce(Server) -> Server,
    ) -> Self {
        let seen = Seen::default();
        Self::run(extend(server(adjust).register(own(&seen))), seen).await
    }

    /// A server with other services than the tests' own.
    pub(crate) async fn serving(registered: Registered) -> Self {
        Self::run(server(|_| {}).register(registered), Seen::default()).await
    }

    async fn run(server: Server, seen: Seen) -> Self {
        let ready = server.build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(ready.serve(listener, shutdown.clone()));
        Self { address, seen, shutdown, served }
    }

    pub(crate) async fn stop(self) -> Drained {
        self.shutdown.cancel();
        self.stopped().await
    }

    pub(crate) async fn stopped(self) -> Drained {
        within(self.served).await.unwrap()
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address).await
    }
}

pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future).await.expect("it took too long")
}

fn server(adjust: impl FnOnce(&mut ServerConfig)) -> Server {
    let mut config = ServerConfig::default();
    config.drain.cap_ms = 2_000;
    adjust(&mut config);
    Server::new(config, Ids::new(Arc::new(SystemClock), Arc::new(SystemRandomness)))
}

fn own(seen: &Seen) -> Registered {
    let methods = [
        ("Echo", false),
        ("Hang", false),
        ("Collect", true),
        ("Panic", false),
        ("Silent", true),
        ("Resumable", true),
        ("Torn", true),
        ("Endless", true),
    ];
    let seen = seen.clone();
    Registered::new(describe(&[SERVICE], &methods))
        .named(SERVICE, service_fn(move |request| handle(seen.clone(), request)))
}

/// A descriptor set of services that all have the same methods; the flag says whether the method
/// streams its answer.
pub(crate) fn describe(services: &[&str], methods: &[(&str, bool)]) -> &'static [u8] {
    let method = |&(name, server_streaming): &(&str, bool)| MethodDescriptorProto {
        name: Some(name.into()),
        server_streaming: Some(server_streaming),
        ..Default::default()
    };
    let file = |full: &&str| {
        let (package, name) = full.rsplit_once('.').unwrap();
        let service = ServiceDescriptorProto {
            name: Some(name.into()),
            method: methods.iter().map(method).collect(),
            ..Default::default()
        };
        FileDescriptorProto {
            name: Some(format!("{full}.proto")),
            package: Some(package.into()),
            service: vec![service],
            ..Default::default()
        }
    };
    let set = FileDescriptorSet { file: services.iter().map(file).collect() };
    Box::leak(set.encode_to_vec().into_boxed_slice())
}

fn handle(
    seen: Seen,
    request: Request<Body>,
) -> BoxFuture<'static, Result<Response<Body>, std::convert::Infallible>> {
    Box::pin(async move {
        seen.calls.fetch_add(1, Ordering::SeqCst);
        seen.arrivals.add_permits(1);
        let (_, method) = request.uri().path().rsplit_once('/').unwrap();
        Ok(match method {
            "Panic" => panic!("as asked"),
            "Hang" => {
                seen.gate.acquire().await.unwrap().forget();
                echo(&request)
            }
            "Collect" => {
                // Apart from the call, which ends with its caller.
                tokio::spawn(async move {
                    let end = request.into_body().collect().await;
                    let end = end.map(drop).map_err(|status| status.code());
                    seen.ends.send_modify(|ends| ends.push(end));
                });
                std::future::pending().await
            }
            "Silent" => streaming(futures::stream::pending()),
            "Endless" => streaming(futures::stream::repeat_with(|| {
                Ok(http_body::Frame::data(Bytes::from_static(&[0; 1_024])))
            })),
            "Torn" => streaming(futures::stream::poll_fn(|_| panic!("as asked"))),
            "Resumable" => {
                let drain = request.extensions().get::<DrainToken>().unwrap().clone();
                streaming(futures::stream::once(async move {
                    drain.draining().await;
                    Err(drain.fault().to_status())
                }))
            }
            _ => echo(&request),
        })
    })
}

fn echo(request: &Request<Body>) -> Response<Body> {
    let id = request.extensions().get::<RequestId>().unwrap();
    let peer = request.extensions().get::<TcpConnectInfo>().unwrap().remote_addr().unwrap();
    let mut answer = Response::new(Body::empty());
    answer.headers_mut().insert("grpc-status", 0.into());
    answer.headers_mut().insert("seen-request-id", id.header());
    answer.headers_mut().insert("seen-port", peer.port().into());
    answer
}

fn streaming(
    frames: impl futures::Stream<Item = Result<http_body::Frame<Bytes>, Status>> + Send + 'static,
) -> Response<Body> {
    Response::new(Body::new(http_body_util::StreamBody::new(frames)))
}

/// One HTTP/2 connection.
pub(crate) struct Client {
    sender: SendRequest<Empty<Bytes>>,
    connection: JoinHandle<hyper::Result<()>>,
}

/// The end of a call: its headers, and its status from wherever it stood.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) status: Status,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        Self { sender, connection: tokio::spawn(connection) }
    }

    /// Begins a call; the future waits for its end.
    pub(crate) fn call(
        &self,
        method: &str,
        headers: &[(&'static str, &str)],
    ) -> impl Future<Output = hyper::Result<Answer>> + Send + use<> {
        let path = format!("/{SERVICE}/{method}");
        let mut sender = self.sender.clone();
        let mut request = request(&path);
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        async move {
            sender.ready().await?;
            finish(sender.send_request(request).await?).await
        }
    }

    /// Waits until the server has said good-bye.
    pub(crate) async fn closed(self) {
        drop(self.sender);
        let _ = within(self.connection).await.unwrap();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

pub(crate) fn request<B: Default>(path: &str) -> Request<B> {
    Request::post(format!("http://test{path}"))
        .header("content-type", "application/grpc")
        .body(B::default())
        .unwrap()
}

async fn finish(answer: Response<hyper::body::Incoming>) -> hyper::Result<Answer> {
    let (parts, body) = answer.into_parts();
    let trailers = body.collect().await?.trailers().cloned().unwrap_or_default();
    let status = Status::from_header_map(&trailers)
        .or_else(|| Status::from_header_map(&parts.headers))
        .unwrap();
    Ok(Answer { headers: parts.headers, status })
}

#[test]
fn a_service_that_is_registered_twice_is_refused() {
    let twice = server(|_| {}).register(own(&Seen::default())).register(own(&Seen::default()));
    assert!(matches!(twice.build(), Err(ServerError::Twice(name)) if name == SERVICE));
}
