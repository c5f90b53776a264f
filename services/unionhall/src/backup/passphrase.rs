//! What a backup is encrypted with: the first line of a file.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use unionhall_kit::private_file;

pub(crate) use age::secrecy::SecretString as Passphrase;

/// A backup leaves the house, so that it may be guessed at for years.
const SHORTEST: usize = 20;

/// The passphrase of a file.
pub(crate) fn read(file: &Path) -> Result<Passphrase> {
    let text = private_file::read(file)
        .with_context(|| format!("the passphrase file {}", file.display()))?;
    let Some(text) = text else {
        bail!("the passphrase file {0} is open to other users; run chmod 600 on it", file.display())
    };
    let line = text.lines().next().unwrap_or_default().trim();
    ensure!(!line.is_empty(), "the passphrase file {} is empty", file.display());
    Ok(Passphrase::from(line.to_owned()))
}

/// The passphrase of a file, if it will do for a new backup.
pub(crate) fn read_new(file: &Path) -> Result<Passphrase> {
    use age::secrecy::ExposeSecret;
    let passphrase = read(file)?;
    ensure!(
        passphrase.expose_secret().chars().count() >= SHORTEST,
        "the passphrase in {} has fewer than {SHORTEST} characters; make one with: openssl rand \
         -base64 32",
        file.display()
    );
    Ok(passphrase)
}
