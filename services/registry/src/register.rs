//! What every call on the register works with.

use std::sync::Arc;

use unionhall_kit::{
    clock::SharedClock,
    fault::{Fault, Outcome},
    keys::KeyRing,
    ledger::Ledger,
    paging::Pager,
    reasons,
    vault::Vault,
};

use crate::{reference::ReferenceBook, rules::quality::RuleSet};

/// The register: its books and the code lists.
#[derive(Clone)]
pub struct Register {
    /// Database, figures, events and audit.
    pub ledger: Ledger,
    /// Makes and opens page tokens.
    pub pager: Pager,
    /// Seals what is protected, and spooled uploads.
    pub vault: Vault,
    /// The shipped code lists.
    pub reference: &'static ReferenceBook,
    /// The shipped quality rules.
    pub quality: &'static RuleSet,
}

impl Register {
    /// The register over these books. The feed must be open: its epoch is the database's identity.
    pub async fn open(ledger: Ledger, keys: Arc<KeyRing>) -> Outcome<Self> {
        let reference = ReferenceBook::shipped()
            .map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))?;
        let quality =
            RuleSet::shipped().map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))?;
        let database = ledger.feed_start().await?.epoch.into_bytes();
        let ids = ledger.ids().clone();
        Ok(Self {
            pager: Pager::new(Arc::clone(&keys), ids.clone(), database),
            vault: Vault::new(keys, ids),
            ledger,
            reference,
            quality,
        })
    }

    /// The clock.
    pub fn clock(&self) -> &SharedClock {
        self.ledger.clock()
    }
}
