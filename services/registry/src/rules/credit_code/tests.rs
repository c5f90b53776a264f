use proptest::prelude::*;

use super::*;

const VALID: [&str; 24] = [
    "91350100M000100Y43",
    "91110102T0000001XJ",
    "81110102T0000001XK",
    "81110102T00000028K",
    "81110102T00000036E",
    "81110102T000000449",
    "81110102T000000524",
    "81110102T00000060Y",
    "81110102T000001830",
    "91110102T00000028J",
    "91110102T00000036D",
    "91110102T000000448",
    "91110102T000000523",
    "91110102T00000060X",
    "91110102T00000183Y",
    "91110102T0000052X0",
    "89110102T0000001XT",
    "11110102T0000001XT",
    "12110102T0000001XP",
    "52110102T0000001XK",
    "92110102T0000001XF",
    // As people write them.
    "91110102t0000001xj",
    "９１１１０１０２Ｔ００００００１ＸＪ",
    " 91110102 T0000001X J ",
];

#[test]
fn every_valid_vector_passes_and_takes_itself_apart() {
    for given in VALID {
        let code = CreditCode::parse(given).unwrap_or_else(|fault| panic!("{given}: {fault}"));
        let text = code.as_str();
        assert!(code.category_is_known(), "{given}");
        assert!(code.organisation_code().matches(&code), "{given}");
        let rebuilt =
            CreditCode::compose(code.authority(), code.category(), code.division(), &text[8..16]);
        assert_eq!(rebuilt, Ok(code.clone()), "{given}");
    }
}

#[test]
fn every_invalid_vector_has_its_own_fault() {
    use CreditCodeFault::{
        Alphabet, Authority, BothChecks, Division, InnerCheck, Length, OuterCheck,
    };
    for (given, fault) in [
        ("91350100M000100Y4Z", Alphabet(18, 'Z')),
        ("91350100M000100Y44", OuterCheck),
        ("81110102T000000159", InnerCheck),
        ("81110102T0000001XJ", OuterCheck),
        ("81110102T0000002XK", BothChecks),
        ("18110102T0000001XK", OuterCheck),
        ("81110102O0000001XK", Alphabet(9, 'O')),
        ("81110102I0000001XK", Alphabet(9, 'I')),
        ("8111O102T0000001XK", Division(5)),
        ("81110102T0000001X", Length(17)),
        ("", Length(0)),
        ("统一社会信用代码统一社会信用代码一二", Alphabet(1, '统')),
        ("B1110102T0000001XK", Authority('B')),
    ] {
        assert_eq!(CreditCode::parse(given), Err(fault), "{given}");
        let refusal = fault.to_fault();
        assert!(!refusal.english().contains('{') && !refusal.chinese().contains('{'), "{given}");
    }
}

#[test]
fn an_unknown_category_is_well_formed_but_not_in_the_table() {
    let code = CreditCode::compose('8', '2', "110102", "T0000001").unwrap();
    assert!(!code.category_is_known());
    assert_eq!(code.authority(), UNION_AUTHORITY);
}

#[test]
fn compose_refuses_parts_of_a_wrong_shape() {
    assert_eq!(
        CreditCode::compose('9', '1', "11010", "T0000001"),
        Err(CreditCodeFault::Length(17))
    );
    // Lengths that compensate each other are still no division of six.
    assert!(CreditCode::compose('9', '1', "1101021", "T000001").is_err());
    assert_eq!(
        CreditCode::compose('9', '1', "110102", "T000000O"),
        Err(CreditCodeFault::Alphabet(16, 'O'))
    );
}

#[test]
fn every_single_substitution_is_rejected() {
    let original = "81110102T0000001XK";
    let mut rejected = 0;
    for at in 0..LENGTH {
        for other in ALPHABET.chars().filter(|c| *c != char::from(original.as_bytes()[at])) {
            let mut changed: Vec<char> = original.chars().collect();
            changed[at] = other;
            let changed: String = changed.into_iter().collect();
            assert!(CreditCode::parse(&changed).is_err(), "{changed}");
            rejected += 1;
        }
    }
    // 510 in the seventeen positions before the check character, 30 in itself.
    assert_eq!(rejected, 540);
}

#[test]
fn every_adjacent_transposition_is_rejected() {
    let original = "81110102T0000001XK";
    let mut rejected = 0;
    for at in 0..LENGTH - 1 {
        let mut changed = original.as_bytes().to_vec();
        changed.swap(at, at + 1);
        let changed = String::from_utf8(changed).unwrap();
        if changed != original {
            assert!(CreditCode::parse(&changed).is_err(), "{changed}");
            rejected += 1;
        }
    }
    assert_eq!(rejected, 10);
}

proptest! {
    #[test]
    fn composed_codes_parse(
        authority in "[1-9ANY]", category in "[1-9]",
        division in "[0-9]{6}", body in "[0-9A-HJ-NPQRTUWXY]{8}",
    ) {
        let first = |text: &str| text.chars().next().unwrap();
        let code =
            CreditCode::compose(first(&authority), first(&category), &division, &body).unwrap();
        prop_assert_eq!(CreditCode::parse(code.as_str()), Ok(code.clone()));
        prop_assert_eq!(code.division(), division);
    }

    #[test]
    fn any_text_is_parsed_without_a_panic(text in ".{0,24}") {
        let _ = CreditCode::parse(&text);
    }

    #[test]
    fn one_wrong_character_never_passes(
        body in "[0-9A-HJ-NPQRTUWXY]{8}", at in 0_usize..18, other in "[0-9A-HJ-NPQRTUWXY]",
    ) {
        let code = CreditCode::compose('9', '1', "110102", &body).unwrap();
        let mut changed = code.as_str().to_owned();
        changed.replace_range(at..=at, &other);
        prop_assume!(changed != code.as_str());
        prop_assert!(CreditCode::parse(&changed).is_err());
    }
}
