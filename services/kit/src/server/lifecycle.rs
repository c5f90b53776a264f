//! Accepting connections, and the drain.

use std::{sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    connection::{Calls, Connections},
    drain::{Drain, Drained},
    health::HealthRegistry,
};
use crate::{
    config::DrainConfig,
    gather::Gathering,
    telemetry::{RpcMetrics, Shed},
};

/// Without file descriptors `accept` fails at once, again and again.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Time for tasks to notice the cut; only a handler that blocks its thread takes longer.
const CUT_GRACE: Duration = Duration::from_millis(500);

/// A server that is ready to serve: everything that can be refused was refused before.
pub struct Ready {
    pub(super) connections: Connections,
    pub(super) places: Arc<Semaphore>,
    pub(super) health: HealthRegistry,
    pub(super) drain: Drain,
    pub(super) calls: Calls,
    pub(super) config: DrainConfig,
    pub(super) metrics: RpcMetrics,
    pub(super) services: Vec<String>,
}

impl Ready {
    /// The full names of the services that it answers for.
    pub fn services(&self) -> &[String] {
        &self.services
    }

    /// Serves until `shutdown` is cancelled, then drains within the configured cap.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> Drained {
        let open = TaskTracker::new();
        let stopped = async {
            shutdown.cancelled().await;
            self.health.stop();
            sleep(self.config.pause()).await;
        };
        tokio::select! {
            () = stopped => {}
            () = self.accept(&listener, &open) => {}
        }
        drop(listener);
        self.drain(open).await
    }

    async fn accept(&self, listener: &TcpListener, open: &TaskTracker) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => match self.places.clone().try_acquire_owned() {
                    Ok(place) => {
                        let connection = self.connections.clone().serve(stream);
                        // Answers that are ready together are written together.
                        open.spawn(Gathering::new(async move {
                            let _held = place;
                            connection.await;
                        }));
                    }
                    Err(_) => self.metrics.shed(Shed::ConnectionsFull),
                },
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_BACKOFF).await;
                }
            }
        }
    }

    async fn drain(self, open: TaskTracker) -> Drained {
        let (until_last_call, tail) = Drain::split(self.config.cap());
        self.drain.begin();
        open.close();
        let mut quiet = timeout(until_last_call, open.wait()).await.is_ok();
        if !quiet {
            self.drain.last_call.cancel();
            quiet = timeout(tail, open.wait()).await.is_ok();
        }
        let connections_cut = if quiet { 0 } else { open.len() };
        self.calls.cut.cancel();
        self.calls.tasks.close();
        let _ =
            timeout(CUT_GRACE, async { tokio::join!(open.wait(), self.calls.tasks.wait()) }).await;
        let drained = Drained { calls_ended: self.drain.calls_ended(), connections_cut };
        tracing::info!(
            clean = drained.is_clean(),
            calls_ended = drained.calls_ended,
            connections_cut,
            "drained"
        );
        drained
    }
}
