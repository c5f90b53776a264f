//! Which characters a text of the contract may hold, and the one form in which it is compared.

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Brings the text into NFC.
pub fn compose(text: &mut String) {
    if !text.is_ascii() && !is_nfc(text) {
        *text = text.nfc().collect();
    }
}

/// The first character that no name or address needs: a control, an invisible mark, private use,
/// or a pictograph.
pub fn forbidden(text: &str) -> Option<char> {
    text.chars().find(|c| is_forbidden(*c))
}

fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            // Invisible and directional marks, by which one text can look like another.
            0x00AD | 0x034F | 0x061C | 0x115F | 0x1160 | 0x180E | 0x3164 | 0xFFA0
            | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xE0000..=0xE007F
            // Private use and the replacement character.
            | 0xE000..=0xF8FF | 0xFFF0..=0xFFFF | 0xF0000..=0x10FFFF
            // Pictographs; CJK extensions (0x20000 and above) are names and stay.
            | 0x20E3 | 0x231A..=0x23FF | 0x2600..=0x27BF | 0x2B00..=0x2BFF
            | 0x1F000..=0x1FAFF | 0xFE00..=0xFE0F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decomposed_text_is_composed() {
        let mut text = String::from("Socie\u{301}te\u{301} 北京");
        compose(&mut text);
        assert_eq!(text, "Société 北京");
    }

    #[test]
    fn controls_marks_and_emoji_are_forbidden_and_rare_names_are_not() {
        for (text, found) in [
            ("a\u{0}b", '\u{0}'),
            ("a\nb", '\n'),
            ("a\u{202E}b", '\u{202E}'),
            ("a\u{E0041}b", '\u{E0041}'),
            ("好😀", '😀'),
            ("\u{E000}", '\u{E000}'),
            ("☎", '☎'),
            ("⭐", '⭐'),
        ] {
            assert_eq!(forbidden(text), Some(found), "{text:?}");
        }
        for text in ["𠮷田", "北京·西城", "Société (北京)", "㊙", "甲〇乙"] {
            assert_eq!(forbidden(text), None, "{text:?}");
        }
    }
}
