//! The revisions of the quality rules. Each is kept as it was adopted, for a figure counted under
//! one must be taken back under the same; [`crate::jobs::recount`] brings every record under the
//! newest.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::RwLock;
use sea_orm::ConnectionTrait;
use unionhall_kit::{
    fault::{Fault, Outcome},
    ledger::Ledger,
    reasons,
};

use crate::{rules::quality::RuleSet, store::quality};

/// The rules that hold now, and those of earlier revisions. Clones share what was read.
#[derive(Debug, Clone)]
pub struct Revisions {
    current: Arc<RuleSet>,
    known: Arc<RwLock<BTreeMap<i32, Arc<RuleSet>>>>,
}

impl Revisions {
    /// These rules alone.
    pub fn new(current: RuleSet) -> Self {
        let current = Arc::new(current);
        let known = BTreeMap::from([(current.revision(), Arc::clone(&current))]);
        Self { current, known: Arc::new(RwLock::new(known)) }
    }

    /// Adopts the shipped rules where their revision is new to the register. A register that knows
    /// a newer revision goes on with that one: this is an older program beside it.
    pub(crate) async fn open(ledger: &Ledger, shipped: &RuleSet) -> Outcome<Self> {
        let reader = ledger.db().reader();
        match quality::find(reader, shipped.revision()).await? {
            None => adopt(ledger, shipped).await?,
            Some(text) if read(&text)?.decides_like(shipped) => {}
            Some(_) => {
                let error = "the quality rules changed and bear no new revision";
                return Err(Fault::new(&reasons::INTERNAL).caused_by(error));
            }
        }
        let newest = quality::newest(reader).await?;
        let newer = newest.filter(|(revision, _)| *revision > shipped.revision());
        Ok(Self::new(match newer {
            Some((_, text)) => read(&text)?,
            None => shipped.clone(),
        }))
    }

    /// The rules that hold now.
    pub fn current(&self) -> &Arc<RuleSet> {
        &self.current
    }

    /// The rules of a revision under which a record is counted.
    pub async fn of(&self, conn: &impl ConnectionTrait, revision: i32) -> Outcome<Arc<RuleSet>> {
        if let Some(known) = self.known.read().get(&revision) {
            return Ok(Arc::clone(known));
        }
        let text = quality::find(conn, revision).await?;
        let rules = Arc::new(read(&text.ok_or_else(|| Fault::new(&reasons::INTERNAL))?)?);
        self.known.write().insert(revision, Arc::clone(&rules));
        Ok(rules)
    }
}

async fn adopt(ledger: &Ledger, shipped: &RuleSet) -> Outcome<()> {
    let tx = ledger.db().begin().await?;
    quality::adopt(tx.conn(), shipped.revision(), shipped.text(), ledger.clock().now()).await?;
    tx.commit().await
}

fn read(text: &str) -> Outcome<RuleSet> {
    RuleSet::parse(text).map_err(|fault| Fault::new(&reasons::INTERNAL).caused_by(fault))
}
