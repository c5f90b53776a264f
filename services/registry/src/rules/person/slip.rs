//! Numbers of persons that slip into words 夹带的个人号码. Notes are plain: they go into events and stay
//! in the history, so none may stand in one.
//!
//! Told is what is certain: the numbers of documents with a check character, mobile numbers of the
//! mainland, and what begins as passports and permits do. Passports of other countries begin with any
//! letter, as the numbers of decisions do, so they are not seen. The numbers of decisions, codes of
//! unions and employers, and fixed telephones are nobody's.

use unionhall_kit::{civil::CivilDate, text::half_width};

use super::{
    document::{is_checked, lengthened},
    mobile::Mobile,
};
use crate::rules::purpose::without_id;

/// What slipped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slip {
    /// The number of a document.
    Document,
    /// A mobile number.
    Mobile,
}

impl Slip {
    /// The English name.
    pub fn en(self) -> &'static str {
        match self {
            Self::Document => "the number of an identity document",
            Self::Mobile => "a mobile number",
        }
    }

    /// The Chinese name.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Document => "证件号码",
            Self::Mobile => "手机号码",
        }
    }
}

/// Characters of the numbers with a check character.
const CHECKED: [usize; 2] = [15, 18];
/// Digits of a passport or permit behind one letter, behind two (ICAO prints at most nine characters),
/// and of a permit that counts its issues.
const ONE_LETTER: usize = 8;
const TWO_LETTERS: usize = 7;
const COUNTED: usize = 10;
/// The letter of a permit of Hong Kong or Macao.
const PERMITS: [&str; 2] = ["H", "M"];
/// The letter of one: of permits, and of passports of the mainland and of Hong Kong.
const ONE: [&str; 8] = ["D", "E", "G", "H", "K", "M", "P", "S"];
/// Who writes a mobile number in groups has none shorter.
const GROUP: usize = 3;
/// Nor more of them than this; its country stands before it.
const GROUPS: usize = 4;

/// The number of a person that stands in a text, in whatever width and spacing.
pub fn slip(text: &str) -> Option<Slip> {
    let plain = half_width(text).to_ascii_uppercase();
    let words: Vec<&str> = plain.split_whitespace().map(without_id).collect();
    let joined = words.join(" ");
    let mut stretches = joined.split(|c: char| !(c.is_ascii_alphanumeric() || is_gap(c)));
    stretches.find_map(|stretch| {
        if has_document(stretch) {
            Some(Slip::Document)
        } else {
            has_mobile(stretch).then_some(Slip::Mobile)
        }
    })
}

/// What people leave within a number.
fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '-' | '\u{2013}')
}

fn has_document(stretch: &str) -> bool {
    let closed: String = stretch.chars().filter(|c| !is_gap(*c)).collect();
    // ASCII alone.
    let windows = |length| (length..=closed.len()).map(move |end| (end - length, end));
    CHECKED.into_iter().flat_map(windows).any(|(from, to)| is_checked(&closed[from..to]))
        || stretch.split(is_gap).any(|word| is_old(word) || is_lettered(word))
}

/// The 15 digits of 1989, which have no check character: alone, and of somebody who was born.
fn is_old(word: &str) -> bool {
    lengthened(word).is_some_and(|number| is_checked(&number))
}

/// Letters and digits as on passports and permits, the digits being no day. Another word may stand
/// before them without a gap.
fn is_lettered(word: &str) -> bool {
    let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = &word[..word.len() - digits.len()];
    let ends = |at: usize| letters.len().checked_sub(at).and_then(|from| letters.get(from..));
    let made = match digits.len() {
        ONE_LETTER => ends(1).is_some_and(|letter| ONE.contains(&letter)),
        TWO_LETTERS => ends(2).is_some_and(is_pair),
        COUNTED => ends(1).is_some_and(|letter| PERMITS.contains(&letter)),
        _ => false,
    };
    made && digits.bytes().all(|byte| byte.is_ascii_digit()) && !is_day(digits)
}

/// E and a letter: ordinary passports of the mainland since 2017. D, S and P before E: those of
/// diplomats and on duty. H and M and a letter: permits before 1999, and passports of Macao. KJ: of
/// Hong Kong.
fn is_pair(letters: &str) -> bool {
    letters.starts_with(['E', 'H', 'M']) || ["DE", "SE", "PE", "KJ"].contains(&letters)
}

fn is_day(digits: &str) -> bool {
    let part = |from, to| digits.get(from..to).and_then(|part| part.parse::<u32>().ok());
    let of = |year: u32, month, day| CivilDate::new(i32::try_from(year).ok()?, month, day);
    let day = part(0, 4).zip(part(4, 6)).zip(part(6, 8));
    let day = day.and_then(|((year, month), day)| of(year, month, day));
    digits.len() == 8 && day.is_some_and(|day| (1900..2100).contains(&day.year()))
}

fn has_mobile(stretch: &str) -> bool {
    let mut pieces = stretch.split(|c: char| c.is_ascii_alphabetic());
    pieces.any(|piece| {
        let groups: Vec<&str> = piece.split(is_gap).filter(|group| !group.is_empty()).collect();
        (0..groups.len()).any(|first| {
            let long = groups[first..].iter().take_while(|group| group.len() >= GROUP);
            let mut number = String::new();
            long.take(GROUPS).any(|group| {
                number.push_str(group);
                is_mobile(&number)
            })
        })
    })
}

/// 11 digits of the mainland, with its code or without.
fn is_mobile(digits: &str) -> bool {
    let number = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86"));
    let number = number.unwrap_or(digits);
    number.len() == 11 && number.starts_with('1') && Mobile::parse(number).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_persons_are_seen_in_any_width_and_spacing() {
        for told in [
            "110102188808080017",
            "转入，身份证110102188808080017",
            "身份证 110102 18880808 0017。",
            "110102-18880808-0017",
            "１１０１０２１８８８０８０８００１７",
            "ID110102188808080017X",
            "2014-02-27 110102188808080017",
            "11010218880808005x",
            "members/01234567-0123-7123-8123-012345678901 110102188808080017",
            "旧证110102000808001",
            "护照E58213401",
            "护照 ea1234567 换发",
            "passportE58213401",
            "ｐａｓｓｐｏｒｔＥＡ１２３４５６７",
            "NOG12345678",
            "permitM0123456701",
            "来往内地通行证H0123456701",
        ] {
            assert_eq!(slip(told), Some(Slip::Document), "{told}");
        }
        for told in [
            "13800000000",
            "电话13800000000转",
            "tel13800000000",
            "138 0000 0000",
            "138-0000-0000",
            "+86 138 0000 0000",
            "8613800000000",
            "1 13800000000",
            "１３８００００００００",
        ] {
            assert_eq!(slip(told), Some(Slip::Mobile), "{told}");
        }
    }

    #[test]
    fn other_numbers_are_nobodys() {
        for fine in [
            "",
            "某某区某某工会",
            // The check character is wrong; a slip of the pen is nobody's number.
            "110102188808080018",
            // No province, no day.
            "990102188808080017",
            "110102188813080017",
            "81110102MD0000000X",
            "91110102T00000028J",
            "91110102T13800000J",
            "T0000002-8",
            "西工发〔2014〕5号",
            "2014-02-27 2014-03-01",
            "20140227103000",
            "决定T20140227",
            "决定A20140035",
            "AB2014035",
            "编号XZ2014035",
            "NO20140035",
            "E2014",
            "E20140227",
            "共13800000元",
            "138 2014-02-27",
            "010-66001234",
            "12800000000",
            "138000000001",
            "与 members/01234567-0123-7123-8123-012345678901 合并",
            "members/01991380-1380-7138-8138-000000000001，合并",
        ] {
            assert_eq!(slip(fine), None, "{fine}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_stands_before_a_passport_it_is_told(
            before in "[A-Za-zＡ-Ｚ]{0,12}|[某号：;, ]{0,3}",
            letters in "[DEGHKMPS]|[EHM][A-Z]|[DSP]E|KJ",
            digits in "[3-9][0-9]{7}",
        ) {
            let digits = &digits[..9 - letters.len()];
            let told = format!("{before}{letters}{digits}");
            proptest::prop_assert_eq!(slip(&told), Some(Slip::Document), "{}", told);
        }

        #[test]
        fn letters_that_no_passport_has_are_those_of_decisions(
            letters in "[A-CFIJLNOQRT-Z]|[A-DFGI-LN-Z][A-DF-IK-Z]",
            digits in "20[0-9]{6}",
        ) {
            let fine = format!("某字{letters}{}号", &digits[..9 - letters.len()]);
            proptest::prop_assert_eq!(slip(&fine), None, "{}", fine);
        }
    }
}
