//! The table of rules, read strictly: a rule that nobody can evaluate is refused, not skipped.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use unionhall_kit::civil::{CivilDate, Period};

use super::{Field, QualityRule, RuleSet, Severity, check::Check};
use crate::rules::{area::AreaLevel, employer::code::IndustryEdition};

/// The table is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("quality rules, {row}: {problem}")]
pub struct RuleTableFault {
    /// The id of the rule, or where the text breaks.
    pub row: String,
    /// What is wrong.
    pub problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    revision: u32,
    valid_from: String,
    valid_until: String,
    severity: String,
    field: String,
    check: String,
    argument: String,
    remedy_en: String,
    remedy_zh: String,
    source: String,
}

pub(super) fn read(text: &str) -> Result<RuleSet, RuleTableFault> {
    let mut rules = Vec::new();
    let mut ids = BTreeSet::new();
    let mut revision = 0;
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize::<Row>() {
        let broken = |error: csv::Error| RuleTableFault {
            row: "the text".to_owned(),
            problem: error.to_string(),
        };
        let row = row.map_err(broken)?;
        revision = revision.max(row.revision);
        let fault = |problem| RuleTableFault { row: row.id.clone(), problem };
        if !ids.insert(row.id.clone()) {
            return Err(fault("the id occurs twice".to_owned()));
        }
        rules.push(rule(&row).map_err(fault)?);
    }
    rules.sort_by(|one, other| (one.severity, &one.id).cmp(&(other.severity, &other.id)));
    Ok(RuleSet { revision, rules })
}

fn rule(row: &Row) -> Result<QualityRule, String> {
    let period = Period::new(day(&row.valid_from)?.ok_or("no first day")?, day(&row.valid_until)?);
    let severity = match row.severity.as_str() {
        "MANDATORY" => Severity::Mandatory,
        "ADVISORY" => Severity::Advisory,
        other => return Err(format!("no severity '{other}'")),
    };
    let field = Field::ALL.into_iter().find(|field| field.as_str() == row.field);
    let field = field.ok_or_else(|| format!("no field '{}'", row.field))?;
    let texts = [&row.remedy_en, &row.remedy_zh, &row.source];
    if texts.into_iter().any(|text| text.trim().is_empty()) {
        return Err("a remedy or the source is missing".to_owned());
    }
    Ok(QualityRule {
        id: row.id.clone(),
        period: period.ok_or("it ends before it begins")?,
        severity,
        field,
        remedy_en: row.remedy_en.clone(),
        remedy_zh: row.remedy_zh.clone(),
        source: row.source.clone(),
        check: check(&row.check, &row.argument, field)?,
    })
}

/// The check of a row; one that looks at a certain field is refused on any other.
fn check(kind: &str, argument: &str, field: Field) -> Result<Check, String> {
    use Field::{
        ActualAddress, CreditCode, DisplayName, Industry, Ownership, RegisteredAddress, Workforce,
    };
    let bad = || format!("'{argument}' is no argument of '{kind}'");
    let number = || argument.parse::<u32>().map_err(|_| bad());
    let (check, fields): (_, &[Field]) = match kind {
        "required" => (Check::Required, &Field::ALL),
        "least_characters" => (Check::LeastCharacters(number()? as usize), &[DisplayName]),
        "chinese" => (Check::Chinese, &[DisplayName]),
        "authority_not" => {
            let mut characters = argument.chars();
            let (Some(authority), None) = (characters.next(), characters.next()) else {
                return Err(bad());
            };
            (Check::AuthorityNot(authority), &[CreditCode])
        }
        "category_known" => (Check::CategoryKnown, &[CreditCode]),
        "matches_category" => {
            (Check::MatchesCategory(categories(argument).ok_or_else(bad)?), &[Ownership])
        }
        "edition_between" => (edition_between(argument).ok_or_else(bad)?, &[Industry]),
        "counted_within_months" => (Check::CountedWithinMonths(number()?), &[Workforce]),
        "not_zero" => (Check::NotZero, &[Workforce]),
        "level" => {
            (Check::Level(level(argument).ok_or_else(bad)?), &[RegisteredAddress, ActualAddress])
        }
        other => return Err(format!("no check '{other}'")),
    };
    let takes_none = matches!(kind, "required" | "chinese" | "category_known" | "not_zero");
    if takes_none && !argument.is_empty() {
        return Err(bad());
    }
    if fields.contains(&field) {
        Ok(check)
    } else {
        Err(format!("'{kind}' cannot look at '{}'", field.as_str()))
    }
}

/// `10=11;30=13,51`: natures, and the beginnings of credit codes that go with each.
fn categories(argument: &str) -> Option<BTreeMap<String, Vec<String>>> {
    argument
        .split(';')
        .map(|pair| {
            let (nature, categories) = pair.split_once('=')?;
            let categories: Vec<_> = categories.split(',').map(str::to_owned).collect();
            let fit = !nature.is_empty() && categories.iter().all(|c| c.chars().count() == 2);
            fit.then(|| (nature.to_owned(), categories))
        })
        .collect()
}

/// `2011=..2018-10-01`: an edition, and the half-open period of its use.
fn edition_between(argument: &str) -> Option<Check> {
    let (edition, period) = argument.split_once('=')?;
    let (from, until) = period.split_once("..")?;
    let edition = IndustryEdition::parse(edition)?;
    Some(Check::EditionBetween(edition, day(from).ok()?, day(until).ok()?))
}

fn level(argument: &str) -> Option<AreaLevel> {
    match argument {
        "DISTRICT" => Some(AreaLevel::District),
        "SUBDISTRICT" => Some(AreaLevel::Subdistrict),
        "COMMUNITY" => Some(AreaLevel::Community),
        _ => None,
    }
}

fn day(text: &str) -> Result<Option<CivilDate>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| format!("date '{text}': {error}"))
}
