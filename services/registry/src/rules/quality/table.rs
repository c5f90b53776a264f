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
    revision: u16,
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
        revision = revision.max(i32::from(row.revision));
        let fault = |problem| RuleTableFault { row: row.id.clone(), problem };
        if !ids.insert(row.id.clone()) {
            return Err(fault("the id occurs twice".to_owned()));
        }
        rules.push(rule(&row).map_err(fault)?);
    }
    rules.sort_by(|one, other| (one.severity, &one.id).cmp(&(other.severity, &other.id)));
    Ok(RuleSet { text: text.to_owned(), revision, rules })
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
    let fields = fields_of(kind).ok_or_else(|| format!("no check '{kind}'"))?;
    if !fields.contains(&field) {
        return Err(format!("'{kind}' cannot look at '{}'", field.as_str()));
    }
    parsed(kind, argument).ok_or_else(|| format!("'{argument}' is no argument of '{kind}'"))
}

/// The fields that a kind of check can look at. No kind is ever taken out: a register keeps the
/// tables of earlier revisions.
fn fields_of(kind: &str) -> Option<&'static [Field]> {
    Some(match kind {
        "required" => &Field::ALL,
        "least_characters" | "chinese" => &[Field::DisplayName],
        "authority_not" | "category_known" => &[Field::CreditCode],
        "matches_category" => &[Field::Ownership],
        "edition_between" => &[Field::Industry],
        "counted_within_months" | "not_zero" => &[Field::Workforce],
        "level" => &[Field::RegisteredAddress, Field::ActualAddress],
        _ => return None,
    })
}

fn parsed(kind: &str, argument: &str) -> Option<Check> {
    let plain = |check| argument.is_empty().then_some(check);
    match kind {
        "required" => plain(Check::Required),
        "chinese" => plain(Check::Chinese),
        "category_known" => plain(Check::CategoryKnown),
        "not_zero" => plain(Check::NotZero),
        "least_characters" => argument.parse().ok().map(Check::LeastCharacters),
        "counted_within_months" => argument.parse().ok().map(Check::CountedWithinMonths),
        "authority_not" => {
            let mut characters = argument.chars();
            let authority = characters.next()?;
            characters.next().is_none().then_some(Check::AuthorityNot(authority))
        }
        "matches_category" => categories(argument).map(Check::MatchesCategory),
        "edition_between" => edition_between(argument),
        "level" => level(argument).map(Check::Level),
        _ => None,
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
