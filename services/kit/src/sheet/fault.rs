//! What is wrong with a spreadsheet: where, in which code, and how to mend it in two languages.

use std::fmt;

use crate::text::half_width_char;

/// A kind of fault that rows or files can have. Declared by [`fault_kinds!`](crate::fault_kinds!);
/// a domain declares its own beside those of [`kinds`](super::kinds).
#[derive(Debug, PartialEq, Eq)]
pub struct FaultKind {
    /// UPPER_SNAKE_CASE; never changes.
    pub code: &'static str,
    /// English remedy with `{key}` places.
    pub en: &'static str,
    /// Chinese remedy (zh-CN) with the same places.
    pub zh: &'static str,
}

/// Declares kinds of fault as constants and lists them in `ALL`.
#[macro_export]
macro_rules! fault_kinds {
    ($($(#[$doc:meta])+ $name:ident: $en:literal, $zh:literal;)+) => {
        $($(#[$doc])+ pub const $name: $crate::sheet::FaultKind = $crate::sheet::FaultKind {
            code: stringify!($name),
            en: $en,
            zh: $zh,
        };)+
        /// Every kind of this module.
        pub const ALL: &[&$crate::sheet::FaultKind] = &[$(&$name),+];
    };
}

/// One fault, as it stands in the report. Safe to show and to store: a protected value is masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellFault {
    /// The sheet's name; for CSV the declared file name.
    pub sheet: String,
    /// The line in the file, from 1; 0 where the whole file is meant.
    pub line: u32,
    /// The column's header as the file has it; empty where no column is meant.
    pub column: String,
    /// The value as given, cut to 100 characters and masked in protected columns.
    pub value: String,
    /// The code of the [`FaultKind`].
    pub code: &'static str,
    /// What to do, in English.
    pub remedy_en: String,
    /// What to do, in Chinese.
    pub remedy_zh: String,
}

impl CellFault {
    /// A fault of the whole file or sheet.
    pub fn of_file(kind: &'static FaultKind, sheet: &str) -> Self {
        Self::at(kind, sheet, 0, "", "")
    }

    /// A fault of one cell. `value` must be fit to show: see [`shown`].
    pub fn at(
        kind: &'static FaultKind,
        sheet: &str,
        line: u32,
        column: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self {
            sheet: sheet.to_owned(),
            line,
            column: column.into(),
            value: value.into(),
            code: kind.code,
            remedy_en: kind.en.to_owned(),
            remedy_zh: kind.zh.to_owned(),
        }
    }

    /// Bytes that it takes to keep it.
    pub(super) fn weight(&self) -> usize {
        let texts = [&self.sheet, &self.column, &self.value, &self.remedy_en, &self.remedy_zh];
        size_of::<Self>() + texts.map(String::len).iter().sum::<usize>()
    }

    /// Fills the `{key}` place of both remedies.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        let (place, value) = (format!("{{{key}}}"), value.to_string());
        self.remedy_en = self.remedy_en.replace(&place, &value);
        self.remedy_zh = self.remedy_zh.replace(&place, &value);
        self
    }
}

/// The longest value that a report repeats, in characters.
const SHOWN_CHARS: usize = 100;

/// A value as a report may show it: cut, and masked where `protected`.
pub fn shown(value: &str, protected: bool) -> String {
    if protected {
        return masked(value);
    }
    let mut chars = value.chars();
    let mut text: String = chars.by_ref().take(SHOWN_CHARS).collect();
    if chars.next().is_some() {
        text.push('…');
    }
    text
}

/// Stars, with the last two characters left of a long value so that its owner can find it.
fn masked(value: &str) -> String {
    let count = value.chars().count();
    let open = if count >= 8 { 2 } else { 0 };
    let stars = "*".repeat((count - open).min(SHOWN_CHARS));
    stars + &value.chars().skip(count - open).collect::<String>()
}

/// As many digits together as a number of a person has at least: a telephone's.
const PERSONAL_DIGITS: usize = 11;

/// As many digits as stand at least behind the letters of a passport or a permit.
const DIGITS_BEHIND_LETTERS: usize = 7;

/// A value of an open column beside those of persons, starred and cut.
pub(super) fn shown_beside(value: &str) -> String {
    shown(&starred(value), false)
}

/// A text beside numbers of persons. What could be one, which slipped into it, is starred; gaps that
/// people leave within a number do not count.
pub(super) fn starred(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let gap = |c: char| c.is_whitespace() || matches!(c, '-' | '－' | '\u{2013}');
    let in_word = |c: char| half_width_char(c).is_ascii_alphanumeric();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    while at < chars.len() {
        let run = |fits: &dyn Fn(char) -> bool| {
            chars[at..].iter().take_while(|c| fits(**c)).copied().collect::<Vec<char>>()
        };
        let begins = at == 0 || !in_word(chars[at - 1]);
        // Once a word: a cell can be one long word.
        let word = if begins { run(&in_word) } else { Vec::new() };
        let run = run(&|c| c.is_numeric() || gap(c));
        let (taken, hidden) = if is_lettered(&word) {
            (word, true)
        } else if run.is_empty() {
            (vec![chars[at]], false)
        } else {
            let hidden = run.iter().filter(|c| c.is_numeric()).count() >= PERSONAL_DIGITS;
            (run, hidden)
        };
        out.extend(taken.iter().map(|c| if hidden && c.is_numeric() { '*' } else { *c }));
        at += taken.len();
    }
    out
}

/// Letters, and digits behind them. How many letters there are is no matter: another word may stand
/// before those of the number, without a gap.
fn is_lettered(word: &[char]) -> bool {
    let letters = word.iter().take_while(|c| !c.is_numeric()).count();
    let digits = word[letters..].iter().take_while(|c| c.is_numeric()).count();
    letters > 0 && digits >= DIGITS_BEHIND_LETTERS
}

/// A header cell as a report may show it. A file without a header has a person's data there, so
/// the digits of anything that could be a number of a person are starred.
pub(super) fn shown_header(value: &str) -> String {
    let digits = value.chars().filter(|c| c.is_numeric()).count();
    let starred = |c: char| if c.is_numeric() { '*' } else { c };
    if digits >= 6 {
        shown(&value.chars().map(starred).collect::<String>(), false)
    } else {
        shown(value, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::kinds;

    #[test]
    fn every_kind_has_both_remedies_with_the_same_places() {
        let places = |text: &str| {
            let mut found: Vec<_> =
                text.split('{').skip(1).filter_map(|t| t.split_once('}')).map(|t| t.0).collect();
            found.sort_unstable();
            found.join(",")
        };
        for kind in kinds::ALL {
            assert_eq!(places(kind.en), places(kind.zh), "{}", kind.code);
            assert!(!kind.en.is_empty() && !kind.zh.is_empty(), "{}", kind.code);
        }
    }

    #[test]
    fn protected_values_are_masked_and_long_ones_cut() {
        assert_eq!(shown("110102188001011234", true), "****************34");
        assert_eq!(shown("1234", true), "****");
        assert_eq!(shown(&"字".repeat(101), false).chars().count(), 101);
        assert_eq!(shown("", true), "");
    }

    #[test]
    fn a_number_that_slipped_into_an_open_column_is_starred() {
        for (given, expected) in [
            ("某某 110102188808080017", "某某 ******************"),
            ("11010218880808005X", "*****************X"),
            ("110102 18880808 0017", "****** ******** ****"),
            ("１３８００００００００", "***********"),
            ("138-0000-0000", "***-****-****"),
            ("2014-02-27", "2014-02-27"),
            ("91110102T00000028J", "91110102T00000028J"),
            ("护照E58213401", "护照E********"),
            ("passportE58213401", "passportE********"),
            ("ｐａｓｓｐｏｒｔＥＡ1234567x", "ｐａｓｓｐｏｒｔＥＡ*******x"),
            ("E582134", "E582134"),
            ("ＥＡ1234567 某某", "ＥＡ******* 某某"),
            ("T0000002-8, X1", "T*******-8, X1"),
            ("", ""),
        ] {
            assert_eq!(shown_beside(given), expected, "{given}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_stands_before_a_number_it_is_starred(
            before in "[A-Za-zＡ-Ｚ]{0,12}|[某号：;, ]{0,3}",
            letters in "[A-Z]{1,2}",
            digits in "[0-9]{7,12}",
            behind in "[a-z]{0,3}|[，。) ]{0,2}",
        ) {
            let text = starred(&format!("{before}{letters}{digits}{behind}"));
            let stars = "*".repeat(digits.len());
            proptest::prop_assert_eq!(text, format!("{before}{letters}{stars}{behind}"));
        }
    }

    #[test]
    fn a_header_that_is_data_does_not_leak_its_digits() {
        assert_eq!(shown_header("110102188001011234"), "*".repeat(18));
        assert_eq!(shown_header("2014年人数"), "2014年人数");
    }

    #[test]
    fn remedies_are_filled_in_both_languages() {
        let fault = CellFault::of_file(&kinds::TOO_MANY_ROWS, "表").with("limit", 200_000);
        assert!(fault.remedy_en.contains("200000") && fault.remedy_zh.contains("200000"));
    }
}
