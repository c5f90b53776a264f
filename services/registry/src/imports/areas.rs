//! Rows of areas (区域信息表): a label that is not known is entered, a known one gets another name
//! or official code from a day on. Rows may build on rows before them: a parent before its
//! children.

mod apply;
mod layout;
mod row;
mod undo;

use std::sync::Arc;

use unionhall_kit::{
    civil::CivilDate,
    fault::Outcome,
    imports::{Actor, Applied, Checks, Effect, Importer, Needs, RowKey, Undone, Verdict},
    ledger::Entry,
    sheet::{Layout, Record},
};

use self::row::{Decision, decide};
use crate::{Register, columns::area as columns, rules::area::tree::AreaTree};

/// Imports areas.
pub(super) struct AreaImport {
    register: Register,
    layout: Arc<Layout>,
}

impl AreaImport {
    pub(super) fn new(register: Register) -> Self {
        Self { register, layout: Arc::new(layout::layout()) }
    }
}

#[async_trait::async_trait]
impl Importer for AreaImport {
    fn kind(&self) -> &'static str {
        "areas"
    }

    fn needs(&self) -> Needs {
        Needs { write: &["registry.areas.write"], read: &["registry.areas.read"] }
    }

    async fn layout(&self) -> Outcome<Arc<Layout>> {
        Ok(Arc::clone(&self.layout))
    }

    fn keys(&self, row: &Record) -> Vec<RowKey> {
        let column = match row.text(columns::LABEL.key) {
            Some(_) => columns::LABEL.key,
            None => columns::OFFICIAL_CODE.key,
        };
        let label = row::label(row).ok();
        label.map(|label| RowKey { column, value: label.to_string() }).into_iter().collect()
    }

    async fn open(&self, actor: &Actor) -> Outcome<Box<dyn Checks>> {
        let tree = AreaTree::clone(&*self.register.tree().await?);
        let today = self.register.clock().today();
        Ok(Box::new(Checking { actor: actor.clone(), tree, today }))
    }

    async fn apply(
        &self,
        entry: &mut Entry,
        actor: &Actor,
        rows: &[Record],
    ) -> Outcome<Vec<Applied>> {
        apply::apply(entry, actor, rows).await
    }

    async fn undo(
        &self,
        entry: &mut Entry,
        actor: &Actor,
        effects: &[Effect],
    ) -> Outcome<Vec<Undone>> {
        undo::undo(entry, actor, effects).await
    }

    fn committed(&self) {
        self.register.areas.forget();
    }
}

/// Pass 1 over one file, with the tree as the rows so far would make it.
struct Checking {
    actor: Actor,
    tree: AreaTree,
    today: CivilDate,
}

#[async_trait::async_trait]
impl Checks for Checking {
    async fn check(&mut self, rows: &[Record]) -> Outcome<Vec<Verdict>> {
        let mut verdicts = Vec::with_capacity(rows.len());
        for row in rows {
            verdicts.push(match decide(row, &self.tree, &self.actor.scope, self.today) {
                Decision::Refused(faults) => Verdict { faults, unchanged: false },
                Decision::Unchanged => Verdict { faults: Vec::new(), unchanged: true },
                Decision::Change(change) => {
                    self.tree.apply(&change.plan);
                    Verdict::default()
                }
            });
        }
        Ok(verdicts)
    }
}
