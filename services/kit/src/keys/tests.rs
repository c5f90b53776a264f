use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::*;
use crate::{clock::ManualClock, ids::SystemRandomness};

fn open(dir: &Path, mode: OpenMode) -> Result<KeyRing, KeyError> {
    let clock = ManualClock::at("2014-02-26T08:00:00Z".parse().unwrap());
    KeyRing::open(dir, mode, clock.as_ref(), &SystemRandomness)
}

fn ring_at(root: &tempfile::TempDir) -> (PathBuf, KeyRing) {
    let dir = root.path().join("keys");
    let ring = open(&dir, OpenMode::CreateIfEmpty).unwrap();
    (dir, ring)
}

#[test]
fn a_ring_survives_the_process() {
    let root = tempfile::tempdir().unwrap();
    let (dir, made) = ring_at(&root);
    for mode in [OpenMode::CreateIfEmpty, OpenMode::MustExist] {
        let read = open(&dir, mode).unwrap();
        for purpose in Purpose::ALL {
            assert_eq!(read.current(purpose).bytes(), made.current(purpose).bytes());
            assert_eq!(read.current(purpose).created.to_string(), "2014-02-26");
        }
        assert_eq!(read.signing().unwrap().id(), made.signing().unwrap().id());
    }
}

#[test]
fn no_two_purposes_share_a_key() {
    let root = tempfile::tempdir().unwrap();
    let (_, ring) = ring_at(&root);
    let distinct: std::collections::BTreeSet<_> =
        Purpose::ALL.iter().map(|purpose| *ring.current(*purpose).bytes()).collect();
    assert_eq!(distinct.len(), Purpose::ALL.len());
}

#[test]
fn only_the_owner_may_look() {
    let root = tempfile::tempdir().unwrap();
    let (dir, _) = ring_at(&root);
    assert_eq!(fs::metadata(&dir).unwrap().mode() & 0o777, 0o700);
    let mut files = 0;
    for entry in fs::read_dir(&dir).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().mode() & 0o777, 0o600);
        files += 1;
    }
    assert_eq!(files, Purpose::ALL.len() + 2);

    let vault = dir.join("vault.toml");
    fs::set_permissions(&vault, fs::Permissions::from_mode(0o604)).unwrap();
    assert!(
        matches!(open(&dir, OpenMode::MustExist), Err(KeyError::Exposed(path)) if path == vault)
    );
}

#[test]
fn nothing_is_made_where_keys_must_exist() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("keys");
    assert!(matches!(open(&dir, OpenMode::MustExist), Err(KeyError::Missing(_))));
    assert!(!dir.exists());
}

#[test]
fn a_lost_key_is_never_made_anew() {
    for file in ["vault.toml", "audit.toml", TOKEN_PUBLIC_KEY] {
        let root = tempfile::tempdir().unwrap();
        let (dir, _) = ring_at(&root);
        fs::remove_file(dir.join(file)).unwrap();
        let refused = open(&dir, OpenMode::CreateIfEmpty);
        assert!(matches!(refused, Err(KeyError::Missing(path)) if path == dir.join(file)));
        assert!(!dir.join(file).exists());
    }
}

#[test]
fn a_crash_amid_the_first_start_leaves_no_half_ring() {
    let root = tempfile::tempdir().unwrap();
    let half = root.path().join("keys.new");
    private_file::create_dir(&half).unwrap();
    private_file::replace(&half.join("vault.toml"), b"cut sho").unwrap();
    let (dir, ring) = ring_at(&root);
    assert_eq!(ring.all(Purpose::Vault).len(), 1);
    assert!(dir.exists() && !half.exists());
}

#[test]
fn a_verifier_needs_no_private_key() {
    let root = tempfile::tempdir().unwrap();
    let (dir, made) = ring_at(&root);
    fs::remove_file(dir.join(TOKEN_KEY)).unwrap();
    let ring = open(&dir, OpenMode::MustExist).unwrap();
    assert!(ring.signing().is_none());
    assert!(ring.verifying().get(made.signing().unwrap().id()).is_some());
}

#[test]
fn a_strangers_private_key_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let (dir, _) = ring_at(&root);
    let stranger = SigningKey::generate(&SystemRandomness).unwrap();
    stranger.save(&dir.join(TOKEN_KEY)).unwrap();
    assert!(matches!(open(&dir, OpenMode::MustExist), Err(KeyError::Invalid { .. })));
}

#[test]
fn rotation_adds_a_version_and_keeps_the_old() {
    let root = tempfile::tempdir().unwrap();
    let (dir, old) = ring_at(&root);
    let today = "2015-07-01".parse().unwrap();
    assert_eq!(KeyRing::rotate(&dir, Purpose::Vault, today, &SystemRandomness).unwrap(), 2);
    let ring = open(&dir, OpenMode::MustExist).unwrap();
    assert_eq!(ring.current(Purpose::Vault).version, 2);
    assert_eq!(ring.all(Purpose::Vault).len(), 2);
    let first = ring.version(Purpose::Vault, 1).unwrap();
    assert_eq!(first.bytes(), old.current(Purpose::Vault).bytes());
    assert!(ring.version(Purpose::Vault, 3).is_none());
    assert_eq!(ring.all(Purpose::Page).len(), 1);
}

#[test]
fn several_public_keys_may_stand_side_by_side() {
    let keys = [(); 2].map(|()| SigningKey::generate(&SystemRandomness).unwrap());
    let pem: String = keys.iter().map(|key| key.verifying().unwrap().to_pem()).collect();
    let both = VerifyingKeys::from_pem(&pem).unwrap();
    assert!(keys.iter().all(|key| both.get(key.id()).is_some()));
    assert_eq!(VerifyingKeys::from_pem(&both.to_pem()).unwrap().to_pem(), both.to_pem());
}

#[test]
fn damaged_files_are_refused_without_quoting_them() {
    let secret = "ab".repeat(32);
    let key = |version: u32| {
        format!("[[keys]]\nversion = {version}\ncreated = \"2014-02-26\"\nkey = \"{secret}\"\n")
    };
    let damaged = [
        String::new(),
        "keys = []".to_owned(),
        key(1) + "more = 1",
        key(1).replace("ab\"", "xy\""),
        key(1).replace("ab\"", "\""),
        key(2) + &key(1),
        key(1) + &key(1),
        key(1).replace('=', ":"),
    ];
    for text in damaged {
        let root = tempfile::tempdir().unwrap();
        let (dir, _) = ring_at(&root);
        private_file::replace(&dir.join("page.toml"), text.as_bytes()).unwrap();
        let error = open(&dir, OpenMode::MustExist).unwrap_err();
        assert!(matches!(error, KeyError::Invalid { .. }), "{text}");
        assert!(!error.to_string().contains("abab"), "{error}");
    }
}

#[test]
fn debug_output_hides_keys() {
    let ring = KeyRing::generate("2014-02-26".parse().unwrap(), &SystemRandomness).unwrap();
    let shown = format!("{ring:?}");
    for purpose in Purpose::ALL {
        assert!(!shown.contains(&hex::encode(ring.current(purpose).bytes())));
        assert!(!shown.contains(&format!("{:?}", ring.current(purpose).bytes())));
    }
}
