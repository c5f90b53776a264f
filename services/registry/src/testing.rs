//! What the tests of this crate share: a register on a file of its own, and callers of it.

use std::sync::Arc;

use tokio::time::Instant;
use tonic::Request;
use unionhall_finder::folder::SearchedFolder;
use unionhall_kit::{
    access::{Caller, ClientId, MethodAccess, ScopeSource},
    civil::CivilDate,
    clock::{ManualClock, SharedClock},
    db::{Db, DbConfig},
    ids::{Ids, SystemRandomness},
    keys::KeyRing,
    ledger::{AuditKey, Ledger, LedgerKeys, feed::Positioned, sequencer::Sequencer},
    path::{Path, Prefixes, Scope},
};
use unionhall_migrations::{migrate, registry};

use crate::{Register, services};

/// A register with the shipped areas, on 2014-07-01.
pub(crate) struct Rig {
    pub(crate) folder: SearchedFolder,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) register: Register,
    pub(crate) sequencer: Sequencer,
}

pub(crate) async fn rig() -> Rig {
    let folder = SearchedFolder::new().unwrap();
    let clock = ManualClock::at("2014-07-01T02:00:00Z".parse().unwrap());
    let ledger = ledger(&folder, &clock).await;
    migrate::<registry::Migrator>(ledger.db().migrator(), registry::SCHEMA).await.unwrap();
    ledger.open_feed().await.unwrap();
    let sequencer = Sequencer::new(ledger.clone(), services::ancestors());
    let register = Register::open(ledger, ring()).await.unwrap();
    Rig { folder, clock, register, sequencer }
}

async fn ledger(folder: &SearchedFolder, clock: &Arc<ManualClock>) -> Ledger {
    let url = format!("sqlite://{}", folder.path().join("registry.db").display());
    let db = Db::open(&DbConfig::new(url, registry::SCHEMA)).await.unwrap();
    let shared: SharedClock = clock.clone();
    let ids = Ids::new(Arc::clone(&shared), Arc::new(SystemRandomness));
    let keys = LedgerKeys {
        idempotency: [1; 32],
        idempotency_before: Vec::new(),
        audit: AuditKey { version: 1, bytes: [2; 32] },
        held: Arc::default(),
    };
    Ledger::new(db, shared, ids, keys)
}

fn ring() -> Arc<KeyRing> {
    let day = CivilDate::new(2014, 1, 1).unwrap();
    Arc::new(KeyRing::generate(day, &SystemRandomness).unwrap())
}

impl Rig {
    /// Another process's register on the same database.
    pub(crate) async fn another_process(&self) -> Register {
        Register::open(ledger(&self.folder, &self.clock).await, ring()).await.unwrap()
    }

    /// Today.
    pub(crate) fn clock_day(&self) -> CivilDate {
        self.register.clock().today()
    }

    /// Every event so far, in commit order.
    pub(crate) async fn events(&self) -> Vec<Positioned> {
        self.seen(&scope("1")).await
    }

    /// Every event so far that one sees who sees a union and what is below it, and nothing else.
    pub(crate) async fn events_below(&self, affiliation: &str) -> Vec<Positioned> {
        let affiliation = Prefixes::normalised(vec![Path::parse(affiliation).unwrap()]);
        self.seen(&Scope { area: Prefixes::default(), affiliation }).await
    }

    /// What the audit tells of every change so far.
    pub(crate) async fn audit_details(&self) -> Vec<String> {
        #[derive(sea_orm::FromQueryResult)]
        struct Row {
            detail: String,
        }
        use sea_orm::FromQueryResult as _;
        let reader = self.register.ledger.db().reader();
        let statement = unionhall_kit::db::sql(reader, "SELECT detail FROM audit_entry", []);
        let rows = Row::find_by_statement(statement).all(reader).await.unwrap();
        rows.into_iter().map(|row| row.detail).collect()
    }

    async fn seen(&self, scope: &Scope) -> Vec<Positioned> {
        self.sequencer.drain().await.unwrap();
        let ledger = &self.register.ledger;
        let start = ledger.feed_start().await.unwrap();
        ledger
            .changes(start, scope, 10_000, Instant::now(), std::future::pending())
            .await
            .unwrap()
            .events
    }
}

pub(crate) fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn scope(prefix: &str) -> Scope {
    let area = Prefixes::normalised(vec![Path::parse(prefix).unwrap()]);
    Scope { area, affiliation: Prefixes::default() }
}

/// A call of everything below `area`, as the layers hand it to a handler.
pub(crate) fn call_within<T>(area: &str, message: T) -> Request<T> {
    called(scope(area), message)
}

/// A call of everything below `area`, and below a union.
pub(crate) fn call_on_both_lines<T>(area: &str, affiliation: &str, message: T) -> Request<T> {
    let affiliation = Prefixes::normalised(vec![Path::parse(affiliation).unwrap()]);
    called(Scope { affiliation, ..scope(area) }, message)
}

/// A call of everything below `area` by one who has these permissions only.
pub(crate) fn call_with<T>(permissions: &[&str], area: &str, message: T) -> Request<T> {
    permitted(permissions, scope(area), message)
}

fn called<T>(scope: Scope, message: T) -> Request<T> {
    permitted(&["*"], scope, message)
}

fn permitted<T>(permissions: &[&str], scope: Scope, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let client = ClientId::parse("tester").unwrap();
    let expires_at = "2099-01-01T00:00:00Z".parse().unwrap();
    let caller = Caller::internal(client, permissions, scope, expires_at);
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(Arc::new(MethodAccess {
        path: format!("/test/{}", std::any::type_name::<T>()),
        permission: None,
        scope: ScopeSource::Node,
        client_streaming: false,
        server_streaming: false,
    }));
    request
}

/// A call of the whole municipality.
pub(crate) fn call<T>(message: T) -> Request<T> {
    call_within("11", message)
}
