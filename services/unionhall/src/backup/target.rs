//! The file that a backup is written to: it has its name only when it is whole.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use unionhall_kit::private_file;

/// A backup that is being written.
pub(super) struct Target {
    out: PathBuf,
    draft: PathBuf,
    file: File,
}

impl Target {
    /// A draft beside the file, readable by its owner alone. A draft of a killed backup is written
    /// over.
    pub(super) fn open(out: &Path) -> Result<Self> {
        refuse_existing(out)?;
        let mut draft = out.as_os_str().to_owned();
        draft.push(".partial");
        let draft = PathBuf::from(draft);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&draft)
            .with_context(|| format!("cannot write {}", draft.display()))?;
        // The draft may just have got its name, and then it is no draft any more.
        let same = |there: fs::Metadata, here: fs::Metadata| there.ino() == here.ino();
        let locked = file.try_lock().is_ok();
        let is_draft = fs::metadata(&draft)
            .is_ok_and(|there| file.metadata().is_ok_and(|here| same(there, here)));
        if !(locked && is_draft) {
            bail!("another backup is being written to {}", out.display());
        }
        file.set_len(0)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        Ok(Self { out: out.to_owned(), draft, file })
    }

    /// What to write to.
    pub(super) fn file(&self) -> Result<File> {
        Ok(self.file.try_clone()?)
    }

    /// Gives the file its name, on disk. A file of that name, which somebody made meanwhile, stays.
    pub(super) fn finish(self) -> Result<()> {
        let within = || format!("naming {}", self.out.display());
        self.file.sync_all().with_context(within)?;
        match fs::hard_link(&self.draft, &self.out) {
            Ok(()) => fs::remove_file(&self.draft).with_context(within)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let refused = refuse_existing(&self.out);
                self.discard();
                return refused;
            }
            // A file system without links.
            Err(_) => fs::rename(&self.draft, &self.out).with_context(within)?,
        }
        Ok(private_file::sync_parent(&self.out)?)
    }

    /// Removes the draft.
    pub(super) fn discard(self) {
        // If that fails too, a file that ends in .partial is left, which the next backup clears.
        let _ = fs::remove_file(&self.draft);
    }
}

fn refuse_existing(out: &Path) -> Result<()> {
    ensure!(
        fs::symlink_metadata(out).is_err(),
        "{} is there already; a backup overwrites nothing, choose another name",
        out.display()
    );
    Ok(())
}
