//! An election as the contract shows it.

use unionhall_kit::fault::Outcome;
use unionhall_proto::registry::v1::{
    Candidate as CandidateMessage, Contest as ContestMessage,
    ContestResult as ContestResultMessage, DelegateLot as DelegateLotMessage, Election,
    ElectionRecord as RecordMessage, RemovalResult as RemovalResultMessage,
};

use super::codes;
use crate::{
    api::{
        findings,
        officers::{bar_message, committee_message, position_message},
        unions::shown_approval,
        wire::timestamp,
    },
    rules::{
        election::{
            Candidate, Constituency, Contest, ContestResult, DelegateLot, Plan, Proposal, Record,
            RemovalResult, Stage, check::findings as broken,
        },
        union::UnionFacts,
    },
    store::{elections::ElectionRecord, officers},
};

/// The election, with the rules that it breaks.
pub(super) fn election(record: &ElectionRecord, union: &UnionFacts) -> Outcome<Election> {
    let stage = &record.election.stage;
    let filing = match stage {
        Stage::Filed(_, filing) => Some(filing),
        _ => None,
    };
    let end = match stage {
        Stage::Cancelled(end) | Stage::Void(_, end) => Some(end),
        _ => None,
    };
    let found = broken(&record.election, union, findings::rules()?);
    Ok(Election {
        name: record.name(),
        record: stage.record().map(report),
        result_approval: filing.map(|filing| shown_approval(&filing.approval)),
        filed_on: filing.map(|filing| filing.on.into()),
        end_reason: end.map(|end| end.reason.to_string()).unwrap_or_default(),
        ended_on: end.map(|end| end.on.into()),
        state: codes::state(stage).into(),
        findings: findings::messages(&found),
        create_time: Some(timestamp(record.created_at)),
        update_time: Some(timestamp(record.updated_at)),
        etag: record.etag(),
        ..called(record, &record.election.plan)
    })
}

fn called(record: &ElectionRecord, plan: &Plan) -> Election {
    let removal = |id: &_| officers::resource_name(record.union, *id);
    let (number, years) = plan
        .term
        .map_or((0, 0), |(number, years)| (i32::from(number.get()), i32::from(years.count())));
    let postponement = plan.postponement.as_ref();
    Election {
        kind: codes::kind_message(plan.kind).into(),
        assembly: codes::assembly_message(plan.assembly).into(),
        planned_on: Some(plan.planned_on.into()),
        venue: plan.venue.to_string(),
        plan_approval: Some(shown_approval(&plan.approval)),
        plan_approved_on: Some(plan.approved_on.into()),
        contests: plan.contests.iter().map(contest).collect(),
        removals: plan.removals.iter().map(removal).collect(),
        term_years: years,
        term_number: number,
        own_accounts: plan.own_accounts,
        proposed_by_committee: plan.proposal == Some(Proposal::Committee),
        proposing_member_count: match plan.proposal {
            Some(Proposal::Members(members)) => count(members),
            _ => 0,
        },
        postponed_to: postponement.map(|known| known.to.into()),
        postponement_approval: postponement
            .and_then(|known| known.approval.as_ref().map(shown_approval)),
        postponement_approved_on: postponement.and_then(|known| known.approved_on.map(Into::into)),
        ..Default::default()
    }
}

fn contest(contest: &Contest) -> ContestMessage {
    ContestMessage {
        committee: committee_message(contest.committee).into(),
        position: position_message(contest.position).into(),
        seat_count: count(contest.seats),
        standing: contest.standing,
        by_committee: contest.by_committee,
    }
}

fn report(record: &Record) -> RecordMessage {
    RecordMessage {
        held_on: Some(record.held_on.into()),
        venue: record.venue.to_string(),
        member_count: count(record.members),
        women_count: count(record.women),
        delegate_count: record.delegates.map_or(0, count),
        due_count: count(record.turnout.due),
        present_count: count(record.turnout.present),
        candidates_posted_on: record.posted_on.map(Into::into),
        results: record.results.iter().map(result).collect(),
        removal_results: record.removals.iter().map(removal_result).collect(),
        delegate_lots: record.lots.iter().map(lot).collect(),
    }
}

fn lot(lot: &DelegateLot) -> DelegateLotMessage {
    DelegateLotMessage {
        constituency: match &lot.constituency {
            Constituency::Area(area) => format!("areas/{area}"),
            Constituency::Named(name) => name.to_string(),
        },
        allotted_count: count(lot.allotted),
        elected_count: count(lot.elected),
    }
}

fn result(result: &ContestResult) -> ContestResultMessage {
    ContestResultMessage {
        issued_count: count(result.papers.issued),
        returned_count: count(result.papers.returned),
        valid_count: count(result.papers.valid),
        due_count: result.turnout.map_or(0, |turnout| count(turnout.due)),
        present_count: result.turnout.map_or(0, |turnout| count(turnout.present)),
        candidates: result.candidates.iter().map(candidate).collect(),
    }
}

fn candidate(candidate: &Candidate) -> CandidateMessage {
    CandidateMessage {
        display_name: candidate.name.to_string(),
        vote_count: count(candidate.votes),
        elected: candidate.elected,
        full_time: candidate.full_time,
        recommended: candidate.recommended,
        bars: candidate.bars.iter().map(|bar| bar_message(*bar).into()).collect(),
    }
}

fn removal_result(vote: &RemovalResult) -> RemovalResultMessage {
    RemovalResultMessage {
        issued_count: count(vote.papers.issued),
        returned_count: count(vote.papers.returned),
        valid_count: count(vote.papers.valid),
        vote_count: count(vote.votes),
        removed: vote.removed,
    }
}

/// Every number came as one that is not negative.
fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
