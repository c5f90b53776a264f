//! What every call on the register works with.

use std::sync::Arc;

use sea_orm::ConnectionTrait;
use tokio::sync::Notify;
use unionhall_kit::{
    clock::SharedClock,
    fault::{Fault, Outcome},
    imports::{Bells, ImportsConfig},
    keys::KeyRing,
    ledger::{Ledger, looks},
    paging::Pager,
    reasons,
    vault::Vault,
};

use crate::{
    reference::ReferenceBook,
    revisions::Revisions,
    rules::{employer::EmployerFacts, formation::law::Law, quality::RuleSet, retention::Retention},
    store::employers::{EmployerRecord, NewEmployer},
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
    /// The quality rules that hold now.
    pub quality: Arc<RuleSet>,
    /// These and earlier ones, under which records may still be counted.
    pub revisions: Revisions,
    /// The rules of formation, with the days on which each holds.
    pub law: Arc<Law>,
    /// How long personal information is kept, and how soon a person is answered.
    pub retention: Arc<Retention>,
    /// The tree of areas; read through [`Register::tree`].
    pub(crate) areas: AreaTrees,
    /// Rings when a structure change was begun here, for the job that carries it out.
    pub(crate) structure_bell: Arc<Notify>,
    /// Rings when an edition of the base register counts otherwise, for the job that brings its
    /// entries along.
    pub(crate) list_bell: Arc<Notify>,
    /// What an upload may be.
    pub imports: ImportsConfig,
    /// How many looks at protected values one client has in an hour.
    pub looks_an_hour: u32,
    /// Ring between those who ask for imports and the job behind them.
    pub(crate) import_bells: Bells,
}

impl Register {
    /// The register over these books. The feed must be open: its epoch is the database's identity.
    /// A register without areas is given the shipped ones.
    pub async fn open(ledger: Ledger, keys: Arc<KeyRing>) -> Outcome<Self> {
        let shipped =
            RuleSet::shipped().map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))?;
        Self::open_with(ledger, keys, shipped).await
    }

    /// The register, with these quality rules for the shipped ones.
    pub async fn open_with(ledger: Ledger, keys: Arc<KeyRing>, shipped: &RuleSet) -> Outcome<Self> {
        let reference = ReferenceBook::shipped()
            .map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))?;
        let law =
            Law::shipped().map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))?;
        let retention = Retention::shipped()
            .map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))?;
        let revisions = Revisions::open(&ledger, shipped).await?;
        let database = ledger.feed_start().await?.epoch.into_bytes();
        let ids = ledger.ids().clone();
        let register = Self {
            pager: Pager::new(Arc::clone(&keys), ids.clone(), database),
            vault: Vault::new(keys, ids),
            ledger,
            reference,
            quality: Arc::clone(revisions.current()),
            revisions,
            law: Arc::new(law),
            retention: Arc::new(retention),
            areas: AreaTrees::default(),
            structure_bell: Arc::new(Notify::new()),
            list_bell: Arc::new(Notify::new()),
            imports: ImportsConfig::default(),
            looks_an_hour: looks::AN_HOUR,
            import_bells: Bells::default(),
        };
        tree::seed(&register).await?;
        Ok(register)
    }

    /// The rules under which figures count a record.
    pub async fn rules_of(
        &self,
        conn: &impl ConnectionTrait,
        record: &EmployerRecord,
    ) -> Outcome<Arc<RuleSet>> {
        self.revisions.of(conn, record.rules).await
    }

    /// An employer with these facts, under a fresh id.
    pub fn new_employer(&self, facts: EmployerFacts) -> NewEmployer {
        NewEmployer { id: self.ledger.ids().fresh(), facts, rules: self.quality.revision() }
    }

    /// The clock.
    pub fn clock(&self) -> &SharedClock {
        self.ledger.clock()
    }
}
