//! An import that works at several chunks at once: whichever is ready first, they are committed in their
//! order, and one that is cut off leaves nothing of the next behind.
//!
//! On PostgreSQL alone: the one writer of SQLite begins no chunk before the last one is committed.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use sea_orm::ConnectionTrait;
use tokio::{sync::watch, task::JoinHandle};
use tokio_stream::StreamExt;
use unionhall_kit::{
    db::{Db, sql},
    fault::{Fault, Outcome},
    ids::SystemRandomness,
    imports::{
        Actor, Applied, Bells, Checks, Effect, Importer, Imports, ImportsConfig, Needs, RowKey,
        Undone, Verdict,
    },
    keys::KeyRing,
    ledger::Entry,
    paging::Pager,
    reasons,
    sheet::{Column, ColumnKind, Layout, Record},
    vault::Vault,
};
use unionhall_proto::common::v1::{
    CommitImportBatchRequest, ImportBatch, UploadImportRequest, ValidateImportBatchRequest,
    WatchImportBatchRequest,
    import_batch::State,
    upload_import_request::{Piece, UploadHeader},
};
use unionhall_tests::{books::Books, engine::Engine, patience};

use super::instances::{call, number};

const ROWS_A_CHUNK: usize = 2;
/// Chunks of lines 2 and 3, 4 and 5, 6 and 7, 8 and 9.
const FILE: &str = "编号\nA\nB\nC\nD\nE\nF\nG\nH\n";
const FIRST: u32 = 2;
const SECOND: u32 = 4;
const WRITTEN: &str = "SELECT COUNT(*) FROM written";
/// Looks while the second chunk waits: more than it would take to commit it.
const LOOKS: usize = 50;

/// What becomes of the first two chunks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Course {
    /// Nothing holds them up.
    Free,
    /// The first waits until the second is ready, and longer.
    SecondIsReady,
    /// The same, and then the first fails.
    FirstFails,
    /// The same, and then the first stands still.
    FirstStands,
    /// The second stands still when it has written.
    SecondStands,
}

/// Notes lines in a table, as the test has it.
struct Lines {
    layout: Arc<Layout>,
    db: Db,
    course: Mutex<Course>,
    /// First lines of the chunks that were begun; those under way at once stand in any order.
    begun: Mutex<Vec<u32>>,
    second_wrote: watch::Sender<bool>,
    committed: watch::Sender<usize>,
}

impl Lines {
    /// What holds a chunk up that has written.
    async fn held_up(&self, first: u32) -> Outcome<()> {
        let course = *self.course.lock();
        match (course, first) {
            (Course::SecondStands, SECOND) => std::future::pending().await,
            (Course::Free | Course::SecondStands, _) => Ok(()),
            (_, FIRST) => {
                let _ = self.second_wrote.subscribe().wait_for(|wrote| *wrote).await;
                for _ in 0..LOOKS {
                    assert_eq!(number(&self.db, WRITTEN).await.unwrap(), 0, "out of order");
                }
                match course {
                    Course::FirstFails => Err(Fault::new(&reasons::INTERNAL)),
                    Course::FirstStands => std::future::pending().await,
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

#[async_trait::async_trait]
impl Importer for Lines {
    fn kind(&self) -> &'static str {
        "lines"
    }

    fn needs(&self) -> Needs {
        Needs { write: &[], read: &[] }
    }

    fn rows_a_chunk(&self) -> usize {
        ROWS_A_CHUNK
    }

    fn rows_are_independent(&self) -> bool {
        true
    }

    async fn layout(&self) -> Outcome<Arc<Layout>> {
        Ok(Arc::clone(&self.layout))
    }

    fn keys(&self, _: &Record) -> Vec<RowKey> {
        Vec::new()
    }

    async fn open(&self, _: &Actor) -> Outcome<Box<dyn Checks>> {
        Ok(Box::new(Anything))
    }

    async fn apply(&self, entry: &mut Entry, _: &Actor, rows: &[Record]) -> Outcome<Vec<Applied>> {
        let first = rows.first().map_or(0, Record::line);
        self.begun.lock().push(first);
        let mut applied = Vec::new();
        for row in rows {
            let (conn, line) = (entry.conn(), i64::from(row.line()));
            let text = "INSERT INTO written (line) VALUES ($1)";
            conn.execute_raw(sql(conn, text, [line.into()])).await.unwrap();
            let record = format!("lines/{line}");
            let before = Vec::new();
            let effect = Effect { record, version_before: 0, version_after: 1, before };
            applied.push(Applied::Changed(effect));
        }
        self.second_wrote.send_modify(|wrote| *wrote |= first == SECOND);
        self.held_up(first).await?;
        Ok(applied)
    }

    async fn undo(&self, _: &mut Entry, _: &Actor, effects: &[Effect]) -> Outcome<Vec<Undone>> {
        Ok(effects.iter().map(|_| Undone::Done).collect())
    }

    fn committed(&self) {
        self.committed.send_modify(|count| *count += 1);
    }
}

/// No row has a fault.
struct Anything;

#[async_trait::async_trait]
impl Checks for Anything {
    async fn check(&mut self, rows: &[Record]) -> Outcome<Vec<Verdict>> {
        Ok(rows.iter().map(|_| Verdict::default()).collect())
    }
}

/// Imports of lines, with a checked batch.
struct Desk {
    books: Books,
    lines: Arc<Lines>,
    imports: Arc<Imports>,
    batch: String,
}

impl Desk {
    async fn open() -> Result<Self> {
        let books = Books::open(Engine::Postgres).await?;
        let (ledger, db) = (books.ledger.clone(), books.ledger.db().clone());
        db.migrator().execute_unprepared("CREATE TABLE written (line BIGINT PRIMARY KEY)").await?;
        let column = Column::new("code", &["编号"], ColumnKind::Text).required();
        let lines = Arc::new(Lines {
            layout: Arc::new(Layout::new("lines", vec![column])),
            db,
            course: Mutex::new(Course::Free),
            begun: Mutex::default(),
            second_wrote: watch::channel(false).0,
            committed: watch::channel(0).0,
        });
        let ring = Arc::new(KeyRing::generate("2014-01-01".parse()?, &SystemRandomness)?);
        let vault = Vault::new(Arc::clone(&ring), ledger.ids().clone());
        let pager = Pager::new(ring, ledger.ids().clone(), [1; 16]);
        let importer: Arc<dyn Importer> = Arc::clone(&lines) as _;
        let config = ImportsConfig::default();
        let imports = Imports::new(ledger, vault, pager, config, Bells::default(), [importer]);
        let mut desk = Self { books, lines, imports, batch: String::new() };
        desk.upload().await?;
        Ok(desk)
    }

    async fn upload(&mut self) -> Result<()> {
        let (kind, file_name) = ("lines".to_owned(), "lines.csv".to_owned());
        let header = UploadHeader { kind, file_name, ..UploadHeader::default() };
        let pieces = [Piece::Header(header), Piece::Chunk(FILE.into())];
        let messages = pieces.map(|piece| Ok(UploadImportRequest { piece: Some(piece) }));
        self.batch = self.imports.upload(call(tokio_stream::iter(messages))?).await?.name;
        let name = self.batch.clone();
        let asked = ValidateImportBatchRequest { name, ..Default::default() };
        self.imports.validate(call(asked)?).await?;
        let checked = self.rest().await?;
        ensure!(checked.valid_row_count == 8, "{checked:?}");
        Ok(())
    }

    fn worker(&self) -> JoinHandle<()> {
        tokio::spawn(Arc::clone(&self.imports).run())
    }

    /// Lets a worker go on until the batch rests.
    async fn rest(&self) -> Result<ImportBatch> {
        let worker = self.worker();
        let asked = WatchImportBatchRequest { name: self.batch.clone() };
        let mut watch = self.imports.watch(call(asked)?).await?;
        let watching = async {
            let mut last = None;
            while let Some(batch) = watch.next().await {
                last = Some(batch?);
            }
            anyhow::Ok(last)
        };
        let last = patience::within("the batch to rest", watching).await??;
        stop(worker).await?;
        last.context("the watch told nothing")
    }

    async fn commit(&self, course: Course) -> Result<()> {
        *self.lines.course.lock() = course;
        self.lines.begun.lock().clear();
        let asked = CommitImportBatchRequest { name: self.batch.clone(), ..Default::default() };
        self.imports.commit(call(asked)?).await?;
        Ok(())
    }

    /// Goes on freely, beginning with the chunk of this line, until every line is there once.
    async fn goes_on_from(&self, first: u32) -> Result<()> {
        *self.lines.course.lock() = Course::Free;
        self.lines.begun.lock().clear();
        self.is_whole(first).await
    }

    async fn is_whole(&self, first: u32) -> Result<()> {
        let batch = self.rest().await?;
        ensure!((batch.state(), batch.applied_row_count) == (State::Applied, 8), "{batch:?}");
        let begun = self.begun();
        let once: Vec<u32> = (first..10).step_by(ROWS_A_CHUNK).collect();
        ensure!(begun == once, "begun: {begun:?}");
        for question in [WRITTEN, "SELECT COUNT(*) FROM import_effect"] {
            ensure!(self.number(question).await? == 8, "{question}");
        }
        Ok(())
    }

    fn begun(&self) -> Vec<u32> {
        let mut begun = self.lines.begun.lock().clone();
        begun.sort_unstable();
        // One of a worker that was stopped may have begun just then.
        begun.dedup();
        begun
    }

    async fn number(&self, question: &str) -> Result<i64> {
        number(self.books.ledger.db(), question).await
    }
}

async fn stop(worker: JoinHandle<()>) -> Result<()> {
    worker.abort();
    let ended = worker.await;
    ensure!(ended.is_err_and(|error| error.is_cancelled()), "a worker ends by itself");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_that_is_ready_early_is_committed_in_its_turn() -> Result<()> {
    let desk = Desk::open().await?;
    desk.commit(Course::SecondIsReady).await?;
    desk.is_whole(FIRST).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_a_chunk_leaves_nothing_of_the_next() -> Result<()> {
    let desk = Desk::open().await?;
    desk.commit(Course::FirstFails).await?;
    let batch = desk.rest().await?;
    ensure!((batch.state(), batch.applied_row_count) == (State::Applying, 0), "{batch:?}");
    ensure!(batch.failure.is_some(), "{batch:?}");
    ensure!(desk.begun().starts_with(&[FIRST, SECOND]));
    ensure!(desk.number(WRITTEN).await? == 0, "lines of a chunk behind one that failed");
    desk.commit(Course::Free).await?;
    desk.is_whole(FIRST).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_before_the_first_of_two_chunks_begins_both_again() -> Result<()> {
    let desk = Desk::open().await?;
    desk.commit(Course::FirstStands).await?;
    let worker = desk.worker();
    let mut wrote = desk.lines.second_wrote.subscribe();
    patience::within("the second chunk", wrote.wait_for(|wrote| *wrote)).await??;
    stop(worker).await?;
    ensure!(desk.number(WRITTEN).await? == 0, "lines of chunks that were cut off");
    desk.goes_on_from(FIRST).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_between_two_chunks_goes_on_with_the_second() -> Result<()> {
    let desk = Desk::open().await?;
    desk.commit(Course::SecondStands).await?;
    let worker = desk.worker();
    let mut committed = desk.lines.committed.subscribe();
    patience::within("the first chunk", committed.wait_for(|count| *count == 1)).await??;
    stop(worker).await?;
    ensure!(desk.number(WRITTEN).await? == 2, "the first chunk alone is there");
    desk.goes_on_from(SECOND).await
}
