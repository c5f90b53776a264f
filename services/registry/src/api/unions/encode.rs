//! A union as the contract shows it.

use unionhall_kit::civil::CivilDate;
use unionhall_proto::registry::v1::{
    Address as AddressMessage, Approval as ApprovalMessage, AssetAudit, Contact as ContactMessage,
    Mark, MembershipOutcome as MembershipMessage, ReElectionOrder, Term as TermMessage,
    TermPostponement, Union, UnionDecision, UnionFact,
    membership_outcome::Outcome as MessageOutcome,
    union::{EndReason as EndReasonMessage, State},
};

use crate::{
    api::wire::timestamp,
    rules::{
        employer::address::Address,
        history::Dated,
        union::{
            EmployerId, Status, UnionFacts, UnionId,
            approval::{Approval, Decision, EndReason, MembershipOutcome},
            contact::Contact,
            mark::{Note, UnionMark},
            term::{BegunTerm, Order, Postponement},
        },
    },
    store::{
        dated::{FactValue, PastFact},
        employers,
        unions::{Fact, UnionRecord, resource_name},
    },
};

/// The union as it was on `day`.
pub(in crate::api) fn union(record: &UnionRecord, day: CivilDate) -> Union {
    let facts = &record.facts;
    let state = facts.status_on(day);
    let successor = match state {
        Some(Status::Merged(successor)) => resource_name(successor),
        _ => String::new(),
    };
    let marks = facts.marks.iter().filter_map(|(mark, history)| {
        let row = history.rows().iter().find(|row| row.period.covers(day))?;
        Some(mark_message(*mark, row))
    });
    Union {
        name: record.name(),
        established_on: facts.established_on().map(Into::into),
        state: state_message(state).into(),
        term: facts.term_on(day).map(|begun| TermMessage {
            ends_on: Some(begun.ends_on().into()),
            overdue: facts.overdue_on(day),
            re_election_order: begun.order_on(day).map(|standing| ReElectionOrder {
                missed: facts.order_missed_on(day),
                ..order(standing)
            }),
            ..term(&begun, Some(day))
        }),
        successor,
        decision: facts.decisions.on(day).map(decision),
        split_from: facts.origins.on(day).copied().map(resource_name).unwrap_or_default(),
        split_into: facts.parts.on(day).map(|parts| names(parts)).unwrap_or_default(),
        membership: facts.memberships.on(day).map(membership),
        end_reason: facts
            .end_reasons
            .on(day)
            .map_or(EndReasonMessage::Unspecified, end_reason)
            .into(),
        affiliation: record.affiliation.path().to_string(),
        marks: marks.collect(),
        create_time: Some(timestamp(record.created_at)),
        update_time: Some(timestamp(record.updated_at)),
        etag: record.etag(),
        ..settable(facts, day)
    }
}

/// The fields that a request can set, as they were on `day`.
pub(super) fn settable(facts: &UnionFacts, day: CivilDate) -> Union {
    Union {
        display_name: text(facts.names.on(day)),
        union_type: facts.types.on(day).map(|kind| kind.code().to_owned()).unwrap_or_default(),
        union_form: facts.forms.on(day).map(|form| form.code().to_owned()).unwrap_or_default(),
        union_level: facts.levels.on(day).map(|level| level.code().to_owned()).unwrap_or_default(),
        credit_code: text(facts.codes.on(day)),
        employer: facts.employers.on(day).copied().map(employer).unwrap_or_default(),
        superior: facts.superiors.on(day).copied().map(resource_name).unwrap_or_default(),
        territory: facts.territories.on(day).map(|at| format!("areas/{at}")).unwrap_or_default(),
        seat: facts.seats.on(day).map(address),
        office: facts.offices.on(day).map(address),
        phone: facts.phones.on(day).map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
        contact: facts.contacts.on(day).map(contact),
        approval: facts.approvals.on(day).map(approval),
        term: facts.term_on(day).map(|begun| term(&begun, Some(day))),
        ..Default::default()
    }
}

/// A recorded fact, its value in the field that it sets.
pub(super) fn fact(past: &PastFact<Fact>) -> UnionFact {
    let period = past.dated.period;
    let mut value = Union::default();
    match &past.dated.fact {
        Fact::DisplayName(name) => value.display_name = name.to_string(),
        Fact::UnionType(kind) => value.union_type = kind.code().to_owned(),
        Fact::UnionForm(form) => value.union_form = form.code().to_owned(),
        Fact::UnionLevel(level) => value.union_level = level.code().to_owned(),
        Fact::CreditCode(code) => value.credit_code = code.to_string(),
        Fact::Employer(id) => value.employer = employer(*id),
        Fact::Superior(id) => value.superior = resource_name(*id),
        Fact::Territory(area) => value.territory = format!("areas/{area}"),
        Fact::Seat(at) => value.seat = Some(address(at)),
        Fact::Office(at) => value.office = Some(address(at)),
        Fact::Phone(phone) => value.phone = phone.as_str().to_owned(),
        Fact::Contact(known) => value.contact = Some(contact(known)),
        Fact::Approval(known) => value.approval = Some(approval(known)),
        Fact::Term(known) => {
            let begun = BegunTerm { term: known.clone(), begins_on: period.from() };
            value.term = Some(term(&begun, None));
        }
        Fact::Decision(known) => value.decision = Some(decision(known)),
        Fact::SplitFrom(union) => value.split_from = resource_name(*union),
        Fact::SplitInto(unions) => value.split_into = names(unions),
        Fact::Membership(outcome) => value.membership = Some(membership(outcome)),
        Fact::EndReason(reason) => value.end_reason = end_reason(reason).into(),
        Fact::State(status) => {
            value.state = state_message(Some(*status)).into();
            if let Status::Merged(successor) = status {
                value.successor = resource_name(*successor);
            }
        }
        Fact::Marks(mark, note) => {
            value.marks = vec![mark_message(*mark, &Dated { value: note.clone(), period })];
        }
    }
    let field = past.dated.fact.field();
    UnionFact {
        valid_from: Some(period.from().into()),
        valid_until: period.until().map(Into::into),
        record_time: Some(timestamp(past.recorded_at)),
        supersede_time: past.superseded_at.map(timestamp),
        field: field.split('.').next().unwrap_or(field).to_owned(),
        value: Some(value),
    }
}

fn state_message(status: Option<Status>) -> State {
    match status {
        Some(Status::Active) => State::Active,
        Some(Status::Dissolved) => State::Dissolved,
        Some(Status::Merged(_)) => State::Merged,
        Some(Status::Split) => State::Split,
        None => State::Unknown,
    }
}

fn mark_message(mark: UnionMark, row: &Dated<Note>) -> Mark {
    Mark {
        mark: mark.code().to_owned(),
        valid_from: Some(row.period.from().into()),
        valid_until: row.period.until().map(Into::into),
        note: row.value.to_string(),
    }
}

fn employer(EmployerId(id): EmployerId) -> String {
    employers::resource_name(id)
}

/// An address.
pub(in crate::api) fn address(address: &Address) -> AddressMessage {
    AddressMessage { area: format!("areas/{}", address.area()), line: address.line().to_owned() }
}

fn contact(contact: &Contact) -> ContactMessage {
    let masked = contact.mobile.as_ref().map(|mobile| mobile.masked.clone());
    ContactMessage {
        display_name: contact.name.to_string(),
        masked_mobile: masked.unwrap_or_default(),
        ..Default::default()
    }
}

/// The term with the postponements that were approved by the day, or all of them.
fn term(begun: &BegunTerm, day: Option<CivilDate>) -> TermMessage {
    let postponements: Vec<&Postponement> = match day {
        Some(day) => begun.postponed_as_of(day).collect(),
        None => begun.term.postponements.iter().collect(),
    };
    TermMessage {
        number: begun.term.number.get().into(),
        begins_on: Some(begun.begins_on.into()),
        years: begun.term.years.count().into(),
        postponed_to: postponements.last().map(|last| last.to.into()),
        postponements: postponements.into_iter().map(postponement).collect(),
        re_election_order: begun.term.orders.last().map(order),
        ..Default::default()
    }
}

fn postponement(postponement: &Postponement) -> TermPostponement {
    TermPostponement {
        postponed_to: Some(postponement.to.into()),
        approved_on: postponement.approved_on.map(Into::into),
        approval: postponement.approval.as_ref().map(approval),
    }
}

/// The order without what follows from the day.
fn order(order: &Order) -> ReElectionOrder {
    ReElectionOrder {
        ordered_on: Some(order.ordered_on.into()),
        due_by: Some(order.due_by.into()),
        order: Some(approval(&order.order)),
        missed: false,
    }
}

fn decision(decision: &Decision) -> UnionDecision {
    UnionDecision {
        approval: Some(approval(&decision.approval)),
        decided_on: Some(decision.decided_on.into()),
        asset_note: decision.assets.to_string(),
        asset_audit: decision.audit.as_ref().map(|audit| AssetAudit {
            number: audit.number.as_str().to_owned(),
            audited_on: Some(audit.audited_on.into()),
        }),
        approver: decision.approver.map(resource_name).unwrap_or_default(),
    }
}

fn membership(outcome: &MembershipOutcome) -> MembershipMessage {
    let (outcome, union) = match outcome {
        MembershipOutcome::ToSuccessor => (MessageOutcome::ToSuccessor, String::new()),
        MembershipOutcome::Retained(union) => (MessageOutcome::Retained, resource_name(*union)),
    };
    MembershipMessage { outcome: outcome.into(), union }
}

fn end_reason(reason: &EndReason) -> EndReasonMessage {
    match reason {
        EndReason::EmployerEnded => EndReasonMessage::EmployerEnded,
        EndReason::NoMembers => EndReasonMessage::NoMembers,
        EndReason::MergedElsewhere => EndReasonMessage::MergedElsewhere,
        EndReason::Deregistered => EndReasonMessage::Deregistered,
        EndReason::Other => EndReasonMessage::Other,
    }
}

fn names(unions: &[UnionId]) -> Vec<String> {
    unions.iter().copied().map(resource_name).collect()
}

pub(in crate::api) fn approval(approval: &Approval) -> ApprovalMessage {
    ApprovalMessage { body: approval.body.to_string(), number: approval.number.as_str().to_owned() }
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
