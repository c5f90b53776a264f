//! The symmetric keys that a process holds at one moment, and what it learns when it reads the files
//! again. Only additions are taken over, and versions that were retired given up: a file that lacks
//! or changes a key that is in use would close what was sealed with it.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq;

use super::{Key, KeyError, Purpose, secret};

/// The keys of every purpose.
#[derive(Debug, Clone)]
pub(super) struct Held {
    purposes: BTreeMap<Purpose, Versions>,
    /// The version of the blind index that look-ups ask by, and the one from which on values are
    /// indexed; `None` while the books say nothing, for instance because there are none.
    look_ups: Option<(u32, u32)>,
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
        Self { purposes: versions.collect(), look_ups: None }
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
        let asked = |&(version, _): &(u32, u32)| all.iter().find(|key| key.version == version);
        self.look_ups.as_ref().and_then(asked).unwrap_or(&all[0])
    }

    pub(super) fn indexed_under(&self) -> &[Key] {
        let (all, from) =
            (self.all(Purpose::BlindIndex), self.look_ups.map_or(0, |(_, from)| from));
        &all[all.partition_point(|key| key.version < from)..]
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
        Self { purposes, look_ups: self.look_ups }
    }

    /// The same with this version to look up by, and values indexed from that one on.
    pub(super) fn looked_up_by(&self, look_up: u32, indexed_from: u32) -> Self {
        Self { look_ups: Some((look_up, indexed_from)), ..self.clone() }
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
