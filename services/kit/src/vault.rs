//! Protected values: sealed under versioned keys with their context, found through a keyed index,
//! shown masked. The vault sees bytes; what they mean is its caller's business.

mod data_key;

use std::sync::Arc;

use hmac::Mac;
use zeroize::Zeroizing;

pub use self::data_key::{DataKey, Owner};

use crate::{
    fault::{Fault, Outcome},
    ids::Ids,
    keys::{Key, KeyRing, Purpose},
    reasons,
};

/// Where a sealed value lives. It opens nowhere else, so ciphertext cannot be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'a> {
    /// Table.
    pub table: &'a str,
    /// Row.
    pub row: &'a [u8],
    /// Field.
    pub field: &'a str,
}

impl Context<'_> {
    fn bytes(self, version: u32) -> Vec<u8> {
        let mut bytes = version.to_be_bytes().to_vec();
        for part in [self.table.as_bytes(), self.row, self.field.as_bytes()] {
            push(&mut bytes, part);
        }
        bytes
    }
}

/// Seals, opens and indexes.
#[derive(Clone)]
pub struct Vault {
    keys: Arc<KeyRing>,
    ids: Ids,
}

/// A look-up value of one key version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlindIndex {
    /// Version of the key.
    pub version: u32,
    /// Keyed MAC of the value; equality is all that it tells.
    pub mac: Vec<u8>,
}

impl Vault {
    /// A vault under the keys of this ring.
    pub fn new(keys: Arc<KeyRing>, ids: Ids) -> Self {
        Self { keys, ids }
    }

    /// Seals a value: key version, nonce, ciphertext and tag. `KEY_MISSING` where a key is in use that
    /// is not at hand: the older one may be destroyed once nothing is known to be under it.
    pub fn seal(&self, context: Context<'_>, plain: &[u8]) -> Outcome<Vec<u8>> {
        if self.keys.is_behind(Purpose::Vault) {
            return Err(Fault::new(&reasons::KEY_MISSING));
        }
        let key = self.keys.current(Purpose::Vault);
        let (head, bound) = (key.version.to_be_bytes(), context.bytes(key.version));
        key.aead().seal(&head, self.ids.bytes(), &bound, plain)
    }

    /// Opens a value where it was sealed. `KEY_MISSING` where the keys at hand do not open it.
    pub fn open(&self, context: Context<'_>, sealed: &[u8]) -> Outcome<Zeroizing<Vec<u8>>> {
        let opened = || {
            let (version, rest) = sealed.split_first_chunk::<4>()?;
            let version = u32::from_be_bytes(*version);
            let key = self.keys.version(Purpose::Vault, version)?;
            key.aead().open(&context.bytes(version), rest)
        };
        opened().ok_or_else(|| Fault::new(&reasons::KEY_MISSING))
    }

    /// The same value under the current key; `None` where it is under that already, or under a newer
    /// one, which seals elsewhere a moment earlier.
    pub fn resealed(&self, context: Context<'_>, sealed: &[u8]) -> Outcome<Option<Vec<u8>>> {
        if Self::version(sealed).is_some_and(|version| version >= self.version_now()) {
            return Ok(None);
        }
        self.seal(context, &self.open(context, sealed)?).map(Some)
    }

    /// The version under which values are sealed now.
    pub fn version_now(&self) -> u32 {
        self.keys.current(Purpose::Vault).version
    }

    /// The version under which a value was sealed.
    pub fn version(sealed: &[u8]) -> Option<u32> {
        sealed.first_chunk::<4>().map(|version| u32::from_be_bytes(*version))
    }

    /// The look-up values under which a value is stored: one of each live key version. `kind` keeps
    /// equal values of different kinds apart. `KEY_MISSING` where a key is in use that is not at hand.
    pub fn blind_indexes(&self, kind: &str, value: &[u8]) -> Outcome<Vec<BlindIndex>> {
        let keys = self.keys.indexed_under();
        let keys = keys.ok_or_else(|| Fault::new(&reasons::KEY_MISSING))?;
        Ok(keys.iter().map(|key| BlindIndex::of(key, kind, value)).collect())
    }

    /// The look-up value by which a value is sought: of the newest version under which everything
    /// is stored. `KEY_MISSING` where a key is in use that is not at hand.
    pub fn look_up(&self, kind: &str, value: &[u8]) -> Outcome<BlindIndex> {
        let key = self.keys.look_up().ok_or_else(|| Fault::new(&reasons::KEY_MISSING))?;
        Ok(BlindIndex::of(&key, kind, value))
    }

    /// The keys that it works with.
    pub(crate) fn keys(&self) -> &KeyRing {
        &self.keys
    }
}

impl BlindIndex {
    fn of(key: &Key, kind: &str, value: &[u8]) -> Self {
        Self { version: key.version, mac: mac(key, kind, value) }
    }
}

/// The value with all but its first `head` and last `tail` characters replaced by `*`. A value
/// that is too short to hide anything is replaced as a whole.
pub fn masked(value: &str, head: usize, tail: usize) -> String {
    let count = value.chars().count();
    let hides_half = count >= 2 * (head + tail);
    value
        .chars()
        .enumerate()
        .map(|(at, c)| {
            let shown = hides_half && (at < head || at + tail >= count);
            if shown { c } else { '*' }
        })
        .collect()
}

fn mac(key: &Key, kind: &str, value: &[u8]) -> Vec<u8> {
    let mut mac = key.mac();
    mac.update(&(kind.len() as u64).to_be_bytes());
    mac.update(kind.as_bytes());
    mac.update(value);
    mac.finalize().into_bytes().to_vec()
}

/// Adds a part with its length before it, so that no two lists of parts share a form.
fn push(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
    bytes.extend_from_slice(part);
}

#[cfg(test)]
mod tests;
