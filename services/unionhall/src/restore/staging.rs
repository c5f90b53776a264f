//! Where a restore puts things until all of them are checked: a folder beside their places. A restore
//! that was killed leaves it; the next one clears it, or finishes what only lacked its last renames.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use unionhall_kit::private_file;

use crate::data_folder::DataFolder;

/// Names the restore, once everything is checked: the new epoch of the feed.
const READY: &str = "ready";

/// The folder of a restore.
pub(super) struct Staging {
    folder: DataFolder,
    dir: PathBuf,
}

impl Staging {
    /// The folder of the last restore, if it did not end.
    pub(super) fn left_over(folder: &DataFolder) -> Option<Self> {
        let staging = Self::of(folder);
        staging.dir.exists().then_some(staging)
    }

    /// A new one.
    pub(super) fn make(folder: &DataFolder) -> Result<Self> {
        let staging = Self::of(folder);
        private_file::create_dir(&staging.keys())?;
        Ok(staging)
    }

    fn of(folder: &DataFolder) -> Self {
        Self { folder: folder.clone(), dir: folder.path().join(".restoring") }
    }

    /// The keys in waiting.
    pub(super) fn keys(&self) -> PathBuf {
        self.dir.join("keys")
    }

    /// The policy in waiting.
    pub(super) fn policy(&self) -> PathBuf {
        self.dir.join("policy.toml")
    }

    /// Names the restore, on disk: from here on only renames are left.
    pub(super) fn is_ready(&self, epoch: &str) -> Result<()> {
        sync_dir(&self.keys())?;
        Ok(private_file::replace(&self.dir.join(READY), epoch.as_bytes())?)
    }

    /// The name of a restore that was ready.
    pub(super) fn epoch(&self) -> Option<String> {
        fs::read_to_string(self.dir.join(READY)).ok()
    }

    /// Puts policy and keys in their places, the keys last: without them no server starts.
    pub(super) fn finish(self) -> Result<()> {
        let moved =
            [(self.policy(), self.folder.policy_file()), (self.keys(), self.folder.key_folder())];
        for (from, to) in moved {
            if from.exists() {
                fs::rename(&from, &to).with_context(|| format!("naming {}", to.display()))?;
            }
        }
        sync_dir(self.folder.path())?;
        self.clear()
    }

    /// Removes it.
    pub(super) fn clear(self) -> Result<()> {
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("removing {}", self.dir.display()))
            }
            _ => Ok(()),
        }
    }
}

/// A new file, readable by its owner alone.
pub(super) fn create(path: &Path) -> Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// A new file with this content, on disk.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<()> {
    let mut file = create(path)?;
    file.write_all(content)?;
    Ok(file.sync_all()?)
}

fn sync_dir(dir: &Path) -> Result<()> {
    Ok(File::open(dir)?.sync_all()?)
}

/// Refuses a folder that is somebody's already.
pub(super) fn ensure_vacant(folder: &DataFolder, databases: &[PathBuf]) -> Result<()> {
    let keys = folder.key_folder();
    let holds_keys = keys.exists() && fs::read_dir(&keys)?.next().is_some();
    let mut taken: Vec<&Path> = databases.iter().map(PathBuf::as_path).collect();
    let policy = folder.policy_file();
    taken.push(&policy);
    taken.retain(|path| path.exists());
    if holds_keys {
        taken.push(&keys);
    }
    ensure!(
        taken.is_empty(),
        "{} is there already; a restore overwrites nothing: name an empty data folder with --data, \
         or move this one away",
        taken[0].display()
    );
    Ok(())
}
