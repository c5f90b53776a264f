//! Rows of the base register (底册信息表): each lists an enterprise in a draft edition. The
//! organisation code tells enterprises apart; an edition lists one once.

mod layout;
mod row;
mod write;

use std::{collections::HashMap, sync::Arc};

use sea_orm::ConnectionTrait;
use unionhall_kit::{
    fault::Outcome,
    imports::{Actor, Applied, Checks, Effect, Importer, Needs, RowKey, Undone, Verdict},
    ledger::Entry,
    sheet::{Layout, Record},
};

use self::row::{Decision, Drafts, decide};
use super::{employers::identity::Identity, places::Places};
use crate::{
    Register,
    columns::base_register as columns,
    rules::{
        base_register::{BaseRegisterId, Edition},
        organisation_code::OrganisationCode,
    },
    store::base_registers::{self, EntryRecord},
};

/// Imports entries of the base register.
pub(super) struct BaseRegisterImport {
    register: Register,
}

impl BaseRegisterImport {
    pub(super) fn new(register: Register) -> Self {
        Self { register }
    }
}

#[async_trait::async_trait]
impl Importer for BaseRegisterImport {
    fn kind(&self) -> &'static str {
        "base_register"
    }

    fn needs(&self) -> Needs {
        Needs { write: &["registry.base_registers.write"], read: &["registry.base_registers.read"] }
    }

    async fn layout(&self) -> Outcome<Arc<Layout>> {
        let places = Places::of(self.register.tree().await?);
        let today = self.register.clock().today();
        Ok(Arc::new(layout::layout(self.register.reference, &places, today)))
    }

    fn keys(&self, row: &Record) -> Vec<RowKey> {
        let identity = Identity::of(row);
        let code = identity.code.map(|code| code.organisation_code());
        let edition = row.text(columns::EDITION.key).and_then(|text| Edition::parse(text).ok());
        let value = code.zip(edition).map(|(code, edition)| format!("{edition} {}", code.as_str()));
        let column = identity.column.key;
        value.map(|value| RowKey { column, value }).into_iter().collect()
    }

    async fn open(&self, actor: &Actor) -> Outcome<Box<dyn Checks>> {
        let places = Places::of(self.register.tree().await?);
        Ok(Box::new(Checking { register: self.register.clone(), actor: actor.clone(), places }))
    }

    async fn apply(
        &self,
        entry: &mut Entry,
        actor: &Actor,
        rows: &[Record],
    ) -> Outcome<Vec<Applied>> {
        let places = Places::of(self.register.tree().await?);
        write::apply(&self.register, &places, entry, actor, rows).await
    }

    async fn undo(
        &self,
        entry: &mut Entry,
        actor: &Actor,
        effects: &[Effect],
    ) -> Outcome<Vec<Undone>> {
        write::undo(entry, actor, effects).await
    }
}

/// Pass 1 over one file. Two rows never concern one entry, so earlier rows are not remembered.
struct Checking {
    register: Register,
    actor: Actor,
    places: Places,
}

#[async_trait::async_trait]
impl Checks for Checking {
    async fn check(&mut self, rows: &[Record]) -> Outcome<Vec<Verdict>> {
        let reader = self.register.ledger.db().reader();
        let drafts = Drafts::of(base_registers::drafts(reader).await?);
        let identities: Vec<Identity> = rows.iter().map(Identity::of).collect();
        let known = Known::read(reader, &drafts, &identities).await?;
        let around = row::Around {
            reference: self.register.reference,
            places: &self.places,
            scope: &self.actor.scope,
            drafts: &drafts,
            known: &known,
            today: self.register.clock().today(),
        };
        let verdict = |(row, identity): (&Record, &Identity)| match decide(row, identity, around) {
            Decision::Refused(faults) => Verdict { faults, unchanged: false },
            Decision::Unchanged => Verdict { faults: Vec::new(), unchanged: true },
            Decision::List(..) => Verdict::default(),
        };
        Ok(rows.iter().zip(&identities).map(verdict).collect())
    }
}

/// The entries that drafts have already.
#[derive(Default)]
pub(super) struct Known(HashMap<(BaseRegisterId, OrganisationCode), EntryRecord>);

impl Known {
    async fn read(
        conn: &impl ConnectionTrait,
        drafts: &Drafts,
        identities: &[Identity],
    ) -> Outcome<Self> {
        let codes = identities.iter().filter_map(|one| one.code.as_ref());
        let codes: Vec<OrganisationCode> = codes.map(|code| code.organisation_code()).collect();
        let mut known = HashMap::new();
        for draft in drafts.all() {
            let found = base_registers::find_entries(conn, draft.id, &codes).await?;
            let keyed =
                |one: EntryRecord| ((one.base_register, one.entry.organisation_code.clone()), one);
            known.extend(found.into_iter().map(keyed));
        }
        Ok(Self(known))
    }

    fn of(&self, draft: BaseRegisterId, code: &OrganisationCode) -> Option<&EntryRecord> {
        self.0.get(&(draft, code.clone()))
    }
}
