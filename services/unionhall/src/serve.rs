//! Serving: the roles, put together from the same parts.

mod banner;
mod gateway;
mod registry;

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use unionhall_kit::{
    access::Denials,
    clock::{SharedClock, SystemClock},
    door::Door,
    ids::{Ids, SystemRandomness},
    server::{HealthRegistry, Ready, Server, signals},
    telemetry::{Telemetry, serve_admin},
};
use unionhall_proto::DESCRIPTOR_SET;

use self::registry::Registry;
use crate::{cli::Role, data_folder::DataFolder, settings::Settings};

/// The drain was cut: some caller lost its answer.
const EXIT_UNCLEAN: u8 = 75;

/// What the parts of a process share.
pub(super) struct Parts {
    settings: Settings,
    folder: DataFolder,
    clock: SharedClock,
    ids: Ids,
    health: HealthRegistry,
    stop: CancellationToken,
}

/// Serves a role until a signal comes.
pub(crate) async fn serve(role: Role, settings: Settings) -> Result<ExitCode> {
    let telemetry = Arc::new(Telemetry::start(&settings.telemetry, role.service_name())?);
    let stop = signals()?;
    serve_admin_port(&settings, &telemetry, &stop).await?;
    let code = serve_role(role, settings, stop).await;
    telemetry.flush().await;
    code
}

/// `/metrics` and `/healthz`, where the settings give them an address.
async fn serve_admin_port(
    settings: &Settings,
    telemetry: &Arc<Telemetry>,
    stop: &CancellationToken,
) -> Result<()> {
    let Some(address) = settings.telemetry.admin_address else { return Ok(()) };
    let listener = bind(address).await?;
    tokio::spawn(serve_admin(listener, Arc::clone(telemetry), stop.clone()));
    Ok(())
}

async fn serve_role(role: Role, settings: Settings, stop: CancellationToken) -> Result<ExitCode> {
    let clock: SharedClock = Arc::new(SystemClock);
    let parts = Parts {
        folder: DataFolder::open(&settings.data)?,
        ids: Ids::new(Arc::clone(&clock), Arc::new(SystemRandomness)),
        health: HealthRegistry::default(),
        stop,
        clock,
        settings,
    };
    match role {
        Role::All => Box::pin(all(parts)).await,
        Role::Registry => Box::pin(registry_alone(parts)).await,
        Role::Gateway => gateway_alone(parts).await,
    }
}

async fn all(parts: Parts) -> Result<ExitCode> {
    let registry = Registry::start(&parts).await?;
    let door = Door::new(DESCRIPTOR_SET, registry.verifier(), registry.denials())?;
    let gateway = gateway::before_local(&registry, &door)?;
    let server = door.guard_gateway(server(&parts)).register(gateway.registered());
    let token = registry.token().map(str::to_owned);
    listen_beside(&parts, server.build()?, token.as_deref(), registry).await
}

async fn registry_alone(parts: Parts) -> Result<ExitCode> {
    let registry = Registry::start(&parts).await?;
    let door = Door::new(DESCRIPTOR_SET, registry.verifier(), registry.denials())?;
    let server = door.guard(server(&parts)).register(registry.registered());
    listen_beside(&parts, server.build()?, None, registry).await
}

async fn gateway_alone(parts: Parts) -> Result<ExitCode> {
    let denials = Arc::new(Denials::new(Arc::clone(&parts.clock)));
    let (gateway, door) = gateway::before_remote(&parts, Arc::<Denials>::clone(&denials))?;
    let server = door.guard_gateway(server(&parts)).register(gateway.registered());
    let _watches = gateway.watch_upstreams(&parts.health);
    // A gateway alone has no books: what it refuses it tells in its log, the last of it at the end.
    let stop = CancellationToken::new();
    let logging = tokio::spawn(denials.keep_logged(stop.clone()));
    let code = listen(&parts, server.build()?, None).await;
    stop.cancel();
    logging.await?;
    code
}

fn server(parts: &Parts) -> Server {
    let server = Server::new(parts.settings.server.clone(), parts.ids.clone());
    server.health(parts.health.clone())
}

/// Serves as long as the register's jobs work, then stops them.
async fn listen_beside(
    parts: &Parts,
    ready: Ready,
    token: Option<&str>,
    mut registry: Registry,
) -> Result<ExitCode> {
    let mut serving = Box::pin(listen(parts, ready, token));
    let code = tokio::select! {
        code = &mut serving => code?,
        () = registry.lost_a_job() => {
            parts.stop.cancel();
            serving.await?;
            ExitCode::FAILURE
        }
    };
    registry.stop().await;
    Ok(code)
}

/// Binds, tells where, serves and drains.
async fn listen(parts: &Parts, ready: Ready, token: Option<&str>) -> Result<ExitCode> {
    let address = parts.settings.server.listen.address;
    let listener = bind(address).await?;
    banner::print(listener.local_addr()?, &parts.settings.data, token);
    let drained = ready.serve(listener, parts.stop.clone()).await;
    Ok(if drained.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_UNCLEAN) })
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}
