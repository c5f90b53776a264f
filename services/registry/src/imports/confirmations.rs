//! Rows of a filled-in confirmation sheet (信息核对表): who is still a member as recorded, and who
//! left. The register gives the sheet out; a row without a result changes nothing.

mod decide;
mod draft;
mod sheet;

use std::{collections::HashMap, sync::Arc};

use sea_orm::ConnectionTrait;
use unionhall_kit::{
    fault::{Fault, Outcome},
    imports::{Actor, Applied, Checks, Effect, Importer, Needs, RowKey, Undone, Verdict},
    ledger::Entry,
    reasons,
    sheet::{Layout, Record},
};

pub(crate) use self::sheet::{layout, row};
use self::{
    decide::{Around, Decision, decide},
    draft::{Draft, draft, member},
};
use super::members::{
    undo::undo,
    write::{Amendment, amend},
};
use crate::{
    Register,
    columns::confirmation as columns,
    rules::{area::tree::AreaTree, member::MemberId},
    store::members::{
        self, MemberRecord, Numbers, Wanted, hold_grounds, keys_of, load_for_update, owner,
        resource_name,
    },
};

/// Imports confirmations.
pub(super) struct ConfirmationImport {
    register: Register,
}

impl ConfirmationImport {
    pub(super) fn new(register: Register) -> Self {
        Self { register }
    }
}

/// The members whom rows name.
async fn named(
    conn: &impl ConnectionTrait,
    drafts: &[Draft],
) -> Outcome<HashMap<MemberId, MemberRecord>> {
    let ids: Vec<MemberId> = drafts.iter().filter_map(|draft| draft.member).collect();
    members::load(conn, &ids).await
}

#[async_trait::async_trait]
impl Importer for ConfirmationImport {
    fn kind(&self) -> &'static str {
        "confirmations"
    }

    fn needs(&self) -> Needs {
        Needs { write: &["registry.members.write"], read: &["registry.members.read"] }
    }

    fn rows_are_independent(&self) -> bool {
        true
    }

    async fn layout(&self) -> Outcome<Arc<Layout>> {
        Ok(Arc::new(layout()))
    }

    fn keys(&self, row: &Record) -> Vec<RowKey> {
        let column = columns::MEMBER.key;
        let key = |id| RowKey { column, value: resource_name(id) };
        member(row).ok().flatten().map(key).into_iter().collect()
    }

    async fn open(&self, actor: &Actor) -> Outcome<Box<dyn Checks>> {
        Ok(Box::new(Checking { register: self.register.clone(), actor: actor.clone() }))
    }

    /// Areas, unions and employers are held first, then members, as every writer does. Should one of
    /// them change its employer in between, the chunk is tried again.
    async fn apply(
        &self,
        entry: &mut Entry,
        actor: &Actor,
        rows: &[Record],
    ) -> Outcome<Vec<Applied>> {
        let around = Around { register: &self.register, actor, today: entry.today() };
        let drafts: Vec<Draft> = rows.iter().map(|row| draft(row, around.today)).collect();
        let seen = named(entry.conn(), &drafts).await?;
        let wanted = Wanted::of(seen.values().map(|record| &record.facts));
        let held = hold_grounds(entry.conn(), &wanted).await?;
        let ids: Vec<MemberId> = seen.keys().copied().collect();
        let records = load_for_update(entry.conn(), &ids).await?;
        if !wanted.covers(&Wanted::of(records.iter().map(|record| &record.facts))) {
            return Err(Fault::new(&reasons::CONFLICT));
        }
        let known: HashMap<MemberId, MemberRecord> =
            records.into_iter().map(|record| (record.id, record)).collect();
        let keys = keys_of(entry.conn(), &ids).await?;
        let (mut applied, mut amendments) = (Vec::with_capacity(rows.len()), Vec::new());
        let areas = AreaTree::default();
        for (at, (row, draft)) in rows.iter().zip(&drafts).enumerate() {
            applied.push(match decide(row, draft, &known, (around, &areas)) {
                Decision::Refused(faults) => Applied::Refused(faults),
                Decision::Unchanged => Applied::Unchanged,
                Decision::Amend(record, facts) => {
                    let key = keys.get(&record.id).map(Vec::as_slice);
                    let key = self.register.vault.open_data_key(owner(&record.id), key)?;
                    let (facts, numbers) = (*facts, Numbers::default());
                    amendments.push(Amendment { at, record, facts, numbers, key });
                    Applied::Unchanged
                }
            });
        }
        for (at, effect) in amend(entry, &held, amendments).await? {
            applied[at] = Applied::Changed(effect);
        }
        Ok(applied)
    }

    async fn undo(
        &self,
        entry: &mut Entry,
        actor: &Actor,
        effects: &[Effect],
    ) -> Outcome<Vec<Undone>> {
        undo(&self.register, entry, actor, effects).await
    }
}

/// Pass 1 over one file. No row builds on another: a member has one.
struct Checking {
    register: Register,
    actor: Actor,
}

#[async_trait::async_trait]
impl Checks for Checking {
    async fn check(&mut self, rows: &[Record]) -> Outcome<Vec<Verdict>> {
        let today = self.register.clock().today();
        let around = Around { register: &self.register, actor: &self.actor, today };
        let drafts: Vec<Draft> = rows.iter().map(|row| draft(row, today)).collect();
        let known = named(self.register.ledger.db().reader(), &drafts).await?;
        let areas = AreaTree::default();
        let verdict = |(row, draft)| match decide(row, draft, &known, (around, &areas)) {
            Decision::Refused(faults) => Verdict { faults, unchanged: false },
            Decision::Unchanged => Verdict { faults: Vec::new(), unchanged: true },
            Decision::Amend(..) => Verdict::default(),
        };
        Ok(rows.iter().zip(&drafts).map(verdict).collect())
    }
}
