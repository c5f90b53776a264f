//! The table of rules, read strictly: a rule that nobody can evaluate is refused, not skipped.

use std::collections::BTreeSet;

use serde::Deserialize;
use unionhall_kit::civil::{CivilDate, Period};

use super::{Ballot, Bracket, Brackets, Check, ElectionRules, Grade, Rule, Share};
use crate::rules::{
    office::{Bar, Position},
    standing::Standing,
    union::kind::UnionType,
};

/// The table is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("election rules, {row}: {problem}")]
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
    valid_from: String,
    valid_until: String,
    standing: String,
    grade: String,
    check: String,
    argument: String,
    union_types: String,
    remedy_en: String,
    remedy_zh: String,
    source: String,
}

pub(super) fn read(text: &str) -> Result<ElectionRules, RuleTableFault> {
    let mut rules = Vec::new();
    let mut ids = BTreeSet::new();
    for row in csv::Reader::from_reader(text.as_bytes()).deserialize::<Row>() {
        let broken = |error: csv::Error| RuleTableFault {
            row: "the text".to_owned(),
            problem: error.to_string(),
        };
        let row = row.map_err(broken)?;
        let fault = |problem| RuleTableFault { row: row.id.clone(), problem };
        if !ids.insert(row.id.clone()) {
            return Err(fault("the id occurs twice".to_owned()));
        }
        rules.push(rule(&row).map_err(fault)?);
    }
    Ok(ElectionRules(rules))
}

fn rule(row: &Row) -> Result<Rule, String> {
    let period = Period::new(day(&row.valid_from)?.ok_or("no first day")?, day(&row.valid_until)?);
    let standing = Standing::parse(&row.standing);
    let standing = standing.ok_or_else(|| format!("no standing '{}'", row.standing))?;
    let grade = match row.grade.as_str() {
        "MANDATORY" => Grade::Mandatory,
        "ADVISORY" => Grade::Advisory,
        other => return Err(format!("no grade '{other}'")),
    };
    let texts = [&row.remedy_en, &row.remedy_zh, &row.source];
    if texts.into_iter().any(|text| text.trim().is_empty()) {
        return Err("a remedy or the source is missing".to_owned());
    }
    Ok(Rule {
        id: row.id.clone(),
        period: period.ok_or("it ends before it begins")?,
        standing,
        grade,
        check: match standing {
            Standing::Unknown => not_at_hand(&row.check, &row.argument)?,
            _ => check(&row.check, &row.argument)?,
        },
        unions: unions(&row.union_types)?,
        remedy_en: row.remedy_en.clone(),
        remedy_zh: row.remedy_zh.clone(),
        source: row.source.clone(),
    })
}

/// `JOINT;PARK`; nothing for unions of every type.
fn unions(text: &str) -> Result<Vec<UnionType>, String> {
    let kind = |code| UnionType::parse(code).ok_or_else(|| format!("no union type '{code}'"));
    text.split(';').filter(|code| !code.is_empty()).map(kind).collect()
}

fn check(kind: &str, argument: &str) -> Result<Check, String> {
    let read = read_check(kind, argument)?;
    read.ok_or_else(|| format!("'{argument}' is no argument of '{kind}'"))
}

/// Of a rule whose text is not at hand it is known what it is about, and no more.
fn not_at_hand(kind: &str, argument: &str) -> Result<Check, String> {
    if !argument.is_empty() {
        return Err("what is unknown has no argument".to_owned());
    }
    read_check(kind, argument).map(|_| Check::NotAtHand(kind.to_owned()))
}

/// `None` where the argument is none of such a check.
fn read_check(kind: &str, argument: &str) -> Result<Option<Check>, String> {
    let plain = |check| argument.is_empty().then_some(check);
    let number = || argument.parse().ok();
    Ok(match kind {
        "barred" => barred(argument),
        "present" => share(argument).map(Check::Present),
        "present_at_most_due" => plain(Check::PresentAtMostDue),
        "issued_at_most_present" => plain(Check::IssuedAtMostPresent),
        "somebody_due" => plain(Check::SomebodyDue),
        "due_at_most_all" => plain(Check::DueAtMostAll),
        "due_is_all" => plain(Check::DueIsAll),
        "elected_by" => share(argument).map(Check::ElectedBy),
        "returned_at_most_issued" => plain(Check::ReturnedAtMostIssued),
        "valid_at_most_returned" => plain(Check::ValidAtMostReturned),
        "votes_at_most_valid" => plain(Check::VotesAtMostValid),
        "elected_at_most_seats" => plain(Check::ElectedAtMostSeats),
        "most_votes_first" => plain(Check::MostVotesFirst),
        "somebody_elected" => plain(Check::SomebodyElected),
        "more_candidates" => more_candidates(argument),
        "posted_days" => number().map(Check::PostedDays),
        "congress_from" => number().map(Check::CongressFrom),
        "delegates" => brackets(argument).map(Check::Delegates),
        "lots_are_delegates" => plain(Check::LotsAreDelegates),
        "lots_within_allotment" => plain(Check::LotsWithinAllotment),
        "seats" => brackets(argument).map(Check::Seats),
        "removed_by" => share(argument).map(Check::RemovedBy),
        "proposed_by" => share(argument).map(Check::ProposedBy),
        "audit_elected" => plain(Check::AuditElected),
        "women_elected" => number().map(Check::WomenElected),
        "postponed_months" => number().map(Check::PostponedMonths),
        "head_present" => (argument == "UNION").then_some(Check::HeadPresent),
        "term_runs" => plain(Check::TermRuns),
        "term_known" => plain(Check::TermKnown),
        "women_committee" => number().map(Check::WomenCommittee),
        "women_member" => number().map(Check::WomenMember),
        "audit_committee" => plain(Check::AuditCommittee),
        "supervision_committee" => number().map(Check::SupervisionCommittee),
        "supervision_size" => number().map(Check::SupervisionSize),
        "supervision_head" => plain(Check::SupervisionHead),
        "vacancy_months" => vacancy_months(argument),
        "moved_with_consent" => positions(argument).map(Check::MovedWithConsent),
        "outsider" => Position::parse(argument).map(Check::Outsider),
        "code_category" => code_categories(argument),
        "approved_above" => plain(Check::ApprovedAbove),
        "joint_employers" => number().map(Check::JointEmployers),
        "full_time_chair" => number().map(Check::FullTimeChair),
        _ => return Err(format!("no check '{kind}'")),
    })
}

/// `PARTNER=CHAIR`, or `=*` for every position.
fn barred(argument: &str) -> Option<Check> {
    let (bar, of) = argument.split_once('=')?;
    Some(Check::Barred(Bar::parse(bar)?, position(of)?))
}

/// `CHAIR=3`, or `*=6` for every position.
fn vacancy_months(argument: &str) -> Option<Check> {
    let (of, months) = argument.split_once('=')?;
    Some(Check::VacancyMonths(position(of)?, months.parse().ok()?))
}

/// `1=SINGLE_EMPLOYER;9=DISTRICT_FEDERATION`.
fn code_categories(argument: &str) -> Option<Check> {
    let row = |row: &str| {
        let (category, kind) = row.split_once('=')?;
        Some((category.parse().ok()?, UnionType::parse(kind)?))
    };
    argument.split(';').map(row).collect::<Option<_>>().map(Check::CodeCategory)
}

/// `CHAIR;VICE_CHAIR`.
fn positions(argument: &str) -> Option<Vec<Position>> {
    argument.split(';').map(Position::parse).collect()
}

/// One position, or `*` for every one.
fn position(code: &str) -> Option<Option<Position>> {
    if code == "*" { Some(None) } else { Position::parse(code).map(Some) }
}

/// `2/3`.
fn share(argument: &str) -> Option<Share> {
    let (parts, of) = argument.split_once('/')?;
    Share::new(parts.parse().ok()?, of.parse().ok()?)
}

/// `COMMITTEE=500`, in basis points.
fn more_candidates(argument: &str) -> Option<Check> {
    let (ballot, points) = argument.split_once('=')?;
    let ballot = match ballot {
        "COMMITTEE" => Ballot::Committee,
        "STANDING" => Ballot::Standing,
        "CHAIR" => Ballot::Chair,
        _ => return None,
    };
    Some(Check::MoreCandidates(ballot, points.parse().ok()?))
}

/// `0-25=1-1;26-200=3-7;201-=7-15`: members, and how few and how many.
fn brackets(argument: &str) -> Option<Brackets> {
    let row = |row: &str| {
        let (members, chosen) = row.split_once('=')?;
        let (from, to) = members.split_once('-')?;
        let (least, most) = chosen.split_once('-')?;
        let to = if to.is_empty() { None } else { Some(to.parse().ok()?) };
        let (from, least, most) = (from.parse().ok()?, least.parse().ok()?, most.parse().ok()?);
        let fits = least <= most && to.is_none_or(|to| from <= to);
        fits.then_some(Bracket { from, to, least, most })
    };
    argument.split(';').map(row).collect::<Option<Vec<_>>>().map(Brackets)
}

fn day(text: &str) -> Result<Option<CivilDate>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| format!("date '{text}': {error}"))
}
