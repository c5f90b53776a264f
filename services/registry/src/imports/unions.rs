//! Rows of unions (工会信息表). The credit code tells which union a row is about, else what only one
//! union has (its employer, its type and territory), else the name. A row about a known union changes
//! what differs from a day on; a row about an unknown one enters it. Rows may build on rows before
//! them: the union above before those below it.

mod decide;
mod draft;
mod known;
mod layout;
mod place;
mod undo;
mod write;

use std::sync::Arc;

use sea_orm::ConnectionTrait;
use unionhall_kit::{
    fault::Outcome,
    imports::{Actor, Applied, Checks, Effect, Importer, Needs, RowKey, Undone, Verdict},
    ledger::Entry,
    sheet::{Layout, Record},
    text,
};

use self::{
    decide::{Decision, decide, is_known},
    draft::{Around, Draft, draft},
    known::Known,
    place::place_fault,
};
use super::places::Places;
use crate::{
    Register,
    columns::{Column, union as columns},
    imports::named::employer_code,
    rules::area::tree::Lineage,
    store::unions,
};

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

    fn needs(&self) -> Needs {
        Needs { write: &["registry.unions.write"], read: &["registry.unions.read"] }
    }

    fn rows_a_chunk(&self) -> usize {
        ROWS_A_CHUNK
    }

    async fn layout(&self) -> Outcome<Arc<Layout>> {
        let today = self.register.clock().today();
        Ok(Arc::new(layout::layout(self.register.reference, &self.places().await?, today)))
    }

    /// Whatever only one union has, as far as the row alone tells.
    fn keys(&self, row: &Record) -> Vec<RowKey> {
        let text =
            |column: Column| Some(text::half_width(row.text(column.key)?.trim()).to_uppercase());
        let employer = row.text(columns::EMPLOYER.key).and_then(|given| {
            let code = employer_code(row, columns::EMPLOYER, given).ok()?;
            Some(code.as_str().to_owned())
        });
        let place = text(columns::TYPE).zip(text(columns::TERRITORY));
        let place = place.map(|(kind, area)| format!("{kind} {area}"));
        let values = [
            (columns::CODE, text(columns::CODE)),
            (columns::NAME, text(columns::NAME)),
            (columns::EMPLOYER, employer),
            (columns::TERRITORY, place),
        ];
        let key = |(column, value): (Column, Option<String>)| {
            Some(RowKey { column: column.key, value: format!("{}:{}", column.key, value?) })
        };
        values.into_iter().filter_map(key).collect()
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

/// Reads the rows, and what they name. Of a union that is known a row holds from its own day or from
/// today on, whatever the day of establishment: its areas and codes are read on that day.
async fn drafted(
    conn: &impl ConnectionTrait,
    rows: &[Record],
    around: Around<'_>,
    entered: &Known,
) -> Outcome<(Vec<Draft>, Known)> {
    let mut drafts: Vec<Draft> = rows.iter().map(|row| draft(row, around, None)).collect();
    let mut known = Known::read(conn, &drafts).await?;
    known.extend(entered);
    let mut again = false;
    for (row, draft) in rows.iter().zip(&mut drafts) {
        let elsewhere = draft.from.is_none() && draft.established.is_some();
        if elsewhere && is_known(row, draft, &known, around) {
            *draft = self::draft(row, around, Some(around.today));
            again = true;
        }
    }
    if again {
        known = Known::read(conn, &drafts).await?;
        known.extend(entered);
    }
    Ok((drafts, known))
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
        let reader = self.register.ledger.db().reader();
        let (drafts, mut known) = drafted(reader, rows, around, &self.entered).await?;
        let ways = unions::ways(reader).await?;
        let mut verdicts = Vec::with_capacity(rows.len());
        for (row, draft) in rows.iter().zip(&drafts) {
            let decision = decide(row, draft, &known, around, self.places.tree());
            verdicts.push(match free(reader, row, decision, (around, &ways)).await? {
                Decision::Refused(faults) => Verdict { faults, unchanged: false },
                Decision::Unchanged => Verdict { faults: Vec::new(), unchanged: true },
                Decision::Amend(id, facts) => {
                    if let Some(union) = known.get(id) {
                        self.entered.remember_amended(union, (*facts).clone());
                    }
                    known.amend(id, *facts);
                    Verdict::default()
                }
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

/// A new union is refused too where another one has or had its area.
async fn free(
    conn: &impl ConnectionTrait,
    row: &Record,
    decision: Decision,
    (around, ways): (Around<'_>, &[Lineage]),
) -> Outcome<Decision> {
    let Decision::Enter(new) = &decision else { return Ok(decision) };
    let fault = place_fault(conn, row, (new.id, &new.facts), (around.scope, ways)).await?;
    Ok(fault.map_or(decision, |fault| Decision::Refused(vec![fault])))
}
