//! The rows of a spooled file, read on the blocking pool and handed over in chunks.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{
    Importer, Imports,
    spool::{SpoolReader, Trouble},
    store::batch::Batch,
};
use crate::{
    fault::{Fault, Outcome},
    reasons,
    sheet::{Book, CellFault, Layout, Record},
};

/// Chunks that wait for the register while the next one is read.
const WAITING_CHUNKS: usize = 1;
/// What the rows of a chunk weigh; a chunk of very long or wide rows has fewer of them.
pub(super) const CHUNK_BYTES: usize = 2 * 1024 * 1024;
/// Faults of cells in one chunk; they are written in one transaction.
pub(super) const CHUNK_FAULTS: usize = 5_000;
/// How the sheet reader calls the one sheet of a CSV. No workbook's sheet may have a colon.
const CSV_LABEL: &str = "CSV:";

/// What comes out of a file.
#[derive(Debug)]
pub(super) enum Read {
    /// The next rows, at least one.
    Rows(Vec<Record>),
    /// The file cannot be read, or not further.
    Broken(Vec<CellFault>),
    /// Every row was read.
    End,
}

/// A file that is being read. The reader stops when this is dropped.
pub(super) struct Rows {
    chunks: mpsc::Receiver<Read>,
    trouble: Trouble,
}

impl Rows {
    /// Begins to read the rows behind `after_line`.
    pub(super) fn of(
        imports: &Imports,
        importer: &dyn Importer,
        batch: &Batch,
        layout: Arc<Layout>,
        after_line: i64,
    ) -> Self {
        let (sender, chunks) = mpsc::channel(WAITING_CHUNKS);
        let trouble = Trouble::default();
        let (size, most) = (batch.file_size.unsigned_abs(), importer.rows_a_chunk());
        let (db, vault) = (imports.ledger.db().clone(), imports.vault.clone());
        let reader = SpoolReader::new(db, vault, batch.id, size, Arc::clone(&trouble));
        tokio::task::spawn_blocking(move || {
            // The receiver is gone when nobody wants the rest.
            let _ = read(reader, &layout, (after_line, most), &sender);
        });
        Self { chunks, trouble }
    }

    /// What comes next. An error where the spool and not the file is at fault.
    pub(super) async fn next(&mut self) -> Outcome<Read> {
        match self.chunks.recv().await {
            Some(Read::Broken(faults)) => match self.trouble.lock().take() {
                Some(fault) => Err(fault),
                None => Ok(Read::Broken(faults)),
            },
            Some(read) => Ok(read),
            None => Err(Fault::new(&reasons::INTERNAL)),
        }
    }
}

type Sent = Result<(), mpsc::error::SendError<Read>>;

fn read(
    reader: SpoolReader,
    layout: &Arc<Layout>,
    (after_line, most): (i64, usize),
    sender: &mpsc::Sender<Read>,
) -> Sent {
    let broken = |faults| sender.blocking_send(Read::Broken(unlabelled(faults)));
    let mut book = match Book::open(reader, Some(CSV_LABEL)) {
        Ok(book) => book,
        Err(fault) => return broken(vec![fault]),
    };
    let records = match book.records(layout) {
        Ok(records) => records,
        Err(faults) => return broken(faults),
    };
    let mut chunk = Chunk::default();
    for record in records {
        let mut record = match record {
            Ok(record) if i64::from(record.line()) <= after_line => continue,
            Ok(record) => record,
            Err(fault) => {
                chunk.hand_over(sender)?;
                return broken(vec![fault]);
            }
        };
        record.faults = unlabelled(std::mem::take(&mut record.faults));
        if !chunk.takes(&record, most) {
            chunk.hand_over(sender)?;
        }
        chunk.push(record);
    }
    chunk.hand_over(sender)?;
    sender.blocking_send(Read::End)
}

/// Rows that wait until they are handed over together.
#[derive(Default)]
struct Chunk {
    rows: Vec<Record>,
    bytes: usize,
    faults: usize,
}

impl Chunk {
    fn takes(&self, record: &Record, most: usize) -> bool {
        self.rows.len() < most
            && self.bytes + record.weight() <= CHUNK_BYTES
            && self.faults + record.faults.len() <= CHUNK_FAULTS
    }

    fn push(&mut self, record: Record) {
        self.bytes += record.weight();
        self.faults += record.faults.len();
        self.rows.push(record);
    }

    fn hand_over(&mut self, sender: &mpsc::Sender<Read>) -> Sent {
        let rows = std::mem::take(self).rows;
        if rows.is_empty() { Ok(()) } else { sender.blocking_send(Read::Rows(rows)) }
    }
}

/// The contract leaves the sheet of a CSV empty.
pub(super) fn unlabelled(mut faults: Vec<CellFault>) -> Vec<CellFault> {
    for fault in faults.iter_mut().filter(|fault| fault.sheet == CSV_LABEL) {
        fault.sheet.clear();
    }
    faults
}
