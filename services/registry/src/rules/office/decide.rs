//! Decisions about filling and ending an office.

use std::collections::BTreeSet;

use unionhall_kit::civil::CivilDate;

use super::{Bar, End, Office, OfficeFault, Position, WayIn, WayOut};
use crate::rules::{
    election_rules::{Check, ElectionRules, Finding, Rule},
    union::{
        UnionFacts,
        approval::Approval,
        kind::{UnionForm, UnionType},
    },
};

/// Whether the office can be filled beside the others of the union. The advisory rules that it
/// breaks come back.
pub fn appoint(
    office: &Office,
    union: &UnionFacts,
    others: &[Office],
    rules: &ElectionRules,
    today: CivilDate,
) -> Result<Vec<Finding>, OfficeFault> {
    let from = office.from;
    not_after(from, today)?;
    if let Some(first) = union.established_on().filter(|first| from < *first) {
        return Err(OfficeFault::BeforeEstablishment(from, first));
    }
    if let Some(ended) = union.ended_on().filter(|ended| *ended <= from) {
        return Err(OfficeFault::UnionEnded(ended));
    }
    if !office.position.fits(office.committee) {
        return Err(OfficeFault::Position(office.committee, office.position));
    }
    way_in(office, union, rules)?;
    let standing = union.term_on(from).map(|term| term.term.number);
    if office.term.is_some() && office.term != standing {
        return Err(OfficeFault::Term);
    }
    alone(office, union, others)?;
    let kind = union.types.on(from).copied();
    let (mandatory, advisory) =
        barred(&office.bars, office.position, (kind, from), rules, "standing")
            .into_iter()
            .partition::<Vec<_>, _>(Finding::mandatory);
    match mandatory.into_iter().next() {
        Some(finding) => Err(OfficeFault::Barred(Box::new(finding))),
        None => Ok(advisory),
    }
}

/// The rules that stand between somebody with these facts and a position in a union of a type.
pub fn barred(
    bars: &BTreeSet<Bar>,
    position: Position,
    (kind, day): (Option<UnionType>, CivilDate),
    rules: &ElectionRules,
    field: &str,
) -> Vec<Finding> {
    let broken = rules.on(day).filter(|rule| rule.judges(kind)).filter_map(|rule| {
        let Check::Barred(bar, of) = &rule.check else { return None };
        let meant = bars.contains(bar) && of.is_none_or(|of| of == position);
        meant.then(|| Finding {
            rule: rule.clone(),
            field: field.to_owned(),
            figures: Vec::new(),
            problem: format!("{} stands against {}", bar.code(), position.code()),
            problem_zh: format!("{}不能或不宜任{}", bar.code(), position.code()),
        })
    });
    broken.collect()
}

/// Nobody elects a working committee, nobody appoints another, and an outsider is recommended as a
/// chair to unions of the types that a rule of the day names. Whether an employer is public is not
/// asked of the union, so that every employer's own union passes.
fn way_in(office: &Office, union: &UnionFacts, rules: &ElectionRules) -> Result<(), OfficeFault> {
    let form = union.forms.on(office.from).copied();
    let kind = union.types.on(office.from).copied();
    let dispatched = form == Some(UnionForm::WorkingCommittee);
    let fits = match office.way_in {
        WayIn::Elected | WayIn::ByElection => !dispatched,
        WayIn::Appointed => dispatched,
        WayIn::Recommended => office.position == Position::Chair,
    };
    if !fits {
        return Err(OfficeFault::WayIn(office.way_in.code(), office.way_in));
    }
    let closed = |rule: &&Rule| {
        let asks = matches!(&rule.check, Check::Outsider(position) if *position == office.position);
        asks && !kind.is_some_and(|kind| rule.unions.contains(&kind))
    };
    match rules.on(office.from).find(closed).filter(|_| office.way_in == WayIn::Recommended) {
        Some(rule) => Err(OfficeFault::Outsider(Box::new(rule.clone()))),
        None => Ok(()),
    }
}

/// One head at a time.
fn alone(office: &Office, union: &UnionFacts, others: &[Office]) -> Result<(), OfficeFault> {
    if !office.position.is_head() {
        return Ok(());
    }
    let own = office.period(union);
    let head = |other: &&Office| {
        other.committee == office.committee
            && other.position.is_head()
            && other.period(union).overlaps(own)
    };
    match others.iter().find(head) {
        Some(other) => Err(OfficeFault::Taken(office.committee, other.from)),
        None => Ok(()),
    }
}

/// What ends an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndOrder {
    /// First day without it.
    pub on: CivilDate,
    /// How it is left.
    pub way: WayOut,
    /// Whether the own committee consented to a move.
    pub committee_consents: bool,
    /// The consent of the higher union to a move.
    pub consent: Option<Approval>,
}

/// The office with its end.
pub fn end(
    office: &Office,
    union: &UnionFacts,
    order: EndOrder,
    (rules, today): (&ElectionRules, CivilDate),
) -> Result<Office, OfficeFault> {
    if order.way == WayOut::Corrected {
        let already = office.end.as_ref().filter(|end| end.way == WayOut::Corrected);
        if let Some(end) = already {
            return Err(OfficeFault::Ended(end.on));
        }
        let end = End { on: office.from, way: WayOut::Corrected, consent: None };
        return Ok(Office { end: Some(end), ..office.clone() });
    }
    if let Some((on, _)) = office.ended(union) {
        return Err(OfficeFault::Ended(on));
    }
    not_after(order.on, today)?;
    if order.on < office.from {
        return Err(OfficeFault::BeforeOffice(order.on, office.from));
    }
    way_out(office, union, &order, rules)?;
    let end = End { on: order.on, way: order.way, consent: order.consent };
    Ok(Office { end: Some(end), ..office.clone() })
}

fn way_out(
    office: &Office,
    union: &UnionFacts,
    order: &EndOrder,
    rules: &ElectionRules,
) -> Result<(), OfficeFault> {
    let refused = |en, zh| Err(OfficeFault::WayOut(en, zh));
    match order.way {
        WayOut::UnionEnded => {
            refused("an office ends with the union by itself", "工会终止时任职自动终止，无须填报")
        }
        WayOut::Removed => refused(
            "somebody is removed by an election of the kind REMOVAL",
            "罢免须通过 REMOVAL 类选举办理",
        ),
        WayOut::OtherPosition => refused(
            "a by-election to another position of the committee ends an office by itself",
            "补选担任同一委员会其他职务的，原任职自动终止，无须填报",
        ),
        WayOut::TermEnded if !over(office, union, order.on) => refused(
            "the term of the office still runs on that day, or is not recorded",
            "该任职所属届次当日尚未届满或未登记",
        ),
        WayOut::Moved => {
            let term = union.term_on(order.on);
            let running = term.is_none_or(|term| order.on < term.due_as_of(order.on));
            let consented = order.committee_consents && order.consent.is_some();
            let protects = |rule: &&Rule| match &rule.check {
                Check::MovedWithConsent(of) => of.contains(&office.position),
                _ => false,
            };
            match rules.on(order.on).find(protects).filter(|_| running && !consented) {
                Some(rule) => Err(OfficeFault::Moved(Box::new(rule.clone()))),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Whether the term of the office has run out by `day`, or another stands then. A postponement
/// keeps the office beyond the years of its term, but nobody is bound to it.
fn over(office: &Office, union: &UnionFacts, day: CivilDate) -> bool {
    union.term_on(day).is_some_and(|standing| {
        let other = match office.term {
            Some(own) => own != standing.term.number,
            None => office.from < standing.begins_on,
        };
        other || standing.ends_on() <= day
    })
}

fn not_after(day: CivilDate, today: CivilDate) -> Result<(), OfficeFault> {
    if day > today { Err(OfficeFault::InFuture(day)) } else { Ok(()) }
}
