//! Where synthetic employers are.

use super::dice::Dice;
use crate::reference::{ReferenceError, shipped_areas};

/// How many employers a sub-district draws; the others draw [`COMMON_WEIGHT`].
const WEIGHTS: [(&str, u32); 9] = [
    ("110102009", 14), // 展览路
    ("110102011", 12), // 金融街
    ("110102020", 11), // 广安门外
    ("110102010", 10), // 德胜
    ("110102007", 10), // 月坛
    ("110102003", 7),  // 新街口
    ("110102001", 6),  // 西长安街
    ("110102012", 6),  // 什刹海
    ("110102019", 5),  // 白纸坊
];
const COMMON_WEIGHT: u32 = 3;

/// One community.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// The area label, 12 digits.
    pub(super) label: String,
    /// The name without 居委会, as addresses use it.
    name: String,
    /// The weights of this and all communities before.
    cumulative: u32,
}

impl Place {
    /// An address there.
    pub(super) fn address(&self, dice: &mut Dice) -> String {
        let (house, floor) = (dice.between(1, 40), dice.between(1, 18));
        format!("北京市西城区{}{house}号楼{floor}层{:02}室", self.name, dice.between(1, 30))
    }
}

/// The communities of the district.
#[derive(Debug)]
pub(super) struct Places(Vec<Place>);

impl Places {
    /// The shipped communities, busy ones drawn more often.
    pub(super) fn shipped() -> Result<Self, ReferenceError> {
        let mut cumulative = 0;
        let mut places = Vec::new();
        for area in shipped_areas()?.into_iter().filter(|area| area.level == "COMMUNITY") {
            let sub_district = area.parent.as_ref().map_or("", |parent| parent.as_str());
            let known = WEIGHTS.iter().find(|(label, _)| *label == sub_district);
            // Communities of one sub-district differ too, up to four times.
            let busy = area.label.as_str().bytes().map(u32::from).sum::<u32>() % 4 + 1;
            cumulative += busy * known.map_or(COMMON_WEIGHT, |(_, weight)| *weight);
            let name = area.name.trim_end_matches("居委会").to_owned();
            places.push(Place { label: area.label.to_string(), name, cumulative });
        }
        Ok(Self(places))
    }

    /// One community by weight.
    pub(super) fn draw(&self, dice: &mut Dice) -> &Place {
        let total = self.0.last().map_or(0, |place| place.cumulative);
        let ticket = dice.below(total);
        &self.0[self.0.partition_point(|place| place.cumulative <= ticket)]
    }
}
