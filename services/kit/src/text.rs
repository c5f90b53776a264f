//! How text is brought into one form before anything compares, counts or stores it.

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// NFC, with surrounding white space removed.
pub fn normalised(text: &str) -> String {
    let trimmed = text.trim();
    if is_nfc(trimmed) { trimmed.to_owned() } else { trimmed.nfc().collect() }
}

/// Whether the text has characters that no name or address needs: controls, private use,
/// invisible marks, and emoji. The contract refuses the same ones.
pub fn has_forbidden(text: &str) -> bool {
    unionhall_proto::text::forbidden(text).is_some()
}

/// Full-width letters, digits and punctuation as their ASCII forms, as spreadsheets often have them.
pub fn half_width(text: &str) -> String {
    text.chars().map(half_width_char).collect()
}

/// One character of [`half_width`].
pub fn half_width_char(c: char) -> char {
    match u32::from(c) {
        0x3000 => ' ',
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_and_decomposed_text_become_one() {
        assert_eq!(normalised(" e\u{301} "), "é");
        assert_eq!(half_width("９１１１（Ａ）　x"), "9111(A) x");
    }
}
