//! Rows of coverage (覆盖单位表): which union covers which employer, from when on or until when. A row
//! does what CoverEmployer and UncoverEmployer do, by the same rules; an employer has one row a file.

mod decide;
mod draft;
mod known;
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
    draft::{Around, Draft, draft},
    known::Known,
};
use super::places::Places;
use crate::{Register, columns::coverage as columns};

/// Imports coverage.
pub(super) struct CoverageImport {
    register: Register,
}

impl CoverageImport {
    pub(super) fn new(register: Register) -> Self {
        Self { register }
    }

    async fn places(&self) -> Outcome<Places> {
        Ok(Places::of(self.register.tree().await?))
    }
}

#[async_trait::async_trait]
impl Importer for CoverageImport {
    fn kind(&self) -> &'static str {
        "coverage"
    }

    fn needs(&self) -> Needs {
        Needs { write: &["registry.coverage.write"], read: &["registry.employers.read"] }
    }

    /// An employer that changes its union leaves one line and comes to another.
    fn rows_a_chunk(&self) -> usize {
        MAX_EVENTS_A_TRANSACTION / 3
    }

    async fn layout(&self) -> Outcome<Arc<Layout>> {
        let today = self.register.clock().today();
        Ok(Arc::new(layout::layout(&self.places().await?, today)))
    }

    fn keys(&self, row: &Record) -> Vec<RowKey> {
        let code = row.text(columns::EMPLOYER.key);
        let code = code.and_then(|given| draft::employer(row, given).ok());
        let key = |code: crate::rules::organisation_code::OrganisationCode| RowKey {
            column: columns::EMPLOYER.key,
            value: code.as_str().to_owned(),
        };
        code.map(key).into_iter().collect()
    }

    async fn open(&self, actor: &Actor) -> Outcome<Box<dyn Checks>> {
        let (register, actor) = (self.register.clone(), actor.clone());
        Ok(Box::new(Checking { register, actor, places: self.places().await? }))
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

/// Pass 1 over one file. No row builds on another: an employer has one.
struct Checking {
    register: Register,
    actor: Actor,
    places: Places,
}

#[async_trait::async_trait]
impl Checks for Checking {
    async fn check(&mut self, rows: &[Record]) -> Outcome<Vec<Verdict>> {
        let today = self.register.clock().today();
        let around = Around { places: &self.places, scope: &self.actor.scope, today };
        let drafts: Vec<Draft> = rows.iter().map(|row| draft(row, around)).collect();
        let known = Known::read(self.register.ledger.db().reader(), &drafts).await?;
        let verdict = |(row, draft)| match decide(row, draft, &known, around) {
            Decision::Refused(faults) => Verdict { faults, unchanged: false },
            Decision::Unchanged => Verdict { faults: Vec::new(), unchanged: true },
            Decision::Change(..) => Verdict::default(),
        };
        Ok(rows.iter().zip(&drafts).map(verdict).collect())
    }
}
