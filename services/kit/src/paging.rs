//! Page tokens: encrypted, of one length, bound to what they were made for.
//!
//! Method, caller, scope, query and database are the associated data of the encryption, so a token
//! from another of them does not open. A token is a place, never an authorisation.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{
    fault::{Fault, Outcome},
    ids::Ids,
    keys::{KeyRing, Lack, Purpose},
    path::Scope,
    reasons,
};

/// Bytes of a place, padded, so that a token's length tells nothing.
const PLACE: usize = 512;
const DEFAULT_PAGE: i32 = 50;
const MAX_PAGE: i32 = 1_000;

/// How many rows a page has: 0 means 50, more than 1,000 means 1,000. Negative sizes are refused
/// by validation before this.
pub fn page_size(asked: i32) -> u64 {
    let size = if asked <= 0 { DEFAULT_PAGE } else { asked.min(MAX_PAGE) };
    u64::from(size.unsigned_abs())
}

/// What a token is bound to.
pub struct Binding {
    digest: [u8; 32],
}

impl Binding {
    /// `query` is the request without its page fields, encoded.
    pub fn new(method: &str, client: &str, scope: &Scope, query: &[u8]) -> Self {
        let mut digest = Sha256::new();
        let mut part = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        };
        part(method.as_bytes());
        part(client.as_bytes());
        for prefixes in [&scope.area, &scope.affiliation] {
            prefixes.iter().for_each(|prefix| part(prefix.as_str().as_bytes()));
            part(b"|");
        }
        part(query);
        Self { digest: digest.finalize().into() }
    }
}

/// The last row that a page showed: which phase of the listing it was in, and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Phase of the listing, from 0.
    pub phase: u8,
    /// The key's parts, in the order in which the listing sorts.
    pub key: Vec<String>,
}

/// Makes and opens page tokens for one database.
#[derive(Clone)]
pub struct Pager {
    keys: Arc<KeyRing>,
    ids: Ids,
    database: [u8; 16],
}

impl Pager {
    /// `database` is the identity of the database: a token does not open beside another one.
    pub fn new(keys: Arc<KeyRing>, ids: Ids, database: [u8; 16]) -> Self {
        Self { keys, ids, database }
    }

    /// The token that continues behind `place`.
    pub fn token(&self, binding: &Binding, place: &Place) -> Outcome<String> {
        let key = self.keys.current(Purpose::Page);
        let (head, bound) = (key.version.to_be_bytes(), self.bound(binding));
        let token = key.aead().seal(&head, self.ids.bytes(), &bound, &padded(place)?)?;
        Ok(URL_SAFE_NO_PAD.encode(token))
    }

    /// The place in a token; `None` for the empty token of a first page.
    pub fn place(&self, binding: &Binding, token: &str) -> Outcome<Option<Place>> {
        if token.is_empty() {
            return Ok(None);
        }
        let opened = self.open(binding, token);
        opened.map(Some).ok_or_else(|| self.refusal(token))
    }

    fn open(&self, binding: &Binding, token: &str) -> Option<Place> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (version, rest) = bytes.split_first_chunk::<4>()?;
        let key = self.keys.version(Purpose::Page, u32::from_be_bytes(*version))?;
        unpadded(&key.aead().open(&self.bound(binding), rest)?)
    }

    /// A token of a key that another process has may be good there.
    fn refusal(&self, token: &str) -> Fault {
        let head = URL_SAFE_NO_PAD.decode(token).ok();
        let head = head.as_deref().and_then(|bytes| bytes.first_chunk::<4>());
        let version = head.map(|head| u32::from_be_bytes(*head));
        let lacks = |lack: &Lack| lack.purpose == Purpose::Page && Some(lack.version) == version;
        if self.keys.lacking().iter().any(lacks) {
            return Fault::new(&reasons::KEY_MISSING);
        }
        Fault::new(&reasons::PAGE_TOKEN_INVALID)
    }

    fn bound(&self, binding: &Binding) -> Vec<u8> {
        [&self.database[..], &binding.digest[..]].concat()
    }
}

/// Phase, then each part with its length, then zeros.
fn padded(place: &Place) -> Outcome<Vec<u8>> {
    let mut bytes = vec![place.phase];
    for part in &place.key {
        // A part is at most a path or an id, far below 65,536 bytes; PLACE bounds the sum.
        bytes.extend_from_slice(&u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes.extend_from_slice(&u16::MAX.to_be_bytes());
    if bytes.len() > PLACE {
        return Err(Fault::new(&reasons::INTERNAL));
    }
    bytes.resize(PLACE, 0);
    Ok(bytes)
}

fn unpadded(bytes: &[u8]) -> Option<Place> {
    let (phase, mut rest) = bytes.split_first()?;
    let mut key = Vec::new();
    loop {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let length = u16::from_be_bytes(*length);
        if length == u16::MAX {
            return Some(Place { phase: *phase, key });
        }
        let (part, after) = after.split_at_checked(usize::from(length))?;
        key.push(String::from_utf8(part.to_vec()).ok()?);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        civil::CivilDate,
        clock::ManualClock,
        ids::SystemRandomness,
        path::{Path, Prefixes},
    };

    fn pager(database: u8) -> (Pager, Arc<KeyRing>) {
        let day = CivilDate::new(2014, 1, 1).unwrap();
        let keys = Arc::new(KeyRing::generate(day, &SystemRandomness).unwrap());
        (with(Arc::clone(&keys), database), keys)
    }

    fn with(keys: Arc<KeyRing>, database: u8) -> Pager {
        let clock = ManualClock::at("2014-02-27T02:00:00Z".parse().unwrap());
        Pager::new(keys, Ids::new(clock, Arc::new(SystemRandomness)), [database; 16])
    }

    fn scope(prefix: &str) -> Scope {
        let area = Prefixes::normalised(vec![Path::parse(prefix).unwrap()]);
        Scope { area, affiliation: Prefixes::default() }
    }

    #[test]
    fn a_token_opens_only_for_what_it_was_made_for() {
        let (pager, keys) = pager(1);
        let binding = Binding::new("/m", "c", &scope("11"), b"query");
        let place = Place { phase: 1, key: vec!["110102012".into(), "id".into()] };
        let token = pager.token(&binding, &place).unwrap();
        assert_eq!(pager.place(&binding, &token).unwrap(), Some(place));
        assert_eq!(pager.place(&binding, "").unwrap(), None);
        let others = [
            Binding::new("/n", "c", &scope("11"), b"query"),
            Binding::new("/m", "d", &scope("11"), b"query"),
            Binding::new("/m", "c", &scope("12"), b"query"),
            Binding::new("/m", "c", &scope("11"), b"other"),
        ];
        for other in &others {
            assert!(pager.place(other, &token).is_err());
        }
        assert!(with(keys, 2).place(&binding, &token).is_err(), "another database");
        for cut in 1..token.len() {
            assert!(pager.place(&binding, &token[..cut]).is_err(), "cut to {cut}");
        }
    }

    #[test]
    fn the_length_of_a_token_tells_nothing() {
        let (pager, _) = pager(1);
        let binding = Binding::new("/m", "c", &scope("11"), b"");
        let length =
            |key: Vec<String>| pager.token(&binding, &Place { phase: 0, key }).unwrap().len();
        assert_eq!(length(vec![]), length(vec!["1".repeat(190), "2".repeat(36)]));
        assert!(length(vec![]) <= 1024);
    }

    #[test]
    fn page_sizes_are_coerced() {
        assert_eq!([0, 1, 1_000, 5_000].map(page_size), [50, 1, 1_000, 1_000]);
    }
}
