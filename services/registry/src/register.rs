//! What every call on the register works with.

use std::sync::Arc;

use tokio::sync::Notify;
use unionhall_kit::{
    clock::SharedClock,
    fault::{Fault, Outcome},
    imports::{Bells, ImportsConfig},
    keys::KeyRing,
    ledger::Ledger,
    paging::Pager,
    reasons,
    vault::Vault,
};

use crate::{
    reference::ReferenceBook,
    rules::quality::RuleSet,
    tree::{self, AreaTrees},
};

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
    /// The tree of areas; read through [`Register::tree`].
    pub(crate) areas: AreaTrees,
    /// Rings when a structure change was begun here, for the job that carries it out.
    pub(crate) structure_bell: Arc<Notify>,
    /// What an upload may be.
    pub imports: ImportsConfig,
    /// Ring between those who ask for imports and the job behind them.
    pub(crate) import_bells: Bells,
}

impl Register {
    /// The register over these books. The feed must be open: its epoch is the database's identity.
    /// A register without areas is given the shipped ones.
    pub async fn open(ledger: Ledger, keys: Arc<KeyRing>) -> Outcome<Self> {
        let reference = ReferenceBook::shipped()
            .map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))?;
        let quality =
            RuleSet::shipped().map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))?;
        let database = ledger.feed_start().await?.epoch.into_bytes();
        let ids = ledger.ids().clone();
        let register = Self {
            pager: Pager::new(Arc::clone(&keys), ids.clone(), database),
            vault: Vault::new(keys, ids),
            ledger,
            reference,
            quality,
            areas: AreaTrees::default(),
            structure_bell: Arc::new(Notify::new()),
            imports: ImportsConfig::default(),
            import_bells: Bells::default(),
        };
        tree::seed(&register).await?;
        Ok(register)
    }

    /// The clock.
    pub fn clock(&self) -> &SharedClock {
        self.ledger.clock()
    }
}
