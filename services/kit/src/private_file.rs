//! Files that are replaced whole or not at all, and that only their owner reads.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::Path,
};

use zeroize::Zeroizing;

/// Makes the folder with mode 0700, and what leads to it.
pub fn create_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Replaces the file at `path`, mode 0600: a crash leaves the old content or the new, on disk.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("tmp");
    // A left-over of a crash may have another mode, which `open` would keep.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    sync_parent(path)
}

/// Makes a rename in the folder of `path` durable.
pub fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

/// The text of a secret file, wiped when dropped; `None` when users outside its group may read it.
/// The group may: Kubernetes mounts secrets as root with the pod's group.
pub fn read(path: &Path) -> io::Result<Option<Zeroizing<String>>> {
    if fs::metadata(path)?.mode() & 0o007 != 0 {
        return Ok(None);
    }
    fs::read_to_string(path).map(|text| Some(Zeroizing::new(text)))
}
