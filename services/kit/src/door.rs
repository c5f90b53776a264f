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

    /// The layer that turns tokens into callers.
    pub fn authentication(&self) -> AuthenticateLayer {
        let (table, verifier) = (Arc::clone(&self.table), Arc::clone(&self.verifier));
        AuthenticateLayer::new(table, verifier, Arc::clone(&self.denials))
    }

    /// Puts the layers around a server.
    #[must_use]
    pub fn guard(&self, server: Server) -> Server {
        server
            .before_admission(DeadlineLayer::new(Arc::clone(&self.table), self.longest))
            .after_admission(self.authentication())
            .after_admission(RateLimitLayer::default())
    }
}
