use proptest::prelude::*;

use super::*;
use crate::rules::area::AreaPath;

fn places() -> Places {
    Places::new(["北京市", "市辖区", "西城区"])
}

fn probe(name: &str) -> Probe {
    Probe { name: Name::parse(name).unwrap(), organisation_code: None, phone: None, address: None }
}

fn code(body: &str) -> Option<OrganisationCode> {
    Some(OrganisationCode::compose(body).unwrap())
}

fn address(line: &str) -> Option<Address> {
    Some(Address::new(AreaPath::parse("110102010001").unwrap(), line).unwrap())
}

#[test]
fn the_core_of_a_name_leaves_place_and_legal_form_aside() {
    let places = places();
    for (name, core) in [
        ("北京市西城区华彩印务有限公司", "华彩印务"),
        ("北京华彩印务有限责任公司", "华彩印务"),
        ("华彩印务（北京）股份有限公司", "华彩印务"),
        ("华彩 印务", "华彩印务"),
        ("北京华彩印务有限公司西单分公司", "华彩印务有限公司西单分公司"),
        ("ａｂｃ科技公司", "ABC科技"),
        // Nothing would be left.
        ("北京公司", "公司"),
        ("北京市", "北京市"),
    ] {
        assert_eq!(places.core(&Name::parse(name).unwrap()), core, "{name}");
    }
}

#[test]
fn dice_counts_common_pairs() {
    for (one, other, expected) in [
        ("华彩印务", "华彩印务", 10_000),
        ("华彩印务", "华采印务", 3_333),
        ("京西华彩印务中心", "京西华彩印务", 8_333),
        ("一二三", "四五六", 0),
        ("一", "一", 0),
        ("一一一", "一一", 6_666),
    ] {
        assert_eq!(dice_bp(one, other), expected, "{one} {other}");
    }
}

#[test]
fn one_organisation_code_is_certain_whatever_else() {
    let (mut one, mut other) = (probe("北京华彩印务有限公司"), probe("南山茶社"));
    one.organisation_code = code("T0000001");
    other.organisation_code = code("T0000001");
    let likeness = compare(&one, &other, &places()).unwrap();
    assert_eq!(likeness.score_bp, CERTAIN_BP);
    assert_eq!(likeness.evidence, [Evidence::SameOrganisationCode]);
}

#[test]
fn evidence_adds_up_and_another_code_speaks_against_it() {
    let places = places();
    let mut one = probe("北京京西华彩印务有限公司");
    let mut other = probe("京西华彩印务中心");
    assert_eq!(
        compare(&one, &other, &places).unwrap(),
        Likeness { score_bp: 6_666, evidence: vec![Evidence::SimilarName] }
    );
    one.phone = Some(Phone::parse("010-88881234").unwrap());
    other.phone = Some(Phone::parse("+86 10 8888 1234").unwrap());
    one.address = address("裕民路 8号");
    other.address = address("裕民路８号");
    let likeness = compare(&one, &other, &places).unwrap();
    assert_eq!(likeness.score_bp, 8_809);
    assert_eq!(
        likeness.evidence,
        [Evidence::SimilarName, Evidence::SamePhone, Evidence::SameAddress]
    );
    one.organisation_code = code("T0000001");
    other.organisation_code = code("T0000002");
    assert_eq!(compare(&one, &other, &places).unwrap().score_bp, 5_285);
}

#[test]
fn a_shared_office_alone_is_no_candidate() {
    let (mut one, mut other) = (probe("北京华彩印务有限公司"), probe("南山茶社"));
    one.address = address("裕民路8号");
    other.address = address("裕民路8号");
    assert_eq!(compare(&one, &other, &places()), None);
    // An address of two characters is the same by chance.
    other.address = address("8号");
    assert!(blocking_keys(&other, &places()).iter().all(|key| key.kind != 'a'));
}

proptest! {
    #[test]
    fn likeness_is_symmetric_and_bounded(
        a in "[一二三四五六七八北京公司]{1,8}", b in "[一二三四五六七八北京公司]{1,8}",
        codes in prop::option::of((0_u8..3, 0_u8..3)),
    ) {
        let (mut one, mut other) = (probe(&a), probe(&b));
        if let Some((x, y)) = codes {
            one.organisation_code = code(&format!("T000000{x}"));
            other.organisation_code = code(&format!("T000000{y}"));
        }
        let likeness = compare(&one, &other, &places());
        prop_assert_eq!(&likeness, &compare(&other, &one, &places()));
        if let Some(likeness) = likeness {
            prop_assert!((LEAST_BP..=CERTAIN_BP).contains(&likeness.score_bp));
        }
    }

    #[test]
    fn one_slip_of_the_pen_leaves_a_common_key(
        name in "[一二三四五六七八九十]{7,12}", at in 0_usize..7, slip in "[甲乙丙丁]",
    ) {
        let mut slipped: Vec<char> = name.chars().collect();
        slipped[at] = slip.chars().next().unwrap();
        let slipped: String = slipped.into_iter().collect();
        let one = blocking_keys(&probe(&name), &places());
        let other = blocking_keys(&probe(&slipped), &places());
        prop_assert!(one.iter().any(|key| other.contains(key)));
    }
}
