use super::*;
use crate::{civil::CivilDate, clock::ManualClock, ids::SystemRandomness};

pub(super) fn ring() -> Arc<KeyRing> {
    let day = CivilDate::new(2014, 1, 1).unwrap();
    Arc::new(KeyRing::generate(day, &SystemRandomness).unwrap())
}

pub(super) fn vault_of(ring: Arc<KeyRing>) -> Vault {
    let clock = ManualClock::at("2014-02-27T02:00:00Z".parse().unwrap());
    Vault::new(ring, Ids::new(clock, Arc::new(SystemRandomness)))
}

pub(super) fn vault() -> Vault {
    vault_of(ring())
}

#[test]
fn a_value_opens_only_in_its_own_place() {
    let vault = vault();
    let place = Context { table: "t", row: b"1", field: "f" };
    let sealed = vault.seal(place, b"110102188808080017").unwrap();
    assert_eq!(vault.open(place, &sealed).unwrap().as_slice(), b"110102188808080017");
    assert_ne!(vault.seal(place, b"110102188808080017").unwrap(), sealed);
    let others = [
        Context { table: "u", ..place },
        Context { row: b"2", ..place },
        Context { field: "g", ..place },
    ];
    for other in others {
        assert!(vault.open(other, &sealed).is_err(), "{other:?}");
    }
    for cut in 0..sealed.len() {
        assert!(vault.open(place, &sealed[..cut]).is_err());
    }
}

/// What was sealed before this form of the code opens for ever.
#[test]
fn the_form_of_a_sealed_value_does_not_change() {
    let day = CivilDate::new(2014, 1, 1).unwrap();
    struct Sevens;
    impl crate::ids::Randomness for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }
    let clock = ManualClock::at("2014-02-27T02:00:00Z".parse().unwrap());
    let ring = Arc::new(KeyRing::generate(day, &Sevens).unwrap());
    let vault = Vault::new(ring, Ids::new(clock, Arc::new(Sevens)));
    let place = Context { table: "t", row: b"1", field: "f" };
    let sealed = hex::encode(vault.seal(place, b"13800000000").unwrap());
    assert_eq!(
        sealed,
        "00000001070707070707070707070707ffa8720f36d68f557cd9b11b27be7597a90135d707c537076a2770"
    );
    let index = vault.blind_indexes("mobile", b"13800000000").unwrap();
    assert_eq!(
        hex::encode(&index[0].mac),
        "2ba3c2708aba6ddbb0e0d66da7f44a77dfa16d77bef16b86d034d2c49cc4c3e1"
    );
}

#[test]
fn equal_values_share_an_index_and_kinds_keep_them_apart() {
    let vault = vault();
    let index = |kind, value: &str| vault.blind_indexes(kind, value.as_bytes()).unwrap();
    assert_eq!(index("a", "1"), index("a", "1"));
    assert_ne!(index("a", "1"), index("b", "1"));
    assert_ne!(index("a", "1"), super::tests::vault().blind_indexes("a", b"1").unwrap());
}

#[test]
fn masks_hide_at_least_half() {
    assert_eq!(masked("110102188808080017", 3, 4), "110***********0017");
    assert_eq!(masked("123456", 3, 4), "******");
}
