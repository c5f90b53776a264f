//! Duplicate candidates: employers that may have been entered twice.
//!
//! The store finds possible partners by [`blocking_keys`], and [`compare`] scores each pair. The
//! weights are our own judgement; they only order what a person decides.

mod form;

pub use self::form::Places;
use self::form::{address_form, dice_bp};
use super::{
    employer::{
        EmployerFacts,
        address::{Address, Phone},
    },
    name::Name,
    organisation_code::OrganisationCode,
};
use unionhall_kit::civil::CivilDate;

/// Certainty in basis points.
pub const CERTAIN_BP: u32 = 10_000;
/// Pairs below this are no candidates.
pub const LEAST_BP: u32 = 5_000;

const SAME_NAME_BP: u32 = 8_500;
const SAME_PHONE_BP: u32 = 4_500;
const SAME_ADDRESS_BP: u32 = 3_500;
/// Names less alike than this say nothing.
const SIMILAR_FROM_BP: u32 = 6_000;
/// What likeness of names is worth, as a share of it.
const SIMILAR_SHARE_BP: u32 = 8_000;
/// Two valid codes of different bodies speak against a pair, but one may be copied wrongly.
const OTHER_CODE_SHARE_BP: u32 = 6_000;
/// The fewest characters of an address or a number that are worth comparing.
const LEAST_CHARS: usize = 4;
/// How much of either end of a name a blocking key takes.
const END_CHARS: usize = 3;

/// What of an employer is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The name.
    pub name: Name,
    /// The organisation code, alone or from the credit code.
    pub organisation_code: Option<OrganisationCode>,
    /// The telephone.
    pub phone: Option<Phone>,
    /// The actual address.
    pub address: Option<Address>,
}

impl Probe {
    /// What there is of an employer on `day`; `None` on a day without a name.
    pub fn of(facts: &EmployerFacts, day: CivilDate) -> Option<Self> {
        Some(Self {
            name: facts.names.on(day)?.clone(),
            organisation_code: facts.organisation_code(),
            phone: facts.phones.on(day).cloned(),
            address: facts.actual_addresses.on(day).cloned(),
        })
    }
}

/// What speaks for a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// One organisation code.
    SameOrganisationCode,
    /// One name, legal form and place aside.
    SameName,
    /// Names that share most of their pairs of characters.
    SimilarName,
    /// One telephone number.
    SamePhone,
    /// One street and number in one area.
    SameAddress,
}

impl Evidence {
    /// The word in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SameOrganisationCode => "same_organisation_code",
            Self::SameName => "same_name",
            Self::SimilarName => "similar_name",
            Self::SamePhone => "same_phone",
            Self::SameAddress => "same_address",
        }
    }
}

/// How alike two employers are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    /// Basis points; 10,000 is the same.
    pub score_bp: u32,
    /// What speaks for it, the strongest kind first.
    pub evidence: Vec<Evidence>,
}

/// A text under which an employer is filed; two that share none are never compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockingKey {
    /// What the text is: `c` code, `h` head and `t` tail of the name, `p` phone, `a` address.
    pub kind: char,
    /// The text.
    pub text: String,
}

/// The keys under which the employer is filed, ascending. A name goes by its first and its last
/// characters, so that one slip of the pen leaves at least one of the two.
pub fn blocking_keys(probe: &Probe, places: &Places) -> Vec<BlockingKey> {
    let core: Vec<char> = places.core(&probe.name).chars().collect();
    let ends = core.len().min(END_CHARS);
    let mut keys = vec![
        BlockingKey { kind: 'h', text: core[..ends].iter().collect() },
        BlockingKey { kind: 't', text: core[core.len() - ends..].iter().collect() },
    ];
    let code = probe.organisation_code.as_ref().map(|code| ('c', code.as_str().to_owned()));
    let phone = phone_form(probe).map(|text| ('p', text));
    let address = probe.address.as_ref().and_then(place_form).map(|text| ('a', text));
    let others = [code, phone, address].into_iter().flatten();
    keys.extend(others.map(|(kind, text)| BlockingKey { kind, text }));
    keys.sort();
    keys
}

/// How alike two employers are; `None` below [`LEAST_BP`].
pub fn compare(one: &Probe, other: &Probe, places: &Places) -> Option<Likeness> {
    let codes = one.organisation_code.as_ref().zip(other.organisation_code.as_ref());
    let mut found = Vec::new();
    if codes.is_some_and(|(a, b)| a == b) {
        found.push((Evidence::SameOrganisationCode, CERTAIN_BP));
    }
    found.extend(names(one, other, places));
    if same(phone_form(one), phone_form(other)) {
        found.push((Evidence::SamePhone, SAME_PHONE_BP));
    }
    let address = |probe: &Probe| probe.address.as_ref().and_then(place_form);
    if same(address(one), address(other)) {
        found.push((Evidence::SameAddress, SAME_ADDRESS_BP));
    }
    // What is left of doubt shrinks with every piece of evidence; integers keep it reproducible.
    let doubt = found
        .iter()
        .fold(CERTAIN_BP, |left, (_, weight)| left * (CERTAIN_BP - weight) / CERTAIN_BP);
    let mut score_bp = CERTAIN_BP - doubt;
    if codes.is_some_and(|(a, b)| a != b) {
        score_bp = score_bp * OTHER_CODE_SHARE_BP / CERTAIN_BP;
    }
    let evidence = found.into_iter().map(|(evidence, _)| evidence).collect();
    (score_bp >= LEAST_BP).then_some(Likeness { score_bp, evidence })
}

fn names(one: &Probe, other: &Probe, places: &Places) -> Option<(Evidence, u32)> {
    let (a, b) = (places.core(&one.name), places.core(&other.name));
    if a == b {
        return Some((Evidence::SameName, SAME_NAME_BP));
    }
    let alike = dice_bp(&a, &b);
    let weight = alike * SIMILAR_SHARE_BP / CERTAIN_BP;
    (alike >= SIMILAR_FROM_BP).then_some((Evidence::SimilarName, weight))
}

fn phone_form(probe: &Probe) -> Option<String> {
    let digits = probe.phone.as_ref().map(Phone::digits);
    digits.filter(|digits| digits.len() >= LEAST_CHARS)
}

fn place_form(address: &Address) -> Option<String> {
    let line = address_form(address.line());
    (line.chars().count() >= LEAST_CHARS).then(|| format!("{} {line}", address.area()))
}

fn same(one: Option<String>, other: Option<String>) -> bool {
    one.is_some() && one == other
}

#[cfg(test)]
mod tests;
