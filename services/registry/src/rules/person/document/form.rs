//! How the numbers of documents are made up. No patterns: what matches a part of a number would
//! match a longer one too.

use unionhall_kit::civil::CivilDate;

use super::{DocumentKind, DocumentProblem as Problem};

/// GB 11643-1999: `2^(18-i) mod 11`.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The check characters for the sums 0 to 10 modulo 11 (ISO 7064 MOD 11-2).
const CHECKS: [u8; 11] = *b"10X98765432";
/// ICAO 9303, repeated.
const ICAO_WEIGHTS: [u32; 3] = [7, 3, 1];

/// Provinces of GB/T 2260. Only the province is asked: codes of districts that are abolished, as
/// 110104 (宣武) and 110103 (崇文), stay in the numbers for life.
const PROVINCES: [&[u8; 2]; 32] = [
    b"11", b"12", b"13", b"14", b"15", b"21", b"22", b"23", b"31", b"32", b"33", b"34", b"35",
    b"36", b"37", b"41", b"42", b"43", b"44", b"45", b"46", b"50", b"51", b"52", b"53", b"54",
    b"61", b"62", b"63", b"64", b"65", b"71",
];
/// Hong Kong, Macao and Taiwan on residence permits.
const PERMIT_DIVISIONS: [&[u8]; 3] = [b"810000", b"820000", b"830000"];
/// Numbers were first given in 1984; nobody who got one was born before.
const FIRST_YEAR: i32 = 1850;
/// Sequence numbers of the 15-digit form that were kept for people born before 1900.
const CENTENARIANS: std::ops::RangeInclusive<u32> = 996..=999;

/// Length of a number of GB 11643-1999.
pub(super) const LENGTH: usize = 18;
/// Length of the form of 1989, and of a foreigner's card of 2017.
pub(super) const OLD_LENGTH: usize = 15;

/// The birth date in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Birth {
    /// The whole of it.
    On(CivilDate),
    /// Year of an unknown century, month and day.
    Short([u32; 3]),
}

/// Whether a number in normal form is one of the kind.
pub(super) fn check(kind: DocumentKind, number: &str, today: CivilDate) -> Result<(), Problem> {
    let text = number.as_bytes();
    match kind {
        DocumentKind::ResidentId | DocumentKind::TemporaryResidentId => {
            citizen(number, |division| PROVINCES.iter().any(|p| division.starts_with(*p)), today)
        }
        DocumentKind::ResidencePermit => {
            citizen(number, |division| PERMIT_DIVISIONS.contains(&division), today)
        }
        DocumentKind::ForeignPermanentResidence if text.len() == OLD_LENGTH => foreigner_2017(text),
        DocumentKind::ForeignPermanentResidence => foreigner_2023(number, today),
        DocumentKind::HkMacaoPermit => form(hk_macao(text)),
        DocumentKind::TaiwanPermit => form(text.len() == 8 && digits(text)),
        DocumentKind::Passport => form(passport(text)),
        DocumentKind::OfficerCard | DocumentKind::ArmedPoliceCard => form(officer(number)),
    }
}

fn form(fits: bool) -> Result<(), Problem> {
    if fits { Ok(()) } else { Err(Problem::Form) }
}

fn digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

/// A number of GB 11643-1999 whose division is one of those.
fn citizen(number: &str, known: impl Fn(&[u8]) -> bool, today: CivilDate) -> Result<(), Problem> {
    let text = eighteen(number)?;
    born(text, today)?;
    if !known(&text[..6]) {
        return Err(Problem::Division);
    }
    checked(text)
}

/// 9, province, country by ISO 3166-1, birth date, sequence, check.
fn foreigner_2023(number: &str, today: CivilDate) -> Result<(), Problem> {
    let text = eighteen(number)?;
    if text[0] != b'9' {
        return Err(Problem::Character(1));
    }
    born(text, today)?;
    if !PROVINCES.iter().any(|province| text[1..3] == **province) {
        return Err(Problem::Division);
    }
    checked(text)
}

/// Three letters of the country, four digits of the place, birth date with a short year, a
/// sequence digit, check.
fn foreigner_2017(text: &[u8]) -> Result<(), Problem> {
    let fits = |(at, byte): (usize, &u8)| match at {
        0..3 => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_digit(),
    };
    if let Some(at) = text.iter().enumerate().position(|place| !fits(place)) {
        return Err(Problem::Character(at + 1));
    }
    let Birth::Short([year, month, day]) = short_birth(text) else {
        return Err(Problem::BirthDate);
    };
    // Where the day exists in no year of this century, it does in none of the last either.
    let century = 2000 + i32::try_from(year).unwrap_or_default();
    if CivilDate::new(century, month, day).is_none() {
        return Err(Problem::BirthDate);
    }
    if !PROVINCES.iter().any(|province| text[3..5] == **province) {
        return Err(Problem::Division);
    }
    let sum: u32 =
        text[..14].iter().zip(ICAO_WEIGHTS.iter().cycle()).map(|(b, w)| value(*b) * w).sum();
    if sum % 10 == value(text[14]) { Ok(()) } else { Err(Problem::Check(OLD_LENGTH)) }
}

/// The 18 characters: digits, and X at the end. Whoever has another length is told so.
fn eighteen(number: &str) -> Result<&[u8], Problem> {
    let length = number.chars().count();
    if length != LENGTH {
        return Err(Problem::Length(length));
    }
    let may_stand = |(at, c): (usize, char)| c.is_ascii_digit() || (at == 17 && c == 'X');
    match number.chars().enumerate().position(|place| !may_stand(place)) {
        Some(at) => Err(Problem::Character(at + 1)),
        None => Ok(number.as_bytes()),
    }
}

fn born(text: &[u8], today: CivilDate) -> Result<(), Problem> {
    match birth(text) {
        Some(Birth::On(day)) if day > today => Err(Problem::NotYetBorn),
        Some(Birth::On(_)) => Ok(()),
        _ => Err(Problem::BirthDate),
    }
}

fn checked(text: &[u8]) -> Result<(), Problem> {
    if check_character(&text[..17]) == text[17] { Ok(()) } else { Err(Problem::Check(LENGTH)) }
}

/// The check character of 17 digits.
fn check_character(body: &[u8]) -> u8 {
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(digit, weight)| value(*digit) * weight).sum();
    // Below 11.
    CHECKS[(sum % 11) as usize]
}

/// 0-9 as they are, A as 10 to Z as 35.
fn value(byte: u8) -> u32 {
    char::from(byte).to_digit(36).unwrap_or_default()
}

fn number_of(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |sum, digit| sum * 10 + value(*digit))
}

/// The birth date of 18 characters, where it is a day, or of the 15 of a foreigner's card.
pub(super) fn birth(text: &[u8]) -> Option<Birth> {
    if text.len() == OLD_LENGTH {
        return Some(short_birth(text));
    }
    let year = i32::try_from(number_of(text.get(6..10)?)).ok()?;
    let day = CivilDate::new(year, number_of(text.get(10..12)?), number_of(text.get(12..14)?))?;
    (year >= FIRST_YEAR).then_some(Birth::On(day))
}

fn short_birth(text: &[u8]) -> Birth {
    Birth::Short([7, 9, 11].map(|at| number_of(&text[at..at + 2])))
}

/// The sequence number of 18 characters is odd.
pub(super) fn is_odd(text: &[u8]) -> bool {
    text.get(16).is_some_and(|digit| value(*digit) % 2 == 1)
}

/// `H` or `M` and eight digits, which stay for life; two more count the issues. Permits before 1999
/// have a second letter.
fn hk_macao(text: &[u8]) -> bool {
    let Some((b'H' | b'M', rest)) = text.split_first() else { return false };
    match rest {
        [first, old @ ..] if first.is_ascii_uppercase() => {
            matches!(old.len(), 6 | 7) && digits(old)
        }
        _ => matches!(rest.len(), 8 | 10) && digits(rest),
    }
}

/// ICAO prints at most nine; some countries have more.
fn passport(text: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    (5..=12).contains(&text.len())
        && text.iter().all(allowed)
        && text.iter().any(u8::is_ascii_digit)
}

fn officer(number: &str) -> bool {
    let begin = number.find(|c: char| c.is_ascii_digit()).unwrap_or(number.len());
    let (place, rest) = number.split_at(begin);
    place.chars().count() <= 4
        && place.chars().all(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c))
        && (4..=10).contains(&rest.len())
        && digits(rest.as_bytes())
}

/// The number of GB 11643-1999 that took the place of one of 1989. People with a reserved sequence
/// were born in the century before; what their later numbers are cannot be told.
pub(super) fn lengthened(old: &str) -> Result<String, Problem> {
    let text = old.as_bytes();
    if text.len() != OLD_LENGTH || !digits(text) {
        return Err(Problem::Length(old.chars().count()));
    }
    if CENTENARIANS.contains(&number_of(&text[12..])) {
        return Err(Problem::Century);
    }
    let body = format!("{}19{}", &old[..6], &old[6..]);
    completed(&body).ok_or(Problem::Length(body.len()))
}

/// A number of GB 11643-1999 of its first 17 digits.
pub(super) fn completed(body: &str) -> Option<String> {
    let sound = body.len() == LENGTH - 1 && digits(body.as_bytes());
    sound.then(|| format!("{body}{}", char::from(check_character(body.as_bytes()))))
}

/// Whether it has the form of 1989.
pub(super) fn is_old(number: &str) -> bool {
    number.len() == OLD_LENGTH && digits(number.as_bytes())
}
