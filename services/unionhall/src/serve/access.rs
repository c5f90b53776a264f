//! Who may come in: deadlines outside, then tokens and rates.

use std::sync::Arc;

use anyhow::Result;
use unionhall_kit::{
    access::{AuthenticateLayer, DenialSink, MethodTable, RateLimitLayer, Verifier},
    deadline::{DeadlineLayer, Longest},
    server::Server,
};
use unionhall_proto::DESCRIPTOR_SET;

/// What every front of the process checks with.
pub(super) struct Access {
    table: Arc<MethodTable>,
    verifier: Arc<Verifier>,
    denials: Arc<dyn DenialSink>,
}

impl Access {
    /// Reads who may call what from the contract; a method that does not say is refused here.
    pub(super) fn new(verifier: Arc<Verifier>, denials: Arc<dyn DenialSink>) -> Result<Self> {
        let table = Arc::new(MethodTable::from_descriptor_set(DESCRIPTOR_SET)?);
        Ok(Self { table, verifier, denials })
    }

    /// The layer that turns tokens into callers.
    pub(super) fn authentication(&self) -> AuthenticateLayer {
        let (table, verifier) = (Arc::clone(&self.table), Arc::clone(&self.verifier));
        AuthenticateLayer::new(table, verifier, Arc::clone(&self.denials))
    }

    /// Puts the layers around a server.
    pub(super) fn guard(&self, server: Server) -> Server {
        server
            .before_admission(DeadlineLayer::new(Arc::clone(&self.table), Longest::default()))
            .after_admission(self.authentication())
            .after_admission(RateLimitLayer::default())
    }
}
