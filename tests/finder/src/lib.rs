//! Finds the numbers of persons in whatever a run of the tests emits or stores.
//!
//! A number is one of a resident identity card (GB 11643-1999) of somebody born 1880-1899: no living
//! person was, and every person of the tests is. So nobody has to say which numbers were planted, and
//! a find is a leak.
//!
//! The forms in which one is seen are those of [`forms`], and each of them within a deflated part of a
//! ZIP (a workbook) or a gzip. Not seen: a number that is cut in two, by the border of a page or by
//! PostgreSQL's compression of values above 2 kB; one that is hashed; numbers without a check
//! character (passports, mobiles), for which the canary of the suite plants its own.
//!
//! A crate of its own, so that it is optimised where the tests are not, and for the tests of every
//! crate.

pub mod folder;
pub mod forms;
mod number;
pub mod packed;
pub mod places;
mod runs;

/// Bytes before a find that are told of it.
const BEFORE: usize = 48;

/// Finds of one row that another look at it can repeat.
const LOOKS: usize = 64;

/// A number that stands where none may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find {
    /// The byte at which it begins; of what is packed, where the packed part begins.
    pub at: usize,
    /// In which form, as [`forms`] names it.
    pub form: &'static str,
    /// The number, all but its last two characters starred.
    pub number: String,
    /// What stands before it, every digit starred.
    pub before: String,
}

impl std::fmt::Display for Find {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "byte {}: {} {}, behind '{}'", self.at, self.number, self.form, self.before)
    }
}

/// Every number in `bytes`, also within what is packed there.
#[must_use]
pub fn finds(bytes: &[u8]) -> Vec<Find> {
    let mut found = unpacked_finds(bytes);
    for (at, unpacked) in packed::parts(bytes) {
        found.extend(unpacked_finds(&unpacked).into_iter().map(|find| Find { at, ..find }));
    }
    found
}

fn unpacked_finds(bytes: &[u8]) -> Vec<Find> {
    let mut found: Vec<Find> = Vec::new();
    runs::search(bytes, &mut |at, form, number: [u8; number::LENGTH]| {
        // A row can be looked at twice, one look after the other.
        if !found.iter().rev().take(LOOKS).any(|find| (find.at, find.form) == (at, form)) {
            let number = number::masked(&number);
            found.push(Find { at, form, number, before: told(bytes, at) });
        }
    });
    found
}

/// What stands before a place, so that it can be told what was found without telling it.
#[must_use]
pub fn told(bytes: &[u8], at: usize) -> String {
    let hidden = |c: char| if c.is_control() || c.is_numeric() { '*' } else { c };
    let before = &bytes[at.saturating_sub(BEFORE)..at];
    String::from_utf8_lossy(before).chars().map(hidden).collect()
}

#[cfg(test)]
mod tests;
