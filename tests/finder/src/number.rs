//! What the number of a synthetic person is.

/// Characters of a number.
pub(crate) const LENGTH: usize = 18;

/// Where the year of birth begins; it is 188x or 189x.
pub(crate) const YEAR: usize = 6;

const WEIGHTS: [u32; LENGTH - 1] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// Whether it is the number of somebody born 1880-1899, its check character being right.
pub(crate) fn is_number(text: &[u8; LENGTH]) -> bool {
    // Nearly everything fails here.
    text[YEAR..].starts_with(b"18")
        && matches!(text[YEAR + 2], b'8' | b'9')
        && text[..LENGTH - 1].iter().all(u8::is_ascii_digit)
        && (1..=12).contains(&pair(text, 10))
        && (1..=31).contains(&pair(text, 12))
        && is_province(pair(text, 0))
        && text[LENGTH - 1].to_ascii_uppercase() == check(text)
}

fn pair(text: &[u8; LENGTH], at: usize) -> u32 {
    u32::from(text[at] - b'0') * 10 + u32::from(text[at + 1] - b'0')
}

/// GB/T 2260, with the codes of residence permits (8x) and of foreigners' permits (91).
fn is_province(code: u32) -> bool {
    matches!(code, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83 | 91)
}

fn check(text: &[u8; LENGTH]) -> u8 {
    let digits = text[..LENGTH - 1].iter().map(|digit| u32::from(digit - b'0'));
    let sum: u32 = digits.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    b"10X98765432"[(sum % 11) as usize]
}

/// All but the last two characters starred.
pub(crate) fn masked(number: &[u8; LENGTH]) -> String {
    let shown = String::from_utf8_lossy(&number[LENGTH - 2..]).into_owned();
    "*".repeat(LENGTH - 2) + &shown
}
