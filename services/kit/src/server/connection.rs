//! One connection: its limits, its age and its end.

use std::{
    convert::Infallible,
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Request;
use hyper::{body::Incoming, rt::Executor, server::conn::http2, service::service_fn};
use hyper_util::rt::TokioTimer;
use tokio::{net::TcpStream, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{
    body::Body,
    transport::server::{Connected, TcpConnectInfo},
};

use super::{drain::Drain, front::Front, request_body::RequestBody, socket::Gathered};
use crate::{config::LimitsConfig, ids::Ids};

/// What a stream may send ahead of its handler.
const STREAM_WINDOW: u32 = 64 * 1024;

/// Room for every stream of a connection at once: behind a gateway they belong to many callers, and
/// an upload that stalls must not hold up the others.
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * 128;

/// How long a connection without calls may take to confirm its GOAWAY.
const GOODBYE: Duration = Duration::from_secs(1);

/// Runs the calls of all connections, so that a cut reaches every one of them: hyper itself would
/// leave them running.
#[derive(Clone, Default)]
pub(super) struct Calls {
    pub(super) tasks: TaskTracker,
    pub(super) cut: CancellationToken,
}

impl<F> Executor<F> for Calls
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, call: F) {
        let cut = self.cut.clone();
        self.tasks.spawn(async move {
            cut.run_until_cancelled(call).await;
        });
    }
}

/// What a connection has done so far.
#[derive(Default)]
struct Activity {
    open: AtomicUsize,
    called: AtomicBool,
}

/// One call that is open on a connection.
pub(super) struct Ticket(Arc<Activity>);

impl Ticket {
    fn draw(activity: &Arc<Activity>) -> Self {
        activity.called.store(true, Ordering::Relaxed);
        activity.open.fetch_add(1, Ordering::Relaxed);
        Self(activity.clone())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What all connections of a server share.
#[derive(Clone)]
pub(super) struct Connections {
    pub(super) front: Arc<Front>,
    pub(super) drain: Drain,
    pub(super) calls: Calls,
    http: http2::Builder<Calls>,
    handshake: Duration,
    age: Duration,
    ids: Ids,
}

impl Connections {
    pub(super) fn new(front: Front, limits: &LimitsConfig, calls: Calls) -> Self {
        let mut http = http2::Builder::new(calls.clone());
        http.timer(TokioTimer::new())
            .auto_date_header(false)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_concurrent_streams(limits.max_streams_per_connection.get())
            .max_pending_accept_reset_streams(limits.max_pending_resets)
            .max_local_error_reset_streams(limits.max_local_resets)
            .max_header_list_size(limits.max_header_bytes)
            .keep_alive_interval(Duration::from_millis(limits.ping_interval_ms))
            .keep_alive_timeout(Duration::from_millis(limits.ping_timeout_ms));
        Self {
            drain: front.drain.clone(),
            ids: front.ids.clone(),
            front: Arc::new(front),
            calls,
            http,
            handshake: Duration::from_millis(limits.handshake_timeout_ms),
            age: Duration::from_millis(limits.connection_age_ms),
        }
    }

    /// Serves one connection until it ends, is retired or cut.
    pub(super) async fn serve(self, stream: TcpStream) {
        // Small answers must not wait for each other; a socket that refuses is about to fail.
        let _ = stream.set_nodelay(true);
        let (info, activity) = (stream.connect_info(), Arc::new(Activity::default()));
        let (front, calls) = (self.front.clone(), activity.clone());
        let service = service_fn(move |request| {
            let (front, ticket) = (front.clone(), Ticket::draw(&calls));
            let request = with_peer(request, info.clone());
            async move { Ok::<_, Infallible>(front.answer(request, ticket).await) }
        });
        let mut connection = pin!(self.http.serve_connection(Gathered::new(stream), service));
        let why = tokio::select! {
            ended = connection.as_mut() => return note(&ended),
            () = self.idle_from_the_start(&activity) => "no call came",
            () = sleep(self.jittered_age()) => "it reached its age",
            () = self.drain.begun.draining() => "the server stops",
            () = self.calls.cut.cancelled() => return,
        };
        tracing::debug!(why, "retiring a connection");
        connection.as_mut().graceful_shutdown();
        tokio::select! {
            ended = connection => note(&ended),
            () = without_calls(&activity) => {}
            () = self.calls.cut.cancelled() => {}
        }
    }

    async fn idle_from_the_start(&self, activity: &Activity) {
        sleep(self.handshake).await;
        if activity.called.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    /// Give or take a tenth, lest all callers of a process come back at once.
    fn jittered_age(&self) -> Duration {
        let permille = 900 + u32::from(u16::from_le_bytes(self.ids.bytes())) % 201;
        self.age * permille / 1_000
    }
}

/// A peer that keeps silent never confirms the GOAWAY: without calls it need not.
async fn without_calls(activity: &Activity) {
    loop {
        sleep(GOODBYE).await;
        if activity.open.load(Ordering::Relaxed) == 0 {
            return;
        }
    }
}

fn with_peer(request: Request<Incoming>, info: TcpConnectInfo) -> Request<Body> {
    let mut request = request.map(|body| Body::new(RequestBody::new(body)));
    request.extensions_mut().insert(info);
    request
}

fn note(ended: &hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection failed");
    }
}
