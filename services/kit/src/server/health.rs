//! `grpc.health.v1`: what load balancers and probes ask.
//!
//! `liveness` says that the process answers, and never depends on a database. `readiness` says that
//! every probe of the process itself is content and the server is not stopping; `` says so of all
//! probes, those of upstreams included; a service's own name of the probes that concern it.

use std::sync::Arc;

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::sync::watch;
use tonic::{Request, Response, Status, async_trait};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_server::Health,
};

use crate::{fault::Fault, reasons};

/// The name under which the process alone is asked for.
pub const LIVENESS: &str = "liveness";

/// The name under which the process is asked whether it can take calls. A gateway can while one of
/// its upstreams is away: the others still answer.
pub const READINESS: &str = "readiness";

#[derive(Debug, Default)]
struct Board {
    stopping: bool,
    services: Vec<String>,
    probes: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    name: &'static str,
    services: Vec<String>,
    upstream: bool,
    ready: bool,
}

impl Board {
    fn status(&self, asked: &str) -> ServingStatus {
        let own = asked == READINESS;
        let whole = asked.is_empty() || own;
        let serving = if asked == LIVENESS {
            true
        } else if whole || self.services.iter().any(|service| service == asked) {
            let concerns = |entry: &&Entry| {
                if whole {
                    return !(own && entry.upstream);
                }
                entry.services.is_empty() || entry.services.iter().any(|s| s == asked)
            };
            !self.stopping && self.probes.iter().filter(concerns).all(|entry| entry.ready)
        } else {
            return ServingStatus::ServiceUnknown;
        };
        if serving { ServingStatus::Serving } else { ServingStatus::NotServing }
    }
}

/// Where background checks say whether the server can do its work.
#[derive(Debug, Clone)]
pub struct HealthRegistry(Arc<watch::Sender<Board>>);

impl Default for HealthRegistry {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Board::default())))
    }
}

impl HealthRegistry {
    /// A condition of readiness, not met until it is said to be. `services` are the full names
    /// that it concerns; none means all.
    pub fn probe(&self, name: &'static str, services: &[&str]) -> Probe {
        self.add(name, services, false)
    }

    /// A condition that another process meets or not: its services depend on it, readiness here
    /// does not.
    pub fn upstream(&self, name: &'static str, services: &[&str]) -> Probe {
        self.add(name, services, true)
    }

    fn add(&self, name: &'static str, services: &[&str], upstream: bool) -> Probe {
        let services = services.iter().map(|&service| service.to_owned()).collect();
        let mut index = 0;
        self.0.send_modify(|board| {
            index = board.probes.len();
            board.probes.push(Entry { name, services, upstream, ready: false });
        });
        Probe { registry: self.clone(), index }
    }

    /// Every probe is content and the server is not stopping.
    pub fn is_ready(&self) -> bool {
        self.0.borrow().status(READINESS) == ServingStatus::Serving
    }

    pub(super) fn serve(&self, services: Vec<String>) {
        self.0.send_modify(|board| board.services = services);
    }

    pub(super) fn stop(&self) {
        self.0.send_modify(|board| board.stopping = true);
    }

    fn changes(&self, service: String) -> BoxStream<'static, Result<HealthCheckResponse, Status>> {
        let start = (self.0.subscribe(), None, service);
        stream::unfold(start, |(mut board, last, service)| async move {
            loop {
                let status = board.borrow_and_update().status(&service);
                if last != Some(status) {
                    return Some((Ok(response(status)), (board, Some(status), service)));
                }
                board.changed().await.ok()?;
            }
        })
        .boxed()
    }
}

#[async_trait]
impl Health for HealthRegistry {
    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let asked = request.into_inner().service;
        match self.0.borrow().status(&asked) {
            ServingStatus::ServiceUnknown => Err(Fault::new(&reasons::NOT_FOUND)
                .with("name", asked.chars().take(128).collect::<String>())
                .into()),
            status => Ok(Response::new(response(status))),
        }
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        Ok(Response::new(self.changes(request.into_inner().service)))
    }
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

/// One condition of readiness.
#[derive(Debug)]
pub struct Probe {
    registry: HealthRegistry,
    index: usize,
}

impl Probe {
    /// The condition is met, or not.
    pub fn set(&self, ready: bool) {
        self.registry.0.send_if_modified(|board| {
            let entry = &mut board.probes[self.index];
            let changed = entry.ready != ready;
            if changed {
                tracing::info!(probe = entry.name, ready, "readiness changed");
            }
            entry.ready = ready;
            changed
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry() -> HealthRegistry {
        let registry = HealthRegistry::default();
        registry.serve(vec!["a.A".into(), "b.B".into()]);
        registry
    }

    fn status(registry: &HealthRegistry, asked: &str) -> ServingStatus {
        registry.0.borrow().status(asked)
    }

    #[test]
    fn a_probe_concerns_its_services_and_the_whole_but_not_liveness() {
        let registry = registry();
        let probe = registry.probe("database", &["a.A"]);
        for (asked, expected) in [
            ("", ServingStatus::NotServing),
            (READINESS, ServingStatus::NotServing),
            ("a.A", ServingStatus::NotServing),
            ("b.B", ServingStatus::Serving),
            (LIVENESS, ServingStatus::Serving),
            ("c.C", ServingStatus::ServiceUnknown),
        ] {
            assert_eq!(status(&registry, asked), expected, "{asked}");
        }
        probe.set(true);
        assert!(registry.is_ready());
        assert_eq!(status(&registry, "a.A"), ServingStatus::Serving);
    }

    #[test]
    fn an_upstream_that_is_away_leaves_the_process_ready() {
        let registry = registry();
        let upstream = registry.upstream("registry", &["a.A"]);
        for (asked, expected) in [
            ("", ServingStatus::NotServing),
            (READINESS, ServingStatus::Serving),
            ("a.A", ServingStatus::NotServing),
            ("b.B", ServingStatus::Serving),
        ] {
            assert_eq!(status(&registry, asked), expected, "{asked}");
        }
        upstream.set(true);
        assert_eq!(status(&registry, ""), ServingStatus::Serving);
    }

    #[test]
    fn a_stopping_server_lives_but_does_not_serve() {
        let registry = registry();
        registry.stop();
        assert!(!registry.is_ready());
        assert_eq!(status(&registry, "b.B"), ServingStatus::NotServing);
        assert_eq!(status(&registry, LIVENESS), ServingStatus::Serving);
    }

    #[tokio::test]
    async fn a_watch_tells_changes_only() {
        let registry = registry();
        let (a, b) = (registry.probe("a", &["a.A"]), registry.probe("b", &["b.B"]));
        let mut changes = registry.changes("a.A".into());
        assert_eq!(changes.next().await.unwrap().unwrap(), response(ServingStatus::NotServing));
        b.set(true);
        a.set(true);
        assert_eq!(changes.next().await.unwrap().unwrap(), response(ServingStatus::Serving));
    }
}
