//! The key files of a data folder.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use unionhall_kit::{clock::SharedClock, keys::KeyRing};
use zeroize::Zeroizing;

use super::manifest;
use crate::data_folder::DataFolder;

/// How often the keys are read when somebody changes them meanwhile.
const TRIES: u32 = 5;

/// Names and contents.
pub(super) type KeyFiles = Vec<(String, Zeroizing<Vec<u8>>)>;

/// The key files, and the ring that they are. Read twice, because somebody may write them meanwhile.
pub(super) fn read(folder: &DataFolder, clock: &SharedClock) -> Result<(KeyFiles, KeyRing)> {
    let mut files = key_files(&folder.key_folder())?;
    for _ in 0..TRIES {
        let ring = folder.existing_keys(clock)?;
        let again = key_files(&folder.key_folder())?;
        if files == again {
            return Ok((files, ring));
        }
        files = again;
    }
    bail!("the keys in {} change all the time", folder.key_folder().display())
}

fn key_files(dir: &Path) -> Result<KeyFiles> {
    let mut files = KeyFiles::new();
    for entry in fs::read_dir(dir).with_context(|| format!("the keys {}", dir.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Kubernetes mounts a secret with folders of its own beside the names.
        if manifest::is_key_file(&name) && entry.path().is_file() {
            let content = fs::read(entry.path()).with_context(|| name.clone())?;
            files.push((name, Zeroizing::new(content)));
        }
    }
    files.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(files)
}
