//! Who may come in: deadlines outside, then tokens and rates. Every front of a process has this
//! door, and no other.

use std::sync::Arc;

use crate::{
    access::{AuthenticateLayer, DenialSink, MethodTable, RateLimitLayer, TableError, Verifier},
    deadline::{DeadlineLayer, Longest},
    server::Server,
};

/// What every front of the process checks with.
pub struct Door {
    table: Arc<MethodTable>,
    verifier: Arc<Verifier>,
    denials: Arc<dyn DenialSink>,
    longest: Longest,
}

impl Door {
    /// Reads who may call what from the contract's descriptors.
    ///
    /// # Errors
    /// A method does not say who may call it.
    pub fn new(
        descriptor_set: &[u8],
        verifier: Arc<Verifier>,
        denials: Arc<dyn DenialSink>,
    ) -> Result<Self, TableError> {
        let table = Arc::new(MethodTable::from_descriptor_set(descriptor_set)?);
        Ok(Self { table, verifier, denials, longest: Longest::default() })
    }

    /// Calls may take as long as this instead of the usual time.
    #[must_use]
    pub fn longest(self, longest: Longest) -> Self {
        Self { longest, ..self }
    }

    /// The layer that turns tokens into callers, right before handlers of this process.
    pub fn authentication(&self) -> AuthenticateLayer {
        let (table, verifier) = (Arc::clone(&self.table), Arc::clone(&self.verifier));
        AuthenticateLayer::new(table, verifier, Arc::clone(&self.denials))
    }

    /// Puts the layers around a server.
    #[must_use]
    pub fn guard(&self, server: Server) -> Server {
        self.guard_by(self.authentication(), server)
    }

    /// Puts the layers around a gateway. Behind it is another door, which reports what the handlers
    /// refuse.
    #[must_use]
    pub fn guard_gateway(&self, server: Server) -> Server {
        let (table, verifier) = (Arc::clone(&self.table), Arc::clone(&self.verifier));
        let denials = Arc::clone(&self.denials);
        self.guard_by(AuthenticateLayer::before_another(table, verifier, denials), server)
    }

    fn guard_by(&self, authentication: AuthenticateLayer, server: Server) -> Server {
        server
            .before_admission(DeadlineLayer::new(Arc::clone(&self.table), self.longest))
            .after_admission(authentication)
            .after_admission(RateLimitLayer::new(Arc::clone(&self.denials)))
    }
}
