//! One HTTP/2 connection to an upstream, and the count of calls that it carries.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use h2::{
    Ping, PingPong,
    client::{ResponseFuture, SendRequest},
};
use http::{Request, uri::Authority};
use tokio::{net::TcpStream, time};
use unionhall_kit::gather::Gathering;

/// A stream may hold this much unread data; a slow reader stops its sender there.
const STREAM_WINDOW: u32 = 64 * 1024;

/// As many streams as [`FULL`] may be stalled by slow readers without stalling their neighbours.
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * 128;

/// Below the 128 streams that our services admit to a connection.
pub(super) const FULL: usize = 100;

const PING_EVERY: Duration = Duration::from_secs(30);
const PONG_WITHIN: Duration = Duration::from_secs(10);

type Wire = h2::client::Connection<TcpStream, Bytes>;

/// A connection that takes calls until its peer or the network ends it.
pub(super) struct Connection {
    sender: SendRequest<Bytes>,
    carried: AtomicUsize,
    ended: Arc<AtomicBool>,
}

impl Connection {
    /// Connects to one of the authority's addresses, the `turn`-th first, so that a fleet behind
    /// one name is used evenly.
    pub(super) async fn open(authority: &Authority, turn: usize) -> io::Result<Self> {
        let port = authority.port_u16().unwrap_or(80);
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let addresses: Vec<_> = tokio::net::lookup_host((host, port)).await?.collect();
        let mut refusal = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for step in 0..addresses.len() {
            match TcpStream::connect(addresses[(turn + step) % addresses.len()]).await {
                Ok(socket) => return Self::begin(socket).await,
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }

    async fn begin(socket: TcpStream) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        let (sender, wire) = h2::client::Builder::new()
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .enable_push(false)
            .handshake(socket)
            .await
            .map_err(io::Error::other)?;
        let ended = Arc::new(AtomicBool::new(false));
        // Calls that are ready together are written together.
        tokio::spawn(Gathering::new(drive(wire, Arc::clone(&ended))));
        Ok(Self { sender, carried: AtomicUsize::new(0), ended })
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    pub(super) fn carried(&self) -> usize {
        self.carried.load(Ordering::Relaxed)
    }
}

/// Runs the connection until it ends or stops answering pings.
async fn drive(mut wire: Wire, ended: Arc<AtomicBool>) {
    let pings = wire.ping_pong();
    tokio::select! {
        result = wire => {
            if let Err(error) = result {
                tracing::debug!(%error, "an upstream connection ended");
            }
        }
        () = silence(pings) => tracing::warn!("an upstream connection fell silent"),
    }
    ended.store(true, Ordering::Relaxed);
}

/// Returns when the peer leaves a ping unanswered: a machine that is gone sends no reset.
async fn silence(pings: Option<PingPong>) {
    let Some(mut pings) = pings else { return std::future::pending().await };
    loop {
        time::sleep(PING_EVERY).await;
        match time::timeout(PONG_WITHIN, pings.ping(Ping::opaque())).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => return std::future::pending().await,
            Err(_) => return,
        }
    }
}

/// The right to one call on a connection; the call is counted until this is dropped.
pub(super) struct Lease {
    connection: Arc<Connection>,
    sender: SendRequest<Bytes>,
}

impl Lease {
    /// `None` when the peer has said that it takes no more calls. Those on their way go on.
    pub(super) fn on(connection: &Arc<Connection>) -> Option<Self> {
        let mut sender = connection.sender.clone();
        let mut nobody = Context::from_waker(Waker::noop());
        // A fresh handle has no stream of its own to wait for: it is never pending.
        if !matches!(sender.poll_ready(&mut nobody), Poll::Ready(Ok(()))) {
            connection.ended.store(true, Ordering::Relaxed);
            return None;
        }
        connection.carried.fetch_add(1, Ordering::Relaxed);
        Some(Self { connection: Arc::clone(connection), sender })
    }

    /// Opens a stream. An error means that nothing was sent.
    pub(super) fn send(
        &mut self,
        request: Request<()>,
    ) -> Result<(ResponseFuture, h2::SendStream<Bytes>), h2::Error> {
        self.sender.send_request(request, false)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.connection.carried.fetch_sub(1, Ordering::Relaxed);
    }
}
