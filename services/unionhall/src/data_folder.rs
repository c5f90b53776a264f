//! The data folder: databases, keys, the access policy and the administrator's token.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use unionhall_kit::{
    access::{Minter, PolicyFile, PolicyStore},
    clock::SharedClock,
    ids::{Ids, SystemRandomness},
    keys::{KeyRing, OpenMode, TOKEN_PUBLIC_KEY, VerifyingKeys},
    path, private_file,
};

/// The client of the first start's policy.
pub(crate) const ADMINISTRATOR: &str = "administrator";

/// A data folder.
#[derive(Debug, Clone)]
pub(crate) struct DataFolder(PathBuf);

/// Held while a server has the folder's databases open.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl DataFolder {
    /// The folder at `path`, made when it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        private_file::create_dir(path)
            .with_context(|| format!("data folder {}", path.display()))?;
        Ok(Self(path.to_owned()))
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Refuses a second server on the same folder.
    pub(crate) fn lock(&self) -> Result<Lock> {
        let path = self.0.join(".lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another server uses the data folder {}; stop it, or choose another with --data",
                self.0.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).context(path.display().to_string()),
        }
    }

    /// The keys. They are made on a first start only: beside existing data a missing key would
    /// mean lost ciphertext, so the server refuses instead.
    pub(crate) fn keys(&self, clock: &SharedClock, database_is_new: bool) -> Result<KeyRing> {
        let mode = if database_is_new { OpenMode::CreateIfEmpty } else { OpenMode::MustExist };
        KeyRing::open(&self.key_folder(), mode, clock, &SystemRandomness)
            .context("keys of the data folder")
    }

    /// The keys of a folder that has them.
    pub(crate) fn existing_keys(&self, clock: &SharedClock) -> Result<KeyRing> {
        self.keys(clock, false)
    }

    /// All that a verifier of tokens needs.
    pub(crate) fn verifying_keys(&self) -> Result<VerifyingKeys> {
        let path = self.key_folder().join(TOKEN_PUBLIC_KEY);
        VerifyingKeys::open(&path).with_context(|| {
            format!("{}: start the register first, it makes the keys", path.display())
        })
    }

    /// The access policy; the first one knows the administrator alone.
    pub(crate) fn policy(&self, clock: &SharedClock) -> Result<Arc<PolicyStore>> {
        let path = self.policy_file();
        if !path.exists() {
            let places = |all: &str| path::Path::parse(all).map(|path| vec![path]);
            PolicyFile::first(places("11")?, places("u")?)?.write(&path)?;
        }
        Ok(PolicyStore::open(&path, Arc::clone(clock))?)
    }

    /// The access policy of a folder that has one.
    pub(crate) fn existing_policy(&self, clock: &SharedClock) -> Result<Arc<PolicyStore>> {
        let path = self.policy_file();
        PolicyStore::open(&path, Arc::clone(clock)).with_context(|| {
            format!("{}: start the register first, it makes the policy", path.display())
        })
    }

    /// Where the policy lies.
    pub(crate) fn policy_file(&self) -> PathBuf {
        self.0.join("policy.toml")
    }

    /// Where the administrator's token lies.
    pub(crate) fn token_file(&self) -> PathBuf {
        self.0.join("admin.token")
    }

    /// A fresh token for a client of the policy.
    pub(crate) fn mint(
        &self,
        client: &str,
        keys: &KeyRing,
        policy: &PolicyStore,
        clock: &SharedClock,
    ) -> Result<String> {
        let snapshot = policy.fresh()?;
        let Some(entry) = snapshot.client(client) else {
            bail!("the policy {} has no client '{client}'", self.policy_file().display());
        };
        let Some(key) = keys.signing() else {
            bail!("the private token key is not in {}", self.key_folder().display());
        };
        let ids = Ids::new(Arc::clone(clock), Arc::new(SystemRandomness));
        Ok(Minter::new(key, ids, Arc::clone(clock)).mint(entry)?)
    }

    /// Writes the administrator's token anew, readable by its owner alone. A policy without the
    /// administrator leaves no token behind.
    pub(crate) fn write_admin_token(
        &self,
        keys: &KeyRing,
        policy: &PolicyStore,
        clock: &SharedClock,
    ) -> Result<Option<String>> {
        if keys.signing().is_none() || policy.fresh()?.client(ADMINISTRATOR).is_none() {
            return Ok(None);
        }
        let token = self.mint(ADMINISTRATOR, keys, policy, clock)?;
        private_file::replace(&self.token_file(), token.as_bytes())?;
        Ok(Some(token))
    }

    /// Where the keys lie.
    pub(crate) fn key_folder(&self) -> PathBuf {
        self.0.join("keys")
    }
}
