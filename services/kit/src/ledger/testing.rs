//! What the tests of the books and of what is read from them share: books on SQLite.

use std::sync::Arc;

use chrono::DateTime;
use unionhall_finder::folder::SearchedFolder;
use unionhall_migrations::{migrate, registry};

use super::{sequencer::Sequencer, *};
use crate::{
    access::{Caller, ClientId, MethodAccess, ScopeSource},
    clock::{Clock, ManualClock},
    db::DbConfig,
    ids::SystemRandomness,
    keys::KeyRing,
    paging::Pager,
    path::{Line, Path, Prefixes, Scope},
};

pub(crate) struct Books {
    _folder: SearchedFolder,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ledger: Ledger,
    pub(crate) sequencer: Sequencer,
}

/// New books on the morning of 27 February 2014.
pub(crate) async fn books() -> Books {
    let folder = SearchedFolder::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("books.db").display());
    let db = Db::open(&DbConfig::new(url, registry::SCHEMA)).await.unwrap();
    migrate::<registry::Migrator>(db.migrator(), registry::SCHEMA).await.unwrap();
    let clock = ManualClock::at("2014-02-27T02:00:00Z".parse().unwrap());
    let shared: SharedClock = clock.clone();
    let ids = Ids::new(Arc::clone(&shared), Arc::new(SystemRandomness));
    let keys = LedgerKeys {
        idempotency: [1; 32],
        idempotency_before: Vec::new(),
        audit: AuditKey { version: 1, bytes: [2; 32] },
        held: Arc::default(),
    };
    let ledger = Ledger::new(db, shared, ids, keys);
    ledger.open_feed().await.unwrap();
    let sequencer = Sequencer::new(ledger.clone(), Arc::new(above));
    Books { _folder: folder, clock, ledger, sequencer }
}

/// Province, city and district, and whatever lies below them itself.
pub(crate) fn above(_: Line, node: &Path) -> Vec<Path> {
    let text = node.as_str();
    let levels = [2, 4, 6].into_iter().filter(|level| *level < text.len());
    levels.chain([text.len()]).map(|level| path(&text[..level])).collect()
}

impl Books {
    pub(crate) async fn fresh(&self, request_id: Option<Uuid>, body: &str) -> Box<Entry> {
        match self.ledger.begin(&intent(request_id, body)).await.unwrap() {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => panic!("replay of {done:?}"),
        }
    }

    pub(crate) fn pager(&self, database: u8) -> Pager {
        let keys = KeyRing::generate(self.clock.today(), &SystemRandomness).unwrap();
        Pager::new(Arc::new(keys), self.ledger.ids().clone(), [database; 16])
    }
}

pub(crate) fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

pub(crate) fn scope(areas: &[&str]) -> Scope {
    let area = Prefixes::normalised(areas.iter().map(|area| path(area)).collect());
    Scope { area, affiliation: Prefixes::default() }
}

/// A call by someone who may do everything in these areas.
pub(crate) fn request<T>(message: T, areas: &[&str]) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let client = ClientId::parse("tax-office").unwrap();
    let caller = Caller::internal(client, &["*"], scope(areas), DateTime::UNIX_EPOCH);
    let method = MethodAccess {
        path: "/m".to_owned(),
        permission: Some("registry.read".to_owned()),
        scope: ScopeSource::Answer,
        client_streaming: false,
        server_streaming: false,
    };
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(Arc::new(method));
    request
}

pub(crate) fn intent(request_id: Option<Uuid>, body: &str) -> Intent<'_> {
    Intent { client: "c", method: "/m", trace: "t", request_id, body: body.as_bytes().to_vec() }
}

pub(crate) fn event(record: &str, version: i64, area: &str) -> Event {
    Event {
        record: record.into(),
        version,
        kind: EventKind::Created,
        area: path(area),
        affiliation: None,
        snapshot_type: "",
        snapshot: Vec::new(),
    }
}

pub(crate) fn done(record: &str) -> Done {
    Done { record: record.into(), version: 1 }
}
