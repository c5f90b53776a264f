//! Rows of members (会员信息表). The document tells the person. A row about somebody unknown enters
//! the person with the membership; one about a member of the same union changes what it says
//! otherwise, and confirms the record where it says so; one about somebody who left, and one who
//! applied, records the admission. An empty cell leaves what is recorded. A membership of another
//! union is a fault: whoever moves, moves by a transfer. A person has one row a file.

mod decide;
mod draft;
mod judge;
mod known;
mod layout;
pub(super) mod undo;
pub(super) mod ways;
pub(super) mod write;

use std::{collections::HashMap, sync::Arc};

use unionhall_kit::{
    fault::Outcome,
    imports::{
        Actor, Applied, Checks, Effect, Importer, Needs, RowKey, Undone, Verdict,
        kinds::DUPLICATE_IN_FILE,
    },
    ledger::{Entry, events::MAX_EVENTS_A_TRANSACTION},
    path::Scope,
    sheet::{Layout, Record},
};

use self::{
    decide::{Around, Decision, decide},
    draft::{Draft, Reading, document, draft},
    judge::is_seen,
    known::Known,
};
use super::places::Places;
use crate::{
    Register,
    columns::member as columns,
    rules::{member::MemberId, person::document::Document},
};

/// Imports members.
pub(super) struct MemberImport {
    register: Register,
}

impl MemberImport {
    pub(super) fn new(register: Register) -> Self {
        Self { register }
    }

    async fn places(&self) -> Outcome<Places> {
        Ok(Places::of(self.register.tree().await?))
    }
}

/// What tells persons apart within a file, whichever kind of document shows the number.
fn key(document: &Document) -> String {
    format!("{}:{}", document.index_kind(), String::from_utf8_lossy(document.index_bytes()))
}

#[async_trait::async_trait]
impl Importer for MemberImport {
    fn kind(&self) -> &'static str {
        "members"
    }

    /// A check tells whether somebody with a document is known, as a look-up does.
    fn needs(&self) -> Needs {
        Needs {
            write: &["registry.members.write", "registry.members.lookup"],
            read: &["registry.members.read"],
        }
    }

    /// Somebody who comes back to another union leaves one line and comes to another.
    fn rows_a_chunk(&self) -> usize {
        MAX_EVENTS_A_TRANSACTION / 3
    }

    fn rows_are_independent(&self) -> bool {
        true
    }

    async fn layout(&self) -> Outcome<Arc<Layout>> {
        let today = self.register.clock().today();
        Ok(Arc::new(layout::layout(self.register.reference, &self.places().await?, today)))
    }

    fn keys(&self, row: &Record) -> Vec<RowKey> {
        let today = self.register.clock().today();
        let document = document(row, self.register.reference, today).ok().flatten();
        let column = columns::DOCUMENT_NUMBER.key;
        let key = |document| RowKey { column, value: key(&document) };
        document.map(key).into_iter().collect()
    }

    async fn open(&self, actor: &Actor) -> Outcome<Box<dyn Checks>> {
        let (register, actor) = (self.register.clone(), actor.clone());
        let places = self.places().await?;
        let (told, asked) = (HashMap::new(), Asked::default());
        Ok(Box::new(Checking { register, actor, places, told, asked }))
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

/// Pass 1 over one file, with the line of each known person so far: one who has two documents could
/// stand in two rows.
struct Checking {
    register: Register,
    actor: Actor,
    places: Places,
    told: HashMap<MemberId, u32>,
    asked: Asked,
}

/// What a pass told of documents: as much as as many look-ups.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    documents: u64,
    /// Members whom the sender sees.
    seen: u64,
    /// Members whom it does not see, of whom it learns that they are somewhere.
    elsewhere: u64,
}

impl Asked {
    fn note(&mut self, draft: &Draft, known: &Known, scope: &Scope) {
        if draft.digests.is_empty() {
            return;
        }
        self.documents += 1;
        let Some(member) = known.member(draft) else { return };
        if known.record(member).is_some_and(|record| is_seen(record, scope)) {
            self.seen += 1;
        } else {
            self.elsewhere += 1;
        }
    }
}

#[async_trait::async_trait]
impl Checks for Checking {
    async fn check(&mut self, rows: &[Record]) -> Outcome<Vec<Verdict>> {
        let today = self.register.clock().today();
        let reading = Reading { register: &self.register, places: &self.places, today };
        let held = self.register.ledger.held();
        let drafts = rows.iter().map(|row| draft(row, reading)).collect::<Outcome<Vec<Draft>>>()?;
        let reader = self.register.ledger.db().reader();
        let known = Known::read(reader, &drafts).await?;
        // Who is known by a new key would be told as a new person.
        held.serves(reader).await?;
        let around = Around {
            scope: &self.actor.scope,
            today,
            areas: self.places.tree(),
            reference: self.register.reference,
        };
        let mut verdicts = Vec::with_capacity(rows.len());
        for (row, draft) in rows.iter().zip(&drafts) {
            self.asked.note(draft, &known, &self.actor.scope);
            let mut verdict = match decide(row, draft, &known, around) {
                Decision::Refused(faults) => Verdict { faults, unchanged: false },
                Decision::Unchanged => Verdict { faults: Vec::new(), unchanged: true },
                Decision::Enter(_) | Decision::Amend(..) => Verdict::default(),
            };
            if let Some(member) = known.member(draft) {
                let first = *self.told.entry(member).or_insert(row.line());
                // The same document was told by its number.
                let repeated = row.faults.iter().any(|f| f.code == DUPLICATE_IN_FILE.code);
                if first != row.line() && !repeated {
                    let fault = row.fault(columns::DOCUMENT_NUMBER.key, &DUPLICATE_IN_FILE);
                    verdict.faults.push(fault.with("first_line", first));
                    verdict.unchanged = false;
                }
            }
            verdicts.push(verdict);
        }
        Ok(verdicts)
    }

    fn account(&self) -> Option<String> {
        let Asked { documents, seen, elsewhere } = self.asked;
        let unknown = documents - seen - elsewhere;
        (documents > 0).then(|| {
            format!(
                "asked for {documents} documents: {seen} members of the scope, {elsewhere} members \
                 elsewhere, {unknown} unknown"
            )
        })
    }
}
