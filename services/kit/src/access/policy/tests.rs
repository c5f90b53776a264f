use super::*;
use crate::{clock::ManualClock, path};

fn first() -> PolicyFile {
    PolicyFile::first(vec![path::Path::parse("11").unwrap()], vec![]).unwrap()
}

fn store() -> (tempfile::TempDir, Arc<ManualClock>, Arc<PolicyStore>) {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("policy.toml");
    first().write(&file).unwrap();
    let clock = ManualClock::at("2014-02-26T08:00:00Z".parse().unwrap());
    let store = PolicyStore::open(&file, clock.clone()).unwrap();
    (root, clock, store)
}

fn stale(store: &PolicyStore) -> bool {
    store.fresh().is_err_and(|fault| fault.reason() == &reasons::POLICY_STALE)
}

#[test]
fn a_snapshot_serves_five_seconds_and_no_longer() {
    let (_root, clock, store) = store();
    clock.advance(TimeDelta::seconds(5));
    assert!(!stale(&store));
    clock.advance(TimeDelta::microseconds(1));
    assert!(stale(&store));
    store.refresh().unwrap();
    assert!(!stale(&store));
}

#[test]
fn a_clock_set_back_does_not_keep_a_snapshot_alive() {
    let (_root, clock, store) = store();
    clock.advance(-TimeDelta::seconds(6));
    assert!(stale(&store));
}

#[test]
fn a_broken_file_keeps_the_old_snapshot_which_ages() {
    for breakage in [Some("version = "), Some("version = 2\n[[clients]]"), None] {
        let (root, clock, store) = store();
        let file = root.path().join("policy.toml");
        match breakage {
            Some(text) => std::fs::write(&file, text).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        clock.advance(TimeDelta::seconds(3));
        assert!(store.refresh().is_err());
        assert_eq!(store.fresh().unwrap().version, 1);
        clock.advance(TimeDelta::seconds(3));
        assert!(store.refresh().is_err());
        assert!(stale(&store));
        first().write(&file).unwrap();
        store.refresh().unwrap();
        assert!(!stale(&store));
    }
}

#[test]
fn only_a_changed_text_makes_a_new_serial() {
    let (root, _clock, store) = store();
    store.refresh().unwrap();
    assert_eq!(store.fresh().unwrap().serial, 1);
    let mut changed = first();
    changed.clients.clear();
    changed.write(&root.path().join("policy.toml")).unwrap();
    store.refresh().unwrap();
    let snapshot = store.fresh().unwrap();
    assert_eq!((snapshot.version, snapshot.serial), (1, 2));
    assert!(snapshot.client("administrator").is_none());
}

#[test]
fn patterns_cover_what_lies_below_them() {
    let permissions = Permissions(vec!["registry.*".into(), "card.cards.get".into()]);
    for granted in ["registry.areas.get", "registry.x", "card.cards.get"] {
        assert!(permissions.grant(granted), "{granted}");
    }
    for denied in ["registry", "registryx.get", "card.cards", "card.cards.get.more", "station.x"] {
        assert!(!permissions.grant(denied), "{denied}");
    }
    assert!(Permissions(vec!["*".into()]).grant("anything.at.all"));
    assert!(!Permissions::default().grant("anything"));
}

#[test]
fn roles_add_up_and_scopes_are_normalised() {
    let mut file = first();
    for (name, permission) in [("one", "a.get"), ("two", "b.get")] {
        let permissions = vec![permission.to_owned()];
        file.put_role(crate::access::RoleEntry { name: name.into(), permissions });
    }
    let mut entry = file.clients[0].clone();
    entry.id = ClientId::parse("tax-office").unwrap();
    entry.roles = vec!["one".into(), "two".into()];
    entry.area = ["110102012", "110102"].map(|text| path::Path::parse(text).unwrap()).into();
    file.put_client(entry);
    let snapshot = Snapshot::of(file, 1);
    let client = snapshot.client("tax-office").unwrap();
    assert!(client.permissions.grant("a.get") && client.permissions.grant("b.get"));
    assert!(!client.permissions.grant("c.get"));
    assert_eq!(client.scope.area.iter().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_task_takes_up_a_change_within_a_second() {
    let (root, _clock, store) = store();
    let task = tokio::spawn(Arc::clone(&store).keep_fresh());
    let mut changed = first();
    changed.version = 9;
    changed.write(&root.path().join("policy.toml")).unwrap();
    tokio::time::timeout(Duration::from_secs(3), async {
        while store.fresh().unwrap().version != 9 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
    task.abort();
}
