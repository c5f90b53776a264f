//! Synthetic persons: born 1880 to 1899, called by names that nobody bears, reached by nobody.

use unionhall_kit::civil::CivilDate;

use super::dice::{Dice, shuffled};
use crate::rules::person::document::resident_id;

/// Family names that are none: 示例, 样本, 虚构, 模拟, 仿造 by their characters.
const FAMILY: [char; 10] = ['示', '例', '样', '拟', '虚', '构', '仿', '测', '演', '试'];
/// Characters of given names.
const GIVEN: [char; 40] = [
    '明', '华', '建', '国', '秀', '英', '志', '强', '桂', '兰', '文', '玉', '春', '梅', '德', '福',
    '淑', '珍', '永', '贵', '立', '新', '凤', '霞', '海', '涛', '晓', '燕', '振', '东', '慧', '敏',
    '宝', '林', '瑞', '芳', '光', '辉', '静', '怡',
];
/// The first year of birth, and how many.
const BORN: (i32, u32) = (1880, 20);
/// Days of those years: 1880, 1884, 1888, 1892 and 1896 have one more.
const BIRTHDAYS: u64 = 7_305;
/// The divisions in which the cards were issued.
const DIVISIONS: [&str; 20] = [
    "110101", "110102", "110105", "110106", "110107", "110108", "120101", "130102", "130203",
    "140105", "210102", "220102", "230102", "320102", "340102", "370102", "410102", "420102",
    "500103", "610102",
];
/// Sequence numbers of one day and division; 996 to 999 are kept for people of a hundred years.
const SEQUENCES: u64 = 995;
/// Begins mobile numbers that are not given out.
const MOBILE: &str = "154";

/// A person and the documents that tell him or her.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) document: (&'static str, String),
    pub(super) birth_date: CivilDate,
    pub(super) is_woman: bool,
    pub(super) mobile: String,
}

impl Person {
    /// The person number `index` of a file; no two of fewer than a hundred million are alike.
    pub(super) fn of(seed: u64, index: u32, dice: &mut Dice) -> Self {
        let all = DIVISIONS.len() as u64 * BIRTHDAYS * SEQUENCES;
        let place = shuffled(index, seed, all);
        let (sequence, rest) = (place % SEQUENCES + 1, place / SEQUENCES);
        let (day, division) = (rest % BIRTHDAYS, rest / BIRTHDAYS);
        let birth_date = birthday(day);
        let is_woman = sequence.is_multiple_of(2);
        let division = DIVISIONS[(division % DIVISIONS.len() as u64) as usize];
        let digits: String = birth_date.to_string().split('-').collect();
        let body = format!("{division}{digits}{sequence:03}");
        let lasting = shuffled(index, seed, 100_000_000);
        let document = match index % 100 {
            0 => ("港澳居民来往内地通行证", format!("H{lasting:08}")),
            1 => ("普通护照", format!("TX{lasting:08}")),
            _ => ("居民身份证", resident_id(&body).unwrap_or_default()),
        };
        let mobile = format!("{MOBILE}{lasting:08}");
        Self { name: name(dice), document, birth_date, is_woman, mobile }
    }
}

fn birthday(day: u64) -> CivilDate {
    let (first, _) = BORN;
    CivilDate::new(first, 1, 1).map_or(CivilDate::FIRST, |first| first.plus_days(day))
}

fn name(dice: &mut Dice) -> String {
    let mut name = String::from(*dice.pick(&FAMILY));
    for _ in 0..dice.between(1, 2) {
        name.push(*dice.pick(&GIVEN));
    }
    name
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::rules::person::{
        code::Sex,
        document::{Document, DocumentKind},
        mobile::Mobile,
        name::PersonName,
    };

    #[test]
    fn persons_are_what_the_rules_take_and_were_born_long_ago() {
        let today = CivilDate::new(2024, 1, 1).unwrap();
        let (mut numbers, mut mobiles) = (HashSet::new(), HashSet::new());
        for index in 0..20_000 {
            let mut dice = Dice::of_row(3, index);
            let person = Person::of(3, index, &mut dice);
            PersonName::parse(&person.name).unwrap();
            Mobile::parse(&person.mobile).unwrap();
            assert!((1880..1900).contains(&person.birth_date.year()), "{:?}", person.birth_date);
            let kind = match person.document.0 {
                "居民身份证" => DocumentKind::ResidentId,
                "普通护照" => DocumentKind::Passport,
                _ => DocumentKind::HkMacaoPermit,
            };
            let document = Document::parse(kind, &person.document.1, today).unwrap();
            if kind == DocumentKind::ResidentId {
                assert_eq!(document.birth_date(), Some(person.birth_date));
                assert_eq!(document.sex() == Some(Sex::Female), person.is_woman);
            }
            assert!(numbers.insert(person.document.1), "document of {index}");
            assert!(mobiles.insert(person.mobile), "mobile of {index}");
        }
    }

    #[test]
    fn every_day_of_the_twenty_years_is_one_of_birth() {
        let (first, years) = BORN;
        let last = CivilDate::new(first + i32::try_from(years).unwrap() - 1, 12, 31);
        assert_eq!(
            (birthday(0), Some(birthday(BIRTHDAYS - 1))),
            (CivilDate::new(1880, 1, 1).unwrap(), last)
        );
    }
}
