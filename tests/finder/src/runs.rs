//! The search itself. Of every form some bytes in a row look alike, so that it is enough to look at
//! one byte in many: only where that one fits are those around it looked at.

use crate::{
    forms,
    number::{LENGTH, YEAR, is_number},
};

mod base64;

/// Characters of an id (UUID) before its last group, without the hyphen between them.
const ID_HEAD: usize = 23;
/// Characters of the last group.
const LAST_GROUP: usize = 12;

/// Told where a number begins, in which form, and the number.
pub(crate) type Found<'a> = dyn FnMut(usize, &'static str, [u8; LENGTH]) + 'a;

/// Digits before the check character.
const DIGITS: usize = LENGTH - 1;
/// Digits of the day of birth, which stand in the middle of a number in groups.
const DAY: usize = 8;

pub(crate) fn search(bytes: &[u8], found: &mut Found<'_>) {
    digits(bytes, found);
    groups(bytes, found);
    units(bytes, 2, forms::UTF16, (low_first, low_first), found);
    units(bytes, 2, forms::UTF16, (high_first, high_first), found);
    units(bytes, 3, forms::FULL_WIDTH, (wide, wide), found);
    units(bytes, 3, forms::LIST, (|rest| listed(rest, b","), last_listed), found);
    units(bytes, 4, forms::LIST, (|rest| listed(rest, b", "), last_listed), found);
    base64::search(bytes, found);
}

/// Rows of digits: as they are, or two for each byte.
fn digits(bytes: &[u8], found: &mut Found<'_>) {
    let mut at = DIGITS - 1;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += DIGITS;
            continue;
        }
        let (from, to) = row(bytes, at);
        for from in from..(to + 1).saturating_sub(DIGITS) {
            plain(bytes, from, found);
            hex(bytes, from, found);
        }
        at = to + DIGITS;
    }
}

/// The row of digits around one.
fn row(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = bytes[..at].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let behind = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    (at - before, at + behind)
}

fn plain(bytes: &[u8], at: usize, found: &mut Found<'_>) {
    if let Some(number) = bytes[at..].first_chunk::<LENGTH>()
        && is_number(number)
        && !is_in_id(bytes, at)
    {
        found(at, forms::PLAIN, *number);
    }
}

/// Whether the id of a record goes on here. SQLite keeps the columns of a row without a gap, and one id
/// in a million ends in digits that give, with an area's code behind them, the number of somebody.
fn is_in_id(bytes: &[u8], at: usize) -> bool {
    let end = &bytes[at.saturating_sub(LAST_GROUP)..at];
    let Some(gap) = end.iter().rposition(|byte| *byte == b'-') else { return false };
    let Some(head) = bytes[..at - end.len() + gap].last_chunk::<ID_HEAD>() else { return false };
    let group = |group: &[u8]| group.iter().all(u8::is_ascii_hexdigit);
    let lengths = head.split(|byte| *byte == b'-').map(|some| group(some).then_some(some.len()));
    group(&end[gap + 1..]) && lengths.eq([Some(8), Some(4), Some(4), Some(4)])
}

fn hex(bytes: &[u8], at: usize, found: &mut Found<'_>) {
    let Some(written) = bytes[at..].first_chunk::<{ 2 * LENGTH }>() else { return };
    // Of "18", which nearly nothing else has there.
    if !written[2 * YEAR..].starts_with(b"3138") {
        return;
    }
    let value = |digit: u8| char::from(digit).to_digit(16).map_or(0, |value| value as u8);
    let number =
        std::array::from_fn(|at| (value(written[2 * at]) << 4) | value(written[2 * at + 1]));
    if is_number(&number) {
        found(at, forms::HEX, number);
    }
}

/// Six, eight and four characters with one gap between them.
fn groups(bytes: &[u8], found: &mut Found<'_>) {
    let mut at = DAY - 1;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += DAY;
            continue;
        }
        let (from, to) = row(bytes, at);
        if to - from == DAY
            && from > YEAR
            && let Some(written) = bytes[from - YEAR - 1..].first_chunk::<{ LENGTH + 2 }>()
            && [written[YEAR], written[YEAR + 1 + DAY]].iter().all(|gap| matches!(gap, b' ' | b'-'))
        {
            let place = |at: usize| at + usize::from(at >= YEAR) + usize::from(at >= YEAR + DAY);
            let number = std::array::from_fn(|at| written[place(at)]);
            if is_number(&number) {
                found(from - YEAR - 1, forms::GROUPS, number);
            }
        }
        at = to + DAY;
    }
}

/// Reads the character that something begins with.
type Reader = fn(&[u8]) -> Option<u8>;

/// Characters of `width` bytes each; the last one may be read otherwise.
fn units(
    bytes: &[u8],
    width: usize,
    form: &'static str,
    (reads, reads_last): (Reader, Reader),
    found: &mut Found<'_>,
) {
    let is_digit = |at: usize| reads(&bytes[at..]).is_some_and(|read| read.is_ascii_digit());
    let mut at = 0;
    while at < bytes.len() {
        let Some(one) = (at..bytes.len().min(at + width)).find(|at| is_digit(*at)) else {
            // Between two looks there is no room for all digits of a number.
            at += width * (DIGITS - 1);
            continue;
        };
        let mut from = one;
        while from >= width && is_digit(from - width) {
            from -= width;
        }
        let mut to = one;
        while is_digit(to) {
            to += width;
        }
        at = to;
        if to - from < width * DIGITS {
            continue;
        }
        let starts = (from..to).step_by(width);
        let mut read: Vec<u8> = starts.filter_map(|at| reads(&bytes[at..])).collect();
        // A check character that is no digit, or that nothing follows.
        read.extend(bytes.get(to..).and_then(reads_last));
        for (at, number) in read.windows(LENGTH).enumerate() {
            if let Some(number) = number.first_chunk().filter(|number| is_number(number)) {
                found(from + at * width, form, *number);
            }
        }
    }
}

fn low_first(rest: &[u8]) -> Option<u8> {
    matches!(rest, [_, 0, ..]).then(|| rest[0])
}

fn high_first(rest: &[u8]) -> Option<u8> {
    matches!(rest, [0, _, ..]).then(|| rest[1])
}

/// U+FF10 and on, in UTF-8.
fn wide(rest: &[u8]) -> Option<u8> {
    match rest {
        [0xEF, 0xBC, low, ..] => Some(low.wrapping_sub(0x60)),
        [0xEF, 0xBD, low, ..] => Some(low.wrapping_sub(0x20)),
        _ => None,
    }
}

/// The number of a digit's byte, 48 to 57, and what parts it from the next.
fn listed(rest: &[u8], mark: &[u8]) -> Option<u8> {
    let behind = rest.get(2..)?;
    two_digits(rest).filter(|byte| byte.is_ascii_digit() && behind.starts_with(mark))
}

/// 48 to 57, 88 or 120.
fn last_listed(rest: &[u8]) -> Option<u8> {
    if rest.starts_with(b"120") { Some(b'x') } else { two_digits(rest) }
}

fn two_digits(rest: &[u8]) -> Option<u8> {
    let [tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] = rest else { return None };
    Some((tens - b'0') * 10 + ones - b'0')
}
