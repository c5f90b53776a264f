//! The forms in which a number can stand among bytes.

/// Its characters.
pub const PLAIN: &str = "plain";
/// Its bytes in hex, as PostgreSQL tells them.
pub const HEX: &str = "as hex";
/// Its bytes in base64, behind anything.
pub const BASE64: &str = "as base64";
/// In UTF-16, of either order.
pub const UTF16: &str = "as UTF-16";
/// In the wide digits of Chinese typing.
pub const FULL_WIDTH: &str = "in full width";
/// As `Debug` writes bytes, and as JSON does.
pub const LIST: &str = "as a list of bytes";
/// The place, the day of birth and the rest apart.
pub const GROUPS: &str = "in groups";

/// A number in every form.
#[must_use]
pub fn of(number: &str) -> Vec<(&'static str, Vec<u8>)> {
    let swap = |c: char| {
        if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    };
    let wide = |c: char| char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c);
    let listed = |mark| number.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(mark);
    let hex: String = number.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        (PLAIN, number.as_bytes().to_vec()),
        (PLAIN, number.chars().map(swap).collect::<String>().into_bytes()),
        (HEX, hex.to_uppercase().into_bytes()),
        (HEX, hex.into_bytes()),
        (FULL_WIDTH, number.chars().map(wide).collect::<String>().into_bytes()),
        (LIST, listed(", ").into_bytes()),
        (LIST, listed(",").into_bytes()),
        (UTF16, number.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        (UTF16, number.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ];
    if let (18, true) = (number.len(), number.is_ascii()) {
        for mark in [" ", "-"] {
            let parts = [&number[..6], &number[6..14], &number[14..]].join(mark);
            forms.push((GROUPS, parts.into_bytes()));
        }
    }
    // Whatever stands before it, one of three alignments is there.
    for before in 0..3 {
        let form = base64(&[&vec![0; before], number.as_bytes()].concat());
        forms.push((BASE64, form[(before * 8_usize).div_ceil(6)..].to_vec()));
    }
    let mut distinct: Vec<(&'static str, Vec<u8>)> = Vec::new();
    for form in forms {
        if distinct.iter().all(|(_, bytes)| *bytes != form.1) {
            distinct.push(form);
        }
    }
    distinct
}

/// Whole groups of six bits, as both alphabets of base64 write them.
pub(crate) fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |at: usize| (bytes[at / 8] >> (7 - at % 8)) & 1;
    let group = |at: usize| (0..6).fold(0_u8, |value, more| (value << 1) | bit(at * 6 + more));
    (0..bytes.len() * 8 / 6).map(|at| ALPHABET[usize::from(group(at))]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_what_others_write() {
        assert_eq!(base64(b"Man"), b"TWFu");
        assert_eq!(base64(b"110102"), b"MTEwMTAy");
    }
}
