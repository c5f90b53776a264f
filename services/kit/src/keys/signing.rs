//! The Ed25519 keys of the tokens: PKCS#8 for the private half, SubjectPublicKeyInfo for the public.

use std::{collections::BTreeMap, fmt, fs, io, path::Path};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{KeyError, io_at, read_secret};
use crate::{ids::Randomness, private_file};

/// DER in front of the 32 bytes of an Ed25519 public key (RFC 8410, section 4).
const PUBLIC_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Columns of a PEM line (RFC 7468).
const PEM_COLUMNS: usize = 64;

/// Names a token key: the first 8 bytes of its public half's SHA-256, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    fn of(public: &[u8]) -> Self {
        Self(hex::encode(&Sha256::digest(public)[..8]))
    }

    /// As it stands in a token's header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for KeyId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// The key that signs tokens.
pub struct SigningKey {
    id: KeyId,
    pair: Ed25519KeyPair,
    encoding: EncodingKey,
}

impl SigningKey {
    /// A fresh key.
    pub fn generate(randomness: &dyn Randomness) -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0_u8; 32]);
        randomness.fill(seed.as_mut());
        let pair =
            Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).map_err(|_| KeyError::Crypto)?;
        Self::of(pair)
    }

    /// Reads the private half.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let text = read_secret(path)?;
        let invalid = || KeyError::Invalid {
            path: path.to_owned(),
            detail: "it is not one Ed25519 private key as PKCS#8 PEM".to_owned(),
        };
        let blocks = decode_pem(&text, "PRIVATE KEY").ok_or_else(invalid)?;
        let [der] = blocks.as_slice() else { return Err(invalid()) };
        Self::of(Ed25519KeyPair::from_pkcs8(der).map_err(|_| invalid())?)
    }

    /// The key's name.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// What jsonwebtoken signs with.
    pub fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }

    /// The public half alone.
    pub fn verifying(&self) -> Result<VerifyingKeys, KeyError> {
        let public = self.pair.public_key().as_ref().try_into().map_err(|_| KeyError::Crypto)?;
        Ok(VerifyingKeys::of([public]))
    }

    pub(super) fn save(&self, path: &Path) -> Result<(), KeyError> {
        let pem = Zeroizing::new(encode_pem(self.encoding.as_bytes(), "PRIVATE KEY"));
        private_file::replace(path, pem.as_bytes()).map_err(io_at(path))
    }

    fn of(pair: Ed25519KeyPair) -> Result<Self, KeyError> {
        // Version 1 is what every other tool reads.
        let der = pair.to_pkcs8v1().map_err(|_| KeyError::Crypto)?;
        let id = KeyId::of(pair.public_key().as_ref());
        Ok(Self { id, encoding: EncodingKey::from_ed_der(der.as_ref()), pair })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SigningKey({})", self.id.0)
    }
}

/// The public halves, by name; several while one key gives way to the next.
#[derive(Clone)]
pub struct VerifyingKeys(BTreeMap<KeyId, VerifyingKey>);

#[derive(Clone)]
struct VerifyingKey {
    public: [u8; 32],
    decoding: DecodingKey,
}

impl VerifyingKeys {
    /// Reads one or more public keys, PEM behind PEM.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let text = fs::read_to_string(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => KeyError::Missing(path.to_owned()),
            _ => KeyError::Io { path: path.to_owned(), source },
        })?;
        Self::from_pem(&text).ok_or_else(|| KeyError::Invalid {
            path: path.to_owned(),
            detail: "it does not hold Ed25519 public keys as PEM".to_owned(),
        })
    }

    /// The keys in `text`; `None` when a block is no Ed25519 public key or there is none.
    pub fn from_pem(text: &str) -> Option<Self> {
        let blocks = decode_pem(text, "PUBLIC KEY")?;
        let public = |der: &Zeroizing<Vec<u8>>| -> Option<[u8; 32]> {
            der.strip_prefix(&PUBLIC_PREFIX)?.try_into().ok()
        };
        blocks.iter().map(public).collect::<Option<Vec<_>>>().map(Self::of)
    }

    /// The keys as PEM.
    pub fn to_pem(&self) -> String {
        let der = |key: &VerifyingKey| [PUBLIC_PREFIX.as_slice(), &key.public].concat();
        self.0.values().map(|key| encode_pem(&der(key), "PUBLIC KEY")).collect()
    }

    /// The key that a token's header names.
    pub fn get(&self, id: impl AsRef<str>) -> Option<&DecodingKey> {
        self.0.get(id.as_ref()).map(|key| &key.decoding)
    }

    pub(super) fn save(&self, path: &Path) -> Result<(), KeyError> {
        private_file::replace(path, self.to_pem().as_bytes()).map_err(io_at(path))
    }

    fn of(publics: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let named = |public: [u8; 32]| {
            let decoding = DecodingKey::from_ed_der(&public);
            (KeyId::of(&public), VerifyingKey { public, decoding })
        };
        Self(publics.into_iter().map(named).collect())
    }
}

impl AsRef<str> for KeyId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for VerifyingKeys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.0.keys().map(KeyId::as_str)).finish()
    }
}

fn encode_pem(der: &[u8], label: &str) -> String {
    let body = Zeroizing::new(STANDARD.encode(der));
    // Room for all of it at once: growing would leave copies of the secret behind.
    let mut pem = String::with_capacity(body.len() + body.len() / PEM_COLUMNS + 128);
    pem.push_str(&format!("-----BEGIN {label}-----\n"));
    for line in body.as_bytes().chunks(PEM_COLUMNS) {
        pem.extend(line.iter().copied().map(char::from));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

/// The blocks of a PEM text, at least one, all with this label.
fn decode_pem(text: &str, label: &str) -> Option<Vec<Zeroizing<Vec<u8>>>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut rest = text.trim();
    let mut blocks = Vec::new();
    while !rest.is_empty() {
        let (body, behind) = rest.strip_prefix(&begin)?.split_once(&end)?;
        let joined: Zeroizing<String> =
            Zeroizing::new(body.split_ascii_whitespace().collect::<String>());
        blocks.push(Zeroizing::new(STANDARD.decode(joined.as_bytes()).ok()?));
        rest = behind.trim_start();
    }
    (!blocks.is_empty()).then_some(blocks)
}
