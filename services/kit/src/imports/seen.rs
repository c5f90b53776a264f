//! Which keys earlier rows of a file had, in sixteen bytes a row.

use std::collections::{HashMap, hash_map::Entry};

use sha2::{Digest, Sha256};

use super::RowKey;

/// Twelve bytes of a digest: among ten million keys, two meet by chance once in 10^15 files.
type Mark = [u8; 12];

#[derive(Default)]
pub(super) struct Seen(HashMap<Mark, u32>);

impl Seen {
    /// The line that had the key before. A key that is new is kept with its line.
    pub(super) fn earlier(&mut self, key: &RowKey, line: u32) -> Option<u32> {
        match self.0.entry(mark(key)) {
            Entry::Occupied(first) => Some(*first.get()),
            Entry::Vacant(place) => {
                place.insert(line);
                None
            }
        }
    }
}

fn mark(key: &RowKey) -> Mark {
    let digest = Sha256::digest(key.value.as_bytes());
    std::array::from_fn(|at| digest[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_points_to_its_first_line_whatever_its_column() {
        let mut seen = Seen::default();
        let key = |column, value: &str| RowKey { column, value: value.to_owned() };
        assert_eq!(seen.earlier(&key("a", "1"), 2), None);
        assert_eq!(seen.earlier(&key("a", "2"), 3), None);
        assert_eq!(seen.earlier(&key("b", "1"), 4), Some(2));
        assert_eq!(seen.earlier(&key("a", "2"), 5), Some(3));
        assert_eq!(seen.earlier(&key("a", "1"), 6), Some(2));
        assert_eq!(size_of::<(Mark, u32)>(), 16);
    }
}
