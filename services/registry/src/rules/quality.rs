//! Quality of employer records (单位信息合格率, F180): dated rules that are data, and their verdict.
//!
//! A verdict is a function of the facts and the day, so that figures of past days stay true. A
//! rule that looks at an age changes its verdict on a day that can be named in advance; those
//! days are [`RuleSet::turning_days`].

mod check;
mod table;

use std::sync::OnceLock;

use unionhall_kit::civil::{CivilDate, Period};

use self::check::Check;
pub use self::table::RuleTableFault;
use super::employer::EmployerFacts;

/// Whether a failed rule makes a record invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It does.
    Mandatory,
    /// It only advises.
    Advisory,
}

/// A field of an employer that a rule looks at, by its name in the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `display_name`.
    DisplayName,
    /// `credit_code`.
    CreditCode,
    /// `ownership`.
    Ownership,
    /// `economic_type`.
    EconomicType,
    /// `industry`.
    Industry,
    /// `registered_address`.
    RegisteredAddress,
    /// `actual_address`.
    ActualAddress,
    /// `established_on`.
    EstablishedOn,
    /// `phone`.
    Phone,
    /// `workforce`.
    Workforce,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 10] = [
        Self::DisplayName,
        Self::CreditCode,
        Self::Ownership,
        Self::EconomicType,
        Self::Industry,
        Self::RegisteredAddress,
        Self::ActualAddress,
        Self::EstablishedOn,
        Self::Phone,
        Self::Workforce,
    ];

    /// The name in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DisplayName => "display_name",
            Self::CreditCode => "credit_code",
            Self::Ownership => "ownership",
            Self::EconomicType => "economic_type",
            Self::Industry => "industry",
            Self::RegisteredAddress => "registered_address",
            Self::ActualAddress => "actual_address",
            Self::EstablishedOn => "established_on",
            Self::Phone => "phone",
            Self::Workforce => "workforce",
        }
    }
}

/// One rule of a revision of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualityRule {
    /// Stable id, for instance `Q01`.
    pub id: String,
    /// The days that it judges: a record of 2014 is not judged by a rule of 2018.
    pub period: Period,
    /// Whether it decides on validity.
    pub severity: Severity,
    /// What it looks at.
    pub field: Field,
    /// How a failure is mended, in English.
    pub remedy_en: String,
    /// How a failure is mended, in Chinese.
    pub remedy_zh: String,
    /// Where the rule comes from.
    pub source: String,
    check: Check,
}

/// A rule that failed on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed<'a> {
    /// The rule, with its remedy.
    pub rule: &'a QualityRule,
}

/// The rules of one revision of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    /// The table as it was read.
    text: String,
    revision: i32,
    /// Mandatory rules first, by id.
    rules: Vec<QualityRule>,
}

const SHIPPED: &str = include_str!("../../data/quality_rules.csv");

impl RuleSet {
    /// The shipped rules, parsed on the first call and shared from then on.
    pub fn shipped() -> Result<&'static Self, &'static RuleTableFault> {
        static SET: OnceLock<Result<RuleSet, RuleTableFault>> = OnceLock::new();
        SET.get_or_init(|| table::read(SHIPPED)).as_ref()
    }

    /// The rules of a table in CSV with the header of the shipped one.
    pub fn parse(text: &str) -> Result<Self, RuleTableFault> {
        table::read(text)
    }

    /// The revision of the table: the highest that a row names. Figures cite it.
    pub fn revision(&self) -> i32 {
        self.revision
    }

    /// The table that [`Self::parse`] reads as these rules.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether both decide alike on every record; remedies and sources may be worded otherwise.
    pub fn decides_like(&self, other: &Self) -> bool {
        let decisive = |rule: &QualityRule| QualityRule {
            remedy_en: String::new(),
            remedy_zh: String::new(),
            source: String::new(),
            ..rule.clone()
        };
        self.rules.iter().map(decisive).eq(other.rules.iter().map(decisive))
    }

    /// Every rule, mandatory ones first, then by id.
    pub fn rules(&self) -> &[QualityRule] {
        &self.rules
    }

    /// The rules that the record fails on `day`, mandatory ones first, then by id.
    pub fn assess<'a>(&'a self, facts: &EmployerFacts, day: CivilDate) -> Vec<Failed<'a>> {
        let failed = |rule: &&QualityRule| rule.fails(facts, day);
        self.rules.iter().filter(failed).map(|rule| Failed { rule }).collect()
    }

    /// Whether the record is valid on `day`: no mandatory rule fails.
    pub fn passes(&self, facts: &EmployerFacts, day: CivilDate) -> bool {
        let mandatory = |rule: &&QualityRule| rule.severity == Severity::Mandatory;
        !self.rules.iter().take_while(mandatory).any(|rule| rule.fails(facts, day))
    }

    /// The days, beside those on which a fact begins or ends, on which a verdict can change.
    pub fn turning_days(&self, facts: &EmployerFacts) -> Vec<CivilDate> {
        let mut days = Vec::new();
        for rule in &self.rules {
            days.push(rule.period.from());
            days.extend(rule.period.until());
            days.extend(rule.check.turning_days(facts));
        }
        days
    }
}

impl QualityRule {
    fn fails(&self, facts: &EmployerFacts, day: CivilDate) -> bool {
        self.period.covers(day) && !self.check.passes(self.field, facts, day)
    }
}

#[cfg(test)]
mod tests;
