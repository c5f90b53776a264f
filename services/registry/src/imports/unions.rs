//! Rows of unions (工会信息表). The credit code tells which union a row is about, else what only one
//! union has (its employer, its type and territory), else the name. A row about a known union changes
//! what differs from a day on; a row about an unknown one enters it. Rows may build on rows before
//! them: the union above before those below it.

mod decide;
mod draft;
mod known;
mod layout;
mod undo;
mod write;

use std::sync::Arc;

use unionhall_kit::{
    fault::Outcome,
    imports::{Actor, Applied, Checks, Effect, Importer, RowKey, Undone, Verdict},
    ledger::Entry,
    sheet::{Layout, Record},
    text,
};

use self::{
    decide::{Decision, decide},
    draft::{Around, Draft, draft},
    known::Known,
};
use super::places::Places;
use crate::{Register, columns::union as columns};

/// Rows of one transaction; each is written by itself, and one that moves a union has two events.
const ROWS_A_CHUNK: usize = 200;

/// Imports unions.
pub(super) struct UnionImport {
    register: Register,
}

impl UnionImport {
    pub(super) fn new(register: Register) -> Self {
        Self { register }
    }

    async fn places(&self) -> Outcome<Places> {
        Ok(Places::of(self.register.tree().await?))
    }
}

#[async_trait::async_trait]
impl Importer for UnionImport {
    fn kind(&self) -> &'static str {
        "unions"
    }

    fn rows_a_chunk(&self) -> usize {
        ROWS_A_CHUNK
    }

    async fn layout(&self) -> Outcome<Arc<Layout>> {
        let today = self.register.clock().today();
        Ok(Arc::new(layout::layout(self.register.reference, &self.places().await?, today)))
    }

    fn keys(&self, row: &Record) -> Vec<RowKey> {
        let key = |column: crate::columns::Column| {
            let value = text::half_width(row.text(column.key)?).to_uppercase();
            Some(RowKey { column: column.key, value: format!("{}:{value}", column.key) })
        };
        [columns::CODE, columns::NAME, columns::EMPLOYER].into_iter().filter_map(key).collect()
    }

    async fn open(&self, actor: &Actor) -> Outcome<Box<dyn Checks>> {
        let (register, actor) = (self.register.clone(), actor.clone());
        let places = self.places().await?;
        Ok(Box::new(Checking { register, actor, places, entered: Known::default() }))
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
        undo::undo(entry, actor, effects).await
    }
}

/// Pass 1 over one file, with the unions that the rows so far would enter.
struct Checking {
    register: Register,
    actor: Actor,
    places: Places,
    entered: Known,
}

#[async_trait::async_trait]
impl Checks for Checking {
    async fn check(&mut self, rows: &[Record]) -> Outcome<Vec<Verdict>> {
        let around = Around {
            register: &self.register,
            places: &self.places,
            scope: &self.actor.scope,
            today: self.register.clock().today(),
        };
        let drafts: Vec<Draft> = rows.iter().map(|row| draft(row, around)).collect();
        let mut known = Known::read(self.register.ledger.db().reader(), &drafts).await?;
        known.extend(&self.entered);
        let mut verdicts = Vec::with_capacity(rows.len());
        for (row, draft) in rows.iter().zip(&drafts) {
            verdicts.push(match decide(row, draft, &known, around, self.places.tree()) {
                Decision::Refused(faults) => Verdict { faults, unchanged: false },
                Decision::Unchanged => Verdict { faults: Vec::new(), unchanged: true },
                Decision::Amend(..) => Verdict::default(),
                Decision::Enter(new) => {
                    known.enter(&new);
                    self.entered.remember(&new);
                    Verdict::default()
                }
            });
        }
        Ok(verdicts)
    }
}
