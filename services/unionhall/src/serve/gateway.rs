//! The gateway before a register in the same process, or across the network.

use std::sync::Arc;

use anyhow::{Context, Result};
use tower::Layer;
use unionhall_gateway::{Builder, Gateway, PoolSettings, Remote, Upstream};
use unionhall_kit::{
    access::{DenialSink, Verifier},
    door::Door,
    ids::SystemRandomness,
};
use unionhall_proto::DESCRIPTOR_SET;

use super::{Parts, registry::Registry};

/// The register's package.
const REGISTRY: &str = "unionhall.registry.v1";

/// Before a register in this process. The token is verified again behind the gateway, as it would
/// be across the network.
pub(super) fn before_local(registry: &Registry, door: &Door) -> Result<Gateway> {
    let service = door.authentication().layer(registry.registered().into_handlers());
    let builder = Builder::new(DESCRIPTOR_SET)?;
    Ok(builder.route(REGISTRY, Upstream::local(service))?.build())
}

/// Before a register across the network, with this process's own verifier.
pub(super) fn before_remote(
    parts: &Parts,
    denials: Arc<dyn DenialSink>,
) -> Result<(Gateway, Door)> {
    let keys = parts.folder.verifying_keys()?;
    let policy = parts.folder.existing_policy(&parts.clock)?;
    tokio::spawn(Arc::clone(&policy).keep_fresh());
    let verifier = Arc::new(Verifier::new(keys, policy, Arc::clone(&parts.clock)));
    let door = Door::new(DESCRIPTOR_SET, verifier, denials)?;
    let remote = remote(&parts.settings.gateway.registry)?;
    let gateway = Builder::new(DESCRIPTOR_SET)?.route(REGISTRY, remote)?.build();
    Ok((gateway, door))
}

fn remote(url: &str) -> Result<Upstream> {
    let uri: tonic::transport::Uri =
        url.parse().with_context(|| format!("gateway.registry '{url}'"))?;
    let authority =
        uri.authority().with_context(|| format!("gateway.registry '{url}' names no host"))?;
    let remote = Remote::new(
        REGISTRY,
        authority.clone(),
        PoolSettings::default(),
        Arc::new(SystemRandomness),
    );
    Ok(Upstream::Remote(remote))
}
