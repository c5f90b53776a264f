//! How balances are stored: as steps, the days on which a figure changes with how much. The steps
//! of 256 days stand together in one row, and one more row a node has the sum of each such block.
//!
//! A balance for every day would be read by one probe too. But a change of long ago would then
//! rewrite every later day of the node and of all above it; here it rewrites two rows of each.

use std::collections::BTreeMap;

use prost::{
    bytes::Buf,
    encoding::{decode_varint, encode_varint},
};

use crate::{
    fault::{Fault, Outcome},
    reasons,
};

/// Days in a block: the steps of one block are read with every figure, so it must stay small, and
/// blocks are rewritten by the fold, so there should be few.
const BLOCK: i32 = 256;

/// The block that a day lies in.
pub(super) fn block_of(epoch_day: i32) -> i32 {
    epoch_day.div_euclid(BLOCK)
}

/// What a row's steps are keyed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scale {
    /// Days, in the row of their block.
    Days,
    /// Blocks, all in one row.
    Blocks,
}

impl Scale {
    /// How it is stored.
    pub(super) fn code(self) -> i16 {
        match self {
            Self::Days => 0,
            Self::Blocks => 1,
        }
    }
}

/// Signed differences by day or by block, none of them zero.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Steps(BTreeMap<i32, i64>);

impl Steps {
    pub(super) fn add(&mut self, at: i32, delta: i64) {
        let step = self.0.entry(at).or_insert(0);
        *step += delta;
        if *step == 0 {
            self.0.remove(&at);
        }
    }

    pub(super) fn add_all(&mut self, others: &Self) {
        others.iter().for_each(|(at, delta)| self.add(at, delta));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (i32, i64)> {
        self.0.iter().map(|(at, delta)| (*at, *delta))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Pairs of the gap to the step before and the difference, as zigzag varints.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 3);
        let mut last = 0;
        for (at, delta) in self.iter() {
            encode_varint(zigzag(i64::from(at) - last), &mut bytes);
            encode_varint(zigzag(delta), &mut bytes);
            last = i64::from(at);
        }
        bytes
    }

    /// `INTERNAL` for bytes that [`Self::to_bytes`] never wrote.
    pub(super) fn parse(bytes: &[u8]) -> Outcome<Self> {
        written(bytes).collect::<Outcome<_>>().map(Self)
    }
}

/// The sum of the steps before `end` among those that stand in `bytes`. `INTERNAL` for bytes that
/// [`Steps::to_bytes`] never wrote.
pub(super) fn sum_before(bytes: &[u8], end: i32) -> Outcome<i64> {
    let mut sum = 0;
    for step in written(bytes) {
        let (at, delta) = step?;
        if at >= end {
            break;
        }
        sum += delta;
    }
    Ok(sum)
}

/// The steps in `bytes`, one after the other.
fn written(mut bytes: &[u8]) -> impl Iterator<Item = Outcome<(i32, i64)>> {
    let mut last = 0_i64;
    std::iter::from_fn(move || {
        bytes.has_remaining().then(|| {
            let step = step(&mut bytes, &mut last);
            if step.is_err() {
                bytes = &[];
            }
            step
        })
    })
}

fn step(bytes: &mut &[u8], last: &mut i64) -> Outcome<(i32, i64)> {
    let broken = || Fault::new(&reasons::INTERNAL).caused_by("a figure's steps do not decode");
    let mut number = || decode_varint(bytes).map(unzigzag).map_err(|_| broken());
    let (gap, delta) = (number()?, number()?);
    *last = last.checked_add(gap).ok_or_else(broken)?;
    Ok((i32::try_from(*last).map_err(|_| broken())?, delta))
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_count_on_below_1970() {
        assert_eq!([-257, -256, -1, 0, 255, 256].map(block_of), [-2, -1, -1, 0, 0, 1]);
    }

    #[test]
    fn a_dense_block_stays_below_a_kilobyte() {
        let mut steps = Steps::default();
        (16_128..16_384).for_each(|day| steps.add(day, if day % 2 == 0 { 60 } else { -60 }));
        assert!(steps.to_bytes().len() < 1_024);
    }

    #[test]
    fn what_was_not_written_so_is_refused() {
        for bytes in [&[0x80][..], &[0x02], &[0xff; 10], &[0xff; 11]] {
            assert!(Steps::parse(bytes).is_err(), "{bytes:?}");
            assert!(sum_before(bytes, i32::MAX).is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn steps_round_trip_and_cancel(
            changes in prop::collection::vec((any::<i32>(), -1_000_000_i64..1_000_000), 0..40)
        ) {
            let mut steps = Steps::default();
            changes.iter().for_each(|(at, delta)| steps.add(*at, *delta));
            prop_assert_eq!(&Steps::parse(&steps.to_bytes()).unwrap(), &steps);
            for (end, _) in &changes {
                let expected: i64 =
                    changes.iter().filter(|(at, _)| at < end).map(|(_, delta)| delta).sum();
                prop_assert_eq!(sum_before(&steps.to_bytes(), *end).unwrap(), expected);
            }
            changes.iter().for_each(|(at, delta)| steps.add(*at, -delta));
            prop_assert!(steps.is_empty());
        }
    }
}
