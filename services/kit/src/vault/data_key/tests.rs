use proptest::prelude::*;

use super::*;
use crate::vault::tests::vault;

const PERSON: Owner<'static> = Owner { table: "person", row: b"1" };

#[test]
fn a_value_outlives_its_open_key() {
    let vault = vault();
    let (key, sealed_key) = vault.new_data_key(PERSON).unwrap();
    let sealed = key.seal("document/1", b"110102188808080017").unwrap();
    assert_ne!(key.seal("document/1", b"110102188808080017").unwrap(), sealed);
    drop(key);
    let key = vault.open_data_key(PERSON, Some(&sealed_key)).unwrap();
    assert_eq!(key.open("document/1", &sealed).unwrap().as_slice(), b"110102188808080017");
}

#[test]
fn two_owners_never_share_a_key() {
    let vault = vault();
    let (one, _) = vault.new_data_key(PERSON).unwrap();
    let (other, _) = vault.new_data_key(PERSON).unwrap();
    let sealed = one.seal("mobile", b"13800000000").unwrap();
    assert!(other.open("mobile", &sealed).is_err());
}

#[test]
fn a_key_opens_beside_its_owner_alone() {
    let vault = vault();
    let (key, sealed_key) = vault.new_data_key(PERSON).unwrap();
    let sealed = key.seal("mobile", b"13800000000").unwrap();
    let strangers = [Owner { row: b"2", ..PERSON }, Owner { table: "staff", ..PERSON }];
    for stranger in strangers {
        let refused = vault.open_data_key(stranger, Some(&sealed_key)).unwrap_err();
        assert_eq!(refused.reason().name, "KEY_MISSING", "{stranger:?}");
        // Nor would the bytes of the key be of use there.
        let moved = DataKey {
            owner: DataKey::new(Zeroizing::new([0; 32]), stranger, key.ids.clone()).owner,
            ..key_of(&vault, &sealed_key)
        };
        assert!(moved.open("mobile", &sealed).is_err(), "{stranger:?}");
    }
    assert!(key_of(&vault, &sealed_key).open("mobile", &sealed).is_ok());
}

fn key_of(vault: &Vault, sealed: &[u8]) -> DataKey {
    vault.open_data_key(PERSON, Some(sealed)).unwrap()
}

#[test]
fn without_its_key_a_value_is_erased_and_not_lost() {
    let refused = vault().open_data_key(PERSON, None).unwrap_err();
    assert_eq!(refused.reason().name, "ERASED");
    let refused = vault().open_data_key(PERSON, Some(b"\0\0\0\x01cut short")).unwrap_err();
    assert_eq!(refused.reason().name, "KEY_MISSING");
}

#[test]
fn a_digest_tells_equal_values_of_one_field_of_one_owner_alone() {
    let vault = vault();
    let (key, sealed_key) = vault.new_data_key(PERSON).unwrap();
    let digest = key.digest("mobile", b"13800000000");
    assert_eq!(digest.len(), 22);
    assert_eq!(key_of(&vault, &sealed_key).digest("mobile", b"13800000000"), digest);
    assert_ne!(key.digest("mobile", b"13800000001"), digest);
    assert_ne!(key.digest("document", b"13800000000"), digest);
    let (other, _) = vault.new_data_key(PERSON).unwrap();
    assert_ne!(other.digest("mobile", b"13800000000"), digest);
}

#[test]
fn nothing_of_a_key_is_shown() {
    let (key, _) = vault().new_data_key(PERSON).unwrap();
    assert_eq!(format!("{key:?}"), "DataKey");
}

proptest! {
    #[test]
    fn a_value_opens_in_its_own_field_and_unaltered_alone(
        field in "[a-z]{1,8}(/[0-9]{1,2})?",
        other in "[a-z]{1,8}(/[0-9]{1,2})?",
        plain in prop::collection::vec(any::<u8>(), 0..80),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let (key, _) = vault().new_data_key(PERSON).unwrap();
        let sealed = key.seal(&field, &plain).unwrap();
        let opened = key.open(&field, &sealed).unwrap();
        prop_assert_eq!(opened.as_slice(), plain.as_slice());
        prop_assert_eq!(key.open(&other, &sealed).is_ok(), field == other);
        let mut altered = sealed.clone();
        altered[at.index(sealed.len())] ^= 1 << bit;
        prop_assert!(key.open(&field, &altered).is_err());
        for cut in 0..sealed.len() {
            prop_assert!(key.open(&field, &sealed[..cut]).is_err());
        }
    }
}
