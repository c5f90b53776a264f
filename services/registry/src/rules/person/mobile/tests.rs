use proptest::prelude::*;

use super::*;

#[test]
fn numbers_of_the_mainland_become_eleven_digits() {
    for given in [
        "13800000001",
        " 138 0000 0001 ",
        "138-0000-0001",
        "１３８０００００００１",
        "+8613800000001",
        "+86 138 0000 0001",
        "＋86-13800000001",
        "(+86)13800000001",
        "008613800000001",
        "0086 138 0000 0001",
        "8613800000001",
    ] {
        let mobile = Mobile::parse(given).unwrap_or_else(|fault| panic!("{given}: {fault}"));
        assert_eq!(mobile.number(), "13800000001", "{given}");
        assert!(mobile.is_mainland());
    }
    for prefix in ["13", "14", "15", "16", "17", "18", "19"] {
        assert!(Mobile::parse(&format!("{prefix}000000000")).is_ok(), "{prefix}");
    }
}

#[test]
fn numbers_of_elsewhere_keep_their_country() {
    for (given, stored) in [
        ("+852 9000 0001", "+85290000001"),
        ("0085290000001", "+85290000001"),
        ("+853-60000001", "+85360000001"),
        ("+886 900 000 001", "+886900000001"),
        ("+1 (202) 555-0100", "+12025550100"),
    ] {
        let mobile = Mobile::parse(given).unwrap();
        assert_eq!((mobile.number(), mobile.is_mainland()), (stored, false), "{given}");
    }
}

#[test]
fn each_fault_is_told_apart() {
    use MobileFault::{Character, Fixed, Form, International, Machine};
    for (given, fault) in [
        ("", Form),
        ("12000000001", Form),
        ("10000000001", Form),
        ("1380000000", Form),
        ("138000000011", Form),
        ("90000001", Form),
        ("+861380000000", Form),
        ("+8612000000001", Form),
        ("1064000000001", Machine),
        ("1400000000001", Machine),
        ("+861064000000001", Machine),
        ("010-60000001", Fixed),
        ("+86 010 60000001", Fixed),
        ("+123456", International),
        ("+1234567890123456", International),
        ("+0123456789", International),
        ("+", International),
        ("1380000000a", Character(11)),
        ("13800000001.0", Character(12)),
        ("1380000+0001", Character(8)),
        ("手机13800000001", Character(1)),
        ("13800000001/13800000002", Character(12)),
    ] {
        assert_eq!(Mobile::parse(given), Err(fault), "{given}");
        let refusal = fault.to_fault();
        assert!(!refusal.english().contains('{') && !refusal.chinese().contains('{'));
    }
}

#[test]
fn masks_are_those_of_contacts_and_nothing_is_debugged() {
    let mobile = Mobile::parse("13800000001").unwrap();
    assert_eq!(mobile.masked(), "138******01");
    assert_eq!(format!("{mobile:?}"), "Mobile");
    assert_eq!(Mobile::parse("+85290000001").unwrap().masked(), "+85*******01");
    assert_eq!(Mobile::parse("+1234567").unwrap().masked(), "********");
}

proptest! {
    #[test]
    fn what_is_stored_is_read_again(home in "1[3-9][0-9]{9}", abroad in "\\+[1-79][0-9]{6,14}") {
        for given in [home, abroad] {
            let mobile = Mobile::parse(&given).unwrap();
            prop_assert_eq!(mobile.number(), &given);
            let masked = mobile.masked();
            prop_assert_eq!(masked.len(), given.len());
            prop_assert!(2 * masked.matches('*').count() >= given.len());
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,24}") {
        let _ = Mobile::parse(&text);
    }
}
