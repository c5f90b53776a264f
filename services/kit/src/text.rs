//! How text is brought into one form before anything compares, counts or stores it.

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// NFC, with surrounding white space removed.
pub fn normalised(text: &str) -> String {
    let trimmed = text.trim();
    if is_nfc(trimmed) { trimmed.to_owned() } else { trimmed.nfc().collect() }
}

/// Whether the text has characters that no name or address needs: controls, private use,
/// unassigned markers of direction, and emoji.
pub fn has_forbidden(text: &str) -> bool {
    text.chars().any(is_forbidden)
}

fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            // Directional and invisible marks, by which one text can look like another.
            0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFEFF
            // Private use and the replacement character.
            | 0xE000..=0xF8FF | 0xFFF0..=0xFFFF | 0xF0000..=0x10FFFF
            // Pictographs; CJK extensions (0x20000 and above) are names and stay.
            | 0x2600..=0x27BF | 0x1F000..=0x1FAFF | 0xFE00..=0xFE0F)
}

/// Full-width letters, digits and punctuation as their ASCII forms, as spreadsheets often have them.
pub fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match u32::from(c) {
            0x3000 => ' ',
            code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_and_decomposed_text_become_one() {
        assert_eq!(normalised(" e\u{301} "), "é");
        assert_eq!(half_width("９１１１（Ａ）　x"), "9111(A) x");
    }

    #[test]
    fn controls_marks_and_emoji_are_forbidden_and_rare_names_are_not() {
        for text in ["a\u{0}b", "a\u{202E}b", "😀", "\u{E000}", "☎"] {
            assert!(has_forbidden(text), "{text:?}");
        }
        for text in ["𠮷田", "北京·西城", "Société (北京)"] {
            assert!(!has_forbidden(text), "{text:?}");
        }
    }
}
