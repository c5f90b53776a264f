//! The key ring on disk: the key that signs tokens and the versioned secrets by purpose.
//!
//! Keys are made once, on the first start. Whoever holds ciphertext opens with
//! [`OpenMode::MustExist`]: a ring made anew beside old ciphertext would lose it for good. A running
//! process reads the files again and learns what was added
//! ([`KeyRing::reread`]).

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use self::held::Held;
pub(crate) use self::held::Said;
pub use self::{
    held::{Lack, Reread},
    signing::{KeyId, SigningKey, VerifyingKeys},
};
use crate::{
    civil::CivilDate,
    clock::{Clock, SharedClock},
    ids::Randomness,
    private_file,
};

mod aead;
mod held;
mod secret;
mod signing;

pub(crate) use aead::Aead;

/// Private half of the token key; only who mints tokens needs it.
const TOKEN_KEY: &str = "token.pem";
/// Public halves of the token keys; all that a verifier needs.
pub const TOKEN_PUBLIC_KEY: &str = "token.pub.pem";

/// What a symmetric key is for. One key never serves two purposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Encrypts page tokens.
    Page,
    /// Encrypts protected fields.
    Vault,
    /// Keys the look-up index over protected fields.
    BlindIndex,
    /// Seals audit rows.
    Audit,
    /// Digests the bodies behind request ids.
    Idempotency,
}

impl Purpose {
    /// Every purpose; a ring holds a key for each.
    pub const ALL: [Self; 5] =
        [Self::Page, Self::Vault, Self::BlindIndex, Self::Audit, Self::Idempotency];

    /// The name of the purpose, which is its file's name too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Vault => "vault",
            Self::BlindIndex => "blind_index",
            Self::Audit => "audit",
            Self::Idempotency => "idempotency",
        }
    }

    fn file(self) -> String {
        format!("{}.toml", self.name())
    }
}

/// One version of a symmetric key; wiped from memory with its last copy.
#[derive(Clone)]
pub struct Key {
    /// Counts from 1; stored beside whatever the key protects.
    pub version: u32,
    /// The civil day on which the key was made.
    pub created: CivilDate,
    /// From when on it seals; until then it only opens, so that every process knows it before the
    /// first value is sealed with it. `None`: it always did.
    pub active_from: Option<DateTime<Utc>>,
    secret: Arc<Secret>,
}

/// What is made of the bytes is made once: an import asks for it a million times.
struct Secret {
    bytes: Zeroizing<[u8; 32]>,
    aead: OnceLock<Aead>,
    mac: OnceLock<Hmac<Sha256>>,
}

impl Key {
    fn new(version: u32, created: CivilDate, bytes: Zeroizing<[u8; 32]>) -> Self {
        let secret = Secret { bytes, aead: OnceLock::new(), mac: OnceLock::new() };
        Self { version, created, active_from: None, secret: Arc::new(secret) }
    }

    /// Whether it seals at this instant.
    pub fn is_active(&self, now: DateTime<Utc>) -> bool {
        self.active_from.is_none_or(|from| from <= now)
    }

    /// Tells this key from every other one, and nothing of its bytes.
    pub fn fingerprint(&self) -> [u8; 8] {
        let mut mac = self.mac();
        mac.update(b"unionhall key fingerprint");
        let mut first = [0; 8];
        first.copy_from_slice(&mac.finalize().into_bytes()[..8]);
        first
    }

    /// The 32 secret bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.secret.bytes
    }

    /// The key as a cipher.
    pub(crate) fn aead(&self) -> &Aead {
        self.secret.aead.get_or_init(|| Aead::new(self.bytes()))
    }

    /// The key as the beginning of a MAC.
    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        // HMAC takes keys of every length, so this cannot fail.
        #[allow(clippy::expect_used)]
        let made = || Hmac::new_from_slice(self.bytes()).expect("a key of any length");
        self.secret.mac.get_or_init(made).clone()
    }

    fn fresh(version: u32, created: CivilDate, randomness: &dyn Randomness) -> Self {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        randomness.fill(bytes.as_mut());
        Self::new(version, created, bytes)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Key(version {}, created {})", self.version, self.created)
    }
}

/// What to do when the folder holds no key at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Make every key; for the first start beside an empty database.
    CreateIfEmpty,
    /// Refuse; for every start beside existing ciphertext.
    MustExist,
}

/// Why the ring cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key file is not there.
    #[error("the key file {0} is missing; restore it from the backup, it cannot be made anew")]
    Missing(PathBuf),
    /// A key file does not hold what it should.
    #[error("the key file {path} is not valid: {detail}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, without any of its content.
        detail: String,
    },
    /// A key file lacks a version that is in use.
    #[error(
        "the key file {path} lacks version {version}, which is in use; copy the file from a server \
         that has the version, or restore it from the backup"
    )]
    Lost {
        /// The file.
        path: PathBuf,
        /// The version.
        version: u32,
    },
    /// A key file holds another key under a version that is in use.
    #[error(
        "version {version} in the key file {path} is not the key that is in use; copy the file from a \
         server that has the key, or restore it from the backup"
    )]
    Strange {
        /// The file.
        path: PathBuf,
        /// The version.
        version: u32,
    },
    /// A version cannot be retired.
    #[error("version {version} of '{}' cannot be retired: {why}", purpose.name())]
    Needed {
        /// The purpose.
        purpose: Purpose,
        /// The version.
        version: u32,
        /// What it is needed for.
        why: &'static str,
    },
    /// A key file is open to every user of the machine.
    #[error("the key file {0} is open to other users; run chmod 600 on it")]
    Exposed(PathBuf),
    /// The file system refuses.
    #[error("the keys at {path} cannot be read or written: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The cryptographic library refuses.
    #[error("a token key cannot be made")]
    Crypto,
}

/// Every key of one data folder.
#[derive(Debug)]
pub struct KeyRing {
    signing: Option<SigningKey>,
    verifying: VerifyingKeys,
    held: ArcSwap<Held>,
    source: Option<Source>,
}

/// Where the keys came from.
struct Source {
    dir: PathBuf,
    clock: SharedClock,
}

impl fmt::Debug for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.dir.display())
    }
}

impl KeyRing {
    /// Opens the ring in the folder `dir`, or makes it when `mode` allows and the folder is empty.
    ///
    /// A folder that holds some keys and lacks others is refused in either mode. Only the private
    /// token key may lack: a process that mints no tokens is better off without it.
    pub fn open(
        dir: &Path,
        mode: OpenMode,
        clock: &SharedClock,
        randomness: &dyn Randomness,
    ) -> Result<Self, KeyError> {
        if mode == OpenMode::CreateIfEmpty && is_empty(dir)? {
            Self::generate(clock.today(), randomness)?.save(dir)?;
        }
        Self::load(dir, clock)
    }

    /// A ring in memory alone, for a process that keeps nothing.
    pub fn generate(today: CivilDate, randomness: &dyn Randomness) -> Result<Self, KeyError> {
        let signing = SigningKey::generate(randomness)?;
        let verifying = signing.verifying()?;
        let first = |purpose| (purpose, vec![Key::fresh(1, today, randomness)]);
        let held = Held::of(Purpose::ALL.into_iter().map(first).collect(), DateTime::UNIX_EPOCH);
        Ok(Self {
            signing: Some(signing),
            verifying,
            held: ArcSwap::from_pointee(held),
            source: None,
        })
    }

    /// Adds a version to the keys of one purpose on disk. It seals after `active_in`; processes
    /// that run learn of it before.
    pub fn rotate(
        dir: &Path,
        purpose: Purpose,
        active_in: Duration,
        clock: &dyn Clock,
        randomness: &dyn Randomness,
    ) -> Result<Key, KeyError> {
        let path = dir.join(purpose.file());
        let mut file = secret::read(&path)?;
        let version = file.highest() + 1;
        let mut key = Key::fresh(version, clock.today(), randomness);
        key.active_from = Some(clock.now() + active_in);
        file.keys.push(key.clone());
        secret::write(&path, &file)?;
        Ok(key)
    }

    /// Takes a version that nothing needs any more out of the file, for good; its number is not
    /// given again. That nothing needs it is the caller's to know.
    pub fn retire(
        dir: &Path,
        purpose: Purpose,
        version: u32,
        clock: &dyn Clock,
    ) -> Result<(), KeyError> {
        let path = dir.join(purpose.file());
        let mut file = secret::read(&path)?;
        let now = clock.now();
        let needed = |why| Err(KeyError::Needed { purpose, version, why });
        if !file.keys.iter().any(|key| key.version == version) {
            return needed("there is no such version");
        }
        if !file.keys.iter().any(|key| key.version > version && key.is_active(now)) {
            return needed("no newer version seals in its place");
        }
        file.keys.retain(|key| key.version != version);
        file.retired.push(version);
        secret::write(&path, &file)
    }

    /// The key of a purpose that new ciphertext is made with.
    pub fn current(&self, purpose: Purpose) -> Key {
        self.held.load().current(purpose).clone()
    }

    /// The key with which old ciphertext was made.
    pub fn version(&self, purpose: Purpose, version: u32) -> Option<Key> {
        self.held.load().all(purpose).iter().find(|key| key.version == version).cloned()
    }

    /// Every version of a purpose, ascending.
    pub fn all(&self, purpose: Purpose) -> Arc<[Key]> {
        Arc::clone(self.held.load().all(purpose))
    }

    /// The key by which values are looked up: the newest under which every value was indexed.
    /// `None` where a version is in use that the ring lacks.
    pub(crate) fn look_up(&self) -> Option<Key> {
        let held = self.held.load();
        (!held.is_behind(Purpose::BlindIndex)).then(|| held.look_up().clone())
    }

    /// The keys under which a value is indexed when it is written. `None` where a version is in use
    /// that the ring lacks.
    pub(crate) fn indexed_under(&self) -> Option<Vec<Key>> {
        let held = self.held.load();
        (!held.is_behind(Purpose::BlindIndex)).then(|| held.indexed_under().to_vec())
    }

    /// Whether a version of the purpose is in use that the ring lacks.
    pub(crate) fn is_behind(&self, purpose: Purpose) -> bool {
        self.held.load().is_behind(purpose)
    }

    /// The versions that the books know and the ring lacks.
    pub(crate) fn lacking(&self) -> Vec<Lack> {
        self.held.load().lacking().to_vec()
    }

    /// Goes by what the books say from now on.
    pub(crate) fn follow(&self, said: Said) {
        let said = Arc::new(said);
        self.held.rcu(|held| held.as_said(&said));
    }

    /// The files as they are now. A file that got worse is an error, and the ring stays as it was.
    pub fn reread(&self) -> Result<Reread, KeyError> {
        let Some(Source { dir, .. }) = &self.source else { return Ok(Reread::nothing()) };
        self.held.load().reread(dir)
    }

    /// Takes over what was read again, and lets the versions seal whose time has come.
    pub fn adopt(&self, reread: Reread) {
        let Some(Source { clock, .. }) = &self.source else { return };
        let now = clock.now();
        self.held.rcu(|held| held.with(&reread, now));
    }

    /// Lets the versions seal whose time has come.
    pub fn tick(&self) {
        self.adopt(Reread::nothing());
    }

    /// The file of a purpose, for a message.
    pub(crate) fn file_of(&self, purpose: Purpose) -> PathBuf {
        let dir = self.source.as_ref().map(|source| source.dir.as_path());
        dir.unwrap_or(Path::new("")).join(purpose.file())
    }

    /// The key that signs tokens, if this process has it.
    pub fn signing(&self) -> Option<&SigningKey> {
        self.signing.as_ref()
    }

    /// The keys that verify tokens.
    pub fn verifying(&self) -> &VerifyingKeys {
        &self.verifying
    }

    fn load(dir: &Path, clock: &SharedClock) -> Result<Self, KeyError> {
        let private = dir.join(TOKEN_KEY);
        let signing = match SigningKey::open(&private) {
            Err(KeyError::Missing(_)) => None,
            other => Some(other?),
        };
        let verifying = VerifyingKeys::open(&dir.join(TOKEN_PUBLIC_KEY))?;
        if signing.as_ref().is_some_and(|key| verifying.get(key.id()).is_none()) {
            let detail = "its public half is not in the public key file".to_owned();
            return Err(KeyError::Invalid { path: private, detail });
        }
        let mut keys = BTreeMap::new();
        for purpose in Purpose::ALL {
            keys.insert(purpose, secret::read(&dir.join(purpose.file()))?.keys);
        }
        let held = ArcSwap::from_pointee(Held::of(keys, clock.now()));
        let source = Some(Source { dir: dir.to_owned(), clock: Arc::clone(clock) });
        Ok(Self { signing, verifying, held, source })
    }

    /// Writes the whole ring beside its place and moves it there, so that a crash leaves either no
    /// ring or all of it.
    fn save(&self, dir: &Path) -> Result<(), KeyError> {
        let draft = dir.with_extension("new");
        if draft.exists() {
            fs::remove_dir_all(&draft).map_err(io_at(&draft))?;
        }
        private_file::create_dir(&draft).map_err(io_at(&draft))?;
        if let Some(signing) = &self.signing {
            signing.save(&draft.join(TOKEN_KEY))?;
        }
        self.verifying.save(&draft.join(TOKEN_PUBLIC_KEY))?;
        for purpose in Purpose::ALL {
            let file = secret::File::of(self.all(purpose).to_vec());
            secret::write(&draft.join(purpose.file()), &file)?;
        }
        fs::rename(&draft, dir).map_err(io_at(dir))?;
        private_file::sync_parent(dir).map_err(io_at(dir))
    }
}

/// Whether no ring was ever made here.
fn is_empty(dir: &Path) -> Result<bool, KeyError> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(source) => Err(KeyError::Io { path: dir.to_owned(), source }),
    }
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::Io { path, source }
}

/// Reads a key file, refusing one that every user of the machine could read.
fn read_secret(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    match private_file::read(path) {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(KeyError::Exposed(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(KeyError::Missing(path.to_owned()))
        }
        Err(source) => Err(KeyError::Io { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests;
