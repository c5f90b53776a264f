//! Whether a process holds the keys that are in use. A process with an old key file would find nobody
//! who was indexed under a new key, and write what those with the new key do not find.
//!
//! The keeper says so within seconds. A write does not rely on that: it asks the books in its own
//! transaction, last, and the job waits for those who asked before the books changed.

use std::{collections::BTreeMap, path::PathBuf};

use sea_orm::ConnectionTrait;

use super::books::{Standing, standings};
use crate::{
    fault::{Fault, Outcome},
    keys::{KeyError, KeyRing, Lack, Purpose},
    reasons,
    vault::BlindIndex,
};

/// The versions that a process holds at one moment: what tells each from another key.
#[derive(Debug, Clone, Default)]
pub struct Holding {
    keys: BTreeMap<(Purpose, u32), [u8; 8]>,
    files: BTreeMap<Purpose, PathBuf>,
}

impl Holding {
    /// What is in this ring now.
    pub fn of(ring: &KeyRing) -> Self {
        let all = |purpose| ring.all(purpose).to_vec().into_iter().map(move |key| (purpose, key));
        let keys = Purpose::ALL.into_iter().flat_map(all);
        Self {
            keys: keys.map(|(purpose, key)| ((purpose, key.version), key.fingerprint())).collect(),
            files: Purpose::ALL
                .into_iter()
                .map(|purpose| (purpose, ring.file_of(purpose)))
                .collect(),
        }
    }

    /// What it lacks of these.
    pub(super) fn lacking(&self, found: &[Standing]) -> Vec<Lack> {
        let lack = |standing: &Standing| {
            let Standing { purpose, version, .. } = *standing;
            let held = self.keys.get(&(purpose, version));
            let same = held.is_some_and(|held| held[..] == standing.fingerprint[..]);
            let (strange, in_use) = (held.is_some(), standing.is_in_use());
            (!same).then_some(Lack { purpose, version, strange, in_use })
        };
        found.iter().filter(|standing| standing.retired_at.is_none()).filter_map(lack).collect()
    }

    /// The first of these, if any, as an error.
    pub(super) fn first_of<'a>(
        &self,
        lacking: impl IntoIterator<Item = &'a Lack>,
    ) -> Result<(), KeyError> {
        match lacking.into_iter().next() {
            Some(lack) => {
                Err(lack.error(self.files.get(&lack.purpose).cloned().unwrap_or_default()))
            }
            None => Ok(()),
        }
    }

    /// `KEY_MISSING` where something is sealed or indexed by a key that was not held. Asked behind
    /// whatever was written or sought by it.
    pub async fn serves(&self, conn: &impl ConnectionTrait) -> Outcome<()> {
        let wanted = |lack: &Lack| {
            lack.in_use && matches!(lack.purpose, Purpose::Vault | Purpose::BlindIndex)
        };
        self.holds(conn, wanted).await
    }

    /// `KEY_MISSING` where another process may have used a key of this purpose that is not held.
    pub(crate) async fn knows_all(
        &self,
        conn: &impl ConnectionTrait,
        purpose: Purpose,
    ) -> Outcome<()> {
        self.holds(conn, |lack| lack.purpose == purpose).await
    }

    async fn holds(
        &self,
        conn: &impl ConnectionTrait,
        wanted: impl Fn(&Lack) -> bool,
    ) -> Outcome<()> {
        let lacking = self.lacking(&standings(conn).await?);
        let missing = self.first_of(lacking.iter().filter(|lack| wanted(lack)));
        missing.map_err(|error| Fault::new(&reasons::KEY_MISSING).caused_by(error))
    }
}

/// Under which versions look-up values were made that a transaction adds or takes away. The key ring
/// may have learned of a new version since.
#[derive(Debug, Clone, Copy)]
pub struct Indexing {
    /// The oldest of the newest versions; `None` where there are no values.
    made: Option<u32>,
    /// Which versions of the books need a value.
    needed: fn(&Standing) -> bool,
}

impl Indexing {
    /// Values that are added, each under all versions of its moment. A version that no row was
    /// brought under yet may lack: the job will come by.
    pub fn added<'a>(values: impl IntoIterator<Item = &'a Vec<BlindIndex>>) -> Self {
        Self { made: oldest(values), needed: Standing::is_started }
    }

    /// Values that are taken away. None may lack that somebody else may have added.
    pub fn removed<'a>(values: impl IntoIterator<Item = &'a Vec<BlindIndex>>) -> Self {
        Self { made: oldest(values), needed: Standing::is_in_use }
    }

    /// `CONFLICT` where a version lacks. Asked behind the writing, in its transaction.
    pub async fn is_whole(self, conn: &impl ConnectionTrait) -> Outcome<()> {
        let Some(made) = self.made else { return Ok(()) };
        let found = standings(conn).await?;
        let blind =
            |standing: &&Standing| standing.purpose == Purpose::BlindIndex && standing.is_in_use();
        let lacks = |standing: &Standing| (self.needed)(standing) && standing.version > made;
        match found.iter().filter(blind).any(lacks) {
            true => Err(Fault::new(&reasons::CONFLICT)),
            false => Ok(()),
        }
    }
}

fn oldest<'a>(values: impl IntoIterator<Item = &'a Vec<BlindIndex>>) -> Option<u32> {
    let newest = |value: &Vec<BlindIndex>| value.iter().map(|index| index.version).max();
    values.into_iter().filter_map(newest).min()
}
