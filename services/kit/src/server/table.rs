//! Who answers what: the registered services, and the server's own.

use axum::Router;
use tonic::service::Routes;
use tonic_health::pb::health_server::HealthServer;
use tower::util::BoxCloneSyncService;

use super::{Handlers, HealthRegistry, Registered, ServerError, methods::Methods, reflection};
use crate::config::ListenConfig;

const HEALTH: &str = "grpc.health.v1.Health";

/// All methods and who answers them.
pub(super) struct Table {
    pub(super) methods: Methods,
    pub(super) services: Vec<String>,
    /// The server's own services, outside every layer.
    pub(super) open: Handlers,
    /// All others.
    pub(super) guarded: Handlers,
}

impl Table {
    /// # Errors
    /// A descriptor cannot be read, or a service is missing in its descriptor or registered twice.
    pub(super) fn build(
        listen: &ListenConfig,
        health: &HealthRegistry,
        mut registered: Vec<Registered>,
    ) -> Result<Self, ServerError> {
        let mut methods = Methods::default();
        let mut services = described(&mut methods, &registered)?;
        services.push(HEALTH.to_owned());
        methods.add(tonic_health::pb::FILE_DESCRIPTOR_SET, &[HEALTH.to_owned()], true)?;
        let mut open = Routes::new(HealthServer::new(health.clone())).into_axum_router();
        if listen.reflection {
            let reflection = reflection::registered(&registered, &services)?;
            let loopback = listen.address.ip().is_loopback();
            reflection::describe(&mut methods, loopback)?;
            if loopback {
                open = merged(open, reflection.router);
            } else {
                registered.push(reflection);
            }
        }
        let routers = registered.into_iter().map(|one| one.router);
        let guarded = routed(routers.fold(Router::new(), merged));
        Ok(Self { methods, services, open: routed(open), guarded })
    }
}

fn described(methods: &mut Methods, registered: &[Registered]) -> Result<Vec<String>, ServerError> {
    let mut services = Vec::new();
    for one in registered {
        methods.add(one.descriptor, &one.services, false)?;
        for name in &one.services {
            if services.contains(name) {
                return Err(ServerError::Twice(name.clone()));
            }
            services.push(name.clone());
        }
    }
    Ok(services)
}

pub(super) fn routed(router: Router) -> Handlers {
    BoxCloneSyncService::new(Routes::from(router).prepare())
}

/// Two fallbacks cannot be merged; none is reached, since the front refuses unknown paths before.
fn merged(one: Router, other: Router) -> Router {
    one.reset_fallback().merge(other.reset_fallback())
}
