//! Repeatable chance. An own generator, because a library's may change its stream with a version.

/// SplitMix64: small, well mixed, and defined by three constants.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// The dice of one row; rows do not depend on each other.
    pub(super) fn of_row(seed: u64, row: u32) -> Self {
        let mut dice = Self(seed);
        let start = dice.roll();
        Self(start ^ u64::from(row).wrapping_mul(0xD1B5_4A32_D192_ED03))
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, 0 where the bound is 0. The bias of the remainder is below one in
    /// four thousand million for the bounds used here.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        // The remainder of a division by a u32 is a u32.
        u32::try_from(self.roll() % u64::from(bound.max(1))).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True in `percent` of a hundred cases.
    pub(super) fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, each as likely. `items` is never empty here.
    pub(super) fn pick<'i, T>(&mut self, items: &'i [T]) -> &'i T {
        &items[self.below(u32::try_from(items.len()).unwrap_or(u32::MAX)) as usize]
    }

    /// One of `items` by weight. `items` is never empty here.
    pub(super) fn weighted<'i, T>(&mut self, items: &'i [T], weight: impl Fn(&T) -> u32) -> &'i T {
        let mut left = self.below(items.iter().map(&weight).sum());
        for item in items {
            match left.checked_sub(weight(item)) {
                Some(rest) => left = rest,
                None => return item,
            }
        }
        &items[0]
    }
}

/// Sends the numbers below `modulus` one to one onto themselves, differently for each seed, so
/// that neighbours land far apart.
pub(super) fn shuffled(index: u32, seed: u64, modulus: u64) -> u64 {
    // Steps of the golden section leave the widest gaps between neighbours; a step without a
    // common divisor makes the map one to one.
    let golden = u128::from(modulus) * 618_033_989 / 1_000_000_000;
    let step = (golden..).find(|step| coprime(*step, modulus.into())).unwrap_or(1);
    let place = u128::from(index) * step + u128::from(Dice(seed).roll());
    u64::try_from(place % u128::from(modulus)).unwrap_or(0)
}

fn coprime(mut a: u128, mut b: u128) -> bool {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a == 1
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn shuffling_is_one_to_one() {
        for modulus in [961, 1_600, 10_000] {
            let places: HashSet<u64> =
                (0..modulus).map(|n| shuffled(n, 3, u64::from(modulus))).collect();
            assert_eq!(places.len(), modulus as usize);
            assert!(places.iter().all(|place| *place < u64::from(modulus)));
        }
    }

    #[test]
    fn weights_decide_how_often_an_item_comes() {
        let mut dice = Dice::of_row(1, 1);
        let mut hits = [0; 3];
        for _ in 0..10_000 {
            hits[*dice.weighted(&[0_usize, 1, 2], |item| [0, 1, 3][*item])] += 1;
        }
        assert_eq!(hits[0], 0);
        assert!((2_300..2_700).contains(&hits[1]), "{hits:?}");
    }
}
