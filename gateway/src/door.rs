//! The layers that stand before the gateway, in the order of every server of the suite.

use std::sync::Arc;

use unionhall_kit::{
    access::{AuthenticateLayer, DenialSink, MethodTable, RateLimitLayer, Verifier},
    deadline::{DeadlineLayer, Longest},
    server::Server,
};

use crate::gateway::Gateway;

/// Who may come in, and how long a call may take.
pub struct Admission {
    /// What each method needs.
    pub table: Arc<MethodTable>,
    /// Turns tokens into callers. The token travels on: every service verifies it again.
    pub verifier: Arc<Verifier>,
    /// Learns who was refused.
    pub denials: Arc<dyn DenialSink>,
    /// The longest deadlines, and those of callers who state none.
    pub longest: Longest,
}

/// Puts the gateway behind its layers into the server. Calls wait for a place before they are
/// verified, so that a flood of bad tokens is shed like any other.
#[must_use]
pub fn guarded(server: Server, gateway: &Gateway, admission: Admission) -> Server {
    let Admission { table, verifier, denials, longest } = admission;
    server
        .before_admission(DeadlineLayer::new(Arc::clone(&table), longest))
        .after_admission(AuthenticateLayer::new(table, verifier, denials))
        .after_admission(RateLimitLayer::default())
        .register(gateway.registered())
}
