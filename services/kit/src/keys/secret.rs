//! The file of one purpose's symmetric keys: TOML, one table a version, the key in hexadecimal.

use std::path::Path;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{Key, KeyError, io_at, read_secret};
use crate::{civil::CivilDate, private_file};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    keys: Vec<StoredKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    version: u32,
    created: CivilDate,
    key: String,
}

impl Drop for StoredKey {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// The keys in the file, ascending by version, at least one.
pub(super) fn read(path: &Path) -> Result<Vec<Key>, KeyError> {
    let invalid = |detail: &str| KeyError::Invalid { path: path.to_owned(), detail: detail.into() };
    let text = read_secret(path)?;
    // The parser's message would quote the line, and with it the key.
    let stored: Stored =
        toml::from_str(&text).map_err(|_| invalid("it is not TOML of this form"))?;
    let keys = stored.keys.iter().map(decode).collect::<Option<Vec<_>>>();
    let keys = keys.ok_or_else(|| invalid("a key is not 64 hexadecimal digits"))?;
    let ascending = keys.windows(2).all(|pair| pair[0].version < pair[1].version);
    if keys.is_empty() || !ascending {
        return Err(invalid("versions must ascend, and one must be there"));
    }
    Ok(keys)
}

/// Replaces the file.
pub(super) fn write(path: &Path, keys: &[Key]) -> Result<(), KeyError> {
    let encode = |key: &Key| StoredKey {
        version: key.version,
        created: key.created,
        key: hex::encode(key.bytes()),
    };
    let stored = Stored { keys: keys.iter().map(encode).collect() };
    let text = toml::to_string(&stored)
        .map(Zeroizing::new)
        .map_err(|error| KeyError::Invalid { path: path.to_owned(), detail: error.to_string() })?;
    private_file::replace(path, text.as_bytes()).map_err(io_at(path))
}

fn decode(stored: &StoredKey) -> Option<Key> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    hex::decode_to_slice(&stored.key, bytes.as_mut()).ok()?;
    Some(Key::new(stored.version, stored.created, bytes))
}
