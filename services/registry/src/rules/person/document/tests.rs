use proptest::prelude::*;
use unionhall_kit::civil::CivilDate;

use super::{DocumentProblem as Problem, *};
use crate::rules::Refusal;

const MAN: &str = "110102188808080017";

fn today() -> CivilDate {
    CivilDate::new(2014, 2, 27).unwrap()
}

fn parsed(kind: DocumentKind, given: &str) -> Result<Document, Problem> {
    Document::parse(kind, given, today()).map_err(|fault| {
        assert_eq!(fault.kind, kind);
        fault.problem
    })
}

fn resident(given: &str) -> Result<Document, Problem> {
    parsed(DocumentKind::ResidentId, given)
}

fn right(kind: DocumentKind, given: &str) -> Document {
    parsed(kind, given).unwrap_or_else(|problem| panic!("{given}: {problem}"))
}

/// The check character of 17 digits, by the recursion of ISO 7064 and not by the weights.
fn check_of(body: &str) -> char {
    let digit = |c: char| c.to_digit(10).unwrap();
    let sum = body.chars().fold(0, |sum, c| (sum + digit(c)) * 2 % 11);
    match (12 - sum) % 11 {
        10 => 'X',
        check => char::from_digit(check, 10).unwrap(),
    }
}

#[test]
fn every_valid_resident_number_tells_birth_and_sex() {
    use Sex::{Female, Male};
    for (number, birth, sex) in [
        ("11010519491231002X", "1949-12-31", Female),
        ("440524188001010014", "1880-01-01", Male),
        ("110102188808080017", "1888-08-08", Male),
        ("110102188808080025", "1888-08-08", Female),
        ("110104188703150034", "1887-03-15", Male),
        ("110104188703150042", "1887-03-15", Female),
        ("110101188505010058", "1885-05-01", Male),
        ("110103188505010069", "1885-05-01", Female),
        ("110102189602290072", "1896-02-29", Male),
        ("130102188812120126", "1888-12-12", Female),
        ("110102188808080180", "1888-08-08", Female),
        ("110102188808080041", "1888-08-08", Female),
        ("110102188808080092", "1888-08-08", Male),
        ("110102188808080033", "1888-08-08", Male),
        ("110102188808080084", "1888-08-08", Female),
        ("110102188808080076", "1888-08-08", Male),
        ("110102188808080068", "1888-08-08", Female),
        ("110102188808080199", "1888-08-08", Male),
        ("11010218880808005X", "1888-08-08", Male),
    ] {
        let document = right(DocumentKind::ResidentId, number);
        assert_eq!(document.number(), number);
        assert_eq!(document.birth_date().map(|day| day.to_string()).as_deref(), Some(birth));
        assert_eq!(document.sex(), Some(sex), "{number}");
        assert_eq!(check_of(&number[..17]), number.chars().next_back().unwrap(), "{number}");
    }
}

#[test]
fn numbers_are_read_as_people_write_them() {
    for given in [
        "11010218880808005x",
        " 110102 18880808 005X ",
        "１１０１０２１８８８０８０８００５Ｘ",
        "110102\u{A0}188808080\u{3000}05ｘ",
    ] {
        let document = right(DocumentKind::ResidentId, given);
        assert_eq!(document.number(), "11010218880808005X", "{given}");
    }
}

#[test]
fn every_invalid_resident_number_has_its_own_problem() {
    for (number, problem) in [
        ("110102188808080010", Problem::Check(18)),
        ("110102188808080107", Problem::Check(18)),
        ("110102190002290085", Problem::BirthDate),
        ("110102188813010099", Problem::BirthDate),
        ("11010218880931011X", Problem::BirthDate),
        ("990102188808080010", Problem::Division),
        ("", Problem::Length(0)),
        ("11010218880808001", Problem::Length(17)),
        ("1101021888080800177", Problem::Length(19)),
        ("110102188808080017\n1", Problem::Length(19)),
        ("11O102188808080017", Problem::Character(3)),
        ("1101021888080800X7", Problem::Character(17)),
        ("11010218880808001Y", Problem::Character(18)),
        ("某某身份证号码一二三四五六七八九十一", Problem::Character(1)),
        ("110102880808001", Problem::OldForm),
        ("810000188808080014", Problem::OtherKind(DocumentKind::ResidencePermit)),
        ("911840188808080013", Problem::OtherKind(DocumentKind::ForeignPermanentResidence)),
        ("USA110088080806", Problem::OtherKind(DocumentKind::ForeignPermanentResidence)),
    ] {
        assert_eq!(resident(number), Err(problem), "{number}");
    }
    let permit = parsed(DocumentKind::ResidencePermit, MAN);
    assert_eq!(permit, Err(Problem::OtherKind(DocumentKind::ResidentId)));
    let passport = parsed(DocumentKind::Passport, MAN);
    assert_eq!(passport, Err(Problem::OtherKind(DocumentKind::ResidentId)));
}

#[test]
fn nobody_is_born_after_today() {
    let born = |year: &str, month_day: &str| {
        let body = format!("110102{year}{month_day}001");
        resident(&format!("{body}{}", check_of(&body))).map(|document| document.birth_date())
    };
    assert_eq!(born("2014", "0227"), Ok(Some(today())));
    assert_eq!(born("2014", "0228"), Err(Problem::NotYetBorn));
    assert_eq!(born("1850", "0101").map(|day| day.is_some()), Ok(true));
    assert_eq!(born("1849", "1231"), Err(Problem::BirthDate));
}

#[test]
fn every_single_substitution_is_rejected() {
    let mut rejected = 0;
    for at in 0..17 {
        for other in (b'0'..=b'9').filter(|other| *other != MAN.as_bytes()[at]) {
            let mut changed = MAN.as_bytes().to_vec();
            changed[at] = other;
            let changed = String::from_utf8(changed).unwrap();
            assert!(resident(&changed).is_err(), "{changed}");
            rejected += 1;
        }
    }
    assert_eq!(rejected, 153);
    for check in "012345689X".chars() {
        assert!(resident(&format!("{}{check}", &MAN[..17])).is_err(), "{check}");
    }
}

#[test]
fn every_adjacent_transposition_is_rejected() {
    let mut rejected = 0;
    for at in 0..17 {
        let mut changed = MAN.as_bytes().to_vec();
        changed.swap(at, at + 1);
        let changed = String::from_utf8(changed).unwrap();
        if changed != MAN {
            assert!(resident(&changed).is_err(), "{changed}");
            rejected += 1;
        }
    }
    // Twelve among the digits, and the last of them with the check character.
    assert_eq!(rejected, 13);
}

#[test]
fn fifteen_digits_are_converted_on_import_and_say_so() {
    let converted =
        |kind, given| Document::converted(kind, given, today()).map_err(|fault| fault.problem);
    let old = converted(DocumentKind::ResidentId, " 110102 000808001").unwrap();
    assert!(old.from_old_form);
    assert_eq!(old.document.number(), "110102190008080011");
    let new = converted(DocumentKind::ResidentId, "110102190008080011").unwrap();
    assert!(!new.from_old_form);
    assert_eq!(old.document, new.document);
    assert_eq!(old.document.index_bytes(), new.document.index_bytes());
    assert_eq!(old.document.index_kind(), new.document.index_kind());
    for (kind, given, problem) in [
        (DocumentKind::ResidentId, "110102000230001", Problem::BirthDate),
        (DocumentKind::ResidentId, "990102000808001", Problem::Division),
        (DocumentKind::ResidentId, "11010200080800", Problem::Length(14)),
        // These three were kept for people born before 1900.
        (DocumentKind::ResidentId, "110102880808996", Problem::Century),
        (DocumentKind::ResidentId, "110102880808999", Problem::Century),
        // Temporary cards came later than the form.
        (DocumentKind::TemporaryResidentId, "110102000808001", Problem::OldForm),
        (DocumentKind::ResidencePermit, "810000000808001", Problem::Length(15)),
    ] {
        assert_eq!(converted(kind, given), Err(problem), "{given}");
    }
    assert_eq!(resident("110102000808001"), Err(Problem::OldForm), "by no other way");
}

#[test]
fn residence_permits_have_divisions_of_their_own() {
    let permit = |number| parsed(DocumentKind::ResidencePermit, number);
    for (number, birth, sex) in [
        ("810000199408230021", "1994-08-23", Sex::Female),
        ("830000199201300022", "1992-01-30", Sex::Female),
        ("810000188808080014", "1888-08-08", Sex::Male),
        ("820000188808080024", "1888-08-08", Sex::Female),
        ("830000188808080034", "1888-08-08", Sex::Male),
    ] {
        let document = permit(number).unwrap();
        assert_eq!(document.birth_date().map(|day| day.to_string()).as_deref(), Some(birth));
        assert_eq!(document.sex(), Some(sex), "{number}");
        assert_ne!(document.index_kind(), DocumentKind::ResidentId.index_kind());
    }
    assert_eq!(permit("810000188808080015"), Err(Problem::Check(18)));
    let body = "81010218880808001";
    assert_eq!(permit(&format!("{body}{}", check_of(body))), Err(Problem::Division));
}

#[test]
fn both_editions_of_foreigners_cards_stand_beside_each_other() {
    let card = |number| parsed(DocumentKind::ForeignPermanentResidence, number);
    for (number, birth) in [
        ("911840188808080013", "1888-08-08"),
        ("911826189602290020", "1896-02-29"),
        ("91184018880808003X", "1888-08-08"),
    ] {
        let document = card(number).unwrap();
        assert_eq!(document.birth_date().map(|day| day.to_string()).as_deref(), Some(birth));
        assert_eq!(document.sex(), None);
    }
    for number in ["USA110088080806", "GBR110088080817", "usa 1100 880808 06"] {
        let document = card(number).unwrap();
        assert_eq!(document.birth_date(), None, "the century is open");
        assert!(document.agrees_with_birth("1888-08-08".parse().unwrap()));
        assert!(!document.agrees_with_birth("1888-08-09".parse().unwrap()));
    }
    for (number, problem) in [
        ("911840188808080014", Problem::Check(18)),
        ("USA110088080807", Problem::Check(15)),
        ("GBR110088080816", Problem::Check(15)),
        ("USA110088083106", Problem::Check(15)),
        ("USA110088093106", Problem::BirthDate),
        ("USA990088080806", Problem::Division),
        ("US1110088080806", Problem::Character(3)),
        ("USA11008808080X", Problem::Character(15)),
        ("USA1100880808066", Problem::Length(16)),
        // A longer text whose beginning or end is right.
        ("911840188808080013USA110088080806", Problem::Length(33)),
        ("USA110088080806911840188808080013", Problem::Length(33)),
        (MAN, Problem::OtherKind(DocumentKind::ResidentId)),
        ("110102000808001", Problem::Character(1)),
    ] {
        assert_eq!(card(number), Err(problem), "{number}");
    }
}

#[test]
fn every_digit_of_a_foreigners_card_of_2017_counts() {
    let number = "GBR110088080817";
    for at in 3..15 {
        for other in (b'0'..=b'9').filter(|other| *other != number.as_bytes()[at]) {
            let mut changed = number.as_bytes().to_vec();
            changed[at] = other;
            let changed = String::from_utf8(changed).unwrap();
            let read = parsed(DocumentKind::ForeignPermanentResidence, &changed);
            assert!(read.is_err(), "{changed}");
        }
    }
}

#[test]
fn permits_of_hong_kong_and_macao_are_one_through_all_their_issues() {
    let permit = |number| parsed(DocumentKind::HkMacaoPermit, number);
    let first = permit("h00000001").unwrap();
    for issue in ["H0000000100", "H00000001 02", "Ｈ0000000117"] {
        let renewed = permit(issue).unwrap();
        assert_eq!(renewed.index_bytes(), first.index_bytes(), "{issue}");
        assert_eq!(renewed.masked(), first.masked(), "{issue}");
        assert_ne!(renewed.number(), first.number(), "the number keeps its issue");
    }
    assert_ne!(permit("M00000001").unwrap().index_bytes(), first.index_bytes());
    for old in ["HA000001", "MB0000001"] {
        let permit = permit(old).unwrap();
        assert_eq!(permit.index_bytes(), old.as_bytes());
    }
    for wrong in [
        "",
        "H",
        "A00000001",
        "00000001",
        "H0000001",
        "H000000001",
        "H000000010",
        "H00000000100",
        "H000000A1",
        "HA00001",
        "HA00000001",
        "HAA000001",
        "H00000001H00000001",
        "港00000001",
    ] {
        assert_eq!(permit(wrong).unwrap_err(), Problem::Form, "{wrong}");
    }
}

#[test]
fn other_documents_have_a_form_and_no_check() {
    use DocumentKind::{ArmedPoliceCard, OfficerCard, Passport, TaiwanPermit};
    for (kind, given, stored) in [
        (TaiwanPermit, "0000 0001", "00000001"),
        (Passport, "e00000001", "E00000001"),
        (Passport, "EA0000001", "EA0000001"),
        (Passport, "00001", "00001"),
        (OfficerCard, "南字第0000001号", "南0000001"),
        (OfficerCard, "南 0000001", "南0000001"),
        (OfficerCard, "0000001", "0000001"),
        (ArmedPoliceCard, "武字第00000001号", "武00000001"),
    ] {
        let document = right(kind, given);
        assert_eq!(document.number(), stored, "{given}");
        assert_eq!((document.birth_date(), document.sex()), (None, None));
        assert!(document.agrees_with_birth(today()));
    }
    for (kind, given) in [
        (TaiwanPermit, "0000001"),
        (TaiwanPermit, "000000001"),
        (TaiwanPermit, "T0000001"),
        (Passport, "E001"),
        (Passport, "PASSPORT"),
        (Passport, "E-0000001"),
        (Passport, "E000000000001"),
        (Passport, "护照00001"),
        (OfficerCard, "南字第001号"),
        (OfficerCard, "南南南南南0000001"),
        (OfficerCard, "A0000001"),
        (OfficerCard, "0000001南"),
        (OfficerCard, "字第号"),
    ] {
        assert_eq!(parsed(kind, given), Err(Problem::Form), "{given}");
    }
}

#[test]
fn one_number_on_two_cards_is_one_and_kinds_never_collide() {
    let card = right(DocumentKind::ResidentId, MAN);
    let temporary = right(DocumentKind::TemporaryResidentId, MAN);
    assert_eq!(card.index_kind(), temporary.index_kind());
    assert_eq!(card.index_bytes(), temporary.index_bytes());
    let of = |kind: &&DocumentKind| **kind != DocumentKind::TemporaryResidentId;
    let kinds: std::collections::BTreeSet<_> =
        DocumentKind::ALL.iter().filter(of).map(|kind| kind.index_kind()).collect();
    assert_eq!(kinds.len(), DocumentKind::ALL.len() - 1);
    let changing = DocumentKind::ALL.iter().filter(|kind| !kind.is_lifelong());
    let changing: Vec<_> = changing.map(|kind| kind.code()).collect();
    assert_eq!(changing, ["114", "115", "414"]);
}

/// A number of every kind; every second of a foreigner's card and of a permit is of another form.
const SAMPLES: [(DocumentKind, &str, &str); 12] = [
    (DocumentKind::ResidentId, MAN, "1*****************"),
    (DocumentKind::TemporaryResidentId, MAN, "1*****************"),
    (DocumentKind::ResidencePermit, "810000188808080014", "810000************"),
    (DocumentKind::ForeignPermanentResidence, "911840188808080013", "9*****************"),
    (DocumentKind::ForeignPermanentResidence, "USA110088080806", "USA************"),
    (DocumentKind::HkMacaoPermit, "H12345678", "H******78"),
    (DocumentKind::HkMacaoPermit, "H1234567890", "H******78"),
    (DocumentKind::TaiwanPermit, "12345678", "1*****78"),
    (DocumentKind::Passport, "E12345678", "E******78"),
    (DocumentKind::Passport, "E1234", "*****"),
    (DocumentKind::OfficerCard, "南1234567", "南*****67"),
    (DocumentKind::ArmedPoliceCard, "武12345678", "武******78"),
];

#[test]
fn a_mask_hides_most_and_nothing_else_shows_a_number() {
    for (kind, number, masked) in SAMPLES {
        let document = right(kind, number);
        assert_eq!(document.masked(), masked, "{number}");
        assert!(2 * masked.matches('*').count() >= masked.chars().count(), "{masked}");
        assert_eq!(format!("{document:?}"), format!("Document({})", kind.code()));
    }
    let converted = Document::converted(DocumentKind::ResidentId, MAN, today()).unwrap();
    assert!(!format!("{converted:?}").contains("1888"));
}

/// Who knows birth date and sex, which are shown beside it, cannot count out the rest.
#[test]
fn a_mask_leaves_more_open_than_the_birth_date() {
    for (kind, number, _) in SAMPLES.iter().filter(|(_, number, _)| number.len() == 18) {
        let masked = right(*kind, number).masked();
        let beside = (0..18).filter(|at| !(6..14).contains(at));
        let hidden = beside.filter(|at| masked.as_bytes()[*at] == b'*').count();
        let least = if *kind == DocumentKind::ResidencePermit { 4 } else { 9 };
        assert!(hidden >= least, "{number}: {hidden}");
    }
}

#[test]
fn a_fault_names_the_kind_and_never_the_number() {
    let problems = [
        (DocumentKind::ResidentId, "110102188808080010"),
        (DocumentKind::ResidentId, "110102188813010099"),
        (DocumentKind::ResidentId, "110102214808080017"),
        (DocumentKind::ResidentId, "990102188808080010"),
        (DocumentKind::ResidentId, "110102188808080"),
        (DocumentKind::ResidentId, "1101021888"),
        (DocumentKind::ResidentId, "1101O2188808080017"),
        (DocumentKind::Passport, "110102188808080017"),
        (DocumentKind::TaiwanPermit, "110102"),
    ];
    for (kind, given) in problems {
        let fault = Document::parse(kind, given, today()).unwrap_err();
        assert!(!fault.to_string().contains("1888"), "{fault}");
        let public = fault.to_fault();
        let texts = format!("{} {} {:?}", public.english(), public.chinese(), public.metadata());
        assert!(!texts.contains('{') || texts.contains("{\"document\""), "{texts}");
        assert_eq!(public.metadata().get("kind").map(String::as_str), Some(kind.code()));
        for part in [&given[..6], "1888", "2148"] {
            assert!(!texts.contains(part), "{texts}");
        }
    }
    let fault = DocumentFault { kind: DocumentKind::ResidentId, problem: Problem::Century };
    assert!(fault.to_fault().chinese().contains("居民身份证"));
}

proptest! {
    #[test]
    fn every_right_number_is_read_and_no_slip_in_it(
        division in "(11|13|31|44|50|65)[0-9]{4}", days in -32_000_i32..0, sequence in 0_u32..1000,
        at in 0_usize..18, other in "[0-9X]",
    ) {
        let birth = CivilDate::from_epoch_day(days).unwrap();
        let day = birth.to_string().replace('-', "");
        let body = format!("{division}{day}{sequence:03}");
        let number = format!("{body}{}", check_of(&body));
        let document = resident(&number).unwrap();
        prop_assert_eq!(document.number(), &number);
        prop_assert_eq!(document.birth_date(), Some(birth));
        let sex = if sequence % 2 == 1 { Sex::Male } else { Sex::Female };
        prop_assert_eq!(document.sex(), Some(sex));
        let spaced: String = number.chars().flat_map(|c| [' ', c.to_ascii_lowercase()]).collect();
        prop_assert_eq!(resident(&spaced), Ok(document));
        let mut slip = number.clone();
        slip.replace_range(at..=at, &other);
        prop_assert!(slip == number || resident(&slip).is_err());
        let mut swapped = number.clone().into_bytes();
        swapped.swap(at.min(16), at.min(16) + 1);
        let swapped = String::from_utf8(swapped).unwrap();
        prop_assert!(swapped == number || resident(&swapped).is_err());
    }

    #[test]
    fn the_old_number_and_the_new_one_are_one_person(
        division in "(11|13|31|44|50|65)[0-9]{4}", days in -25_567_i32..10_956, sequence in 0_u32..996,
    ) {
        let birth = CivilDate::from_epoch_day(days).unwrap();
        prop_assume!((1900..2000).contains(&birth.year()));
        let day = birth.to_string().replace('-', "");
        let old = format!("{division}{}{sequence:03}", &day[2..]);
        let body = format!("{division}{day}{sequence:03}");
        let new = right(DocumentKind::ResidentId, &format!("{body}{}", check_of(&body)));
        let converted = Document::converted(DocumentKind::ResidentId, &old, today()).unwrap();
        prop_assert!(converted.from_old_form);
        prop_assert_eq!(converted.document.index_bytes(), new.index_bytes());
        prop_assert_eq!(converted.document.index_kind(), new.index_kind());
    }

    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_is_masked(
        kind in 0..DocumentKind::ALL.len(), text in "[0-9A-Z南 ]{0,19}|.{0,24}",
    ) {
        let kind = DocumentKind::ALL[kind];
        if let Ok(document) = Document::parse(kind, &text, today()) {
            let masked = document.masked();
            prop_assert!(2 * masked.matches('*').count() >= masked.chars().count());
            prop_assert_eq!(parsed(kind, document.number()), Ok(document));
        }
    }
}
