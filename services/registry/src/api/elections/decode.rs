//! What a request says of an election, as the domain's values.

use unionhall_kit::{civil::CivilDate, fault::Outcome};
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        Candidate as CandidateMessage, Contest as ContestMessage,
        ContestResult as ContestResultMessage, DelegateLot as DelegateLotMessage, Election,
        ElectionRecord as RecordMessage, RemovalResult as RemovalResultMessage,
    },
};

use super::codes;
use crate::{
    api::{
        officers::{bars, below, committee, holder, office_name, position, required},
        unions, wire,
    },
    rules::{
        Refusal,
        election::{
            Candidate, Constituency, Contest, ContestResult, DelegateLot, ElectionKind, Papers,
            Plan, Proposal, Record, RemovalResult, Turnout,
        },
        office::{ElectionId, OfficeId},
        union::{
            UnionId,
            change::UnionFault,
            mark::{MAX_NOTE_CHARS, Note},
            term::{TermFault, TermYears},
        },
    },
    store::elections::COLLECTION,
};

/// The union and the id in the name of an election.
pub(super) fn name(name: &str) -> Outcome<(UnionId, ElectionId)> {
    let (union, id) = below(name, COLLECTION)?;
    Ok((union, ElectionId(id)))
}

/// A day that has to be there.
pub(super) fn day(field: &str, given: &Option<Date>) -> Outcome<CivilDate> {
    wire::day(field, given.as_ref())?.ok_or_else(|| required(field))
}

/// A text of at most 200 characters.
pub(super) fn note(field: &'static str, given: &str) -> Outcome<Note> {
    let text = |_| UnionFault::Text(field, MAX_NOTE_CHARS).to_fault();
    Note::parse(given).map_err(text)
}

/// What is called for a union, and the years of the term that begins.
pub(super) fn plan(union: UnionId, given: &Election) -> Outcome<(Plan, Option<TermYears>)> {
    let kind = codes::kind(given.kind()).ok_or_else(|| required("election.kind"))?;
    let assembly = codes::assembly(given.assembly());
    let approval =
        given.plan_approval.as_ref().ok_or_else(|| required("election.plan_approval"))?;
    let plan = Plan {
        kind,
        assembly: assembly.ok_or_else(|| required("election.assembly"))?,
        planned_on: day("election.planned_on", &given.planned_on)?,
        venue: note("venue", &given.venue)?,
        approval: unions::approval(approval)?,
        approved_on: day("election.plan_approved_on", &given.plan_approved_on)?,
        contests: given.contests.iter().map(contest).collect::<Outcome<_>>()?,
        removals: given.removals.iter().map(|name| removal(union, name)).collect::<Outcome<_>>()?,
        term: None,
        own_accounts: given.own_accounts,
        proposal: proposal(kind, given)?,
        postponement: None,
    };
    Ok((plan, years(given.term_years)?))
}

fn years(given: i32) -> Outcome<Option<TermYears>> {
    if given == 0 {
        return Ok(None);
    }
    let years = u8::try_from(given).ok().and_then(|years| TermYears::try_from(years).ok());
    years.map(Some).ok_or_else(|| UnionFault::Term(TermFault::Years).to_fault())
}

fn proposal(kind: ElectionKind, given: &Election) -> Outcome<Option<Proposal>> {
    let members = count(given.proposing_member_count);
    match (kind, given.proposed_by_committee, members) {
        (ElectionKind::Extraordinary, true, 0) => Ok(Some(Proposal::Committee)),
        (ElectionKind::Extraordinary, false, 1..) => Ok(Some(Proposal::Members(members))),
        (ElectionKind::Extraordinary, ..) | (_, true, _) | (_, _, 1..) => {
            let why = "tells who asked for an extraordinary assembly: the committee or members";
            Err(wire::invalid("election.proposing_member_count", why))
        }
        _ => Ok(None),
    }
}

fn contest(given: &ContestMessage) -> Outcome<Contest> {
    Ok(Contest {
        committee: committee(given.committee())
            .ok_or_else(|| required("election.contests.committee"))?,
        position: position(given.position())
            .ok_or_else(|| required("election.contests.position"))?,
        standing: given.standing,
        by_committee: given.by_committee,
        seats: count(given.seat_count),
    })
}

/// An office of the same union.
fn removal(union: UnionId, name: &str) -> Outcome<OfficeId> {
    let (of, id) = office_name(name)?;
    if of == union {
        Ok(id)
    } else {
        Err(wire::invalid("election.removals", "names an office of another union"))
    }
}

/// What is reported; the planned place is kept where none is told.
pub(super) fn record(given: &RecordMessage, planned: &Note) -> Outcome<Record> {
    let venue = note("venue", &given.venue)?;
    let delegates = count(given.delegate_count);
    let posted = given.candidates_posted_on.as_ref();
    Ok(Record {
        held_on: day("record.held_on", &given.held_on)?,
        venue: if venue == Note::default() { planned.clone() } else { venue },
        members: count(given.member_count),
        women: count(given.women_count),
        delegates: (delegates > 0).then_some(delegates),
        lots: given.delegate_lots.iter().map(lot).collect::<Outcome<_>>()?,
        turnout: Turnout { due: count(given.due_count), present: count(given.present_count) },
        posted_on: wire::day("record.candidates_posted_on", posted)?,
        results: given.results.iter().map(result).collect::<Outcome<_>>()?,
        removals: given.removal_results.iter().map(removal_result).collect(),
    })
}

/// The delegates of an area or of another constituency, which is named.
fn lot(given: &DelegateLotMessage) -> Outcome<DelegateLot> {
    let constituency = &given.constituency;
    let constituency = match constituency.starts_with("areas/") {
        true => Constituency::Area(unions::area(constituency)?),
        false => Constituency::Named(holder(constituency)?),
    };
    let (allotted, elected) = (count(given.allotted_count), count(given.elected_count));
    Ok(DelegateLot { constituency, allotted, elected })
}

fn result(given: &ContestResultMessage) -> Outcome<ContestResult> {
    let turnout = Turnout { due: count(given.due_count), present: count(given.present_count) };
    Ok(ContestResult {
        turnout: (turnout.due > 0).then_some(turnout),
        papers: Papers {
            issued: count(given.issued_count),
            returned: count(given.returned_count),
            valid: count(given.valid_count),
        },
        candidates: given.candidates.iter().map(candidate).collect::<Outcome<_>>()?,
    })
}

fn candidate(given: &CandidateMessage) -> Outcome<Candidate> {
    Ok(Candidate {
        name: holder(&given.display_name)?,
        votes: count(given.vote_count),
        elected: given.elected,
        full_time: given.full_time,
        recommended: given.recommended,
        bars: bars("record.results.candidates.bars", &given.bars)?,
    })
}

fn removal_result(given: &RemovalResultMessage) -> RemovalResult {
    RemovalResult {
        papers: Papers {
            issued: count(given.issued_count),
            returned: count(given.returned_count),
            valid: count(given.valid_count),
        },
        votes: count(given.vote_count),
        removed: given.removed,
    }
}

/// A number that validation found not to be negative.
fn count(given: i32) -> u32 {
    u32::try_from(given).unwrap_or(0)
}
