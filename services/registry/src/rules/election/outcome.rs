//! What a filed result does: offices end and begin, and with a whole committee its term.

use std::collections::BTreeMap;

use unionhall_kit::civil::CivilDate;

use super::{Election, ElectionFault, ElectionKind, Filing, Record, Stage, check::findings};
use crate::rules::{
    election_rules::{ElectionRules, Finding},
    name::Name,
    office::{Committee, ElectionId, End, Office, OfficeId, WayIn, WayOut, appoint},
    union::{
        UnionFacts,
        change::with_begun,
        term::{BegunTerm, Term},
    },
};

/// What a filed result makes of the union.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The election.
    pub election: Election,
    /// The union's facts, with the new term.
    pub union: UnionFacts,
    /// The offices that end, as they are then.
    pub ended: Vec<(OfficeId, Office)>,
    /// The offices that begin.
    pub begun: Vec<Office>,
}

/// Files the result of an election that broke no mandatory rule. The elected enter their offices on
/// the day of the election, in a union that is founded on that of its establishment where that is
/// later; a new term begins with it, and ends the offices of the committees that were elected anew.
/// What was recorded between the election and its filing is not lost: who left since has left the
/// new office, and who was put into the old committee stands against the filing by name.
pub fn file(
    (id, election): (ElectionId, &Election),
    filing: Filing,
    union: &UnionFacts,
    offices: &[(OfficeId, Office)],
    (rules, today): (&ElectionRules, CivilDate),
) -> Result<Outcome, ElectionFault> {
    let Stage::Held(record) = &election.stage else {
        return Err(ElectionFault::Stage("file", election.stage.code()));
    };
    if filing.on > today {
        return Err(ElectionFault::Day(filing.on, "it is after today", "晚于今日"));
    }
    if filing.on < record.held_on {
        let fault = ("it is before the election", "早于选举日期");
        return Err(ElectionFault::Day(filing.on, fault.0, fault.1));
    }
    if let Some(ended) = union.ended_on().filter(|ended| *ended <= record.held_on) {
        return Err(ElectionFault::UnionEnded(ended));
    }
    let broken: Vec<Finding> = findings(election, union, rules);
    let broken: Vec<Finding> = broken.into_iter().filter(Finding::mandatory).collect();
    if !broken.is_empty() {
        return Err(ElectionFault::Invalid(broken));
    }
    // A union that is founded is in no office before its first day.
    let recorded = founded_term(election, union).map(|term| term.begins_on);
    let first = [union.established_on(), recorded].into_iter().flatten();
    let from = first.fold(record.held_on, CivilDate::max);
    let union = with_term(election, union, (from, today))?;
    let mut begun = entering((id, election), record, &union, from);
    let ended = leaving(election, record, offices, &union, (from, &begun));
    for office in &mut begun {
        office.end = end_since(office, offices, &ended);
    }
    let staying = offices.iter().filter(|(id, _)| ended.iter().all(|(gone, _)| gone != id));
    let staying: Vec<&(OfficeId, Office)> = staying.collect();
    undisturbed(election, &staying, &union, &begun)?;
    let mut others: Vec<Office> = staying.iter().map(|(_, office)| office.clone()).collect();
    others.extend(ended.iter().map(|(_, office)| office.clone()));
    for office in &begun {
        appoint(office, &union, &others, rules, today)?;
        others.push(office.clone());
    }
    let stage = Stage::Filed(record.clone(), filing);
    let election = Election { stage, ..election.clone() };
    Ok(Outcome { election, union, ended, begun })
}

fn with_term(
    election: &Election,
    union: &UnionFacts,
    (from, today): (CivilDate, CivilDate),
) -> Result<UnionFacts, ElectionFault> {
    let Some((number, years)) = election.plan.term else { return Ok(union.clone()) };
    if founded_term(election, union).is_some() {
        return Ok(union.clone());
    }
    let term = BegunTerm { term: Term::new(number, years), begins_on: from };
    Ok(with_begun(union, term, today)?)
}

/// The first term, where it is recorded before the congress that elected its committee: it keeps its
/// first day.
fn founded_term(election: &Election, union: &UnionFacts) -> Option<BegunTerm> {
    let (number, _) = election.plan.term?;
    let founding = election.plan.kind == ElectionKind::Founding;
    let mut terms = union.terms.rows().iter().map(BegunTerm::of);
    terms.find(|known| founding && known.term.number == number)
}

/// Whose office ends: of a removal those who were removed; of a whole committee everybody who was
/// on it; of a vacancy whoever had another office of that committee. What was recorded since as the
/// end of an office stays, unless its holder is in office anew.
fn leaving(
    election: &Election,
    record: &Record,
    offices: &[(OfficeId, Office)],
    union: &UnionFacts,
    (from, begun): (CivilDate, &[Office]),
) -> Vec<(OfficeId, Office)> {
    let removed = |id: &OfficeId| {
        let at = election.plan.removals.iter().position(|removal| removal == id);
        at.is_some_and(|at| record.removals[at].removed)
    };
    let way = |(id, office): &(OfficeId, Office)| {
        let again = begun.iter().find(|new| same_seat(new, office));
        if removed(id) {
            Some(WayOut::Removed)
        } else if elected_anew(election, office.committee) {
            // What somebody entered for the very first day gives way to what the congress decided.
            let founding = election.plan.kind == ElectionKind::Founding;
            let entered = founding && office.from == from;
            let way = if entered { WayOut::Corrected } else { WayOut::TermEnded };
            (again.is_some() || office.end.is_none()).then_some(way)
        } else {
            let lower = again.is_some_and(|new| new.position < office.position);
            lower.then_some(WayOut::OtherPosition)
        }
    };
    let open = offices.iter().filter(|(_, office)| {
        office.from <= from && office.ended(union).is_none_or(|(on, _)| from < on)
    });
    open.filter_map(|known| {
        let end = Some(End { on: from, way: way(known)?, consent: None });
        Some((known.0, Office { end, ..known.1.clone() }))
    })
    .collect()
}

fn elected_anew(election: &Election, committee: Committee) -> bool {
    let plan = &election.plan;
    plan.kind.begins_term() && plan.contests.iter().any(|one| one.committee == committee)
}

/// Until persons are records, a name on one committee is one person.
fn same_seat(one: &Office, other: &Office) -> bool {
    one.committee == other.committee && one.holder == other.holder
}

/// Who left between the election and its filing left the office that the election gave.
fn end_since(
    office: &Office,
    offices: &[(OfficeId, Office)],
    ended: &[(OfficeId, Office)],
) -> Option<End> {
    let before = |(id, known): &&(OfficeId, Office)| {
        same_seat(office, known) && ended.iter().any(|(gone, _)| gone == id)
    };
    let known = offices.iter().filter(before).filter_map(|(_, known)| known.end.clone());
    known.max_by_key(|end| end.on)
}

/// Nobody who stays stands against a committee that was elected anew: no head beside the new one,
/// and nobody of the old term who was entered after it had run out.
fn undisturbed(
    election: &Election,
    staying: &[&(OfficeId, Office)],
    union: &UnionFacts,
    begun: &[Office],
) -> Result<(), ElectionFault> {
    let Some((number, _)) = election.plan.term else { return Ok(()) };
    let against = |(id, office): &&(OfficeId, Office)| {
        let within = |new: &&Office| {
            new.committee == office.committee && office.period(union).overlaps(new.period(union))
        };
        let mut beside = begun.iter().filter(within).peekable();
        let late = beside.peek().is_some_and(|new| new.from < office.from);
        let old = late && office.term.is_some_and(|term| term != number);
        let heads = office.position.is_head() && beside.any(|new| new.position.is_head());
        (old || heads).then_some(*id)
    };
    match staying.iter().find_map(against) {
        Some(id) => Err(ElectionFault::Between(id)),
        None => Ok(()),
    }
}

/// Who takes which office: of several positions that somebody won on one committee the highest.
fn entering(
    (id, election): (ElectionId, &Election),
    record: &Record,
    union: &UnionFacts,
    from: CivilDate,
) -> Vec<Office> {
    let way = match election.plan.kind {
        ElectionKind::ByElection => WayIn::ByElection,
        _ => WayIn::Elected,
    };
    let term = union.term_on(from).map(|term| term.term.number);
    let mut won: BTreeMap<(Committee, &Name), Office> = BTreeMap::new();
    for (contest, result) in election.plan.contests.iter().zip(&record.results) {
        for candidate in result.candidates.iter().filter(|one| one.elected) {
            let office = Office {
                holder: candidate.name.clone(),
                committee: contest.committee,
                position: contest.position,
                full_time: candidate.full_time,
                term,
                way_in: if candidate.recommended { WayIn::Recommended } else { way },
                bars: candidate.bars.clone(),
                election: Some(id),
                from,
                end: None,
            };
            let place = won.entry((contest.committee, &candidate.name));
            place
                .and_modify(|known| {
                    if office.position < known.position {
                        *known = office.clone();
                    }
                })
                .or_insert(office);
        }
    }
    let mut won: Vec<Office> = won.into_values().collect();
    won.sort_by_key(|office| (office.committee, office.position));
    won
}
