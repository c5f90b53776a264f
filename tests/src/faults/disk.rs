//! A disk that fills up: a small tmpfs.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// A file system of a fixed size. Unmounted with the value.
#[derive(Debug)]
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Mounts an empty one of `mebibytes`.
    ///
    /// # Errors
    /// When it may not be mounted: that takes root.
    pub fn mount(mebibytes: u32) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("unionhall-disk.").tempdir()?;
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "tmpfs"])
            .arg(folder.path())
            .output()
            .context("mount")?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "a full disk is tried on a small mount, which takes root: sudo tests/run ({error})"
        );
        Ok(Self { folder })
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Fills it to the last byte.
    ///
    /// # Errors
    /// When writing fails for any other reason than a full disk.
    pub fn fill(&self) -> Result<()> {
        let mut ballast =
            std::fs::OpenOptions::new().create(true).append(true).open(self.ballast())?;
        for size in [1 << 20, 4096, 1] {
            let block = vec![0; size];
            loop {
                match ballast.write_all(&block) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// Gives the space back that [`Self::fill`] took.
    ///
    /// # Errors
    /// When the disk was not filled.
    pub fn free(&self) -> Result<()> {
        Ok(std::fs::remove_file(self.ballast())?)
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that still dies may hold a file.
        let done = Command::new("umount").arg("-l").arg(self.path()).status();
        if !done.is_ok_and(|status| status.success()) {
            eprintln!("{} is still mounted", self.path().display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_and_recovers() -> Result<()> {
        let disk = SmallDisk::mount(2)?;
        let file = disk.path().join("file");
        disk.fill()?;
        let refused = std::fs::write(&file, "x").map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::StorageFull));
        disk.free()?;
        std::fs::write(&file, "x")?;
        Ok(())
    }
}
