//! Rates: two figures that are divided, exact until they are shown.

/// A part of a whole. What decides compares the two; only what is shown is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// What is counted.
    pub numerator: i64,
    /// Of how many.
    pub denominator: i64,
}

impl Rate {
    /// There is nothing of which it could be a part (不适用).
    pub fn not_applicable(self) -> bool {
        self.denominator <= 0
    }

    /// In basis points (0.01 %), rounded half up; 0 where it is not applicable, and never more than
    /// the type holds.
    pub fn basis_points(self) -> i32 {
        if self.not_applicable() {
            return 0;
        }
        let (numerator, denominator) = (i128::from(self.numerator), i128::from(self.denominator));
        let rounded = (2 * 10_000 * numerator + denominator).div_euclid(2 * denominator);
        i32::try_from(rounded).unwrap_or(if rounded < 0 { i32::MIN } else { i32::MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_is_rounded_half_up() {
        for (numerator, denominator, expected) in [
            (9_896, 10_000, 9_896),
            (98_955, 100_000, 9_896),
            (98_954, 100_000, 9_895),
            (95, 96, 9_896),
            (202, 209, 9_665),
            (1, 3, 3_333),
            (2, 3, 6_667),
            (5_999, 10_000, 5_999),
            (59_996, 100_000, 6_000),
            (899, 999, 8_999),
            (0, 7, 0),
            (7, 7, 10_000),
            (2_258, 2_281, 9_899),
            (0, 0, 0),
            (3, 0, 0),
            (i64::MAX, 1, i32::MAX),
        ] {
            let rate = Rate { numerator, denominator };
            assert_eq!(rate.basis_points(), expected, "{rate:?}");
            assert_eq!(rate.not_applicable(), denominator == 0);
        }
    }
}
