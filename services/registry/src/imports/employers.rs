//! Rows of employers (单位信息表). The organisation code tells which employer a row is about, for
//! either code contains it: a row about a known one changes what differs from a day on, a row
//! about an unknown one enters it.

mod decide;
mod draft;
pub(super) mod identity;
mod layout;
mod undo;
mod write;

use std::sync::Arc;

use unionhall_kit::{
    fault::Outcome,
    imports::{Actor, Applied, Checks, Effect, Importer, Needs, RowKey, Undone, Verdict},
    ledger::{Entry, events::MAX_EVENTS_A_TRANSACTION},
    sheet::{Layout, Record},
};

use self::{
    decide::{Decision, decide},
    draft::{Around, draft},
    identity::{Known, identities},
};
use super::places::Places;
use crate::{
    Register, columns, imports::kinds::HAS_OWN_UNION, rules::employer::change::Surroundings,
};

/// Imports employers.
pub(super) struct EmployerImport {
    register: Register,
}

impl EmployerImport {
    pub(super) fn new(register: Register) -> Self {
        Self { register }
    }

    async fn places(&self) -> Outcome<Places> {
        Ok(Places::of(self.register.tree().await?))
    }
}

#[async_trait::async_trait]
impl Importer for EmployerImport {
    fn kind(&self) -> &'static str {
        "employers"
    }

    fn needs(&self) -> Needs {
        Needs { write: &["registry.employers.write"], read: &["registry.employers.read"] }
    }

    fn rows_are_independent(&self) -> bool {
        true
    }

    async fn layout(&self) -> Outcome<Arc<Layout>> {
        let places = self.places().await?;
        let today = self.register.clock().today();
        Ok(Arc::new(layout::layout(self.register.reference, &places, today)))
    }

    /// A row that moves an employer makes two events.
    fn rows_a_chunk(&self) -> usize {
        MAX_EVENTS_A_TRANSACTION / 3
    }

    fn keys(&self, row: &Record) -> Vec<RowKey> {
        let identity = identity::Identity::of(row);
        let code = identity.code.map(|code| code.organisation_code().as_str().to_owned());
        let column = identity.column.key;
        code.map(|value| RowKey { column, value }).into_iter().collect()
    }

    async fn open(&self, actor: &Actor) -> Outcome<Box<dyn Checks>> {
        let places = self.places().await?;
        Ok(Box::new(Checking { register: self.register.clone(), actor: actor.clone(), places }))
    }

    async fn apply(
        &self,
        entry: &mut Entry,
        actor: &Actor,
        rows: &[Record],
    ) -> Outcome<Vec<Applied>> {
        write::apply(&self.register, &self.places().await?, entry, actor, rows).await
    }

    async fn undo(
        &self,
        entry: &mut Entry,
        actor: &Actor,
        effects: &[Effect],
    ) -> Outcome<Vec<Undone>> {
        undo::undo(&self.register, entry, actor, effects).await
    }
}

/// Pass 1 over one file. Two rows never concern one employer, so earlier rows are not remembered.
struct Checking {
    register: Register,
    actor: Actor,
    places: Places,
}

#[async_trait::async_trait]
impl Checks for Checking {
    async fn check(&mut self, rows: &[Record]) -> Outcome<Vec<Verdict>> {
        let identities = identities(rows);
        let known = Known::read(self.register.ledger.db().reader(), &identities).await?;
        let today = self.register.clock().today();
        let reference = self.register.reference;
        let (places, scope) = (&self.places, &*self.actor.scope);
        let around = Around { reference, places, scope, today };
        let surroundings = Surroundings { today, areas: places.tree(), lists: reference };
        let verdict = |(row, identity): (&Record, &identity::Identity)| {
            let held = known.of(identity);
            let draft = draft(row, identity, held, around);
            match decide(row, &draft, held, surroundings) {
                Decision::Refused(faults) => Verdict { faults, unchanged: false },
                Decision::Unchanged => Verdict { faults: Vec::new(), unchanged: true },
                Decision::Amend(facts)
                    if held.is_some_and(|held| known.ends_union(held, &facts)) =>
                {
                    let fault = row.fault(columns::STATUS.key, &HAS_OWN_UNION);
                    Verdict { faults: vec![fault], unchanged: false }
                }
                Decision::Enter(_) | Decision::Amend(_) => Verdict::default(),
            }
        };
        Ok(rows.iter().zip(&identities).map(verdict).collect())
    }
}
