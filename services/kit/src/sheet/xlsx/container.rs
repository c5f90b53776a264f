//! The ZIP container, opened so that no file makes it use memory or time without bound.

use std::io::{Read, Seek, SeekFrom};

use zip::{ZipArchive, result::ZipError};

use super::{
    super::{
        FaultKind, kinds,
        spool::{Spool, io_kind},
    },
    Part,
    xml::Xml,
};

/// Parts that a container may have.
const MAX_PARTS: usize = 1_000;
/// Bytes that reading the list of parts may take: a thousand entries with long names, and the
/// search for the list behind a comment of full length.
const MAX_DIRECTORY: u64 = 1024 * 1024;
/// Bytes that all parts together, and that any one part, may expand to.
const MAX_EXPANDED: u64 = 512 * 1024 * 1024;
/// Expanded bytes for each compressed one.
const MAX_RATIO: u64 = 200;
/// Below this size a ratio says nothing: blank sheets compress very well.
const RATIO_FLOOR: u64 = 16 * 1024 * 1024;

/// An opened container.
pub(super) struct Container<R> {
    zip: ZipArchive<Spool<R>>,
}

impl<R: Read + Seek> Container<R> {
    pub(super) fn open(mut reader: R) -> Part<Self> {
        // The library keeps every entry in memory, so the first opening has an allowance.
        let listed = ZipArchive::new(Spool::allowing(&mut reader, MAX_DIRECTORY));
        let parts = listed.map_err(|error| zip_kind(&error))?.len();
        if parts > MAX_PARTS {
            return Err(&kinds::TOO_MANY_PARTS);
        }
        reader.seek(SeekFrom::Start(0)).map_err(|_| &kinds::READ_FAILED)?;
        let zip = ZipArchive::new(Spool::new(reader)).map_err(|error| zip_kind(&error))?;
        // Two parts of one name are read differently by different programs.
        if zip.has_duplicate_names() {
            return Err(&kinds::FILE_DAMAGED);
        }
        let mut container = Self { zip };
        container.check_declared()?;
        Ok(container)
    }

    /// What the container says of itself. What it does is checked while it expands.
    fn check_declared(&mut self) -> Part<()> {
        let mut sum = 0_u64;
        for index in 0..self.zip.len() {
            let entry = self.zip.by_index_raw(index).map_err(|error| zip_kind(&error))?;
            let (size, compressed) = (entry.size(), entry.compressed_size());
            sum = sum.saturating_add(size);
            if size > allowed(compressed) || sum > MAX_EXPANDED {
                return Err(&kinds::EXPANDS_TOO_FAR);
            }
        }
        Ok(())
    }

    /// The part of that name, if there is one.
    pub(super) fn part(&mut self, name: &str) -> Part<Option<Xml<'_>>> {
        let Some(index) = self.zip.index_for_name(name) else { return Ok(None) };
        let entry = self.zip.by_index(index).map_err(|error| zip_kind(&error))?;
        let limit = allowed(entry.compressed_size());
        Ok(Some(Xml::new(Box::new(entry), limit)))
    }

    /// Whether there is a part of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }
}

fn allowed(compressed: u64) -> u64 {
    compressed.saturating_mul(MAX_RATIO).clamp(RATIO_FLOOR, MAX_EXPANDED)
}

fn zip_kind(error: &ZipError) -> &'static FaultKind {
    match error {
        ZipError::Io(error) => io_kind(error),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => &kinds::ENCRYPTED_FILE,
        // The list of parts stands at the end: without it the file was cut.
        ZipError::InvalidArchive(_) => &kinds::FILE_TRUNCATED,
        _ => &kinds::FILE_DAMAGED,
    }
}
