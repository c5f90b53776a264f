//! The rules of formation: dated data with their sources, read strictly at start. What concerns the
//! assembly that elects stands in [`crate::rules::election_rules`], for founding and later ones alike.
//!
//! A case is judged by the rules of its own day. Where the text of a day is not at hand, the row
//! says so: assumed from general knowledge, or unknown, and then it decides nothing.

use std::collections::BTreeSet;

use serde::Deserialize;
use unionhall_kit::civil::{CivilDate, Period};

use crate::rules::{
    standing::Standing,
    union::{kind::UnionLevel, term::TermYears},
};

/// What a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// From so many members a basic committee; with fewer it is one of three ways.
    BasicCommittee(u32),
    /// Every union is approved by the one above.
    Approval,
    /// From so many women a women's committee 女职工委员会.
    WomensCommittee(u32),
    /// From so many employees the chair may be full time.
    FullTimeChair(u32),
    /// So many months after the opening the union above must send people.
    HelpDue(u32),
    /// Years that a term may have.
    TermYears(Vec<TermYears>),
    /// Years that a term may have from the district upwards and of an industry.
    UpperTermYears(Vec<TermYears>),
    /// The employer's contribution to the funds, in basis points of the wages.
    Funds(u32),
}

/// A rule and the days that it judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Stable id, for instance `F01B`.
    pub id: String,
    /// Its name in the contract, for instance `basic_committee`.
    pub subject: &'static str,
    /// What it asks; `None` where the text of those days is not at hand.
    pub ask: Option<Ask>,
    /// The days.
    pub period: Period,
    /// How far its text is at hand.
    pub standing: Standing,
    /// What it says, in English.
    pub text_en: String,
    /// The same in Chinese.
    pub text_zh: String,
    /// The law that it comes from.
    pub source: String,
}

/// Every rule, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Law(Vec<Rule>);

/// The table is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("formation rules, {row}: {problem}")]
pub struct LawFault {
    /// The id of the rule, or where the text breaks.
    pub row: String,
    /// What is wrong.
    pub problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    subject: String,
    valid_from: String,
    valid_until: String,
    standing: String,
    argument: String,
    text_en: String,
    text_zh: String,
    source: String,
}

const SUBJECTS: [&str; 8] = [
    "basic_committee",
    "approval",
    "womens_committee",
    "full_time_chair",
    "help_due",
    "term_years",
    "upper_term_years",
    "funds",
];

impl Law {
    /// The rules that ship with this release.
    pub fn shipped() -> Result<Self, LawFault> {
        Self::parse(include_str!("../../../data/formation_rules.csv"))
    }

    /// The years that a term that begins on `day` may have in a union of the level, with the rule that
    /// says so; `None` where no rule of the day decides it.
    pub fn term_years(&self, level: UnionLevel, day: CivilDate) -> Option<(&Rule, &[TermYears])> {
        self.asks(day).find_map(|(rule, ask)| match ask {
            Ask::TermYears(years) if !level.is_upper() => Some((rule, years.as_slice())),
            Ask::UpperTermYears(years) if level.is_upper() => Some((rule, years.as_slice())),
            _ => None,
        })
    }

    /// Reads a table; a column, subject or argument that nobody knows is refused, and so are two
    /// rules of one subject on one day.
    pub fn parse(text: &str) -> Result<Self, LawFault> {
        let mut rules: Vec<Rule> = Vec::new();
        let mut ids = BTreeSet::new();
        for row in csv::Reader::from_reader(text.as_bytes()).deserialize::<Row>() {
            let broken = |error: csv::Error| LawFault {
                row: "the text".to_owned(),
                problem: error.to_string(),
            };
            let row = row.map_err(broken)?;
            let fault = |problem: String| LawFault { row: row.id.clone(), problem };
            if !ids.insert(row.id.clone()) {
                return Err(fault("the id occurs twice".to_owned()));
            }
            let read = rule(&row).map_err(fault)?;
            let same =
                |other: &&Rule| other.subject == read.subject && other.period.overlaps(read.period);
            if let Some(other) = rules.iter().find(same) {
                return Err(fault(format!("{} holds on the same days", other.id)));
            }
            rules.push(read);
        }
        rules.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(Self(rules))
    }

    /// The rules of `day`, by id.
    pub fn on(&self, day: CivilDate) -> impl Iterator<Item = &Rule> {
        self.0.iter().filter(move |rule| rule.period.covers(day))
    }

    /// What the rules of `day` ask, each with its rule.
    pub fn asks(&self, day: CivilDate) -> impl Iterator<Item = (&Rule, &Ask)> {
        self.on(day).filter_map(|rule| Some((rule, rule.ask.as_ref()?)))
    }
}

fn rule(row: &Row) -> Result<Rule, String> {
    let standing = Standing::parse(&row.standing);
    let standing = standing.ok_or_else(|| format!("no standing '{}'", row.standing))?;
    let subject = SUBJECTS.into_iter().find(|known| *known == row.subject);
    let subject = subject.ok_or_else(|| format!("no subject '{}'", row.subject))?;
    let from = day(&row.valid_from)?.ok_or("no first day")?;
    let period = Period::new(from, day(&row.valid_until)?).ok_or("it ends before it begins")?;
    let texts = [&row.text_en, &row.text_zh, &row.source];
    if texts.into_iter().any(|text| text.trim().is_empty()) {
        return Err("a text or the source is missing".to_owned());
    }
    let ask = match standing {
        Standing::Unknown if row.argument.is_empty() => None,
        Standing::Unknown => return Err("what is unknown has no argument".to_owned()),
        _ => Some(
            ask(subject, &row.argument)
                .ok_or_else(|| format!("'{}' is no argument of '{subject}'", row.argument))?,
        ),
    };
    Ok(Rule {
        id: row.id.clone(),
        subject,
        ask,
        period,
        standing,
        text_en: row.text_en.clone(),
        text_zh: row.text_zh.clone(),
        source: row.source.clone(),
    })
}

fn ask(subject: &str, argument: &str) -> Option<Ask> {
    let number = || argument.parse().ok().filter(|number| *number > 0);
    let listed = || argument.split(';').map(years).collect::<Option<_>>();
    match subject {
        "approval" => argument.is_empty().then_some(Ask::Approval),
        "basic_committee" => number().map(Ask::BasicCommittee),
        "womens_committee" => number().map(Ask::WomensCommittee),
        "full_time_chair" => number().map(Ask::FullTimeChair),
        "help_due" => number().map(Ask::HelpDue),
        "funds" => number().map(Ask::Funds),
        "term_years" => listed().map(Ask::TermYears),
        "upper_term_years" => listed().map(Ask::UpperTermYears),
        _ => None,
    }
}

fn years(text: &str) -> Option<TermYears> {
    TermYears::try_from(text.parse::<u8>().ok()?).ok()
}

fn day(text: &str) -> Result<Option<CivilDate>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| format!("date '{text}': {error}"))
}
