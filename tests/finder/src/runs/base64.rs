//! Base64: the digits 0x30 to 0x39 differ in few bits, so that of four characters in a row each is one
//! of three to ten.

use crate::{forms, number::LENGTH};

/// Characters that stand for three bytes.
const GROUP: usize = 4;
/// Between two looks there is no room for a number: 17 digits fill 21 characters, of which a look
/// takes four.
const STEP: usize = 17;
/// Characters around a row that hold parts of its first and last bytes, and the check character.
const AROUND: usize = 2 * GROUP;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Of each byte: which of the four characters of a group it can be when all three bytes are digits.
const PLACES: [u8; 256] = places();
/// Of each byte: the six bits that it stands for; 0 where it is none of the alphabet.
const BITS: [u8; 256] = bits();

const fn bits() -> [u8; 256] {
    let (mut bits, mut at) = ([0; 256], 0);
    while at < ALPHABET.len() {
        bits[ALPHABET[at] as usize] = at as u8;
        at += 1;
    }
    bits
}

const fn places() -> [u8; 256] {
    let (mut places, mut at) = ([0; 256], 0);
    while at < 1000 {
        let (one, two, three) = (0x30 | (at / 100), 0x30 | (at / 10 % 10), 0x30 | (at % 10));
        let bytes = (one << 16) | (two << 8) | three;
        let mut place = 0;
        while place < GROUP {
            let six = (bytes >> (18 - 6 * place)) & 0x3F;
            places[ALPHABET[six] as usize] |= 1 << place;
            place += 1;
        }
        at += 1;
    }
    places
}

pub(super) fn search(bytes: &[u8], found: &mut super::Found<'_>) {
    let mut at = 0;
    while at + GROUP <= bytes.len() {
        let mut next = at + STEP;
        for first in 0..GROUP {
            if (0..GROUP).all(|on| fits(bytes, at + on, first + on)) {
                // Once more from near its end, lest the row of another alignment be stepped over.
                next = next.max(around(bytes, at, first, found).saturating_sub(STEP));
            }
        }
        at = next;
    }
}

/// Looks at the row around a place, whose character is the `first` of its group; gives where it ends.
fn around(bytes: &[u8], at: usize, first: usize, found: &mut super::Found<'_>) -> usize {
    let place = |of: usize| (first + of + GROUP - at % GROUP) % GROUP;
    let before = (0..at).rev().take_while(|of| fits(bytes, *of, place(*of))).count();
    let behind = (at..bytes.len()).take_while(|of| fits(bytes, *of, place(*of))).count();
    let (from, to) = ((at - before).saturating_sub(AROUND), at + behind);
    if before + behind >= STEP + GROUP {
        // Three bytes begin where a group does.
        let from = (from..).find(|of| place(*of) == 0).unwrap_or(from);
        decoded(bytes, from, to + AROUND, found);
    }
    to
}

fn fits(bytes: &[u8], at: usize, place: usize) -> bool {
    PLACES[usize::from(bytes[at])] & (1 << (place % GROUP)) != 0
}

fn decoded(bytes: &[u8], from: usize, to: usize, found: &mut super::Found<'_>) {
    let mut plain = Vec::with_capacity(to - from);
    for group in bytes[from..to.min(bytes.len())].chunks(GROUP) {
        let six = |at: usize| group.get(at).map_or(0, |byte| u32::from(BITS[usize::from(*byte)]));
        let three = (0..GROUP).fold(0, |bits, at| (bits << 6) | six(at));
        plain.extend_from_slice(&three.to_be_bytes()[1..]);
    }
    super::digits(&plain, &mut |at, form, number: [u8; LENGTH]| {
        if form == forms::PLAIN {
            found(from + at * GROUP / 3, forms::BASE64, number);
        }
    });
}
