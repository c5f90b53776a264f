//! Folders of tests, searched when the test is over.

use std::{
    io,
    path::{Path, PathBuf},
};

use parking_lot::Mutex;
use tempfile::TempDir;

use crate::places::Searched;

/// A path that is searched with the value's end; a number in it fails the test.
///
/// A test that fails already is left alone.
#[derive(Debug)]
pub struct SearchedPath {
    path: PathBuf,
    spared: Mutex<Vec<PathBuf>>,
}

impl SearchedPath {
    /// What is or will be there.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), spared: Mutex::default() }
    }
}

impl Drop for SearchedPath {
    #[allow(clippy::panic, reason = "the end of a test has no other way to fail it")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let mut searched = Searched::default();
        if let Err(error) = searched.walk(&self.path, &self.spared.lock()) {
            panic!("the search for numbers: {error}");
        }
        if let Some(told) = searched.told() {
            panic!("{told}");
        }
    }
}

/// A temporary folder that is searched before it goes.
#[derive(Debug)]
pub struct SearchedFolder {
    // Dropped first.
    searched: SearchedPath,
    folder: TempDir,
}

impl SearchedFolder {
    /// An empty one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> io::Result<Self> {
        Self::called("unionhall-books.")
    }

    /// An empty one whose name begins so.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn called(prefix: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir()?;
        Ok(Self { searched: SearchedPath::new(folder.path()), folder })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves a file out of the search: what the test itself writes for a program to read.
    pub fn spare(&self, path: impl Into<PathBuf>) {
        self.searched.spared.lock().push(path.into());
    }

    /// Leaves the folder where it is, without a search.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        let Self { searched, folder } = self;
        searched.spared.lock().push(folder.path().to_path_buf());
        folder.keep()
    }
}
