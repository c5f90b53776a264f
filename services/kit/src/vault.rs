//! Protected values: sealed under versioned keys with their context, found through a keyed index,
//! shown masked. The vault sees bytes; what they mean is its caller's business.

use std::sync::Arc;

use aes_gcm::{
    Aes256Gcm, Key as AeadKey, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    fault::{Fault, Outcome},
    ids::Ids,
    keys::{Key, KeyRing, Purpose},
    reasons,
};

const NONCE: usize = 12;

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
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
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

    /// Seals a value: key version, nonce, ciphertext and tag.
    pub fn seal(&self, context: Context<'_>, plain: &[u8]) -> Outcome<Vec<u8>> {
        let key = self.keys.current(Purpose::Vault);
        let nonce: [u8; NONCE] = self.ids.bytes();
        let payload = Payload { msg: plain, aad: &context.bytes(key.version) };
        let sealed = cipher(key)
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| Fault::new(&reasons::INTERNAL))?;
        Ok([&key.version.to_be_bytes()[..], &nonce[..], &sealed[..]].concat())
    }

    /// Opens a value where it was sealed.
    pub fn open(&self, context: Context<'_>, sealed: &[u8]) -> Outcome<Zeroizing<Vec<u8>>> {
        let opened = || {
            let (version, rest) = sealed.split_first_chunk::<4>()?;
            let (nonce, cipher_text) = rest.split_first_chunk::<NONCE>()?;
            let version = u32::from_be_bytes(*version);
            let key = self.keys.version(Purpose::Vault, version)?;
            let payload = Payload { msg: cipher_text, aad: &context.bytes(version) };
            cipher(key).decrypt(&Nonce::from(*nonce), payload).ok()
        };
        opened().map(Zeroizing::new).ok_or_else(|| Fault::new(&reasons::KEY_MISSING))
    }

    /// The version under which a value was sealed.
    pub fn version(sealed: &[u8]) -> Option<u32> {
        sealed.first_chunk::<4>().map(|version| u32::from_be_bytes(*version))
    }

    /// The look-up values of every live key version. Every write stores all of them; a look-up
    /// asks for all of them. `kind` keeps equal values of different kinds apart.
    pub fn blind_indexes(&self, kind: &str, value: &[u8]) -> Vec<BlindIndex> {
        let index = |key: &Key| BlindIndex { version: key.version, mac: mac(key, kind, value) };
        self.keys.all(Purpose::BlindIndex).iter().map(index).collect()
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

fn cipher(key: &Key) -> Aes256Gcm {
    Aes256Gcm::new(&AeadKey::<Aes256Gcm>::from(*key.bytes()))
}

fn mac(key: &Key, kind: &str, value: &[u8]) -> Vec<u8> {
    // HMAC takes keys of every length, so this cannot fail.
    #[allow(clippy::expect_used)]
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key.bytes()).expect("any length");
    mac.update(&(kind.len() as u64).to_be_bytes());
    mac.update(kind.as_bytes());
    mac.update(value);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{civil::CivilDate, clock::ManualClock, ids::SystemRandomness};

    fn vault() -> Vault {
        let day = CivilDate::new(2014, 1, 1).unwrap();
        let clock = ManualClock::at("2014-02-27T02:00:00Z".parse().unwrap());
        let keys = KeyRing::generate(day, &SystemRandomness).unwrap();
        Vault::new(Arc::new(keys), Ids::new(clock, Arc::new(SystemRandomness)))
    }

    #[test]
    fn a_value_opens_only_in_its_own_place() {
        let vault = vault();
        let place = Context { table: "t", row: b"1", field: "f" };
        let sealed = vault.seal(place, b"110102188808080017").unwrap();
        assert_eq!(vault.open(place, &sealed).unwrap().as_slice(), b"110102188808080017");
        assert_ne!(vault.seal(place, b"110102188808080017").unwrap(), sealed);
        let others = [
            Context { table: "u", ..place },
            Context { row: b"2", ..place },
            Context { field: "g", ..place },
        ];
        for other in others {
            assert!(vault.open(other, &sealed).is_err(), "{other:?}");
        }
        for cut in 0..sealed.len() {
            assert!(vault.open(place, &sealed[..cut]).is_err());
        }
    }

    #[test]
    fn equal_values_share_an_index_and_kinds_keep_them_apart() {
        let vault = vault();
        let index = |kind, value: &str| vault.blind_indexes(kind, value.as_bytes());
        assert_eq!(index("a", "1"), index("a", "1"));
        assert_ne!(index("a", "1"), index("b", "1"));
        assert_ne!(index("a", "1"), super::tests::vault().blind_indexes("a", b"1"));
    }

    #[test]
    fn masks_hide_at_least_half() {
        assert_eq!(masked("110102188808080017", 3, 4), "110***********0017");
        assert_eq!(masked("123456", 3, 4), "******");
    }
}
