//! The forms in which names and addresses are compared.

use std::collections::BTreeMap;

use unionhall_kit::text;

use super::CERTAIN_BP;
use crate::rules::name::Name;

/// Legal forms at the end of a name, longer ones first. A branch 分公司 is another body and keeps
/// its ending.
const LEGAL_FORMS: [&str; 10] = [
    "股份有限责任公司",
    "集团有限责任公司",
    "集团股份有限公司",
    "集团有限公司",
    "有限责任公司",
    "股份有限公司",
    "有限公司",
    "集团公司",
    "股份公司",
    "公司",
];
const BRANCH: &str = "分公司";
/// The fewest characters that remain of a name.
const LEAST_CORE: usize = 2;

/// Names of places that say where an employer is and not which it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places(Vec<String>);

impl Places {
    /// The places with these names, and their short forms: 北京市 is 北京 too.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut places = Vec::new();
        for name in names {
            let short = name.strip_suffix(['省', '市', '区', '县']).unwrap_or(name);
            places.push(name.to_owned());
            if short.chars().count() >= LEAST_CORE {
                places.push(short.to_owned());
            }
        }
        places.sort_by_key(|place| std::cmp::Reverse(place.chars().count()));
        places.dedup();
        Self(places)
    }

    /// What tells one name from another: without place, legal form and punctuation.
    pub fn core(&self, name: &Name) -> String {
        let half = text::half_width(name.as_str());
        let plain = compact(&self.without_bracketed_places(&half));
        let mut core = plain.as_str();
        while let Some(rest) = self.0.iter().find_map(|place| rest_after(core, place)) {
            core = rest;
        }
        if !core.ends_with(BRANCH) {
            core = LEGAL_FORMS.iter().find_map(|form| rest_before(core, form)).unwrap_or(core);
        }
        core.to_owned()
    }

    /// `某某(北京)公司` says where, as `北京某某公司` does.
    fn without_bracketed_places(&self, name: &str) -> String {
        self.0.iter().fold(name.to_owned(), |name, place| name.replace(&format!("({place})"), ""))
    }
}

fn rest_after<'a>(core: &'a str, place: &str) -> Option<&'a str> {
    core.strip_prefix(place).filter(|rest| rest.chars().count() >= LEAST_CORE)
}

fn rest_before<'a>(core: &'a str, form: &str) -> Option<&'a str> {
    core.strip_suffix(form).filter(|rest| rest.chars().count() >= LEAST_CORE)
}

/// Street and number, width, case, spaces and punctuation aside.
pub(super) fn address_form(line: &str) -> String {
    compact(&text::half_width(line))
}

fn compact(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Dice's coefficient of the pairs of neighbouring characters, in basis points, rounded down:
/// twice the common pairs, of the pairs of both.
pub(super) fn dice_bp(one: &str, other: &str) -> u32 {
    let (a, b) = (pairs(one), pairs(other));
    let count = |pairs: &BTreeMap<_, u32>| pairs.values().sum::<u32>();
    let both = count(&a) + count(&b);
    let common: u32 = a.iter().map(|(pair, n)| b.get(pair).map_or(0, |other| *n.min(other))).sum();
    (2 * common * CERTAIN_BP).checked_div(both).unwrap_or(0)
}

fn pairs(text: &str) -> BTreeMap<(char, char), u32> {
    let mut pairs = BTreeMap::new();
    for pair in text.chars().zip(text.chars().skip(1)) {
        *pairs.entry(pair).or_insert(0) += 1;
    }
    pairs
}
