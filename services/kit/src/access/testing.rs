//! What the tests of this module share: a policy file, a clock and keys that belong together.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{ClientEntry, ClientId, Minter, PolicyFile, PolicyStore, RoleEntry, Verifier};
use crate::{
    clock::ManualClock,
    ids::{Ids, SystemRandomness},
    keys::SigningKey,
    path::Path,
};

/// A verifier with its policy file, its clock and the key whose tokens it accepts.
pub(crate) struct Rig {
    pub(crate) root: tempfile::TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) key: SigningKey,
    pub(crate) verifier: Arc<Verifier>,
}

/// The administrator, and a tax office that may read the district's employers.
pub(crate) fn policy() -> PolicyFile {
    let mut file = PolicyFile::first(vec![Path::parse("11").unwrap()], vec![]).unwrap();
    let permissions = vec!["registry.employers.read".to_owned()];
    file.put_role(RoleEntry { name: "reader".into(), permissions });
    let mut client = file.clients[0].clone();
    client.id = ClientId::parse("tax-office").unwrap();
    client.roles = vec!["reader".into()];
    client.area = vec![Path::parse("110102").unwrap()];
    client.max_token_minutes = 15;
    file.put_client(client);
    file
}

/// A key whose id has a letter: one of digits alone is the same in capitals.
fn lettered_key() -> SigningKey {
    std::iter::repeat_with(|| SigningKey::generate(&SystemRandomness).unwrap())
        .find(|key| key.id().as_str().contains(|c: char| c.is_ascii_alphabetic()))
        .expect("keys without end")
}

impl Rig {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("policy.toml");
        policy().write(&path).unwrap();
        let clock = ManualClock::at("2014-02-26T08:00:00Z".parse().unwrap());
        let store = PolicyStore::open(&path, clock.clone()).unwrap();
        let key = lettered_key();
        let verifier = Verifier::new(key.verifying().unwrap(), store, clock.clone());
        Self { root, clock, key, verifier: Arc::new(verifier) }
    }

    /// Changes the tax office's entry and has the policy read again.
    pub(crate) fn change_policy(&self, change: impl FnOnce(&mut ClientEntry)) {
        let mut file = policy();
        change(&mut file.clients[1]);
        file.version += 1;
        file.write(&self.root.path().join("policy.toml")).unwrap();
        self.verifier.policy().refresh().unwrap();
    }

    /// Moves the clock without letting the policy age.
    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
        self.verifier.policy().refresh().unwrap();
    }

    /// A token as the minter makes it.
    pub(crate) fn token(&self, client: &str) -> String {
        let ids = Ids::new(self.clock.clone(), Arc::new(SystemRandomness));
        let snapshot = self.verifier.policy().fresh().unwrap();
        let minter = Minter::new(&self.key, ids, self.clock.clone());
        minter.mint(snapshot.client(client).unwrap()).unwrap()
    }
}
