//! The kinds of check that a rule can name. A check other than `required` lets a missing value
//! pass, so that one gap is reported once.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use unionhall_kit::civil::CivilDate;

use super::Field;
use crate::rules::{
    area::AreaLevel,
    employer::{EmployerFacts, address::Address, code::IndustryEdition},
};

/// What a rule checks, with its argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Check {
    /// The field has a value.
    Required,
    /// The name has at least so many characters.
    LeastCharacters(usize),
    /// The name has a Chinese character.
    Chinese,
    /// The credit code was not given by this authority.
    AuthorityNot(char),
    /// Authority and category of the credit code are in the table of the standard.
    CategoryKnown,
    /// The ownership nature goes with the first two characters of the credit code; natures that
    /// are not listed go with any.
    MatchesCategory(BTreeMap<String, Vec<String>>),
    /// The industry's edition is used from the one day to before the other.
    EditionBetween(IndustryEdition, Option<CivilDate>, Option<CivilDate>),
    /// The last headcount is at most so many months old.
    CountedWithinMonths(u32),
    /// The headcount is not zero.
    NotZero,
    /// The address reaches down to this level.
    Level(AreaLevel),
}

impl Check {
    pub(super) fn passes(&self, field: Field, facts: &EmployerFacts, day: CivilDate) -> bool {
        match self {
            Self::Required => has(field, facts, day),
            Self::LeastCharacters(least) => {
                facts.names.on(day).is_none_or(|name| name.as_str().chars().count() >= *least)
            }
            Self::Chinese => {
                facts.names.on(day).is_none_or(|name| name.as_str().chars().any(is_chinese))
            }
            Self::AuthorityNot(authority) => {
                credit_code(facts, day).is_none_or(|code| code.authority() != *authority)
            }
            Self::CategoryKnown => {
                credit_code(facts, day).is_none_or(|code| code.category_is_known())
            }
            Self::MatchesCategory(table) => matches_category(table, facts, day),
            Self::EditionBetween(edition, from, until) => {
                let used = facts.industries.on(day).map(|industry| industry.edition);
                used != Some(*edition)
                    || (from.is_none_or(|from| from <= day)
                        && until.is_none_or(|until| day < until))
            }
            Self::CountedWithinMonths(months) => {
                let counted = facts.workforce_on(day).map(|(counted_on, _)| counted_on);
                counted.is_none_or(|counted_on| day <= months_later(counted_on, *months))
            }
            Self::NotZero => facts.workforce_on(day).is_none_or(|(_, count)| count.employees() > 0),
            Self::Level(level) => {
                address(field, facts, day).is_none_or(|address| address.area().level() >= *level)
            }
        }
    }

    /// The days on which the verdict can change although no fact does.
    pub(super) fn turning_days(&self, facts: &EmployerFacts) -> Vec<CivilDate> {
        match self {
            Self::EditionBetween(_, from, until) => from.iter().chain(until).copied().collect(),
            Self::CountedWithinMonths(months) => facts
                .headcounts
                .keys()
                .map(|counted_on| months_later(*counted_on, *months).next())
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn has(field: Field, facts: &EmployerFacts, day: CivilDate) -> bool {
    match field {
        Field::DisplayName => facts.names.on(day).is_some(),
        Field::CreditCode => credit_code(facts, day).is_some(),
        Field::Ownership => facts.ownerships.on(day).is_some(),
        Field::EconomicType => facts.economic_types.on(day).is_some(),
        Field::Industry => facts.industries.on(day).is_some(),
        // An area alone does not lead to a door.
        Field::RegisteredAddress | Field::ActualAddress => {
            address(field, facts, day).is_some_and(|address| !address.line().is_empty())
        }
        Field::EstablishedOn => facts.established_on.is_some(),
        Field::Phone => facts.phones.on(day).is_some(),
        Field::Workforce => facts.workforce_on(day).is_some(),
    }
}

fn address(field: Field, facts: &EmployerFacts, day: CivilDate) -> Option<&Address> {
    match field {
        Field::RegisteredAddress => facts.registered_addresses.on(day),
        _ => facts.actual_addresses.on(day),
    }
}

fn credit_code(
    facts: &EmployerFacts,
    day: CivilDate,
) -> Option<&crate::rules::credit_code::CreditCode> {
    facts.identifiers.on(day).and_then(|identifier| identifier.credit_code())
}

fn matches_category(
    table: &BTreeMap<String, Vec<String>>,
    facts: &EmployerFacts,
    day: CivilDate,
) -> bool {
    let (Some(nature), Some(code)) = (facts.ownerships.on(day), credit_code(facts, day)) else {
        return true;
    };
    let begins = |category: &String| code.as_str().starts_with(category.as_str());
    table.get(nature.as_str()).is_none_or(|categories| categories.iter().any(begins))
}

fn is_chinese(character: char) -> bool {
    matches!(u32::from(character), 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0x20000..=0x323AF)
}

/// The last day of a term of months: "within 12 months" includes it (Civil Code art. 1259), and a
/// day that the last month lacks is its last one (art. 202).
fn months_later(day: CivilDate, months: u32) -> CivilDate {
    NaiveDate::from(day).checked_add_months(Months::new(months)).map_or(day, CivilDate::from)
}
