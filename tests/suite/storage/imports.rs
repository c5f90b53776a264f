//! An import under two instances of the service that die amid it, and its undo.

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
    figures::read::{self, Question},
    ids::SystemRandomness,
    imports::Imports,
    keys::KeyRing,
    ledger::sequencer::Sequencer,
    path::{Line, Path, Prefixes, Scope},
};
use unionhall_proto::common::v1::{
    CommitImportBatchRequest, GetImportBatchRequest, ImportBatch, UndoImportBatchRequest,
    UploadImportRequest, ValidateImportBatchRequest, WatchImportBatchRequest,
    import_batch::State,
    upload_import_request::{Piece, UploadHeader},
};
use unionhall_registry::{
    Register,
    demo::{DirtShares, generate_employers, write_csv},
    imports::imports,
    rules::contribution::Metric,
    services,
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};

const ROWS: u32 = 3_300;

fn call<T>(message: T) -> Result<Call<T>> {
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
struct Instances {
    both: [Arc<Imports>; 2],
    worker: Option<JoinHandle<()>>,
    deaths: usize,
}

impl Instances {
    async fn rest(&mut self, name: &str) -> Result<ImportBatch> {
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

    async fn upload(&self) -> Result<String> {
        let mut file = Vec::new();
        write_csv(&mut file, generate_employers(ROWS, 9, DirtShares::of_each(50))?)?;
        let (kind, file_name) = ("employers".to_owned(), "employers.csv".to_owned());
        let header = UploadHeader { kind, file_name, ..UploadHeader::default() };
        let chunks = file.chunks(300_000).map(|bytes| Piece::Chunk(bytes.to_vec().into()));
        let pieces: Vec<Piece> = std::iter::once(Piece::Header(header)).chain(chunks).collect();
        let message = |piece| Ok::<_, Status>(UploadImportRequest { piece: Some(piece) });
        let messages = tokio_stream::iter(pieces.into_iter().map(message));
        Ok(self.both[1].upload(call(messages)?).await?.name)
    }
}

async fn number(db: &Db, question: &str) -> Result<i64> {
    let conn = db.reader();
    let row = conn.query_one_raw(sql(conn, question, [])).await?.context("one row")?;
    Ok(row.try_get_by_index(0)?)
}

async fn import(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    books.clock.set("2024-06-03T02:00:00Z".parse()?);
    let keys = Arc::new(KeyRing::generate("2014-01-01".parse()?, &SystemRandomness)?);
    let one = Register::open(books.ledger.clone(), Arc::clone(&keys)).await?;
    let other = Register::open(books.ledger.clone(), keys).await?;
    let both = [imports(&one), imports(&other)];
    let mut instances = Instances { both, worker: None, deaths: 0 };
    let (db, sequencer) =
        (books.ledger.db(), Sequencer::new(books.ledger.clone(), services::ancestors()));

    let name = instances.upload().await?;
    let asked = ValidateImportBatchRequest { name: name.clone(), ..Default::default() };
    instances.both[0].validate(call(asked)?).await?;
    let checked = instances.rest(&name).await?;
    ensure!(checked.state() == State::Validated && checked.fault_count > 100, "{checked:?}");
    let only_valid_rows = true;
    let asked =
        CommitImportBatchRequest { name: name.clone(), only_valid_rows, ..Default::default() };
    instances.both[1].commit(call(asked)?).await?;
    let applied = instances.rest(&name).await?;
    ensure!(applied.state() == State::Applied && instances.deaths >= 3, "{applied:?}");
    let rows = applied.applied_row_count;
    ensure!(rows == checked.valid_row_count, "a dry run says what a commit does");
    for question in [
        "SELECT COUNT(*) FROM employer WHERE version = 1",
        "SELECT COUNT(*) FROM import_effect",
        "SELECT COUNT(*) FROM event WHERE record LIKE 'employers/%'",
    ] {
        ensure!(number(db, question).await? == rows, "{question}");
    }
    sequencer.drain().await?;
    let active = "SELECT COUNT(*) FROM employer_fact
        WHERE field = 'state' AND value = '\"ACTIVE\"' AND superseded_at IS NULL";
    ensure!(employers(db).await? == number(db, active).await?, "the figure is no recount");

    let asked = UndoImportBatchRequest { name: name.clone(), ..Default::default() };
    instances.both[0].undo(call(asked)?).await?;
    let undone = instances.rest(&name).await?;
    ensure!(undone.state() == State::Undone && undone.refused_undo_count == 0, "{undone:?}");
    sequencer.drain().await?;
    ensure!(employers(db).await? == 0, "figures are left");
    let left = "SELECT COUNT(*) FROM employer WHERE deleted_at IS NULL";
    ensure!(number(db, left).await? == 0, "employers are left");
    let again = instances.both[1].get(call(GetImportBatchRequest { name })?).await?;
    ensure!(again == undone, "both instances see the same");
    Ok(())
}

async fn employers(db: &Db) -> Result<i64> {
    let (metric, node) = (Metric::Employers.id(), Path::parse("11")?);
    let day = "2024-06-03".parse()?;
    let ask = [Question { metric, line: Line::Area, node, day }];
    Ok(read::values(db, &ask).await?[0])
}

on_both_engines!(import);
