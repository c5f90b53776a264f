use std::os::unix::fs::{MetadataExt, PermissionsExt};

use chrono::TimeDelta;

use super::*;
use crate::{clock::ManualClock, ids::SystemRandomness};

fn clock() -> Arc<ManualClock> {
    ManualClock::at("2014-02-26T08:00:00Z".parse().unwrap())
}

fn open(dir: &Path, mode: OpenMode) -> Result<KeyRing, KeyError> {
    open_at(dir, mode, &clock())
}

fn open_at(dir: &Path, mode: OpenMode, clock: &Arc<ManualClock>) -> Result<KeyRing, KeyError> {
    let clock: SharedClock = clock.clone();
    KeyRing::open(dir, mode, &clock, &SystemRandomness)
}

/// Adds a version that seals a minute later.
fn rotate(dir: &Path, purpose: Purpose) -> Key {
    let minute = Duration::from_secs(60);
    KeyRing::rotate(dir, purpose, minute, clock().as_ref(), &SystemRandomness).unwrap()
}

/// Replaces what the file of the vault's keys says.
fn edit(dir: &Path, edit: impl Fn(&str) -> String) {
    let path = dir.join("vault.toml");
    let text = fs::read_to_string(&path).unwrap();
    private_file::replace(&path, edit(&text).as_bytes()).unwrap();
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
fn a_new_version_opens_at_once_and_seals_from_its_time_on() {
    let root = tempfile::tempdir().unwrap();
    let dir = ring_at(&root).0;
    let clock = clock();
    let running = open_at(&dir, OpenMode::MustExist, &clock).unwrap();
    let first = running.current(Purpose::Vault);
    assert_eq!(rotate(&dir, Purpose::Vault).version, 2);

    assert!(running.version(Purpose::Vault, 2).is_none(), "before the files are read again");
    running.adopt(running.reread().unwrap());
    assert!(running.version(Purpose::Vault, 2).is_some());
    assert_eq!(running.current(Purpose::Vault).version, 1);
    clock.advance(TimeDelta::milliseconds(59_999));
    running.tick();
    assert_eq!(running.current(Purpose::Vault).version, 1);
    clock.advance(TimeDelta::milliseconds(1));
    running.tick();
    assert_eq!(running.current(Purpose::Vault).version, 2);
    assert_eq!(running.version(Purpose::Vault, 1).unwrap().bytes(), first.bytes());
    assert_eq!(running.all(Purpose::Page).len(), 1);

    let later = open_at(&dir, OpenMode::MustExist, &clock).unwrap();
    assert_eq!(later.current(Purpose::Vault).version, 2);
    assert_eq!(open(&dir, OpenMode::MustExist).unwrap().current(Purpose::Vault).version, 1);
}

#[test]
fn a_file_that_got_worse_is_not_taken_over() {
    let one = |text: &str| text.split("[[keys]]").nth(1).unwrap().to_owned();
    let damages: [&dyn Fn(&str) -> String; 4] = [
        &|_| "cut sho".to_owned(),
        &|text| text.replacen("version = 1", "version = 3", 1),
        &|text| format!("[[keys]]{}", one(text)).replace("version = 1", "version = 2"),
        &|text| text.replace("key = \"", "key = \"00").replace("00\"", "\""),
    ];
    for (n, damage) in damages.into_iter().enumerate() {
        let root = tempfile::tempdir().unwrap();
        let (dir, ring) = (ring_at(&root).0, open(&root.path().join("keys"), OpenMode::MustExist));
        let ring = ring.unwrap();
        rotate(&dir, Purpose::Vault);
        edit(&dir, damage);
        ring.reread().expect_err(&n.to_string());
        assert_eq!(ring.all(Purpose::Vault).len(), 1);
    }
    let root = tempfile::tempdir().unwrap();
    let dir = ring_at(&root).0;
    let ring = open(&dir, OpenMode::MustExist).unwrap();
    let other = tempfile::tempdir().unwrap();
    fs::copy(ring_at(&other).0.join("vault.toml"), dir.join("vault.toml")).unwrap();
    let refused = ring.reread().unwrap_err();
    assert!(matches!(refused, KeyError::Strange { version: 1, .. }), "{refused}");
    fs::remove_file(dir.join("vault.toml")).unwrap();
    assert!(matches!(ring.reread(), Err(KeyError::Missing(_))));
}

#[test]
fn a_retired_version_goes_for_good() {
    let root = tempfile::tempdir().unwrap();
    let dir = ring_at(&root).0;
    let clock = clock();
    let running = open_at(&dir, OpenMode::MustExist, &clock).unwrap();
    let retire = |version| KeyRing::retire(&dir, Purpose::Vault, version, clock.as_ref());
    assert!(matches!(retire(1), Err(KeyError::Needed { .. })), "there is no other");
    rotate(&dir, Purpose::Vault);
    running.adopt(running.reread().unwrap());
    assert!(matches!(retire(1), Err(KeyError::Needed { .. })), "the other does not seal yet");
    clock.advance(TimeDelta::minutes(1));
    assert!(matches!(retire(3), Err(KeyError::Needed { .. })), "there is none");
    retire(1).unwrap();
    running.adopt(running.reread().unwrap());
    let versions =
        |ring: &KeyRing| ring.all(Purpose::Vault).iter().map(|key| key.version).collect::<Vec<_>>();
    assert_eq!(versions(&running), [2]);
    assert_eq!(versions(&open(&dir, OpenMode::MustExist).unwrap()), [2]);
    assert_eq!(rotate(&dir, Purpose::Vault).version, 3);
    edit(&dir, |text| text.replace("retired = [1]", "retired = [1, 2]"));
    assert!(matches!(running.reread(), Err(KeyError::Invalid { .. })), "retired and there");
}

#[test]
fn a_fingerprint_tells_keys_apart() {
    let [one, other] =
        [(); 2].map(|()| Key::fresh(1, "2014-02-26".parse().unwrap(), &SystemRandomness));
    assert_eq!(one.fingerprint(), one.clone().fingerprint());
    assert_ne!(one.fingerprint(), other.fingerprint());
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
