//! Two instances of the service that import, and die amid it.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use sea_orm::ConnectionTrait;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt;
use tonic::{Request, Status};
use unionhall_kit::{
    access::{Caller, ClientId, MethodAccess, ScopeSource},
    call::Call,
    db::{Db, sql},
    ids::SystemRandomness,
    imports::Imports,
    keys::KeyRing,
    path::{Path, Prefixes, Scope},
};
use unionhall_proto::common::v1::{
    CommitImportBatchRequest, ImportBatch, UndoImportBatchRequest, UploadImportRequest,
    ValidateImportBatchRequest, WatchImportBatchRequest,
    import_batch::State,
    upload_import_request::{Piece, UploadHeader},
};
use unionhall_registry::{Register, imports::imports};
use unionhall_tests::books::Books;

pub(super) fn call<T>(message: T) -> Result<Call<T>> {
    let mut request = Request::new(message);
    let area = Prefixes::normalised(vec![Path::parse("11")?]);
    let scope = Scope { area, affiliation: Prefixes::default() };
    let expires_at = "2099-01-01T00:00:00Z".parse()?;
    let caller = Caller::internal(ClientId::parse("office")?, &["*"], scope, expires_at);
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(Arc::new(MethodAccess {
        path: "/test".to_owned(),
        permission: None,
        scope: ScopeSource::Owner,
        client_streaming: false,
        server_streaming: false,
    }));
    Ok(Call::accept(request)?)
}

/// Two instances over one database, of which one works at a time and dies whenever the batch has
/// moved; the other goes on.
pub(super) struct Instances {
    pub(super) both: [Arc<Imports>; 2],
    worker: Option<JoinHandle<()>>,
    pub(super) deaths: usize,
}

impl Instances {
    /// Two instances over these books.
    pub(super) async fn over(books: &Books) -> Result<Self> {
        let keys = Arc::new(KeyRing::generate("2014-01-01".parse()?, &SystemRandomness)?);
        let one = Register::open(books.ledger.clone(), Arc::clone(&keys)).await?;
        let other = Register::open(books.ledger.clone(), keys).await?;
        let both = [imports(&one), imports(&other)];
        Ok(Self { both, worker: None, deaths: 0 })
    }

    /// Lets them work until the batch rests.
    pub(super) async fn rest(&mut self, name: &str) -> Result<ImportBatch> {
        let asked = WatchImportBatchRequest { name: name.to_owned() };
        let mut watch = self.both[0].watch(call(asked)?).await?;
        let mut last = None;
        while let Some(batch) = watch.next().await {
            let batch = batch?;
            // Validation begins anew after each death, so it is let live.
            if batch.state() != State::Validating || self.worker.is_none() {
                self.take_over().await;
            }
            last = Some(batch);
        }
        last.context("the watch told nothing")
    }

    async fn take_over(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.abort();
            let _ = worker.await;
            self.deaths += 1;
        }
        let next = Arc::clone(&self.both[self.deaths % 2]);
        self.worker = Some(tokio::spawn(next.run()));
    }

    pub(super) async fn upload(&self, kind: &str, file: &[u8]) -> Result<String> {
        let (kind, file_name) = (kind.to_owned(), format!("{kind}.csv"));
        let header = UploadHeader { kind, file_name, ..UploadHeader::default() };
        let chunks = file.chunks(300_000).map(|bytes| Piece::Chunk(bytes.to_vec().into()));
        let pieces: Vec<Piece> = std::iter::once(Piece::Header(header)).chain(chunks).collect();
        let message = |piece| Ok::<_, Status>(UploadImportRequest { piece: Some(piece) });
        let messages = tokio_stream::iter(pieces.into_iter().map(message));
        Ok(self.both[1].upload(call(messages)?).await?.name)
    }

    /// The dry run of a file.
    pub(super) async fn check(&mut self, kind: &str, file: &[u8]) -> Result<ImportBatch> {
        let name = self.upload(kind, file).await?;
        let asked = ValidateImportBatchRequest { name: name.clone(), ..Default::default() };
        self.both[0].validate(call(asked)?).await?;
        let checked = self.rest(&name).await?;
        ensure!(checked.state() == State::Validated, "{checked:?}");
        Ok(checked)
    }

    /// The valid rows of a checked file.
    pub(super) async fn apply(&mut self, name: &str) -> Result<ImportBatch> {
        let (name, only_valid_rows) = (name.to_owned(), true);
        let asked =
            CommitImportBatchRequest { name: name.clone(), only_valid_rows, ..Default::default() };
        self.both[1].commit(call(asked)?).await?;
        let applied = self.rest(&name).await?;
        ensure!(applied.state() == State::Applied, "{applied:?}");
        Ok(applied)
    }

    pub(super) async fn undo(&mut self, name: &str) -> Result<ImportBatch> {
        let asked = UndoImportBatchRequest { name: name.to_owned(), ..Default::default() };
        self.both[0].undo(call(asked)?).await?;
        let undone = self.rest(name).await?;
        ensure!(undone.state() == State::Undone, "{undone:?}");
        Ok(undone)
    }
}

pub(super) async fn number(db: &Db, question: &str) -> Result<i64> {
    let conn = db.reader();
    let row = conn.query_one_raw(sql(conn, question, [])).await?.context("one row")?;
    Ok(row.try_get_by_index(0)?)
}
