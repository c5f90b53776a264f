//! A spooled file as something to read and seek in, one opened piece at a time.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Seek, SeekFrom},
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::store::piece::{self, PIECE};
use crate::{db::Db, fault::Fault, vault::Vault};

/// Pieces kept open: a workbook's reader goes between its directory and one part.
const OPEN_PIECES: usize = 4;

/// Why the spool could not be read, when that was the reason and not the file.
pub(super) type Trouble = Arc<Mutex<Option<Fault>>>;

/// Reads a spooled file. Blocks, so it belongs on the blocking pool.
pub(super) struct SpoolReader {
    runtime: Handle,
    db: Db,
    vault: Vault,
    batch: Uuid,
    size: u64,
    at: u64,
    /// The last used first.
    open: VecDeque<(u64, Zeroizing<Vec<u8>>)>,
    trouble: Trouble,
}

impl SpoolReader {
    /// Call within a runtime: the database is asked there.
    pub(super) fn new(db: Db, vault: Vault, batch: Uuid, size: u64, trouble: Trouble) -> Self {
        let (runtime, open) = (Handle::current(), VecDeque::with_capacity(OPEN_PIECES));
        Self { runtime, db, vault, batch, size, at: 0, open, trouble }
    }

    fn piece(&mut self, number: u64) -> io::Result<&[u8]> {
        match self.open.iter().position(|(open, _)| *open == number) {
            Some(0) => {}
            Some(at) => self.open.swap(0, at),
            None => {
                let bytes = self.fetch(number)?;
                self.open.truncate(OPEN_PIECES - 1);
                self.open.push_front((number, bytes));
            }
        }
        Ok(self.open.front().map_or(&[], |(_, bytes)| bytes.as_slice()))
    }

    fn fetch(&self, number: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        let piece = i32::try_from(number).map_err(io::Error::other)?;
        let load = piece::load(self.db.reader(), &self.vault, self.batch, piece);
        self.runtime.block_on(load).map_err(|fault| {
            *self.trouble.lock() = Some(fault);
            io::Error::other("the spool cannot be read")
        })
    }
}

impl Read for SpoolReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size || into.is_empty() {
            return Ok(0);
        }
        let (number, offset) = (self.at / PIECE as u64, (self.at % PIECE as u64) as usize);
        let rest = self.piece(number)?.get(offset..).unwrap_or_default();
        let read = rest.len().min(into.len());
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        into[..read].copy_from_slice(&rest[..read]);
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for SpoolReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or(ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
