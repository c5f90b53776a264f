//! Files and folders.

use std::{
    fs::File,
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
};

use crate::{Find, finds};

/// Bytes that are looked at together.
const PIECE: usize = 8 << 20;
/// Bytes of a piece that the next begins with: more than any form of a number takes.
const OVERLAP: usize = 256;
/// Finds that are told; the first of them say where to look.
const TOLD: usize = 20;

/// What a search came upon.
#[derive(Debug, Default)]
pub struct Searched {
    /// Bytes that were looked at.
    pub bytes: u64,
    /// What was found and where.
    pub finds: Vec<(String, Find)>,
}

impl Searched {
    /// Looks at bytes that come from `place`.
    pub fn look(&mut self, place: &str, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.finds.extend(finds(bytes).into_iter().map(|find| (place.to_owned(), find)));
    }

    /// Looks at a file, or at every file below a folder but those at or below what is `spared`.
    ///
    /// # Errors
    /// When something cannot be read. What has just gone, and a socket, is nothing to read.
    pub fn walk(&mut self, path: &Path, spared: &[PathBuf]) -> io::Result<()> {
        for path in files(path, spared)? {
            match File::open(&path) {
                Ok(file) => self.read(&path.display().to_string(), file)?,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(named(&path, &error)),
            }
        }
        Ok(())
    }

    fn read(&mut self, place: &str, mut file: impl Read) -> io::Result<()> {
        let (mut piece, mut before, mut last) = (Vec::new(), 0, Vec::new());
        loop {
            let read = file.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
            if read == 0 {
                return Ok(());
            }
            self.bytes += read as u64;
            let found = finds(&piece).into_iter();
            let found: Vec<_> = found.map(|find| Find { at: before + find.at, ..find }).collect();
            let new = found.iter().filter(|find| !last.contains(&find.at));
            self.finds.extend(new.map(|find| (place.to_owned(), find.clone())));
            last = found.iter().map(|find| find.at).collect();
            let gone = piece.len().saturating_sub(OVERLAP);
            piece.drain(..gone);
            before += gone;
        }
    }

    /// What was found, in words; `None` where nothing was.
    #[must_use]
    pub fn told(&self) -> Option<String> {
        let first = self.finds.iter().take(TOLD);
        let lines: Vec<String> = first.map(|(place, find)| format!("{place}, {find}")).collect();
        let count = self.finds.len();
        (count > 0).then(|| format!("{count} numbers of persons in plain:\n{}", lines.join("\n")))
    }
}

/// Every file at or below a path but those at or below what is `spared`.
///
/// # Errors
/// When a folder cannot be read, unless it has just gone.
pub fn files(path: &Path, spared: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let (mut open, mut files) = (vec![path.to_path_buf()], Vec::new());
    while let Some(path) = open.pop() {
        if spared.contains(&path) {
            continue;
        }
        let kind = match path.symlink_metadata() {
            Ok(found) => found.file_type(),
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(named(&path, &error)),
        };
        if kind.is_dir() {
            match path.read_dir() {
                Ok(entries) => {
                    for entry in entries {
                        open.push(entry?.path());
                    }
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(named(&path, &error)),
            }
        } else if kind.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
