//! The file of one purpose's symmetric keys: TOML, one table a version, the key in hexadecimal.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{Key, KeyError, io_at, read_secret};
use crate::{civil::CivilDate, private_file};

/// The keys of one purpose.
pub(super) struct File {
    /// Ascending by version, at least one.
    pub(super) keys: Vec<Key>,
    /// Versions that were taken out because nothing needed them.
    pub(super) retired: Vec<u32>,
}

impl File {
    pub(super) fn of(keys: Vec<Key>) -> Self {
        Self { keys, retired: Vec::new() }
    }

    /// The highest number that was ever given.
    pub(super) fn highest(&self) -> u32 {
        let keys = self.keys.iter().map(|key| key.version);
        keys.chain(self.retired.iter().copied()).max().unwrap_or(0)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retired: Vec<u32>,
    keys: Vec<StoredKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    version: u32,
    created: CivilDate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    active_from: Option<DateTime<Utc>>,
    key: String,
}

impl Drop for StoredKey {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// What the file holds.
pub(super) fn read(path: &Path) -> Result<File, KeyError> {
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
    if keys.iter().any(|key| stored.retired.contains(&key.version)) {
        return Err(invalid("a version is retired and there"));
    }
    Ok(File { keys, retired: stored.retired.clone() })
}

/// Replaces the file.
pub(super) fn write(path: &Path, file: &File) -> Result<(), KeyError> {
    let encode = |key: &Key| StoredKey {
        version: key.version,
        created: key.created,
        active_from: key.active_from,
        key: hex::encode(key.bytes()),
    };
    let keys = file.keys.iter().map(encode).collect();
    let stored = Stored { retired: file.retired.clone(), keys };
    let text = toml::to_string(&stored)
        .map(Zeroizing::new)
        .map_err(|error| KeyError::Invalid { path: path.to_owned(), detail: error.to_string() })?;
    private_file::replace(path, text.as_bytes()).map_err(io_at(path))
}

fn decode(stored: &StoredKey) -> Option<Key> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    hex::decode_to_slice(&stored.key, bytes.as_mut()).ok()?;
    let key = Key::new(stored.version, stored.created, bytes);
    Some(Key { active_from: stored.active_from, ..key })
}
