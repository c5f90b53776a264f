//! What a filed result does: offices end and begin, and with a whole committee its term.

use std::collections::BTreeMap;

use unionhall_kit::civil::CivilDate;

use super::{Election, ElectionFault, ElectionKind, Filing, Record, Stage, check::findings};
use crate::rules::{
    area::tree::AreaTree,
    election_rules::{ElectionRules, Finding},
    name::Name,
    office::{Committee, ElectionId, End, Office, OfficeId, WayIn, WayOut, appoint},
    union::{
        UnionFacts,
        change::{Surroundings, UnionChange, amend},
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
    let from = union.established_on().map_or(record.held_on, |first| first.max(record.held_on));
    let union = with_term(election, union, (from, today))?;
    let ended = leaving(election, record, offices, &union, from);
    let staying = offices.iter().filter(|(id, _)| ended.iter().all(|(gone, _)| gone != id));
    let mut others: Vec<Office> = staying.map(|(_, office)| office.clone()).collect();
    others.extend(ended.iter().map(|(_, office)| office.clone()));
    let mut begun = Vec::new();
    for office in entering((id, election), record, &union, from) {
        appoint(&office, &union, &others, rules, today)?;
        others.push(office.clone());
        begun.push(office);
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
    let term = Term { number, years, postponed_to: None };
    let change = [UnionChange::Term(Some(BegunTerm { term, begins_on: from }))];
    // A term names no area and no union above.
    let areas = AreaTree::default();
    let around = Surroundings { today, areas: &areas, superior: None };
    Ok(amend(union, &change, from, around)?)
}

/// Whose office ends: of a removal those who were removed; of a whole committee everybody who was
/// on it.
fn leaving(
    election: &Election,
    record: &Record,
    offices: &[(OfficeId, Office)],
    union: &UnionFacts,
    from: CivilDate,
) -> Vec<(OfficeId, Office)> {
    let plan = &election.plan;
    let removed = |id: &OfficeId| {
        let at = plan.removals.iter().position(|removal| removal == id);
        at.is_some_and(|at| record.removals[at].removed)
    };
    let elected_anew = |committee: Committee| {
        plan.kind.begins_term() && plan.contests.iter().any(|one| one.committee == committee)
    };
    let open = offices.iter().filter(|(_, office)| {
        office.from <= from && office.ended(union).is_none_or(|(on, _)| from < on)
    });
    let end = |id: OfficeId, office: &Office, way| {
        let end = Some(End { on: from, way, consent: None });
        (id, Office { end, ..office.clone() })
    };
    open.filter_map(|(id, office)| {
        if removed(id) {
            Some(end(*id, office, WayOut::Removed))
        } else if elected_anew(office.committee) {
            Some(end(*id, office, WayOut::TermEnded))
        } else {
            None
        }
    })
    .collect()
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
