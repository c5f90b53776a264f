//! The reader under everything: its own failures stay apart from those of the file's content.

use std::{
    fmt,
    io::{self, ErrorKind, Read, Seek, SeekFrom},
};

use super::{FaultKind, kinds};

/// A kind of fault that travels through a library as an I/O error.
#[derive(Debug)]
pub(super) struct Carried(pub(super) &'static FaultKind);

impl fmt::Display for Carried {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0.code)
    }
}

impl std::error::Error for Carried {}

impl Carried {
    pub(super) fn error(kind: &'static FaultKind) -> io::Error {
        io::Error::other(Self(kind))
    }
}

/// The kind of fault that an I/O error stands for: one of ours, or what a decompressor means.
pub(super) fn io_kind(error: &io::Error) -> &'static FaultKind {
    if let Some(Carried(kind)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return kind;
    }
    match error.kind() {
        ErrorKind::UnexpectedEof => &kinds::FILE_TRUNCATED,
        _ => &kinds::FILE_DAMAGED,
    }
}

/// A spooled upload. May allow only so many bytes to be read, for a part whose reader has no bound
/// of its own.
pub(super) struct Spool<R> {
    inner: R,
    allowance: Option<u64>,
}

impl<R> Spool<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, allowance: None }
    }

    pub(super) fn allowing(inner: R, bytes: u64) -> Self {
        Self { inner, allowance: Some(bytes) }
    }
}

fn failed(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::Interrupted => error,
        _ => Carried::error(&kinds::READ_FAILED),
    }
}

impl<R: Read> Read for Spool<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into).map_err(failed)?;
        if let Some(left) = &mut self.allowance {
            *left = left
                .checked_sub(read as u64)
                .ok_or_else(|| Carried::error(&kinds::TOO_MANY_PARTS))?;
        }
        Ok(read)
    }
}

impl<R: Seek> Seek for Spool<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        // A broken container may point before the file's start: that is not the spool's failure.
        self.inner.seek(to)
    }
}
