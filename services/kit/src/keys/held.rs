//! The symmetric keys that a process holds at one moment, and what it learns when it reads the files
//! again. Only additions are taken over, and versions that were retired given up: a file that lacks
//! or changes a key that is in use would close what was sealed with it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq;

use super::{Key, KeyError, Purpose, secret};

/// The keys of every purpose.
#[derive(Debug, Clone)]
pub(super) struct Held {
    purposes: BTreeMap<Purpose, Versions>,
    /// `None` while the books say nothing, for instance because there are none.
    said: Option<Arc<Said>>,
}

/// What the books say of the versions.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The version of the blind index that look-ups ask by.
    pub(crate) look_up: u32,
    /// The first and the last version under which values are indexed.
    pub(crate) indexed: (u32, u32),
    /// The versions that the ring lacks.
    pub(crate) lacking: Vec<Lack>,
}

/// A version that a process should hold and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// The purpose.
    pub purpose: Purpose,
    /// The version.
    pub version: u32,
    /// Whether the process holds another key under the number.
    pub strange: bool,
    /// Whether something is protected by it already, or is about to be.
    pub in_use: bool,
}

impl Lack {
    /// The same as an error; `path` is the file that lacks the version.
    pub(crate) fn error(&self, path: PathBuf) -> KeyError {
        let version = self.version;
        if self.strange {
            KeyError::Strange { path, version }
        } else {
            KeyError::Lost { path, version }
        }
    }
}

#[derive(Debug, Clone)]
struct Versions {
    all: Arc<[Key]>,
    /// Which of them seals.
    now: usize,
}

/// The key files, read again; what is in them is not in use yet.
#[derive(Debug, Clone)]
pub struct Reread(BTreeMap<Purpose, Vec<Key>>);

impl Reread {
    pub(super) fn nothing() -> Self {
        Self(BTreeMap::new())
    }

    /// The keys of a purpose, if its file was read.
    pub(crate) fn keys(&self, purpose: Purpose) -> &[Key] {
        self.0.get(&purpose).map_or(&[], Vec::as_slice)
    }
}

impl Versions {
    fn of(all: Vec<Key>, now: DateTime<Utc>) -> Self {
        let last = all.iter().rposition(|key| key.is_active(now));
        Self { now: last.unwrap_or(0), all: all.into() }
    }
}

impl Held {
    /// These keys, of which each purpose has at least one.
    pub(super) fn of(keys: BTreeMap<Purpose, Vec<Key>>, now: DateTime<Utc>) -> Self {
        let versions = keys.into_iter().map(|(purpose, all)| (purpose, Versions::of(all, now)));
        Self { purposes: versions.collect(), said: None }
    }

    pub(super) fn all(&self, purpose: Purpose) -> &Arc<[Key]> {
        &self.versions(purpose).all
    }

    pub(super) fn current(&self, purpose: Purpose) -> &Key {
        let versions = self.versions(purpose);
        &versions.all[versions.now]
    }

    /// Without books the oldest version is asked by: it is the one that everything has.
    pub(super) fn look_up(&self) -> &Key {
        let all = self.all(Purpose::BlindIndex);
        let asked = |said: &Arc<Said>| all.iter().find(|key| key.version == said.look_up);
        self.said.as_ref().and_then(asked).unwrap_or(&all[0])
    }

    pub(super) fn indexed_under(&self) -> &[Key] {
        let all = self.all(Purpose::BlindIndex);
        let (from, until) = self.said.as_ref().map_or((0, u32::MAX), |said| said.indexed);
        let before = |version| all.partition_point(|key| key.version < version);
        &all[before(from)..before(until.saturating_add(1)).max(before(from))]
    }

    /// The versions that the books know and this lacks.
    pub(super) fn lacking(&self) -> &[Lack] {
        self.said.as_ref().map_or(&[], |said| &said.lacking)
    }

    /// Whether a version is in use that this lacks.
    pub(super) fn is_behind(&self, purpose: Purpose) -> bool {
        self.lacking().iter().any(|lack| lack.in_use && lack.purpose == purpose)
    }

    pub(super) fn reread(&self, dir: &Path) -> Result<Reread, KeyError> {
        let mut read = BTreeMap::new();
        for (purpose, versions) in &self.purposes {
            read.insert(*purpose, grown(&versions.all, &dir.join(purpose.file()))?);
        }
        Ok(Reread(read))
    }

    /// The same with what was read again.
    pub(super) fn with(&self, reread: &Reread, now: DateTime<Utc>) -> Self {
        let grown = |(purpose, versions): (&Purpose, &Versions)| {
            let all = reread.0.get(purpose).cloned().unwrap_or_else(|| versions.all.to_vec());
            (*purpose, Versions::of(all, now))
        };
        let purposes = self.purposes.iter().map(grown).collect();
        Self { purposes, said: self.said.clone() }
    }

    /// The same with what the books say now.
    pub(super) fn as_said(&self, said: &Arc<Said>) -> Self {
        Self { said: Some(Arc::clone(said)), ..self.clone() }
    }

    fn versions(&self, purpose: Purpose) -> &Versions {
        // `of` is given every purpose, each with a key.
        &self.purposes[&purpose]
    }
}

/// The keys in a file, if all that are in use are among them or were retired. A key that is known
/// stays the one in memory, with what was made of it.
fn grown(known: &[Key], path: &Path) -> Result<Vec<Key>, KeyError> {
    let file = secret::read(path)?;
    for key in known {
        let (path, version) = (path.to_owned(), key.version);
        match file.keys.iter().find(|read| read.version == version) {
            Some(read) if !bool::from(read.bytes().ct_eq(key.bytes())) => {
                return Err(KeyError::Strange { path, version });
            }
            None if !file.retired.contains(&version) => {
                return Err(KeyError::Lost { path, version });
            }
            _ => {}
        }
    }
    let kept =
        |read: Key| known.iter().find(|key| key.version == read.version).cloned().unwrap_or(read);
    Ok(file.keys.into_iter().map(kept).collect())
}
