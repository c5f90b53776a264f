//! How long personal information is kept, and how soon a person is answered: dated data with their
//! sources, read strictly at start.

use serde::Deserialize;
use unionhall_kit::civil::{CivilDate, Period};

use super::union::kind::codes;

codes! {
    /// What a rule is about.
    Subject {
        /// A record is kept for so many months after the membership ended or the application was
        /// refused.
        Membership = "MEMBERSHIP",
        /// A person is answered within so many days.
        Answer = "ANSWER",
    }
}

/// A rule and the days that it judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Stable id, for instance `R01A`.
    pub id: String,
    /// What it is about.
    pub subject: Subject,
    /// The days.
    pub period: Period,
    /// Months of [`Subject::Membership`], days of [`Subject::Answer`].
    pub span: u32,
    /// The law that it comes from, or who decided it.
    pub source: String,
}

/// Every rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention(Vec<Rule>);

/// The table is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("retention rules, {row}: {problem}")]
pub struct RetentionFault {
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
    span: u32,
    source: String,
}

impl Retention {
    /// The rules that ship with this release.
    pub fn shipped() -> Result<Self, RetentionFault> {
        Self::parse(include_str!("../../data/retention_rules.csv"))
    }

    /// Reads a table; two rules of one subject on one day are refused, and so is a subject without
    /// a rule that goes on.
    pub fn parse(text: &str) -> Result<Self, RetentionFault> {
        let mut rules: Vec<Rule> = Vec::new();
        for row in csv::Reader::from_reader(text.as_bytes()).deserialize::<Row>() {
            let row = row.map_err(|error| fault("the text", &error.to_string()))?;
            let read = rule(&row).map_err(|problem| fault(&row.id, problem))?;
            let same =
                |other: &Rule| other.subject == read.subject && other.period.overlaps(read.period);
            if rules.iter().any(|other| other.id == read.id || same(other)) {
                return Err(fault(&row.id, "another one holds on the same days"));
            }
            rules.push(read);
        }
        let goes_on = |subject: &Subject| {
            rules.iter().any(|rule| rule.subject == *subject && rule.period.until().is_none())
        };
        match Subject::ALL.iter().find(|subject| !goes_on(subject)) {
            Some(subject) => Err(fault(subject.code(), "no rule goes on")),
            None => Ok(Self(rules)),
        }
    }

    /// The rule of a subject on a day; before the first one that one.
    pub fn on(&self, subject: Subject, day: CivilDate) -> Option<&Rule> {
        let of = || self.0.iter().filter(|rule| rule.subject == subject);
        of().find(|rule| rule.period.covers(day)).or_else(|| of().min_by_key(|r| r.period.from()))
    }
}

fn fault(row: &str, problem: &str) -> RetentionFault {
    RetentionFault { row: row.to_owned(), problem: problem.to_owned() }
}

fn rule(row: &Row) -> Result<Rule, &'static str> {
    let subject = Subject::parse(&row.subject).ok_or("nobody knows the subject")?;
    let from: CivilDate = row.valid_from.parse().map_err(|_| "valid_from is no day")?;
    let until = match row.valid_until.as_str() {
        "" => None,
        day => Some(day.parse().map_err(|_| "valid_until is no day")?),
    };
    let period = Period::new(from, until).ok_or("it ends before it begins")?;
    if row.source.is_empty() {
        return Err("it has no source");
    }
    let (id, source) = (row.id.clone(), row.source.clone());
    Ok(Rule { id, subject, period, span: row.span, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "id,subject,valid_from,valid_until,span,source\n";

    #[test]
    fn the_shipped_rules_are_read() {
        let rules = Retention::shipped().unwrap();
        let span = |subject, day: &str| rules.on(subject, day.parse().unwrap()).unwrap().span;
        assert_eq!(span(Subject::Membership, "2026-01-01"), 36);
        assert_eq!(span(Subject::Answer, "2026-01-01"), 30);
        assert_eq!(span(Subject::Answer, "1949-10-01"), 30, "nothing is judged by no rule");
    }

    #[test]
    fn a_wrong_table_is_refused() {
        for rows in [
            "R1,MEMBERSHIP,2020-01-01,,36,x\n",
            "R1,MEMBERSHIP,2020-01-01,,36,x\nR2,ANSWER,2020-01-01,2021-01-01,30,x\n",
            "R1,MEMBERSHIP,2020-01-01,,36,x\nR2,ANSWER,2020-01-01,,30,\n",
            "R1,MEMBERSHIP,2020-01-01,,36,x\nR2,ANSWER,2020-01-01,,30,x\nR3,ANSWER,2021-01-01,,9,x\n",
            "R1,MARRIAGE,2020-01-01,,36,x\n",
            "R1,ANSWER,2020-01-01,2019-01-01,36,x\n",
        ] {
            assert!(Retention::parse(&format!("{HEAD}{rows}")).is_err(), "{rows}");
        }
    }
}
