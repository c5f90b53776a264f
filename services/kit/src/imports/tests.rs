//! The pipeline over a toy register on SQLite.

mod bad_files;
mod bounds;
mod failures;
mod ownership;
mod passes;
mod thing;
mod uploads;

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use chrono::DateTime;
use futures::{StreamExt, stream};
use sea_orm::ConnectionTrait;
use tokio::task::JoinHandle;
use tonic::Status;
use unionhall_finder::folder::SearchedFolder;
use unionhall_migrations::{migrate, registry};
use unionhall_proto::common::v1::{
    CommitImportBatchRequest, GetImportBatchRequest, ImportBatch, ImportFault,
    ListImportFaultsRequest, UndoImportBatchRequest, UploadImportRequest,
    ValidateImportBatchRequest, WatchImportBatchRequest,
    import_batch::State as Contract,
    upload_import_request::{Piece, UploadHeader},
};

use super::*;
use crate::{
    access::{Caller, ClientId, MethodAccess, ScopeSource},
    call::Call,
    civil::CivilDate,
    clock::{ManualClock, SharedClock},
    db::{Db, DbConfig, sql},
    deadline::Deadline,
    figures::{
        MetricId,
        read::{self, Question},
    },
    ids::{Ids, SystemRandomness},
    keys::KeyRing,
    ledger::{AuditKey, LedgerKeys},
    path::{Line, Path, Prefixes, Scope},
    server::RequestId,
};

struct Rig {
    _folder: SearchedFolder,
    clock: Arc<ManualClock>,
    db: Db,
    imports: Arc<Imports>,
    /// Whether the service has a bug now.
    broken: Arc<AtomicBool>,
}

async fn rig() -> Rig {
    let default = ImportsConfig::default();
    rig_with(ImportsConfig { max_file_bytes: 4 * 1024 * 1024, ..default }).await
}

async fn rig_with(config: ImportsConfig) -> Rig {
    let folder = SearchedFolder::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("imports.db").display());
    let db = Db::open(&DbConfig::new(url, registry::SCHEMA)).await.unwrap();
    migrate::<registry::Migrator>(db.migrator(), registry::SCHEMA).await.unwrap();
    thing::create_table(&db).await;
    let clock = ManualClock::at("2014-02-27T02:00:00Z".parse().unwrap());
    let shared: SharedClock = clock.clone();
    let ids = Ids::new(Arc::clone(&shared), Arc::new(SystemRandomness));
    let keys = LedgerKeys {
        idempotency: [1; 32],
        idempotency_before: Vec::new(),
        audit: AuditKey { version: 1, bytes: [2; 32] },
        held: Arc::default(),
    };
    let ledger = Ledger::new(db.clone(), shared, ids.clone(), keys);
    ledger.open_feed().await.unwrap();
    let day = CivilDate::new(2014, 1, 1).unwrap();
    let ring = Arc::new(KeyRing::generate(day, &SystemRandomness).unwrap());
    let pager = Pager::new(Arc::clone(&ring), ids.clone(), [1; 16]);
    let things = thing::Things::default();
    let broken = Arc::clone(&things.broken);
    let things: Arc<dyn Importer> = Arc::new(things);
    let imports =
        Imports::new(ledger, Vault::new(ring, ids), pager, config, Bells::default(), [things]);
    Rig { _folder: folder, clock, db, imports, broken }
}

fn call_by<T>(client: &str, area: &str, message: T) -> Call<T> {
    call_with(&["*"], client, area, message)
}

fn call_with<T>(permissions: &[&str], client: &str, area: &str, message: T) -> Call<T> {
    let paths = area.split(',').filter(|path| !path.is_empty());
    let area = Prefixes::normalised(paths.map(|path| Path::parse(path).unwrap()).collect());
    let scope = Scope { area, affiliation: Prefixes::default() };
    let client = ClientId::parse(client).unwrap();
    Call {
        caller: Caller::internal(client, permissions, scope, DateTime::UNIX_EPOCH),
        deadline: Deadline::after(Duration::from_secs(60)),
        method: Arc::new(MethodAccess {
            path: format!("/test/{}", std::any::type_name::<T>()),
            permission: None,
            scope: ScopeSource::Owner,
            client_streaming: false,
            server_streaming: false,
        }),
        request_id: RequestId::default(),
        drain: Default::default(),
        message,
    }
}

fn call<T>(message: T) -> Call<T> {
    call_by("office", "110102", message)
}

fn header(request_id: &str) -> UploadImportRequest {
    let header = UploadHeader {
        kind: "things".into(),
        file_name: "things.csv".into(),
        request_id: request_id.into(),
        ..Default::default()
    };
    UploadImportRequest { piece: Some(Piece::Header(header)) }
}

fn chunk(bytes: &[u8]) -> UploadImportRequest {
    UploadImportRequest { piece: Some(Piece::Chunk(bytes.to_vec().into())) }
}

type Message = Result<UploadImportRequest, Status>;

fn messages(request_id: &str, file: &[u8]) -> Vec<Message> {
    let chunks = file.chunks(1024 * 1024).map(|bytes| Ok(chunk(bytes)));
    std::iter::once(Ok(header(request_id))).chain(chunks).collect()
}

impl Rig {
    async fn send(&self, messages: Vec<Message>) -> Result<ImportBatch, Status> {
        self.imports.upload(call(stream::iter(messages))).await
    }

    async fn upload(&self, file: impl AsRef<[u8]>) -> ImportBatch {
        self.send(messages("", file.as_ref())).await.unwrap()
    }

    fn worker(&self) -> JoinHandle<()> {
        tokio::spawn(Arc::clone(&self.imports).run())
    }

    /// Runs the worker until the batch rests.
    async fn rest(&self, name: &str) -> ImportBatch {
        let worker = self.worker();
        let watch = self.watch(name).await;
        let last = watch.fold(None, async |_, batch| Some(batch.unwrap())).await.unwrap();
        stop(worker).await;
        last
    }

    async fn watch(&self, name: &str) -> stream::BoxStream<'static, Result<ImportBatch, Status>> {
        let asked = WatchImportBatchRequest { name: name.into() };
        self.imports.watch(call(asked)).await.unwrap()
    }

    async fn validate(&self, name: &str) -> ImportBatch {
        let asked = ValidateImportBatchRequest { name: name.into(), ..Default::default() };
        self.imports.validate(call(asked)).await.unwrap();
        self.rest(name).await
    }

    async fn begin_commit(&self, name: &str) -> Outcome<ImportBatch> {
        let asked = CommitImportBatchRequest {
            name: name.into(),
            only_valid_rows: true,
            ..Default::default()
        };
        self.imports.commit(call(asked)).await
    }

    async fn commit(&self, name: &str) -> ImportBatch {
        self.begin_commit(name).await.unwrap();
        self.rest(name).await
    }

    async fn begin_undo(&self, name: &str) -> Outcome<ImportBatch> {
        let asked = UndoImportBatchRequest { name: name.into(), ..Default::default() };
        self.imports.undo(call(asked)).await
    }

    async fn undo(&self, name: &str) -> ImportBatch {
        self.begin_undo(name).await.unwrap();
        self.rest(name).await
    }

    async fn get(&self, name: &str) -> ImportBatch {
        self.imports.get(call(GetImportBatchRequest { name: name.into() })).await.unwrap()
    }

    /// Every fault, read page by page.
    async fn faults(&self, name: &str) -> Vec<ImportFault> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let asked = ListImportFaultsRequest { parent: name.into(), page_size: 7, page_token };
            let page = self.imports.faults(call(asked)).await.unwrap();
            all.extend(page.import_faults);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return all;
            }
        }
    }

    /// Lets the worker do what is left until `question` has this answer.
    async fn settles(&self, question: &str, answer: i64) {
        let worker = self.worker();
        self.becomes(question, answer).await;
        stop(worker).await;
    }

    async fn number(&self, question: &str) -> i64 {
        let conn = self.db.reader();
        let row = conn.query_one_raw(sql(conn, question, [])).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    /// How many things the figure counts.
    async fn figure(&self) -> i64 {
        let (metric, node) = (MetricId(1), Path::parse("110102").unwrap());
        let day = CivilDate::new(2014, 1, 1).unwrap();
        let question = Question { metric, line: Line::Area, node, day };
        read::values(&self.db, &[question]).await.unwrap()[0]
    }

    /// Waits until `question` has this answer.
    async fn becomes(&self, question: &str, answer: i64) {
        let wait = async {
            while self.number(question).await != answer {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap();
    }
}

async fn stop(worker: JoinHandle<()>) {
    worker.abort();
    assert!(worker.await.unwrap_err().is_cancelled(), "the worker never ends by itself");
}

const BATCHES: &str = "SELECT COUNT(*) FROM import_batch";
const PIECES: &str = "SELECT COUNT(*) FROM import_spool";

fn codes(faults: &[ImportFault]) -> Vec<(i32, &str, &str)> {
    faults.iter().map(|fault| (fault.line, fault.column.as_str(), fault.code.as_str())).collect()
}
